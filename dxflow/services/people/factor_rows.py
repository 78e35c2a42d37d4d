"""The second factor as rows, within the caller's transaction: who has one, and taking a code.

Secrets are sealed with a key made of the installation's secret key: a copy of the database alone,
a backup or an export, makes nobody's codes.
"""

import base64
import hmac
import logging
from datetime import datetime

from sqlalchemy import Connection, ScalarSelect, Select, delete, func, insert, select, update
from sqlalchemy.sql.elements import ColumnElement

from dxflow import audit
from dxflow.db.base import table
from dxflow.db.identity import Person, ReserveCode, SecondFactor
from dxflow.services.people import one_time_codes as codes
from dxflow.services.people import personal_notices, throttling
from dxflow.services.people.events import system_event
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark, to_be_stored

log = logging.getLogger("dxflow.people")

_FACTOR = table(SecondFactor)


#: What the log says beside a failed login whose password was right.
WRONG = mark("確認コードが違う")


def subject(person_id: str) -> str:
    """Return the subject under which a person's wrong codes count: wherever they come from."""
    return f"{person_id}|code"


def needed() -> str:
    """Return the sentence for whoever has shown their password only."""
    return _("二段階認証の確認コードが必要です。")


def since() -> ScalarSelect[datetime]:
    """Return the column, beside a row of Person, that says since when the person has one."""
    of_person: Select[tuple[datetime]] = select(_FACTOR.c.confirmed_at).where(
        _FACTOR.c.person_id == table(Person).c.id
    )
    return of_person.scalar_subquery()


def has(tx: Connection, person_id: str) -> bool:
    """Return whether a person has a second factor that counts."""
    which = SecondFactor.person_id == person_id, SecondFactor.confirmed_at.is_not(None)
    return tx.execute(select(SecondFactor.person_id).where(*which)).first() is not None


def take(
    site: Site, tx: Connection, person_id: str, typed: str, channel: str, request_id: str
) -> bool:
    """Use up a code of the person's app or in reserve; return whether it was right.

    Two who bring the same code at the same moment: one of them is refused. Whose code in reserve
    it was is told.
    """
    code = codes.cleaned(typed)
    if codes.is_of_app(code):
        right = _take_of_app(site, tx, person_id, code, confirmed=True)
    else:
        right = _take_reserve(tx, person_id, code)
        if right:
            _tell_of_reserve(site, tx, person_id, channel, request_id)
    if right:
        throttling.forgive(tx, subject(person_id))
    return right


def confirm(site: Site, tx: Connection, person_id: str, typed: str) -> bool:
    """Let the app that a person has begun to set up count, if this is its code."""
    code = codes.cleaned(typed)
    if not codes.is_of_app(code) or not _take_of_app(site, tx, person_id, code, confirmed=False):
        return False
    tx.execute(
        update(SecondFactor)
        .where(SecondFactor.person_id == person_id)
        .values(confirmed_at=site.now())
    )
    return True


def put(site: Site, tx: Connection, person_id: str, secret: str) -> None:
    """Begin to set up an app, in the place of one that was only begun.

    The account's row is locked: of two that are begun at once the later one stays.
    """
    tx.execute(select(Person.id).where(Person.id == person_id).with_for_update())
    tx.execute(delete(SecondFactor).where(SecondFactor.person_id == person_id))
    tx.execute(
        insert(SecondFactor).values(
            person_id=person_id, secret=_sealed(site, secret), created_at=site.now()
        )
    )


def renew_reserve(tx: Connection, person_id: str) -> list[str]:
    """Give a person fresh codes in reserve; those before no longer work."""
    tx.execute(delete(ReserveCode).where(ReserveCode.person_id == person_id))
    fresh = codes.fresh_reserve()
    tx.execute(
        insert(ReserveCode),
        [{"code_hash": codes.reserve_digest(one), "person_id": person_id} for one in fresh],
    )
    return fresh


def reserve_left(tx: Connection, person_id: str) -> int:
    """Return how many codes in reserve a person has."""
    which = ReserveCode.person_id == person_id
    return tx.execute(select(func.count()).select_from(ReserveCode).where(which)).scalar_one()


def remove(tx: Connection, person_id: str) -> bool:
    """Take away a person's app and codes; return whether the app counted."""
    counted = has(tx, person_id)
    tx.execute(delete(SecondFactor).where(SecondFactor.person_id == person_id))
    tx.execute(delete(ReserveCode).where(ReserveCode.person_id == person_id))
    return counted


def begun(site: Site, tx: Connection, person_id: str, earliest: datetime) -> str | None:
    """Return the secret of an app that waits to be confirmed, begun no earlier than that."""
    row = tx.execute(
        select(SecondFactor.secret, SecondFactor.created_at).where(
            SecondFactor.person_id == person_id, SecondFactor.confirmed_at.is_(None)
        )
    ).one_or_none()
    return _opened(site, row.secret) if row is not None and row.created_at >= earliest else None


def _take_of_app(site: Site, tx: Connection, person_id: str, code: str, *, confirmed: bool) -> bool:
    counts: ColumnElement[bool] = SecondFactor.confirmed_at.is_not(None)
    which = SecondFactor.person_id == person_id, counts if confirmed else ~counts
    row = tx.execute(
        select(SecondFactor.secret, SecondFactor.last_step).where(*which)
    ).one_or_none()
    secret = _opened(site, row.secret) if row is not None else None
    if row is None or secret is None:
        return False
    step = codes.fitting_step(secret, code, site.now(), row.last_step)
    if step is None:
        return False
    used = update(SecondFactor).where(*which, SecondFactor.last_step < step).values(last_step=step)
    return tx.execute(used).rowcount == 1


def _take_reserve(tx: Connection, person_id: str, code: str) -> bool:
    which = ReserveCode.person_id == person_id, ReserveCode.code_hash == codes.reserve_digest(code)
    return tx.execute(delete(ReserveCode).where(*which)).rowcount == 1


def _tell_of_reserve(
    site: Site, tx: Connection, person_id: str, channel: str, request_id: str
) -> None:
    event = system_event(
        "second_factor.reserve_used", site.now(), person_id, channel, request_id=request_id
    )
    audit.append_system(tx, audit.SystemStream.ACCESS, event)
    with to_be_stored():
        told = _(
            "予備コードを一つ使いました（残り {n} 個）。心当たりがないときは、"
            "すぐにパスワードを変え、システム担当に知らせてください。",
            n=reserve_left(tx, person_id),
        )
    personal_notices.leave(site, tx, person_id, told)


def _key(site: Site) -> bytes:
    made = hmac.digest(site.settings.secret_key(), b"dxflow second factor", "sha256")
    return base64.urlsafe_b64encode(made)


def _sealed(site: Site, secret: str) -> str:
    from cryptography.fernet import Fernet  # here: a start does not wait for it

    return Fernet(_key(site)).encrypt(secret.encode()).decode()


def _opened(site: Site, sealed: str) -> str | None:
    """Return a secret, None where the secret key is another one than when it was sealed."""
    from cryptography.fernet import Fernet, InvalidToken  # here for the same reason

    try:
        return Fernet(_key(site)).decrypt(sealed.encode()).decode()
    except InvalidToken:
        log.error("a second factor was sealed with another secret key: codes in reserve still work")
        return None
