"""Accounts as the operator keeps them: every change is an event and ends old logins.

A password that the operator has set is to be changed at the next login, unless they say otherwise;
a generated one is returned once and stored only as its hash.
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update

from dxflow.db.identity import Person
from dxflow.errors import Conflict, Invalid
from dxflow.services.people import accounts, factor_rows, organisation, passwords, person_rows
from dxflow.services.people.actor import Actor
from dxflow.services.people.person_rows import Account
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class Listed:
    """An account as listed, with the posts held today; `second_factor`: since when there is one."""

    id: str
    username: str
    name: str
    email: str
    status: str
    demo: bool
    must_change_password: bool
    created_at: datetime
    second_factor: datetime | None
    posts: tuple[str, ...]


def listed(site: Site) -> list[Listed]:
    """Return every account by username, in two queries."""
    with site.database.read() as tx:
        who = organisation.directory(site, tx, site.today())
        rows = tx.execute(
            select(
                Person.id,
                Person.username,
                Person.name,
                Person.email,
                Person.status,
                Person.demo,
                Person.must_change_password,
                Person.created_at,
                factor_rows.since().label("second_factor"),
            ).order_by(Person.username)
        ).mappings()
        return [
            Listed(**row, posts=tuple(post.key for post in who.posts_of(row["id"]))) for row in rows
        ]


def create(
    site: Site, by: Actor, username: str, name: str, *, password: str = "", email: str = ""
) -> Account:
    """Make an account; without a password one is generated. Raises Invalid or Conflict."""
    with site.database.write() as tx:
        return person_rows.insert_account(site, tx, by, username, name, password, email)


def set_password(
    site: Site, by: Actor, username: str, *, password: str = "", must_change: bool = True
) -> Account:
    """Give an account a new password; its sessions and tokens end. Raises NotFound or Invalid."""
    with site.database.write() as tx:
        person = person_rows.person(tx, username)
        return person_rows.reset(site, tx, by, person, password, must_change=must_change)


def change_own_password(site: Site, actor: Actor, current: str, new: str) -> None:
    """Change one's own password; every session and token ends, the present one too.

    Raises Invalid when the current password is wrong or the new one will not do, Throttled after
    too many wrong ones.
    """
    if not accounts.knows_password(site, actor, current):
        message = _("いまのパスワードが違います。")
        raise Invalid(message, {"current": [message]})
    if new == current:
        message = _("いまと違うパスワードにしてください。")
        raise Invalid(message, {"password": [message]})
    hashed = passwords.make(new, actor.username)
    with site.database.write() as tx:
        tx.execute(
            update(Person)
            .where(Person.id == actor.person_id)
            .values(password_hash=hashed, must_change_password=False)
        )
        accounts.end_all(tx, actor.person_id)
        person_rows.record(site, tx, actor, "password.changed", actor.person_id)


def disable(site: Site, by: Actor, username: str) -> Account:
    """Close an account; its sessions and tokens end.

    Raises NotFound, and Conflict for the last administrator.
    """
    with site.database.write() as tx:
        organisation.hold(tx)
        person = person_rows.person(tx, username)
        if person["status"] == "disabled":
            return Account(person["id"], username)
        if person_rows.administrators(site, tx) == {person["id"]}:
            raise Conflict(_("最後の管理者は無効にできません。先に別の管理者を作ってください。"))
        person_rows.set_status(site, tx, by, person, "disabled")
    return Account(person["id"], username)


def enable(site: Site, by: Actor, username: str) -> Account:
    """Open a closed account again. Raises NotFound."""
    with site.database.write() as tx:
        person = person_rows.person(tx, username)
        if person["status"] != "active":
            person_rows.set_status(site, tx, by, person, "active")
    return Account(person["id"], username)


def person_id(site: Site, username: str) -> str:
    """Return the id behind a username. Raises NotFound."""
    with site.database.read() as tx:
        return str(person_rows.person(tx, username)["id"])


def demo_accounts(site: Site) -> list[str]:
    """Return the names of open accounts that belong to a demonstration."""
    with site.database.read() as tx:
        return list(
            tx.execute(
                select(Person.username)
                .where(Person.demo, Person.status == "active")
                .order_by(Person.username)
            ).scalars()
        )
