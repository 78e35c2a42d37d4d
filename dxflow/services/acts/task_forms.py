"""The form of a task or of a start: its definition in the case's version, and all it needs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, partial
from typing import Any

from sqlalchemy import Connection, Row, select

from dxflow import forms
from dxflow.authority.directory import Directory
from dxflow.authority.standing_in import StandIn
from dxflow.calendars.business_days import BusinessCalendar
from dxflow.calendars.fiscal import fiscal_label, fiscal_year_of
from dxflow.db.case import Case, Duty, Milestone
from dxflow.db.process import Draft, ProcessInstance, WorkItem
from dxflow.errors import NotFound
from dxflow.forms import Option
from dxflow.services import plain
from dxflow.services.acts import (
    filing,
    heirs,
    history,
    measure_forms,
    measure_rows,
    measures,
    paper_attachments,
    starts,
    suspension,
    tasks,
)
from dxflow.services.acts.act import Act
from dxflow.services.acts.closed_tasks import TaskClosed, finished_text
from dxflow.services.acts.since_read import SUBMITTED
from dxflow.services.acts.suspension import Suspension
from dxflow.services.packs import city_days
from dxflow.services.packs import store as packs
from dxflow.services.people import organisation, visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import language

#: How many fiscal years before and after today a form offers.
YEARS_BEFORE, YEARS_AFTER = 6, 10
#: The option list of the city's sections.
UNITS = "units"
#: The option list of a case's files.
FILES = "attachments"


@dataclass(frozen=True)
class TaskForm:
    """A form ready to be filled in. `values` are what it is filled with, a draft first of all.

    `standing` says for whom the task would be done, None when it is one's own.
    """

    definition: forms.FormDefinition
    context: forms.Context
    values: Mapping[str, Any]
    pack: packs.Pack
    version: int = 0
    drafted_at: datetime | None = None
    task: Row[Any] | None = None
    case: Mapping[str, Any] | None = None
    suspension: Suspension | None = None
    standing: StandIn | None = None
    calendar: BusinessCalendar = field(default_factory=BusinessCalendar)
    #: The start whose form it is, None for a task's.
    offer: starts.Offer | None = None


def start_form(
    site: Site,
    actor: Actor,
    process: str,
    *,
    copy_of: str = "",
    draft: str = "",
    files_of: str = "",
) -> TaskForm:
    """Return the form of a start, filled from a draft or from an earlier case.

    `process` is the start's name, see `starts`. The form offers the files of that draft, or of
    `files_of` where it is read from what was sent. Raises NotFound for what cannot be started or a
    case the actor may not see, NotAllowed for who may not begin there.
    """
    with site.database.read() as tx:
        found = starts.entered(site, tx, actor, process, draft or files_of)
        pack, start = found.pack, found.start
        definition = pack.form(start.form)
        values: Mapping[str, Any] = {}
        drafted_at = None
        if copy_of:
            visibility.require(site, tx, actor, copy_of)
            values = history.latest(tx, copy_of, [definition.key]).get(definition.key, {})
        if draft:
            row = _draft(tx, actor, f"start:{process}:{draft}")
            if row is not None:
                values, drafted_at = plain.loads(row.body), row.updated_at
        context = start_context(site, tx, actor, pack)
        if FILES in definition.asked:
            context = replace(
                context,
                options={**context.options, FILES: _files_of(tx, actor, draft or files_of)},
            )
    return TaskForm(definition, context, values, pack, drafted_at=drafted_at, offer=found)


def start_context(site: Site, tx: Connection, actor: Actor, pack: packs.Pack) -> forms.Context:
    """Return what a start form is filled in against."""
    calendar = city_days.Calendars(site, tx).of(pack)
    return _context(site, tx, actor, pack, calendar, {}, None)


def _files_of(tx: Connection, actor: Actor, draft_id: str) -> tuple[Option, ...]:
    """Return the files of the actor's draft; of a proposal that was pulled back its case's too."""
    mine = tx.execute(
        select(Draft.id).where(Draft.id == draft_id, Draft.person_id == actor.person_id)
    ).one_or_none()
    if mine is None:
        return ()
    found = [*paper_attachments.pickable(tx, draft_id), *filing.pickable(tx, draft_id)]
    return tuple(Option(one, one) for one in found)


def task_form(site: Site, actor: Actor, task_id: str) -> TaskForm:
    """Return the form of an open task. Raises NotFound, NotAllowed, or Conflict when it is done."""
    with site.database.read() as tx:
        row = tx.execute(
            select(
                WorkItem.__table__,
                ProcessInstance.version.label("instance_version"),
                ProcessInstance.pack_digest,
                city_days.version_query().label("city_days"),
                *suspension.COLUMNS,
            )
            .join(ProcessInstance, ProcessInstance.case_id == WorkItem.case_id)
            .where(WorkItem.id == task_id)
        ).one_or_none()
        if row is None:
            raise NotFound(_("作業が見つかりません。"))
        visibility.require(site, tx, actor, row.case_id)
        case = _case(tx, row.case_id)
        pack = packs.load(site, tx, row.pack_digest)
        if row.status != "open":
            raise TaskClosed(finished_text(tx, row, case, pack), row.case_id)
        standing = tasks.require_mine(tx, actor, row)
        stopped = suspension.of_row(tx, row._mapping, "instance_")
        definition = pack.form(row.form_key)
        variables = plain.loads(row.variables)
        read = pack.forms if definition.asks_for(SUBMITTED) else [definition.key]
        submitted = history.latest(tx, row.case_id, read)
        drafting = pack.act_of(row.process_key, row.element) == history.DRAFT
        mine = dict(submitted)
        if drafting and pack.is_about(row.process_key, row.element):
            mine.pop(definition.key, None)
            before = history.latest_of(tx, row.case_id, definition.key, row.name)
            mine |= {} if before is None else {definition.key: before}
        calendar = city_days.Calendars(site, tx, row.city_days or city_days.NONE_YET).of(pack)
        context = _context(
            site, tx, actor, pack, calendar, variables | {SUBMITTED: submitted}, case, definition
        )
        draft = _draft(tx, actor, f"task:{task_id}")
        values = (
            plain.loads(draft.body)
            if draft
            else _filled(
                definition,
                mine,
                case,
                context.prefill,
                _who(site, tx, actor, case),
                drafting=drafting,
            )
        )
    return TaskForm(
        definition,
        context,
        values,
        pack,
        version=row.instance_version,
        drafted_at=draft.updated_at if draft else None,
        task=row,
        case=case,
        suspension=stopped,
        standing=standing,
        calendar=calendar,
    )


def hand_in(
    site: Site,
    actor: Actor,
    task_id: str,
    fill: Callable[[TaskForm], forms.Submission],
    sent: tasks.Sent,
    before: Callable[[Act, Any], None] = lambda _act, _item: None,
) -> tasks.Completed:
    """Complete a task with its form as `fill` fills it in: read, checked and done in one go.

    What the form is filled with (`values`) is not read. `before` is asked first, of the locked
    case and the task's row. Raises what either raises (FormInvalid), and otherwise like
    `tasks.complete`; nothing is written then.
    """

    def reading(act: Act, item: Any) -> forms.Submission:
        before(act, item)
        definition = act.pack.form(item.form_key)
        variables = plain.loads(item.variables)
        if definition.asks_for(SUBMITTED):
            variables |= {SUBMITTED: history.latest(act.tx, act.case_id, act.pack.forms)}
        calendar = act.calendar()
        context = _context(
            site, act.tx, actor, act.pack, calendar, variables, act.case, definition,
            act.organisation,
        )  # fmt: skip
        form = TaskForm(
            definition, context, {}, act.pack, act.version, task=item, case=act.case,
            calendar=calendar,
        )  # fmt: skip
        return fill(form)

    return tasks.complete_by(site, actor, task_id, reading, sent)


def submitted_context(
    site: Site, tx: Connection, actor: Actor, pack: packs.Pack, calendar: BusinessCalendar,
    case_id: str,
) -> forms.Context:  # fmt: skip
    """Return what is needed to show the submitted forms of a case as they were."""
    case = _case(tx, case_id)
    return _context(site, tx, actor, pack, calendar, {}, case)


def _case(tx: Connection, case_id: str) -> dict[str, Any]:
    return dict(tx.execute(select(Case.__table__).where(Case.id == case_id)).mappings().one())


def _draft(tx: Connection, actor: Actor, subject: str) -> Row[str, datetime] | None:
    return tx.execute(
        select(Draft.body, Draft.updated_at).where(
            Draft.person_id == actor.person_id, Draft.subject == subject
        )
    ).one_or_none()


def _filled(
    definition: forms.FormDefinition,
    submitted: Mapping[str, Mapping[str, Any]],
    case: Mapping[str, Any],
    prefill: Mapping[str, Any],
    who: Directory,
    *,
    drafting: bool,
) -> dict[str, Any]:
    """Return what a fresh form begins with.

    A form that drafts the proposal begins with what was handed in before; one that judges it
    begins empty each time. The program's own rows stand where they fit. A section whose work in the
    case has gone to another stands there as that one.
    """
    known = {fact.path for fact in definition.fields() if "." not in fact.path}
    before = submitted.get(definition.key)
    values: dict[str, Any] = {}
    if before is None:
        carried = {"title": case["title"], "lead": case["lead_unit"]}
        values = {key: value for key, value in carried.items() if key in known}
    elif drafting:
        sections = definition.choosing_from(UNITS)
        values = {
            key: _present(who, value) if key in sections else value for key, value in before.items()
        }
    return values | {key: value for key, value in prefill.items() if key in known}


def _present(who: Directory, value: Any) -> Any:
    """Return the sections a value names, or one, as they are called in the case today."""
    if isinstance(value, str):
        return who.heir(value)
    return list(dict.fromkeys(map(who.heir, value))) if isinstance(value, list) else value


def _who(
    site: Site, tx: Connection, actor: Actor, case: Mapping[str, Any] | None,
    version: str | None = None,
) -> Directory:  # fmt: skip
    """Return who is who today, as a case sees it."""
    who = organisation.directory(site, tx, actor.on, version)
    return heirs.seen(who, case["heirs"]) if case else who


def _context(
    site: Site,
    tx: Connection,
    actor: Actor,
    pack: packs.Pack,
    calendar: BusinessCalendar,
    variables: Mapping[str, Any],
    case: Mapping[str, Any] | None,
    definition: forms.FormDefinition | None = None,
    version: str | None = None,
) -> forms.Context:
    """Return what a form is filled in against; `version` is the organisation's, where known.

    A section whose work in the case has gone to another is not to be chosen: it would mean that one.
    """
    who = _who(site, tx, actor, case, version)
    options: dict[str, tuple[Option, ...]] = dict(pack.settings.options)
    options[UNITS] = tuple(
        Option(key, name)
        for key, name in organisation.sections(who)
        if definition is None or who.heir(key) == key
    )
    options["fiscal_years"] = _fiscal_years(fiscal_year_of(actor.on), language.get())
    prefill: dict[str, Any] = {}
    if case is not None:
        asked = None if definition is None else definition.asked
        variables = {**variables}
        _add_case_rows(tx, case["id"], variables, asked, options, prefill)
    return forms.Context(
        options=options,
        variables=variables,
        functions=pack.functions(site.now(), calendar),
        today=actor.on,
        prefill=prefill,
        cells={"measure": partial(measure_rows.trouble_in, pack.settings.options)},
    )


@cache
def _fiscal_years(year: int, _language: str) -> tuple[Option, ...]:
    years = range(year - YEARS_BEFORE, year + YEARS_AFTER + 1)
    return tuple(Option(str(one), fiscal_label(one)) for one in years)


def _add_case_rows(
    tx: Connection,
    case_id: str,
    variables: dict[str, Any],
    asked: frozenset[str] | None,
    options: dict[str, tuple[Option, ...]],
    prefill: dict[str, Any],
) -> None:
    """Add the case's own lists, rows and scales; only what the form asks for is read, None: all."""

    def wanted(*names: str) -> bool:
        return asked is None or not asked.isdisjoint(names)

    if wanted("measures", "actuals"):
        period = variables.get("period")
        known = measures.tracked(tx, case_ids=[case_id], period=period)
        options["measures"] = measure_forms.options(known)
        prefill["actuals"] = measure_forms.rows(known, period)
        variables[measure_forms.SCALES] = measure_forms.scales(known)
    if asked is not None and FILES in asked:  # what was picked reads by itself: see pickable
        options[FILES] = tuple(Option(one, one) for one in paper_attachments.pickable(tx, case_id))
    if wanted("milestones", "reports"):
        milestones = tx.execute(
            select(Milestone.__table__)
            .where(Milestone.case_id == case_id)
            .order_by(Milestone.position)
        ).all()
        options["milestones"] = tuple(Option(m.id, m.name) for m in milestones)
        prefill["reports"] = [
            {"milestone": m.id, "status": m.status, "note": m.note} for m in milestones
        ]
    if wanted("conditions"):
        duties = tx.execute(
            select(Duty.id, Duty.text).where(Duty.case_id == case_id, Duty.status == "open")
        ).all()
        options["conditions"] = tuple(Option(d.id, d.text) for d in duties)
