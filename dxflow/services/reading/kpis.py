"""Measures as people see them: a list with the most urgent first, one in full, entering a value."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    exists,
    func,
    select,
)

from dxflow.calendars.business_days import BusinessCalendar
from dxflow.calendars.periods import period_start
from dxflow.clock import local_date
from dxflow.db import case as tables
from dxflow.db.case import Case
from dxflow.db.process import ElementVisit
from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound
from dxflow.kpi.achievement import Achievement, Status
from dxflow.kpi.doubts import doubts
from dxflow.kpi.measures import Measure, Value, checked
from dxflow.kpi.parsing import read_decimal
from dxflow.services.acts import measures
from dxflow.services.acts.act import Act, lock, require_running
from dxflow.services.acts.measures import Tracked
from dxflow.services.keyed import Keyed, made_before
from dxflow.services.packs import city_days
from dxflow.services.packs import store as packs
from dxflow.services.paging import Page, bounds
from dxflow.services.people import naming, organisation, visibility
from dxflow.services.people.actor import Actor
from dxflow.services.reading import kpi_cases, kpi_standing, kpi_story
from dxflow.services.reading.case_head import tracking_processes
from dxflow.services.reading.kpi_standing import Standing
from dxflow.services.reading.kpi_story import Entered, TargetChange
from dxflow.services.site import Site
from dxflow.texts import gettext as _

#: A measure whose case has not come to measuring.
PLANNED = "planned"
#: So many characters of a value are looked at.
MOST_TYPED = 64
#: The order of the list: what needs somebody comes first.
ORDER = ("overdue", "at_risk", "behind", "no_data", "unknown", "on_track", "achieved", PLANNED)


@dataclass(frozen=True)
class KpiRow:
    """A measure as listed. `status` is one of ORDER; `missing` counts values that are overdue."""

    tracked: Tracked
    case_id: str
    case_number: str
    case_title: str
    lead: str
    status: str
    status_name: str
    achievement: Achievement
    since: date | None
    #: The key of the pack that the case belongs to.
    pack: str = ""

    @property
    def id(self) -> str:
        """Return the measure's id."""
        return self.tracked.id

    @property
    def measure(self) -> Measure:
        """Return the measure itself."""
        return self.tracked.measure

    @property
    def doubts(self) -> list[str]:
        """Return what looks wrong about the measure, in sentences."""
        return doubts(self.measure)

    @property
    def missing(self) -> int:
        """Return how many values are overdue."""
        return len(self.achievement.missing)


@dataclass(frozen=True)
class KpiList:
    """A page of measures, and how many there are of each status under the other filters."""

    page: Page[KpiRow]
    counts: Mapping[str, int]
    missing: int
    #: Whether there are cases beyond those that may be judged that were not looked at.
    cut: bool = False


@dataclass(frozen=True)
class KpiDetail:
    """One measure in full. `why_not` says why the reader may not enter values, if so."""

    row: KpiRow
    targets: tuple[TargetChange, ...]
    entered: tuple[Entered, ...]
    why_not: str


def listed(
    site: Site,
    actor: Actor,
    *,
    status: str = "",
    unit: str = "",
    case_id: str = "",
    page: int = 1,
    per_page: int = 50,
) -> KpiList:
    """Return the measures of the cases the actor may see, overdue ones first.

    Raises Invalid for an unknown status.
    """
    if status and status not in ORDER:
        message = _("status は {words} のいずれかです。", words="、".join(ORDER))
        raise Invalid(message, {"status": [message]})
    offset, limit = bounds(page, per_page)
    with site.database.read() as tx:
        days = city_days.version(tx)
        every, cut = _standings(site, tx, actor, unit, case_id, days)
        wanted = sorted((one for one in every if not status or one.status == status), key=_urgency)
        shown = wanted[offset : offset + limit]
        rows = _rows(site, tx, actor, Case.id.in_({one.case_id for one in shown}), days)
    in_full = {row.id: row for row in rows}
    return KpiList(
        Page([in_full[one.id] for one in shown], page, per_page, len(wanted)),
        _counts(every),
        sum(1 for one in every if one.due),
        cut,
    )


def counts(site: Site, actor: Actor) -> dict[str, int]:
    """Return how many of the measures that a list shows have each status, in its order."""
    with site.database.read() as tx:
        every, _cut = _standings(site, tx, actor, "", "", city_days.version(tx))
    return _counts(every)


def _counts(every: Sequence[Standing]) -> dict[str, int]:
    return {key: sum(one.status == key for one in every) for key in ORDER}


def _standings(
    site: Site, tx: Connection, actor: Actor, unit: str, case_id: str, days: str
) -> tuple[list[Standing], bool]:
    """Return how measures stand, and whether there are cases that were not looked at."""
    chosen, cut = kpi_cases.latest(site, tx, actor, unit, case_id)

    def judge(cases: Sequence[str]) -> list[Standing]:
        return [_standing(row) for row in _rows(site, tx, actor, Case.id.in_(cases), days)]

    return kpi_standing.of_cases(site, tx, actor.on, days, chosen, judge), cut


def _standing(row: KpiRow) -> Standing:
    missing = row.achievement.missing
    due = missing[0].due if missing else None
    return Standing(row.id, row.case_id, row.case_number, row.status, due)


def of_case(
    site: Site, tx: Connection, actor: Actor, case: Mapping[str, Any], pack: packs.Pack, lead: str
) -> list[KpiRow]:
    """Return the measures of one case that the actor is known to see, in the sheet's order."""
    begun = _begun(tx, [pack], Case.id == case["id"])
    calendar = city_days.Calendars(site, tx).of(pack)
    return [
        _row(one, case, pack, calendar, lead, begun, actor.on)
        for one in measures.tracked(tx, case_ids=[str(case["id"])])
    ]


def of_cases(site: Site, tx: Connection, actor: Actor, case_ids: Iterable[str]) -> list[KpiRow]:
    """Return the measures of cases that the actor is known to see, by case and in sheet order."""
    which = and_(Case.id.in_(list(case_ids)), Case.status.in_(kpi_cases.MEASURED_STATUSES))
    return _rows(site, tx, actor, which)


def one(site: Site, actor: Actor, measure_id: str) -> KpiDetail:
    """Return a measure in full. Raises NotFound when it is not there or may not be seen."""
    with site.database.read() as tx:
        which = and_(
            visibility.visible(site, tx, actor),
            exists().where(tables.Measure.case_id == Case.id, tables.Measure.id == measure_id),
        )
        found = [row for row in _rows(site, tx, actor, which) if row.id == measure_id]
        if not found:
            raise NotFound(_("指標が見つからないか、見る権限がありません。"))
        (row,) = found
        case = tx.execute(select(Case.status, Case.lead_unit).where(Case.id == row.case_id)).one()
        entered = kpi_story.entered(tx, row.tracked)
        who = organisation.directory(site, tx, actor.on)
        names = naming.load(tx, who, persons=[r.person_id for r in row.tracked.revisions])
        why_not = _why_not(actor, case.lead_unit, case.status, row.status)
    return KpiDetail(row, kpi_story.targets(row.tracked, names), entered, why_not)


def status_words() -> list[tuple[str, str]]:
    """Return every status of the list with its words, in the list's order."""
    return [(key, _status_name(key)) for key in ORDER]


def record_actual(
    site: Site, actor: Actor, measure_id: str, period: str, value: Decimal | str, note: str = "",
    *, keyed: Keyed | None = None,
) -> None:  # fmt: skip
    """Record a period's value, a number or a step of the measure's scale; an earlier one stays.

    It is marked as corrected. A request with a key that was done before is not done again.

    Raises NotFound, NotAllowed unless the actor belongs to the lead section, Conflict when the
    case has ended or is not measured yet, Invalid for a period or value that cannot be.
    """
    if isinstance(value, str) and len(value) > MOST_TYPED:
        raise _unfit(_("値は{most}字までで入力してください。", most=MOST_TYPED))
    with site.database.write() as tx:
        if keyed and made_before(tx, tables.Actual.id, actor.person_id, keyed):
            return
        which = select(tables.Measure.case_id).where(tables.Measure.id == measure_id)
        try:
            act = lock(site, tx, actor, which.scalar_subquery())
        except NotFound:
            raise NotFound(_("指標が見つからないか、見る権限がありません。")) from None
        visibility.require(site, tx, actor, act.case_id)
        if f"section:{act.case['lead_unit']}" not in actor.groups:
            raise NotAllowed(_not_yours())
        require_running(act)
        if not _begun(tx, [act.pack], Case.id == act.case_id):
            raise Conflict(_too_early())
        _require_begun(act, period)
        (tracked,) = measures.tracked(tx, measure_id=measure_id)
        key = keyed.id_by(actor.person_id) if keyed else ""
        given = _value(tracked.measure, value)
        measures.record(act, tracked, period, given, note.strip(), key)
        act.finish()


def _rows(
    site: Site,
    tx: Connection,
    actor: Actor,
    which: ColumnElement[bool],
    days: str | None = None,
) -> list[KpiRow]:
    """Return the measures of cases under a condition, in a number of queries that stays the same."""
    cases = {
        row.id: row
        for row in tx.execute(
            select(Case.id, Case.number, Case.title, Case.lead_unit, Case.pack_digest, Case.status)
            .where(which, exists().where(tables.Measure.case_id == Case.id))
            .order_by(Case.number)
        )
    }
    used = {row.pack_digest: packs.load(site, tx, row.pack_digest) for row in cases.values()}
    who = organisation.directory(site, tx, actor.on)
    names = naming.load(tx, who, units=[row.lead_unit for row in cases.values()])
    begun = _begun(tx, used.values(), which)
    calendars = city_days.Calendars(site, tx, days)
    found = []
    for tracked in measures.tracked(tx, case_ids=cases):
        case = cases[tracked.case_id]
        lead, pack = names.unit(case.lead_unit), used[case.pack_digest]
        calendar = calendars.of(pack)
        found.append(_row(tracked, dict(case._mapping), pack, calendar, lead, begun, actor.on))
    return found


def _begun(
    tx: Connection, used: Iterable[packs.Pack], which: ColumnElement[bool]
) -> dict[str, date]:
    """Return the day on which measuring began, by case: the process that records was entered."""
    processes = {key for pack in used for key in tracking_processes(pack)}
    if not processes:
        return {}
    rows = tx.execute(
        select(ElementVisit.case_id, func.min(ElementVisit.last_at).label("at"))
        .join(Case, Case.id == ElementVisit.case_id)
        .where(which, ElementVisit.process_key.in_(processes))
        .group_by(ElementVisit.case_id)
    )
    return {row.case_id: local_date(row.at) for row in rows}


def _row(
    tracked: Tracked,
    case: Mapping[str, Any],
    pack: packs.Pack,
    calendar: BusinessCalendar,
    lead: str,
    begun: Mapping[str, date],
    day: date,
) -> KpiRow:
    since = tracked.since or begun.get(tracked.case_id)
    rules = pack.settings.rules
    planned = since is None and not tracked.actuals
    scale = tuple(map(pack.text, tracked.measure.scale))
    tracked = replace(tracked, since=since, measure=replace(tracked.measure, scale=scale))
    achievement = tracked.achievement(day, calendar, rules.grace_days)
    status = PLANNED if planned else achievement.status.value
    return KpiRow(
        tracked=tracked,
        case_id=case["id"],
        case_number=case["number"],
        case_title=case["title"],
        lead=lead,
        status=status,
        status_name=_status_name(status),
        achievement=achievement,
        since=since,
        pack=pack.settings.key,
    )


def _status_name(status: str) -> str:
    return _("測定前") if status == PLANNED else Status(status).label


def _urgency(one: Standing) -> tuple[bool, date, int, str, str]:
    due = one.due or date.max
    return (one.due is None, due, ORDER.index(one.status), one.case_number, one.id)


def _why_not(actor: Actor, lead: str, case_status: str, status: str) -> str:
    if f"section:{lead}" not in actor.groups:
        return _not_yours()
    if case_status != "running":
        return _("この案件は終わっているため、実績を入力できません。")
    return _too_early() if status == PLANNED else ""


def _not_yours() -> str:
    return _("実績を入力できるのは担当課の職員だけです。")


def _too_early() -> str:
    return _("この案件はまだ成果の測定に入っていません。")


def _value(measure: Measure, value: Decimal | str) -> Value:
    """Return what was typed as the measure has it. Raises Invalid."""
    if measure.scale:
        return measures.fitting(measure, value)
    try:
        number = read_decimal(value) if isinstance(value, str) else value
        checked(number)
    except ValueError as exc:
        raise _unfit(str(exc)) from exc
    return number


def _unfit(message: str) -> Invalid:
    return Invalid(message, {"value": [message]})


def _require_begun(act: Act, period: str) -> None:
    measures.require_period(period)
    if period_start(period) > act.actor.on:
        message = _("まだ始まっていない期間の実績は入力できません。")
        raise Invalid(message, {"period": [message]})
