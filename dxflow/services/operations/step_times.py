"""How long work waits at each step: counts and waiting days per element, for all cases of a pack.

Counts are aggregates over everything. Median and 90th percentile are exact over the latest
`SAMPLE` finished tasks of each element, so that the cost stays bounded; the page says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select, text, true, union_all

from dxflow.calendars.business_days import BusinessCalendar
from dxflow.calendars.fiscal import fiscal_year_of
from dxflow.clock import TOKYO, local_date
from dxflow.db.case import Case
from dxflow.db.process import PackVersion, ProcessInstance, Timer, WorkItem
from dxflow.errors import Invalid, NotFound
from dxflow.models.model import Kind
from dxflow.services.packs import city_days, own_words
from dxflow.services.packs import store as packs
from dxflow.services.people.actor import Actor
from dxflow.services.reading.diagrams import elements_of, in_order, reached
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated

ROLES = ("admin", "secretariat", "cio")
SAMPLE = 500
#: So many elements are asked for in one statement; databases limit how many may be put together.
TOGETHER = 100
#: Median business days from which a step is coloured warmer, coolest first.
LEVELS = (1, 3, 5, 10, 20)
DAY = 86_400
FIRST_YEAR, LAST_YEAR = 1950, 2149


@dataclass(frozen=True)
class Days:
    """Waiting in business days and in calendar days (one decimal)."""

    business: int
    calendar: float


@dataclass(frozen=True)
class Longest:
    """The case that has waited longest at a step and still does."""

    case_id: str
    number: str
    since: datetime
    waited: Days


@dataclass(frozen=True)
class StepTime:
    """A step: who stands there, how many passed, how long they waited.

    `level` is 0 (nothing known) to 6 (hottest). `sampled` says how many tasks the waiting days
    were taken from.
    """

    process: str
    process_name: str
    element: str
    name: str
    standing: int
    passed: int
    median: Days | None
    high: Days | None
    sampled: int
    longest: Longest | None

    @property
    def level(self) -> int:
        """Return the colour's step: by the median, or by who waits where nobody passed yet."""
        days = self.median or (self.longest.waited if self.longest else None)
        if days is None:
            return 0
        return 1 + sum(days.business >= bound for bound in LEVELS)


@dataclass(frozen=True)
class Scope:
    """What is looked at: a pack, one of its versions (None for all), a fiscal year (None for all)."""

    pack: str = ""
    version: int | None = None
    year: int | None = None


@dataclass(frozen=True)
class StepTimes:
    """The steps in the order of the drawing, with the pack version whose drawing is shown."""

    scope: Scope
    pack: packs.Pack
    versions: tuple[tuple[int, int], ...]
    """(version, how many cases run or ran on it)."""
    packs: tuple[tuple[str, str], ...]
    years: tuple[int, ...]
    steps: tuple[StepTime, ...]


def measured(site: Site, actor: Actor, scope: Scope) -> StepTimes:
    """Return the steps of a pack. Raises NotAllowed, NotFound for an unknown pack or version."""
    actor.require_role(*ROLES)
    with site.database.read() as tx:
        known = tx.execute(
            select(PackVersion.key, PackVersion.version, PackVersion.digest, PackVersion.status,
                   PackVersion.title).order_by(PackVersion.key, PackVersion.version.desc())
        ).all()  # fmt: skip
        chosen = _chosen(known, scope)
        here = Scope(chosen.key, scope.version, _year(scope.year))
        pack = packs.load(site, tx, chosen.digest)
        digests = [
            row.digest
            for row in known
            if row.key == here.pack and here.version in (None, row.version)
        ]
        steps = _Steps(site.now(), city_days.Calendars(site, tx).of(pack))
        steps.read(tx, digests, _period(here.year), narrowed=len(digests) < len(known))
        counts: dict[str, int] = {
            digest: n
            for digest, n in tx.execute(
                select(ProcessInstance.pack_digest, func.count()).group_by(
                    ProcessInstance.pack_digest
                )
            )
        }
        first = tx.execute(select(func.min(Case.fiscal_year))).scalar_one()
        latest = {row.key: row for row in reversed(known)}
        titles = {
            key: own_words.said(site, tx, row.digest, row.title) for key, row in latest.items()
        }
    this = fiscal_year_of(actor.on)
    return StepTimes(
        scope=here,
        pack=pack,
        versions=tuple(
            (row.version, counts.get(row.digest, 0)) for row in known if row.key == chosen.key
        ),
        packs=tuple(titles.items()),
        years=tuple(range(this, (first or this) - 1, -1)),
        steps=tuple(steps.of(pack)),
    )


def source(site: Site, actor: Actor, pack: str, version: int, process: str) -> str:
    """Return the BPMN XML of a process of a pack version. Raises NotAllowed or NotFound."""
    actor.require_role(*ROLES)
    with site.database.read() as tx:
        digest = tx.execute(
            select(PackVersion.digest).where(
                PackVersion.key == pack, PackVersion.version == version
            )
        ).scalar_one_or_none()
        found = packs.load(site, tx, digest) if digest else None
    file = found.diagrams.get(process) if found else None
    if found is None or file is None:
        raise NotFound(_("この流れ図はありません。"))
    return found.files[file]


def _chosen(known: Sequence[Any], scope: Scope) -> Any:
    """Return the row of the version whose drawing is shown: the chosen one, else the current."""
    rows = [row for row in known if not scope.pack or row.key == scope.pack]
    if scope.version is not None:
        rows = [row for row in rows if row.version == scope.version]
    if not rows:
        raise NotFound(_("この手続きの版はありません。"))
    return next((row for row in rows if row.status == "current"), rows[0])


def _year(year: int | None) -> int | None:
    if year is not None and not FIRST_YEAR <= year <= LAST_YEAR:
        message = _("年度は {first} から {last} までです。", first=FIRST_YEAR, last=LAST_YEAR)
        raise Invalid(message, {"year": [message]})
    return year


def _period(year: int | None) -> ColumnElement[bool] | None:
    """Return the condition that a task ended within a fiscal year; None for all years."""
    if year is None:
        return None
    begin, end = (
        datetime.combine(date(one, 4, 1), time(), TOKYO).astimezone(UTC) for one in (year, year + 1)
    )
    return and_(WorkItem.ended_at >= begin, WorkItem.ended_at < end)


class _Steps:
    """What the tables say of every element, by process and element."""

    def __init__(self, now: datetime, calendar: BusinessCalendar) -> None:
        self.now = now
        self.calendar = calendar
        self.standing: dict[tuple[str, str], int] = {}
        self.passed: dict[tuple[str, str], int] = {}
        self.waits: dict[tuple[str, str], list[Days]] = {}
        self.longest: dict[tuple[str, str], Longest] = {}
        self.timers: dict[str, int] = {}

    def read(
        self,
        tx: Connection,
        digests: Sequence[str],
        period: ColumnElement[bool] | None,
        *,
        narrowed: bool,
    ) -> None:
        """Read everything: five statements; `narrowed`: there are cases of other packs or versions."""
        where = (WorkItem.process_key, WorkItem.element)
        ran = select(ProcessInstance.case_id).where(ProcessInstance.pack_digest.in_(digests))
        which = WorkItem.case_id.in_(ran) if narrowed else true()
        ended = WorkItem.ended_at.is_not(None) if period is None else period
        done = [which, WorkItem.status == "completed", ended]
        opened = [
            which,
            WorkItem.status == text("'open'"),
        ]  # written out: an index holds these only
        for row in tx.execute(
            select(*where, func.count(func.distinct(WorkItem.case_id))).where(*opened).group_by(*where)
        ):  # fmt: skip
            self.standing[row[0], row[1]] = row[2]
        for row in tx.execute(select(*where, func.count()).where(*done).group_by(*where)):
            self.passed[row[0], row[1]] = row[2]
        self._read_waits(tx, done)
        self._read_longest(tx, opened)
        timers = select(Timer.element, func.count(func.distinct(Timer.case_id))).where(
            Timer.case_id.in_(ran)
        )
        for timer in tx.execute(timers.group_by(Timer.element)):
            self.timers[timer[0]] = timer[1]

    def _read_waits(self, tx: Connection, done: list[ColumnElement[bool]]) -> None:
        """Read the latest finished tasks of each element, an index range each."""
        latest = [
            select(
                select(
                    WorkItem.process_key, WorkItem.element, WorkItem.created_at, WorkItem.ended_at
                )
                .where(WorkItem.process_key == process, WorkItem.element == element, *done)
                .order_by(WorkItem.ended_at.desc())
                .limit(SAMPLE)
                .subquery()
            )
            for process, element in self.passed
        ]
        for first in range(0, len(latest), TOGETHER):
            for row in tx.execute(union_all(*latest[first : first + TOGETHER])):
                self.waits.setdefault((row.process_key, row.element), []).append(
                    self._days(row.created_at, row.ended_at)
                )

    def _read_longest(self, tx: Connection, opened: list[ColumnElement[bool]]) -> None:
        ranked = (
            select(
                WorkItem.process_key, WorkItem.element, WorkItem.created_at, WorkItem.case_id,
                Case.number,
                func.row_number().over(
                    partition_by=(WorkItem.process_key, WorkItem.element),
                    order_by=(WorkItem.created_at, WorkItem.id),
                ).label("place"),
            )
            .join(Case, Case.id == WorkItem.case_id)
            .where(*opened)
            .subquery()
        )  # fmt: skip
        for row in tx.execute(select(ranked).where(ranked.c.place == 1)):
            self.longest[row.process_key, row.element] = Longest(
                row.case_id, row.number, row.created_at, self._days(row.created_at, self.now)
            )

    def _days(self, begin: datetime, end: datetime) -> Days:
        business = self.calendar.business_days_between(local_date(begin), local_date(end))
        return Days(max(0, business), round(max(0.0, (end - begin).total_seconds()) / DAY, 1))

    def of(self, pack: packs.Pack) -> Iterable[StepTime]:
        """Yield the steps as they are drawn, then those that only other versions have."""
        left = {*self.standing, *self.passed}
        top = reached(pack, pack.settings.start_process)
        for process_key in dict.fromkeys([*top, *pack.processes]):
            process = pack.processes[process_key]
            drawn = {one.id: place for place, one in enumerate(in_order(process))}
            for element in sorted(
                elements_of(process), key=lambda one: drawn.get(one.id, len(drawn))
            ):
                place = (process_key, element.id)
                if element.kind is Kind.CATCH_TIMER:
                    left.discard(place)
                    yield self._step(place, process.name, element.name, self.timers)
                elif element.kind is Kind.USER_TASK:
                    left.discard(place)
                    yield self._step(place, process.name, element.name, {})
        for place in sorted(left):
            yield self._step(place, "", "", {})

    def _step(
        self, place: tuple[str, str], process: str, name: str, timers: dict[str, int]
    ) -> StepTime:
        waits = self.waits.get(place, [])
        return StepTime(
            process=place[0],
            process_name=translated(process) or place[0],
            element=place[1],
            name=translated(name) or place[1],
            standing=self.standing.get(place, 0) + timers.get(place[1], 0),
            passed=self.passed.get(place, 0),
            median=_percentile(waits, 0.5),
            high=_percentile(waits, 0.9),
            sampled=len(waits),
            longest=self.longest.get(place),
        )


def _percentile(waits: Sequence[Days], share: float) -> Days | None:
    """Return the smallest wait that at least this share of all does not exceed (nearest rank)."""
    if not waits:
        return None
    place = max(0, -(-len(waits) * int(share * 100) // 100) - 1)
    return Days(
        sorted(one.business for one in waits)[place], sorted(one.calendar for one in waits)[place]
    )
