"""Accounts as rows: found, made, changed and recorded within the caller's transaction."""

import secrets
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from dxflow import audit
from dxflow.db.identity import Person
from dxflow.errors import Conflict, Invalid, NotFound
from dxflow.ids import new_id
from dxflow.services.people import accounts, claims, events, organisation, passwords
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

GENERATED_BYTES = 12
LONGEST_USERNAME = 64
LONGEST_NAME = 100
ADMIN_ROLE = "admin"

_SIGNS = frozenset("._-@")


@dataclass(frozen=True)
class Account:
    """An account that was made or changed. `password` is the generated one, "" otherwise."""

    person_id: str
    username: str
    password: str = ""


_COLUMNS = (Person.id, Person.username, Person.name, Person.status)


def found(tx: Connection, username: str) -> RowMapping | None:
    """Return the account of a username, whatever its case, or None."""
    return (
        tx.execute(select(*_COLUMNS).where(func.lower(Person.username) == username.strip().lower()))
        .mappings()
        .one_or_none()
    )


def person(tx: Connection, username: str) -> RowMapping:
    """Return the account of a username. Raises NotFound."""
    row = found(tx, username)
    if row is None:
        raise NotFound(_("利用者「{name}」はいません。", name=username))
    return row


def administrators(site: Site, tx: Connection, day: date | None = None) -> set[str]:
    """Return who may administer on a day (today unless said) and can log in."""
    who = organisation.directory(site, tx, day or site.today())
    holders = who.holders(f"role:{ADMIN_ROLE}")
    return set(
        tx.execute(
            select(Person.id).where(Person.id.in_(sorted(holders)), Person.status == "active")
        ).scalars()
    )


def closed(tx: Connection, persons: Iterable[str]) -> frozenset[str]:
    """Return which of some persons, by id, cannot log in: their account is closed."""
    which = Person.id.in_(sorted(persons)), Person.status != "active"
    return frozenset(tx.execute(select(Person.id).where(*which)).scalars())


def insert_account(
    site: Site, tx: Connection, by: Actor, username: str, name: str, password: str, email: str
) -> Account:
    """Make an account; without a password one is generated. Raises Invalid or Conflict."""
    require_username(username)
    shown = require_name(name)
    if found(tx, username) is not None:
        raise Conflict(_("利用者名「{name}」はすでに使われています。", name=username))
    secret = password or generated()
    now = site.now()
    person_id = new_id(now)
    tx.execute(
        insert(Person).values(
            id=person_id,
            username=username,
            name=shown,
            email=email,
            password_hash=passwords.make(secret, username),
            status="active",
            demo=False,
            must_change_password=True,
            epoch=1,
            created_at=now,
        )
    )
    record(
        site, tx, by, "person.created", person_id,
        audit.Change("username", mark("利用者名"), None, username, personal=True),
        audit.Change("name", mark("氏名"), None, shown, personal=True),
    )  # fmt: skip
    return Account(person_id, username, "" if password else secret)


def reset(
    site: Site, tx: Connection, by: Actor, person: RowMapping, password: str, *, must_change: bool
) -> Account:
    """Give an account a new password, generated when none is given; its logins end."""
    secret = password or generated()
    tx.execute(
        update(Person)
        .where(Person.id == person["id"])
        .values(
            password_hash=passwords.make(secret, person["username"]),
            must_change_password=must_change or not password,
        )
    )
    accounts.end_all(tx, person["id"])
    record(site, tx, by, "password.reset", person["id"])
    return Account(person["id"], person["username"], "" if password else secret)


def set_status(site: Site, tx: Connection, by: Actor, person: RowMapping, status: str) -> None:
    """Open or close an account; its logins end."""
    tx.execute(update(Person).where(Person.id == person["id"]).values(status=status))
    accounts.end_all(tx, person["id"])
    claims.look(tx, site.now())
    kind = "person.reactivated" if status == "active" else "person.deactivated"
    record(
        site, tx, by, kind, person["id"],
        audit.Change("status", mark("状態"), person["status"], status),
    )  # fmt: skip


def require_username(username: str) -> None:
    """Raise Invalid unless a username is one."""
    fits = 0 < len(username) <= LONGEST_USERNAME and all(
        sign.isascii() and (sign.isalnum() or sign in _SIGNS) for sign in username
    )
    if not fits:
        message = _(
            "利用者名は半角英数字と . _ - @ で {n} 文字までにしてください。", n=LONGEST_USERNAME
        )
        raise Invalid(message, {"username": [message]})


def require_name(name: str) -> str:
    """Return a name as it is kept. Raises Invalid for none, or one too long."""
    shown = unicodedata.normalize("NFC", name).strip()
    if not 0 < len(shown) <= LONGEST_NAME or not shown.isprintable():
        message = _("氏名を {n} 文字までで入力してください。", n=LONGEST_NAME)
        raise Invalid(message, {"name": [message]})
    return shown


def generated() -> str:
    """Return a fresh one-time password: 96 random bits, less those that begin like a formula.

    A spreadsheet shows an error for `-…`, and the list of passwords is opened in one.
    """
    found = secrets.token_urlsafe(GENERATED_BYTES)
    return generated() if found.startswith("-") else found


def record(
    site: Site,
    tx: Connection,
    by: Actor,
    event_type: str,
    person_id: str,
    *changes: audit.Change,
    subject: audit.Subject | None = None,
) -> None:
    """Record what was done to people and posts on the stream of administration."""
    audit.append_system(
        tx,
        audit.SystemStream.ADMIN,
        events.system_event(
            event_type,
            site.now(),
            None if by.is_system else by.person_id,
            by.channel,
            subject=subject or audit.Subject("person", person_id),
            request_id=by.request_id,
            changes=changes,
        ),
    )
