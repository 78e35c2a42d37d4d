"""Logins as the administrators see and end them: browser sessions and tokens of programs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, select

from dxflow import audit
from dxflow.db.identity import ApiToken, Person, WebSession
from dxflow.errors import Invalid, NotFound
from dxflow.services.paging import Page, bounds, count
from dxflow.services.people import accounts, events
from dxflow.services.people.actor import Actor
from dxflow.services.people.person_rows import ADMIN_ROLE
from dxflow.services.site import Site
from dxflow.texts import gettext as _

KINDS: dict[str, type[WebSession] | type[ApiToken]] = {"session": WebSession, "token": ApiToken}


@dataclass(frozen=True)
class LoginRow:
    """A login that is open. `key` names it without giving it away; tokens have no `last_seen_at`."""

    key: str
    person_id: str
    username: str
    name: str
    created_at: datetime
    last_seen_at: datetime | None
    expires_at: datetime
    mine: bool


def listed(
    site: Site, by: Actor, kind: str, own: str, page: int = 1, per_page: int = 50
) -> Page[LoginRow]:
    """Return open logins, newest first. `own` is the reference of the asker's session."""
    by.require_role(ADMIN_ROLE)
    return _page(site, kind, own, (), page, per_page)


def to_be_ended(
    site: Site, by: Actor, kind: str, own: str, person_id: str = "", per_page: int = 20
) -> Page[LoginRow]:
    """Return what `end_of_person` would end, or `end_others` where no person is given.

    Raises NotAllowed, NotFound for an unknown person, Invalid for an unknown kind.
    """
    by.require_role(ADMIN_ROLE)
    table = _table(kind)
    which = [_key(table) != accounts.digest(own)]
    if person_id:
        with site.database.read() as tx:
            if tx.execute(select(Person.id).where(Person.id == person_id)).first() is None:
                raise NotFound(_("この利用者はいません。"))
        which.append(table.person_id == person_id)
    return _page(site, kind, own, which, 1, per_page)


def _page(
    site: Site, kind: str, own: str, which: Sequence[ColumnElement[bool]], page: int, per_page: int
) -> Page[LoginRow]:
    table = _table(kind)
    offset, limit = bounds(page, per_page)
    key = _key(table)
    which = (table.expires_at > site.now(), table.epoch == Person.epoch, *which)
    seen = (WebSession.last_seen_at,) if table is WebSession else ()
    rows = (
        select(
            key.label("key"), table.person_id, Person.username, Person.name,
            table.created_at, table.expires_at, *seen,
        )
        .join(Person, Person.id == table.person_id)
        .where(*which)
    )  # fmt: skip
    mine = accounts.digest(own)
    with site.database.read() as tx:
        total, more = count(
            tx, select(key).join(Person, Person.id == table.person_id).where(*which)
        )
        found = tx.execute(
            rows.order_by(table.created_at.desc(), key).offset(offset).limit(limit)
        ).mappings()
        entries = [
            LoginRow(**{"last_seen_at": None} | dict(row), mine=row["key"] == mine)
            for row in found
        ]  # fmt: skip
    return Page(entries, page, per_page, total, more)


def end(site: Site, by: Actor, kind: str, key: str) -> None:
    """End one login. Raises NotFound when it has ended already."""
    by.require_role(ADMIN_ROLE)
    table = _table(kind)
    with site.database.write() as tx:
        if not _ended(site, tx, by, kind, _key(table) == key):
            raise NotFound(_("このログインは、もう終わっています。"))


def end_of_person(site: Site, by: Actor, kind: str, person_id: str, own: str) -> int:
    """End a person's logins, the asker's own session excepted; return how many."""
    by.require_role(ADMIN_ROLE)
    table = _table(kind)
    with site.database.write() as tx:
        which = (table.person_id == person_id) & (_key(table) != accounts.digest(own))
        return _ended(site, tx, by, kind, which)


def end_others(site: Site, by: Actor, kind: str, own: str) -> int:
    """End all logins but the asker's own session; return how many."""
    by.require_role(ADMIN_ROLE)
    with site.database.write() as tx:
        return _ended(site, tx, by, kind, _key(_table(kind)) != accounts.digest(own))


def _table(kind: str) -> type[WebSession] | type[ApiToken]:
    if kind not in KINDS:
        raise Invalid(_("ログインの種類「{kind}」はありません。", kind=kind))
    return KINDS[kind]


def _key(table: type[WebSession] | type[ApiToken]) -> ColumnElement[str]:
    column = WebSession.reference_hash if table is WebSession else ApiToken.token_hash
    return column.expression


def _ended(site: Site, tx: Connection, by: Actor, kind: str, which: ColumnElement[bool]) -> int:
    """End logins, and record each one with the person whose it was; return how many were open."""
    table = _table(kind)
    is_open = and_(table.expires_at > site.now(), table.epoch == Person.epoch)
    people = (
        tx.execute(
            select(table.person_id).join(Person, Person.id == table.person_id).where(which, is_open)
        )
        .scalars()
        .all()
    )
    tx.execute(delete(table).where(which))
    for person_id in people:
        event = events.system_event(
            f"{kind}.revoked", site.now(), None if by.is_system else by.person_id, by.channel,
            subject=audit.Subject("person", person_id), request_id=by.request_id,
        )  # fmt: skip
        audit.append_system(tx, audit.SystemStream.ACCESS, event)
    return len(people)
