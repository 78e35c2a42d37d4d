"""Failed logins: counted by account and place, and by place alone; further ones must wait.

A subject is a pair of account and place, or somebody who is logged in and asked for their password
again: each failure beyond a few makes the next try wait longer. A day without a failure and it is
forgotten. A place, the network address that tries come from, may be that of a whole office behind
one proxy: it may fail more often within an hour, over whatever accounts, and never waits for long.
What no longer counts goes with the next tidying.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Network, ip_address
from typing import Any

from sqlalchemy import Connection, case, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dxflow.db.identity import LoginThrottle
from dxflow.errors import Throttled
from dxflow.texts import gettext as _

#: Failures that are free, and the longest wait; between them the wait doubles.
FREE_FAILURES = 4
LONGEST_WAIT = timedelta(minutes=15)
#: Longer than any wait: what is forgotten keeps nobody out.
FORGOTTEN_AFTER = timedelta(days=1)
#: For how long the failures of a place are added up, and how long it waits at most.
COUNTED_TOGETHER = timedelta(hours=1)
LONGEST_WAIT_OF_A_PLACE = timedelta(minutes=1)
_PLACE = "from:"


def network_of(origin: str) -> str:
    """Return the network that an address counts as: whoever has an IPv6 address has a whole /64."""
    try:
        address = ip_address(origin)
    except ValueError:
        return origin[:64]
    if isinstance(address, IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or IPv6Network((int(address), 64), strict=False))


def place(origin: str) -> str:
    """Return the subject of a network address, "" where there is none."""
    return f"{_PLACE}{network_of(origin)}" if origin else ""


def require_patience(tx: Connection, subjects: Sequence[str], now: datetime) -> None:
    """Raise Throttled while one of the subjects has to wait after its failures."""
    row = tx.execute(
        select(LoginThrottle.subject, LoginThrottle.blocked_until)
        .where(LoginThrottle.subject.in_(subjects), LoginThrottle.blocked_until > now)
        .order_by(LoginThrottle.blocked_until.desc())
        .limit(1)
    ).one_or_none()
    if row is None or row.blocked_until is None:
        return
    seconds = int((row.blocked_until - now).total_seconds()) + 1
    if row.subject.startswith(_PLACE):
        message = _(
            "同じ接続元からのログインの失敗が多いため、{n} 秒ほど待ってからお試しください。",
            n=seconds,
        )
    else:
        message = _("ログインの失敗が続いたため、{n} 秒ほど待ってからお試しください。", n=seconds)
    raise Throttled(message, seconds)


def take_turn(tx: Connection, subject: str, now: datetime) -> None:
    """Raise Throttled while a subject has to wait; the others who try for it wait for this one.

    The caller counts a failure in the same transaction: of many who try at the same moment, each
    sees what the one before has cost.
    """
    make = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
    tx.execute(
        make(LoginThrottle)
        .values(subject=subject, failures=0, last_at=now)
        .on_conflict_do_update(index_elements=["subject"], set_={"subject": subject})
    )
    require_patience(tx, [subject], now)


def forgive(tx: Connection, subject: str) -> None:
    """Forget the failures of a subject that has shown the right password."""
    tx.execute(delete(LoginThrottle).where(LoginThrottle.subject == subject))


def count_failure(tx: Connection, subject: str, now: datetime) -> None:
    """Count one more failure; after FREE_FAILURES of them the subject waits."""
    failures = _counted(tx, subject, now, FORGOTTEN_AFTER, last_at=now)
    _wait(tx, subject, now, failures - FREE_FAILURES, LONGEST_WAIT)


def count_place(tx: Connection, subject: str, now: datetime, free: int) -> bool:
    """Count one more failure of a place; return whether it is the first too many within the hour.

    After `free` of them within an hour each further one makes whoever comes from there wait. A
    right password takes nothing back: whoever tries many accounts may have one of their own.
    """
    failures = _counted(
        tx, subject, now, COUNTED_TOGETHER, last_at=LoginThrottle.last_at  # when the hour began
    )  # fmt: skip
    _wait(tx, subject, now, failures - free, LONGEST_WAIT_OF_A_PLACE)
    return failures == free + 1


def forget(tx: Connection, now: datetime) -> int:
    """Remove the rows that no longer count; return how many."""
    old = LoginThrottle.last_at < now - FORGOTTEN_AFTER
    return tx.execute(delete(LoginThrottle).where(old)).rowcount


def _counted(tx: Connection, subject: str, now: datetime, together: timedelta, last_at: Any) -> int:
    """Count a failure, anew when the last is too old; many may do so at the same moment."""
    make = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
    old = LoginThrottle.last_at < now - together
    statement = make(LoginThrottle).values(subject=subject, failures=1, last_at=now)
    return tx.execute(
        statement.on_conflict_do_update(
            index_elements=["subject"],
            set_={
                "failures": case((old, 1), else_=LoginThrottle.failures + 1),
                "last_at": case((old, now), else_=last_at),
            },
        ).returning(LoginThrottle.failures)
    ).scalar_one()


def _wait(tx: Connection, subject: str, now: datetime, beyond: int, longest: timedelta) -> None:
    seconds = 2 ** min(beyond, 12) if beyond > 0 else 0
    until = now + min(timedelta(seconds=seconds), longest) if seconds else None
    tx.execute(
        update(LoginThrottle).where(LoginThrottle.subject == subject).values(blocked_until=until)
    )
