"""Maintenance: announced ahead, then nothing changes until it is over. Kept in one setting row.

The state is looked up every few seconds in each process, so that no request pays for it.
"""

import time
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from dxflow import audit
from dxflow.errors import Invalid, Unavailable
from dxflow.services.people import events, facts
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

KEY = "maintenance"
KEPT_SECONDS = 3.0
LONGEST_MESSAGE = 300
#: What a caller is told to wait when nobody said when it ends.
RETRY_AFTER = 300
LONGEST_RETRY = 3600


class UnderMaintenance(Unavailable):
    """Nothing may be changed now; `retry_after` are seconds, `said` is what was announced."""

    def __init__(self, message: str, retry_after: int, said: str = "") -> None:
        self.retry_after = retry_after
        self.said = said
        super().__init__(message)


@dataclass(frozen=True)
class Maintenance:
    """An announced maintenance: read-only from `start`, presumably over at `until`."""

    start: datetime
    message: str
    until: datetime | None = None

    def active(self, now: datetime) -> bool:
        """Return whether nothing may be changed; it ends only when somebody ends it."""
        return now >= self.start


def current(site: Site) -> Maintenance | None:
    """Return the maintenance that is announced or under way, as of a few seconds ago."""
    kept = site.kept.get(KEY)
    if kept is not None and time.monotonic() - kept[0] < KEPT_SECONDS:
        found: Maintenance | None = kept[1]
        return found
    with site.database.read() as tx:
        found = read(tx)
    site.kept[KEY] = (time.monotonic(), found)
    return found


def read(tx: Connection) -> Maintenance | None:
    """Return the maintenance as it stands in the database."""
    raw = facts.read(tx, KEY).get(KEY)
    if raw is None:
        return None
    until = raw.get("until")
    return Maintenance(
        datetime.fromisoformat(raw["start"]),
        raw["message"],
        datetime.fromisoformat(until) if until else None,
    )


def paused(site: Site) -> bool:
    """Return whether the workers are to wait."""
    found = current(site)
    return found is not None and found.active(site.now())


def require_open(site: Site) -> None:
    """Raise UnderMaintenance while nothing may be changed."""
    found = current(site)
    now = site.now()
    if found is None or not found.active(now):
        return
    left = int((found.until - now).total_seconds()) if found.until else RETRY_AFTER
    raise UnderMaintenance(
        _("保守作業中のため、いまは閲覧だけができます。{message}", message=found.message),
        min(max(left, 5), LONGEST_RETRY),
        found.message,
    )


def announce(
    site: Site, actor: Actor, message: str, start: datetime | None, until: datetime | None
) -> Maintenance:
    """Announce a maintenance, or begin it at once. Raises NotAllowed, Invalid."""
    planned = checked(site, actor, message, start, until)
    _store(site, actor, planned, "maintenance.announced")
    return planned


def checked(
    site: Site, actor: Actor, message: str, start: datetime | None, until: datetime | None
) -> Maintenance:
    """Return the maintenance that would be announced; nothing is. Raises NotAllowed, Invalid."""
    actor.require_role("admin")
    message = " ".join(message.split())
    wrong: dict[str, list[str]] = {}
    if not message or len(message) > LONGEST_MESSAGE:
        wrong["message"] = [
            _("お知らせの文を 1〜{most} 字で書いてください。", most=LONGEST_MESSAGE)
        ]
    begin = start or site.now()
    if until is not None and until <= begin:
        wrong["until"] = [_("終わりの予定は、始まりより後にしてください。")]
    if wrong:
        raise Invalid(_("保守の予定を確かめてください。"), wrong)
    return Maintenance(begin, message, until)


def end(site: Site, actor: Actor) -> bool:
    """End the maintenance; return whether there was one. Raises NotAllowed."""
    actor.require_role("admin")
    with site.database.read() as tx:
        if read(tx) is None:
            return False
    _store(site, actor, None, "maintenance.ended")
    return True


def _store(site: Site, actor: Actor, planned: Maintenance | None, event_type: str) -> None:
    value: dict[str, str | None] | None = None
    if planned is not None:
        value = {
            "start": planned.start.isoformat(),
            "until": planned.until.isoformat() if planned.until else None,
            "message": planned.message,
        }
    labels = {
        "start": mark("始まり"),
        "until": mark("終わりの予定"),
        "message": mark("お知らせの文"),
    }
    with site.database.write() as tx:
        before = facts.read(tx, KEY).get(KEY) or {}
        after = value or {}
        facts.write(tx, KEY, value)
        events.record_configuration(
            site, tx, actor, event_type, audit.Subject("system", "maintenance"),
            *(
                audit.Change(name, label, before.get(name), after.get(name))
                for name, label in labels.items()
                if before.get(name) != after.get(name)
            ),
        )  # fmt: skip
    site.kept.pop(KEY, None)
