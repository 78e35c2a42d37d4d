"""全体状況: the whole of a city's initiatives on one page, for whoever reads every case."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import Connection

from dxflow.calendars.fiscal import fiscal_year_of, fiscal_year_start
from dxflow.errors import NotAllowed
from dxflow.services.packs import own_words
from dxflow.services.packs import store as packs
from dxflow.services.paging import Page, bounds
from dxflow.services.people import naming, organisation
from dxflow.services.people.actor import READS_ALL, Actor
from dxflow.services.people.naming import Names
from dxflow.services.reading import portfolio_figures as figures
from dxflow.services.reading.case_head import stages_with_reports
from dxflow.services.reading.case_rulings import outcome_name, outcome_tone
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated

MOST_LATE = 30
DECISIONS_PER_PAGE = 30


@dataclass(frozen=True)
class Column:
    """A column of the table: a stage (running cases) or a way to end."""

    key: str
    label: str
    running: bool


@dataclass(frozen=True)
class Row:
    """A lead section with its cases by column key."""

    unit: str
    name: str
    cells: Mapping[str, int]
    running: int


@dataclass(frozen=True)
class LateRow:
    """Something overdue, with the days since it was due."""

    late: figures.Late
    kind: str
    unit: str
    days: int


@dataclass(frozen=True)
class WaitingRow:
    """Tasks of one name that wait in a stage, with the days the oldest has waited.

    `stage` is the stage's name, "" for none.
    """

    name: str
    said: str
    stage: str
    tasks: int
    late: int
    oldest: datetime
    days: int


@dataclass(frozen=True)
class DecisionRow:
    """A 決裁 in words."""

    decided: figures.Decided
    tone: str
    outcome: str
    unit: str
    post: str


@dataclass(frozen=True)
class Portfolio:
    """The page. `year` is the fiscal year whose endings are counted.

    `late_total` counts everything late one by one, `late_left` what the lines of `late` leave out.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    totals: Mapping[str, int]
    running: int
    year: int
    handed_in: int
    late: tuple[LateRow, ...]
    late_total: int
    late_left: int
    waiting: tuple[WaitingRow, ...]
    decisions: Page[DecisionRow]
    month: date

    @property
    def stages(self) -> tuple[Column, ...]:
        """Return the columns of running cases."""
        return tuple(one for one in self.columns if one.running)


def page(site: Site, actor: Actor, month: date | None = None, decisions: int = 1) -> Portfolio:
    """Return the portfolio on the actor's day.

    `month` chooses the month of the decisions, `decisions` the page of them. The number of queries
    is fixed. Raises NotAllowed unless the actor reads every case, Invalid for a page that cannot be.
    """
    if not actor.has_role(*READS_ALL):
        raise NotAllowed(_("全体状況は、すべての案件を見られる職の画面です。"), READS_ALL)
    offset, limit = bounds(decisions, DECISIONS_PER_PAGE)
    today, now = actor.on, site.now()
    first = (month or today).replace(day=1)
    year = fiscal_year_of(today)
    with site.database.read() as tx:
        current = packs.current(site, tx)
        counts = figures.counts(tx, fiscal_year_start(year))
        reported_in = {stage for pack in current for stage in stages_with_reports(pack)}
        late, late_total = figures.late(tx, now, reported_in, MOST_LATE)
        waiting = figures.waiting(tx, now)
        decided = figures.decided(tx, first, _last_day(first), limit, offset)
        decided_in_all = figures.decided_count(tx, first, _last_day(first))
        handed_in = figures.handed_in(tx, today.replace(day=1), today)
        names = _names(site, tx, actor, counts, late, decided)
        columns = _columns(current, counts)
        late = [_in_words(site, tx, one) for one in late]
    rows = _rows(counts, names)
    return Portfolio(
        columns=columns,
        rows=rows,
        totals={one.key: sum(row.cells.get(one.key, 0) for row in rows) for one in columns},
        running=sum(row.running for row in rows),
        year=year,
        handed_in=handed_in,
        late=tuple(_late_row(one, names, today) for one in late),
        late_total=late_total,
        late_left=late_total - sum(one.tasks for one in late),
        waiting=_waiting_rows(waiting, current, now),
        decisions=Page(
            [_decision_row(one, names) for one in decided], decisions, limit, decided_in_all
        ),
        month=first,
    )


def _names(
    site: Site,
    tx: Connection,
    actor: Actor,
    counts: Sequence[figures.Count],
    late: Sequence[figures.Late],
    decided: Sequence[figures.Decided],
) -> Names:
    units = [one.unit for found in (counts, late, decided) for one in found]
    who = organisation.directory(site, tx, actor.on)
    return naming.load(tx, who, units=units, posts=[one.post for one in decided])


def _last_day(first: date) -> date:
    following = date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return date.fromordinal(following.toordinal() - 1)


def _columns(current: Sequence[packs.Pack], counts: Sequence[figures.Count]) -> tuple[Column, ...]:
    """Return the stages of the packs in force, those of earlier ones still in use, the endings."""
    stages = {stage.key: stage.label for pack in current for stage in pack.settings.stages}
    for one in counts:
        if one.status == "running" and one.stage not in stages:
            names = (pack.stage_name(one.stage) for pack in current)
            stages[one.stage] = next((name for name in names if name != one.stage), one.stage)
    ended = {one.status for one in counts if one.status != "running"}
    return (
        *(Column(key, translated(label), running=True) for key, label in stages.items()),
        *(
            Column(status, packs.status_name(status), running=False)
            for status in packs.END_STATUSES
            if status in ended
        ),
    )


def _rows(counts: Sequence[figures.Count], names: Names) -> tuple[Row, ...]:
    cells: dict[str, dict[str, int]] = {}
    running: dict[str, int] = {}
    for one in counts:
        key = one.stage if one.status == "running" else one.status
        unit = cells.setdefault(one.unit, {})
        unit[key] = unit.get(key, 0) + one.cases
        if one.status == "running":
            running[one.unit] = running.get(one.unit, 0) + one.cases
    found = [Row(unit, names.unit(unit), by, running.get(unit, 0)) for unit, by in cells.items()]
    return tuple(sorted(found, key=lambda row: (-row.running, row.name)))


def _in_words(site: Site, tx: Connection, one: figures.Late) -> figures.Late:
    is_task = one.kind == "task"  # the others are called as people wrote them
    return replace(one, name=own_words.said(site, tx, one.pack, one.name)) if is_task else one


def _late_row(one: figures.Late, names: Names, today: date) -> LateRow:
    kinds = {"task": _("作業"), "duty": _("条件"), "milestone": _("節目")}
    return LateRow(one, kinds[one.kind], names.unit(one.unit), max(0, (today - one.since).days))


def _waiting_rows(
    found: Sequence[figures.Waiting], current: Sequence[packs.Pack], now: datetime
) -> tuple[WaitingRow, ...]:
    """Return a row for what reads the same, the most first."""
    rows: dict[tuple[str, str], WaitingRow] = {}
    for one in found:
        stage = next((name for pack in current if (name := _stage_of(pack, one.process))), "")
        drawn = [pack for pack in current if one.process in pack.processes]
        known = rows.get((one.name, stage))
        tasks, late, oldest = one.tasks, one.late, one.oldest
        if known is not None:
            tasks, late = tasks + known.tasks, late + known.late
            oldest = min(oldest, known.oldest)
        days = (now - oldest).days
        rows[one.name, stage] = WaitingRow(
            one.name, own_words.of_some(one.name, drawn), stage, tasks, late, oldest, days
        )
    return tuple(sorted(rows.values(), key=lambda row: -row.tasks))


def _stage_of(pack: packs.Pack, process: str) -> str:
    """Return the name of the stage whose call activity runs a process, empty for none."""
    for stage in pack.settings.stages:
        for begun in pack.settings.begun:
            call = pack.element(begun, stage.key)
            if call is not None and call.called_process == process:
                return translated(stage.label)
    return ""


def _decision_row(one: figures.Decided, names: Names) -> DecisionRow:
    return DecisionRow(
        decided=one,
        tone=outcome_tone(one.outcome),
        outcome=outcome_name(one.outcome),
        unit=names.unit(one.unit),
        post=names.post(one.post),
    )
