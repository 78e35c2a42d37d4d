"""The head of a case: where it stands, who has it and until when, what the reader may do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from dxflow.authority.segregation import Action
from dxflow.calendars.fiscal import fiscal_label
from dxflow.calendars.wareki import wareki_short
from dxflow.clock import local_date
from dxflow.db.case import CaseUnit
from dxflow.models.model import Kind
from dxflow.services.acts import continuing, pulling_back
from dxflow.services.acts.standing import may_act
from dxflow.services.acts.starts import Offer
from dxflow.services.acts.suspension import Suspension
from dxflow.services.packs import store as packs
from dxflow.services.people import naming
from dxflow.services.people.naming import Names
from dxflow.services.reading import inbox, recused
from dxflow.services.reading.case_opening import Opened, OpenItem, Visit
from dxflow.services.reading.holders import holder_of, persons_having
from dxflow.services.reading.kept import Kept, kept_of
from dxflow.texts import gettext as _
from dxflow.texts import translated


@dataclass(frozen=True)
class StageStep:
    """A phase of the case: done, current, returned (sent back from it), stopped or open."""

    key: str
    name: str
    state: str
    note: str = ""


@dataclass(frozen=True)
class Waiting:
    """A task that waits: `holder` says who has it. `urgency` is late, soon or none."""

    id: str
    name: str
    holder: str
    due_at: datetime | None
    since: datetime
    urgency: str
    mine: bool


@dataclass(frozen=True)
class CaseHead:
    """What every page of a case begins with. `related` are names of sections."""

    id: str
    number: str
    title: str
    status: str
    status_name: str
    stage: str
    stage_name: str
    stages: tuple[StageStep, ...]
    applicant: str
    applicant_id: str
    unit: str
    lead: str
    related: tuple[str, ...]
    fiscal_year: int
    fiscal_year_name: str
    amount: int | None
    started_at: datetime
    ended_at: datetime | None
    waiting: tuple[Waiting, ...]
    timers: bool
    procedure: str
    procedure_version: str
    process: str
    version: int
    may_withdraw: bool
    may_pull_back: bool
    #: The start at which a copy would begin, "" where the reader may not begin there.
    copy_at: str
    #: Whether it goes on from a case of the year before, and whether the reader may name that one.
    continues: bool
    may_continue: bool
    suspension: Suspension | None = None
    #: Its reading is restricted to who took part.
    restricted: bool = False
    #: Until when it is kept; None while it runs.
    kept: Kept | None = None


@dataclass(frozen=True)
class Facts:
    """What was read for the head and serves the rest of the page as well."""

    items: tuple[OpenItem, ...]
    visits: Mapping[tuple[str, str], Visit]
    units: Sequence[tuple[str, str]]
    """(part, unit key): applicant, lead or related."""


def read_facts(opened: Opened) -> Facts:
    """Read open work, visits and sections of the case: three queries."""
    units = opened.tx.execute(
        select(CaseUnit.part, CaseUnit.unit)
        .where(CaseUnit.case_id == opened.id)
        .order_by(CaseUnit.part, CaseUnit.unit)
    ).all()
    return Facts(opened.items(), opened.visits(), [(row.part, row.unit) for row in units])


def head_of(opened: Opened, facts: Facts) -> CaseHead:
    """Return the head; one more query for the names of those who have the work.

    Another while votes are asked for: those of seats that were recused meanwhile wait for nobody.
    """
    case, pack, actor = opened.case, opened.pack, opened.actor
    names = naming.load(
        opened.tx,
        opened.who,
        persons=persons_having(opened, facts.items),
        units=[case["unit"], case["lead_unit"], *(unit for _part, unit in facts.units)],
    )
    related = [unit for part, unit in facts.units if part == "related"]
    votes = any(item.act == Action.VOTE for item in facts.items)
    out = recused.seats_out(opened.tx, [opened.id] if votes else ()).get(opened.id, frozenset())
    return CaseHead(
        id=opened.id,
        number=case["number"],
        title=case["title"],
        status=case["status"],
        status_name=packs.status_name(case["status"]),
        stage=case["stage"],
        stage_name=pack.stage_name(case["stage"]),
        stages=tuple(_stages(opened, facts.visits)),
        applicant=opened.applicant,
        applicant_id=case["applicant_id"],
        unit=names.unit(case["unit"]),
        lead=names.unit(case["lead_unit"]),
        related=tuple(names.unit(unit) for unit in related),
        fiscal_year=case["fiscal_year"],
        fiscal_year_name=fiscal_label(case["fiscal_year"]),
        amount=case["amount"],
        started_at=case["created_at"],
        ended_at=case["ended_at"],
        waiting=tuple(
            sorted(
                (
                    _waiting(opened, item, names)
                    for item in facts.items
                    if not recused.unwanted(item.act, item.groups, out)
                ),
                key=lambda one: (one.since, one.name, one.holder),  # seats in their order
            )
        ),
        timers=opened.running and not facts.items,
        procedure=translated(pack.settings.title),
        procedure_version=_(
            "{label}（第{version}版）", label=pack.settings.label, version=pack.version
        ),
        process=case["process_key"],
        version=opened.version,
        may_withdraw=opened.going
        and case["applicant_id"] == actor.person_id
        and pack.settings.may_withdraw(case["stage"]),
        may_pull_back=opened.going and pulling_back.may_pull_back(opened.undo_person, actor, pack),
        copy_at=_copy_at(opened),
        continues=case["previous_id"] is not None,
        may_continue=continuing.may_name(actor, case),
        suspension=opened.suspension,
        restricted=case["restricted"],
        kept=kept_of(opened),
    )


def _copy_at(opened: Opened) -> str:
    """Return the start by which a person began the case, where the reader may begin too."""
    case, pack = opened.case, opened.pack
    start = pack.settings.start_named(case["start_key"] or case["process_key"])
    if start is None or opened.actor.unit is None or not start.is_open_to(opened.actor.groups):
        return ""
    began = Offer(pack, start).began(case["start_key"], case["process_key"])
    return start.key if began else ""


def _waiting(opened: Opened, item: OpenItem, names: Names) -> Waiting:
    return Waiting(
        id=item.id,
        name=opened.pack.said(item.name),
        holder=holder_of(opened, item, names),
        due_at=item.due_at,
        since=item.created_at,
        urgency=inbox.urgency(
            opened.pack, opened.calendars.of(opened.pack), item.due_at, opened.site.now()
        ),
        mine=not _judges_own(opened, item)
        and may_act(opened.actor, frozenset(item.groups), item.assignee_id, item.act),
    )


def _judges_own(opened: Opened, item: OpenItem) -> bool:
    """Return whether the reader would judge what they applied for: they would be refused."""
    return item.act in packs.SEGREGATED and opened.case["applicant_id"] == opened.actor.person_id


def _stages(opened: Opened, visits: Mapping[tuple[str, str], Visit]) -> list[StageStep]:
    case, stages = opened.case, opened.pack.stages_of(opened.case["process_key"])
    order = [one.key for one in stages]
    here = order.index(case["stage"]) if case["stage"] in order else len(order)
    steps = []
    for place, stage in enumerate(stages):
        visit = visits.get((case["process_key"], stage.key))
        state, note = _stage_state(opened, place, here, visit)
        steps.append(StageStep(stage.key, translated(stage.label), state, note))
    return steps


def _stage_state(opened: Opened, place: int, here: int, visit: Visit | None) -> tuple[str, str]:
    status = opened.case["status"]
    if place == here and status == "running":
        since = wareki_short(local_date(opened.case["stage_since"]))
        if visit is not None and visit.entered > 1:
            return "current", _("{n}回目・{date}から", n=visit.entered, date=since)
        return "current", _("{date}から", date=since)
    if place == here and status != "completed":
        return "stopped", packs.status_name(status)
    if visit is None or not (visit.completed or place < here):
        return "open", _("通りません") if place < here or status != "running" else ""
    if place > here and status == "running":
        return "returned", _("もう一度通ります")
    done = wareki_short(local_date(visit.last_at))
    return "done", _("{n}回・{date}", n=visit.completed, date=done) if visit.completed > 1 else done


def tracking_processes(pack: packs.Pack) -> frozenset[str]:
    """Return the processes in which measured values are recorded: they say so by `kpi.record`."""
    return _processes_with(pack, "kpi.record")


def is_past_reports(opened: Opened) -> bool:
    """Return whether milestones are reported no more.

    The case has ended, or stands in a stage after the last whose process has `milestone.report`.
    """
    if not opened.running:
        return True
    order = [one.key for one in opened.pack.stages_of(opened.case["process_key"])]
    here, reported_in = opened.case["stage"], stages_with_reports(opened.pack)
    return bool(reported_in) and here in order and here not in reported_in


def stages_with_reports(pack: packs.Pack) -> tuple[str, ...]:
    """Return the stages up to the last whose process has `milestone.report`, in order.

    Those of each process that cases begin with.
    """
    reporting = _processes_with(pack, "milestone.report")
    found: dict[str, None] = {}
    for process in pack.settings.begun:
        order = [one.key for one in pack.stages_of(process)]
        places = [
            place
            for place, key in enumerate(order)
            if (call := pack.element(process, key)) is not None and call.called_process in reporting
        ]
        found.update(dict.fromkeys(order[: max(places) + 1] if places else ()))
    return tuple(found)


def _processes_with(pack: packs.Pack, command: str) -> frozenset[str]:
    """Return the processes that run a command, by a task or by completing one."""
    return frozenset(
        key
        for key, process in pack.processes.items()
        if any(
            f"command:{command}" in element.properties
            or (element.kind is Kind.SERVICE_TASK and element.job_type == command)
            for element in process.elements.values()
        )
    )
