"""Logins that wait for their code: kept on the server for a few minutes, named by the browser.

Nothing can be done with one but to bring the code: there is no session until then.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from sqlalchemy import Connection, RowMapping, delete, insert, select
from sqlalchemy.orm import InstrumentedAttribute

from dxflow.db.identity import HalfLogin, Person
from dxflow.services.site import Site

LIFETIME = timedelta(minutes=5)


def begin(site: Site, person: RowMapping) -> str:
    """Keep that a person's password was right; return the secret that names it."""
    now, reference = site.now(), secrets.token_urlsafe(32)
    with site.database.write() as tx:
        tx.execute(delete(HalfLogin).where(HalfLogin.expires_at < now))
        tx.execute(
            insert(HalfLogin).values(
                reference_hash=_digest(reference), person_id=person["id"], epoch=person["epoch"],
                expires_at=now + LIFETIME,
            )
        )  # fmt: skip
    return reference


def person_of(
    tx: Connection, reference: str, now: datetime, *columns: InstrumentedAttribute[object]
) -> RowMapping | None:
    """Return columns of the person whose login waits; None when it has ended, or their logins did."""
    return (
        tx.execute(
            select(*columns)
            .join(HalfLogin, HalfLogin.person_id == Person.id)
            .where(
                HalfLogin.reference_hash == _digest(reference),
                HalfLogin.expires_at > now,
                HalfLogin.epoch == Person.epoch,
                Person.status == "active",
            )
        )
        .mappings()
        .one_or_none()
    )


def waits(site: Site, reference: str) -> bool:
    """Return whether a login waits for its code."""
    with site.database.read() as tx:
        return person_of(tx, reference, site.now(), Person.id) is not None


def end(tx: Connection, reference: str) -> None:
    """Let a login wait no longer."""
    tx.execute(delete(HalfLogin).where(HalfLogin.reference_hash == _digest(reference)))


def _digest(reference: str) -> str:
    return hashlib.sha256(reference.encode()).hexdigest()
