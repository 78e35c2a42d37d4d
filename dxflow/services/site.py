"""One installation: its database, clock and settings, handed to every service."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from dxflow.clock import Clock, local_date
from dxflow.clock import now as system_now
from dxflow.config import Settings
from dxflow.db.engine import Database
from dxflow.texts import Words

Command = Callable[[Any, dict[str, Any], str], dict[str, Any]]
"""(act, payload, element) -> result: what a process may have the services do."""


@dataclass(frozen=True)
class Site:
    """What a service needs of the world; made once per process."""

    settings: Settings
    database: Database
    clock: Clock = system_now
    #: The commands a process may call, by name.
    commands: Mapping[str, Command] = field(default_factory=dict)
    #: Compiled packs by digest; a pack never changes, so that none is ever thrown out.
    packs: dict[str, Any] = field(default_factory=dict)
    #: The words of pack versions that nothing else was needed of, by digest.
    words: dict[str, Words] = field(default_factory=dict)
    #: The organisation by (version, date); a change raises the version.
    directories: dict[tuple[str, date], Any] = field(default_factory=dict)
    #: Calendars of packs with the city's days by (version of the days, digest of the pack).
    calendars: dict[tuple[str, str], Any] = field(default_factory=dict)
    #: How the measures of a case stood, by case, with what they were judged by.
    judged: dict[str, tuple[Any, Any]] = field(default_factory=dict)
    #: What was looked up a few seconds ago, by key, with the moment (monotonic).
    kept: dict[str, tuple[float, Any]] = field(default_factory=dict)

    def now(self) -> datetime:
        """Return the present moment (aware, UTC)."""
        return self.clock()

    def today(self) -> date:
        """Return the present date in Japan."""
        return local_date(self.clock())
