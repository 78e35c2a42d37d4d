"""The calendar that holds in the city: a pack's own, with the days that the city has entered.

A compiled pack is kept by its digest for ever and knows nothing of the city's days. What is made
of both is kept under the version of the city's days, a name that every change gives anew in its
own transaction: no process goes on with an old calendar, and a step pays nothing but a column of
the row it locks anyway.
"""

import secrets
from datetime import date
from typing import TYPE_CHECKING

from sqlalchemy import Connection, ScalarSelect, select
from sqlalchemy.dialects import postgresql, sqlite

from dxflow.calendars.business_days import BusinessCalendar
from dxflow.db.base import table
from dxflow.db.city_day import CityDay
from dxflow.db.identity import Setting
from dxflow.db.prepared import Prepared
from dxflow.services.packs.settings import PackSettings
from dxflow.services.site import Site

if TYPE_CHECKING:
    from dxflow.services.packs.store import Pack

CLOSED, OPEN = "closed", "open"
VERSION_KEY = "city_days.version"
#: The version of an installation that has never had a day entered.
NONE_YET = "0"
_KEPT = 64

_VERSION = select(Setting.value).where(Setting.key == VERSION_KEY).scalar_subquery()
_READ_VERSION = Prepared(select(_VERSION.label("version")))
_DAY = table(CityDay)
_READ_DAYS = Prepared(select(_DAY.c.day, _DAY.c.kind))


class Calendars:
    """The calendars of packs as they hold in one transaction; `version` where it is known."""

    def __init__(self, site: Site, tx: Connection, version: str | None = None) -> None:
        self._site, self._tx, self._version = site, tx, version

    def of(self, pack: "Pack") -> BusinessCalendar:
        """Return a pack's calendar with the city's days in it; asks only for what is new here."""
        if self._version is None:
            self._version = version(self._tx)
        known = self._site.calendars
        found = known.get((self._version, pack.digest))
        if found is None:
            found = pack.settings.calendar.with_days(*_days(self._tx))
            while len(known) >= _KEPT:
                known.pop(next(iter(known)), None)
            known[self._version, pack.digest] = found
        return found


def calendar_of(tx: Connection, settings: PackSettings) -> BusinessCalendar:
    """Return the calendar of a pack that is not installed yet, with the city's days in it."""
    return settings.calendar.with_days(*_days(tx))


def version_query() -> ScalarSelect[str]:
    """Return the version of the city's days as a subquery, to ride on another statement.

    It is NULL in an installation that has never had a day entered: see `NONE_YET`.
    """
    return _VERSION


def version(tx: Connection) -> str:
    """Return the version of the city's days."""
    row = _READ_VERSION.first(tx, {})
    return (row.version if row else None) or NONE_YET


def raise_version(tx: Connection) -> None:
    """Tell every process that the city's days change, and let one transaction at a time do so.

    The name never comes again: what was read in a transaction that was undone afterwards must not
    be taken for what somebody else writes next.
    """
    insert = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
    version = secrets.token_hex(8)
    tx.execute(
        insert(Setting)
        .values(key=VERSION_KEY, value=version)
        .on_conflict_do_update(index_elements=["key"], set_={"value": version})
    )


def _days(tx: Connection) -> tuple[frozenset[date], frozenset[date]]:
    """Return the days closed and the days open."""
    rows = _READ_DAYS.all(tx, {})
    return (
        frozenset(row.day for row in rows if row.kind == CLOSED),
        frozenset(row.day for row in rows if row.kind == OPEN),
    )
