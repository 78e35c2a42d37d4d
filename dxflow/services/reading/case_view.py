"""The page of a case: what a committee member needs to understand a proposal in a minute.

The number of queries does not depend on how much there is to show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, or_, select

from dxflow import forms
from dxflow.db.case import Case, Duty, Milestone
from dxflow.db.identity import Person
from dxflow.services import plain
from dxflow.services.acts.duties import WATCHERS
from dxflow.services.packs import store as packs
from dxflow.services.people import naming, organisation, visibility
from dxflow.services.people.actor import Actor
from dxflow.services.people.naming import Names
from dxflow.services.reading import case_rulings, kpis, opinions, submitted
from dxflow.services.reading.attached import AttachmentView, files_of
from dxflow.services.reading.case_head import (
    CaseHead,
    Facts,
    head_of,
    is_past_reports,
    read_facts,
)
from dxflow.services.reading.case_opening import Opened, open_case
from dxflow.services.reading.case_rounds import Rounds, rounds_of
from dxflow.services.reading.case_rulings import DecisionView
from dxflow.services.reading.kpis import KpiRow
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated


@dataclass(frozen=True)
class Line:
    """A field of a form that was handed in: its label and its value written out."""

    label: str
    text: str


@dataclass(frozen=True)
class Opinion:
    """What a consulted section or office thinks; `by` is the post, else the task's name.

    `withheld` says why the reader may not read it, "" when they may.
    """

    by: str
    person: str
    outcome: str
    outcome_name: str
    lines: tuple[Line, ...]
    at: datetime
    withheld: str = ""


@dataclass(frozen=True)
class Savings:
    """What the change saves in a year."""

    as_is_hours: Decimal
    to_be_hours: Decimal
    saved_hours: Decimal
    saved_yen: Decimal


@dataclass(frozen=True)
class DutyView:
    """A condition. `status` is open, met or void; `mine`: the reader may report it as met.

    `late_days`: for so many days its day has been over, 0 when it is not late.
    `movable`: the reader may hand it over to another section, one of `sections` (key, name).
    """

    id: str
    text: str
    owner: str
    due_on: date | None
    status: str
    met_at: datetime | None
    met_by: str
    evidence: str
    late: bool
    mine: bool
    movable: bool = False
    sections: tuple[tuple[str, str], ...] = ()
    late_days: int = 0


@dataclass(frozen=True)
class MilestoneView:
    """A step of the execution. `status` is planned, doing, done or dropped.

    `unreported`: nobody said that it was done, and nobody will be asked any more.
    """

    name: str
    due_on: date | None
    status: str
    status_name: str
    note: str
    late: bool
    unreported: bool = False


@dataclass(frozen=True)
class Linked:
    """A case that has to do with this one: `way` is origin, offspring, previous or next."""

    id: str
    number: str
    title: str
    status_name: str
    way: str


@dataclass(frozen=True)
class CasePage:
    """Everything of the overview. `summary_of` names the form the summary was taken from."""

    head: CaseHead
    summary_of: str
    summary: tuple[Line, ...]
    savings: Savings | None
    measures: tuple[KpiRow, ...]
    duties: tuple[DutyView, ...]
    milestones: tuple[MilestoneView, ...]
    opinions: tuple[Opinion, ...]
    rounds: Rounds
    decisions: tuple[DecisionView, ...]
    linked: tuple[Linked, ...]
    files: tuple[AttachmentView, ...] = ()


def head(site: Site, actor: Actor, case_id: str) -> CaseHead:
    """Return only the head of a case. Raises NotFound when the actor may not know of it."""
    with site.database.read() as tx:
        opened = open_case(site, tx, actor, case_id)
        return head_of(opened, read_facts(opened))


def page(site: Site, actor: Actor, case_id: str) -> CasePage:
    """Return the overview of a case. Raises NotFound when the actor may not know of it."""
    with site.database.read() as tx:
        opened = open_case(site, tx, actor, case_id)
        return page_of(opened, read_facts(opened))


def page_of(opened: Opened, facts: Facts) -> CasePage:
    """Return the overview of an opened case."""
    top = head_of(opened, facts)
    handed_in = _handed_in(opened)
    title, summary = _summary(opened, handed_in)
    duties, milestones = duty_rows(opened), _milestone_rows(opened)
    over = is_past_reports(opened)
    decisions = case_rulings.decision_rows(opened)
    names = naming.load(
        opened.tx,
        opened.who,
        posts=[*(row.post for row in decisions), *(row.post for row in handed_in)],
    )
    return CasePage(
        head=top,
        summary_of=title,
        summary=summary,
        savings=_savings(opened.workload),
        measures=tuple(
            kpis.of_case(opened.site, opened.tx, opened.actor, opened.case, opened.pack, top.lead)
        ),
        duties=tuple(duty_view(opened, row, names) for row in duties),
        milestones=tuple(_milestone(opened, row, over=over) for row in milestones),
        opinions=_opinions(opened, handed_in, names),
        rounds=rounds_of(opened, facts.items),
        decisions=tuple(case_rulings.decision_view(row, names.post(row.post)) for row in decisions),
        linked=_linked(opened),
        files=files_of(opened),
    )


def _handed_in(opened: Opened) -> list[Row[Any]]:
    keys = [summary.form for summary in opened.pack.settings.summaries]
    return submitted.latest(opened, keys, sorted(opinions.elements(opened.pack)))


def _summary(opened: Opened, rows: Sequence[Row[Any]]) -> tuple[str, tuple[Line, ...]]:
    for summary in opened.pack.settings.summaries:
        row = next((row for row in rows if row.form_key == summary.form), None)
        if row is None:
            continue
        pack = packs.load(opened.site, opened.tx, row.pack_digest)
        definition = pack.form(row.form_key)
        lines = {
            field.key: Line(field.label, field.text)
            for field in _fields(_view(opened, pack, definition, row))
        }
        chosen = (lines[key] for key in summary.fields if key in lines)
        return translated(definition.title), tuple(line for line in chosen if line.text)
    return "", ()


def _opinions(opened: Opened, rows: Sequence[Row[Any]], names: Names) -> tuple[Opinion, ...]:
    found = []
    asked = opinions.elements(opened.pack)
    for row in reversed([row for row in rows if row.element in asked]):
        pack = packs.load(opened.site, opened.tx, row.pack_digest)
        definition = pack.form(row.form_key)
        withheld = opened.withheld.of(pack, row.element, row.at)
        fields = [] if withheld else _fields(_view(opened, pack, definition, row))
        found.append(
            Opinion(
                by=names.post(row.post) or submitted.step_name(pack, row.element),
                person=row.person_name or "",
                outcome="" if withheld else row.outcome,
                outcome_name=""
                if withheld
                else submitted.outcome_words(definition, row.outcome)[0],
                lines=tuple(Line(field.label, field.text) for field in fields if field.text),
                at=row.at,
                withheld=withheld,
            )
        )
    return tuple(found)


def _view(
    opened: Opened, pack: packs.Pack, definition: forms.FormDefinition, row: Row[Any]
) -> forms.FormView:
    context = submitted.light_context(opened, pack)
    return forms.readonly_view(definition, plain.loads(row.body), context)


def _fields(view: forms.FormView) -> list[forms.FieldView]:
    """Return the plain fields of a form, those in groups as well; lists are left out."""
    found: list[forms.FieldView] = []
    waiting = list(view.fields)
    while waiting:
        field = waiting.pop(0)
        if field.kind == "group":
            waiting[:0] = field.children
        elif field.key and field.kind not in ("list", "table"):
            found.append(field)
    return found


def _savings(workload: Mapping[str, Any]) -> Savings | None:
    if not workload:
        return None
    names = ("as_is_hours", "to_be_hours", "saved_hours", "saved_yen")
    return Savings(*(Decimal(workload[name]) for name in names))


def duty_rows(opened: Opened) -> list[Row[Any]]:
    """Return the conditions of a case, the open ones first, the most urgent of them first."""
    return list(
        opened.tx.execute(
            select(Duty.__table__, Person.name.label("person_name"))
            .outerjoin(Person, Person.id == Duty.met_by)
            .where(Duty.case_id == opened.id)
            .order_by(Duty.status.desc(), Duty.due_on.is_(None), Duty.due_on, Duty.id)
        )
    )


def duty_view(opened: Opened, row: Row[Any], names: Names) -> DutyView:
    """Return a condition as the reader sees it."""
    still_open = row.status == "open"
    going = still_open and opened.going
    movable = going and not opened.actor.groups.isdisjoint({row.owner_group, *WATCHERS})
    sections = organisation.sections(opened.who) if movable else []
    over = (opened.actor.on - row.due_on).days if still_open and row.due_on else 0
    return DutyView(
        id=row.id,
        text=row.text,
        owner=names.group(row.owner_group),
        due_on=row.due_on,
        status=row.status,
        met_at=row.met_at,
        met_by=row.person_name or "",
        evidence=row.evidence,
        late=over > 0,
        mine=going and row.owner_group in opened.actor.groups,
        movable=movable,
        sections=tuple(one for one in sections if f"section:{one[0]}" != row.owner_group),
        late_days=max(0, over),
    )


def _milestone_rows(opened: Opened) -> list[Row[Any]]:
    return list(
        opened.tx.execute(
            select(Milestone.__table__)
            .where(Milestone.case_id == opened.id)
            .order_by(Milestone.position)
        )
    )


def _milestone(opened: Opened, row: Row[Any], *, over: bool) -> MilestoneView:
    words = {
        "planned": _("これから"),
        "doing": _("進行中"),
        "done": _("済み"),
        "dropped": _("取りやめ"),
    }
    waits = row.status in ("planned", "doing")
    if over:
        words |= {"planned": _("報告なし"), "doing": _("完了の報告なし")}
    return MilestoneView(
        name=row.name,
        due_on=row.due_on,
        status=row.status,
        status_name=words.get(row.status, row.status),
        note=row.note,
        late=bool(waits and not over and row.due_on and row.due_on < opened.actor.on),
        unreported=waits and over,
    )


def _linked(opened: Opened) -> tuple[Linked, ...]:
    """Return origin and offspring, last year's and next year's, as far as the reader may see them."""
    parent, previous = opened.case["parent_id"], opened.case["previous_id"]
    rows = opened.tx.execute(
        select(Case.id, Case.number, Case.title, Case.status, Case.parent_id)
        .where(
            or_(
                Case.parent_id == opened.id,
                Case.previous_id == opened.id,
                Case.id.in_([one for one in (parent, previous) if one]),
            ),
            visibility.visible(opened.site, opened.tx, opened.actor),
        )
        .order_by(Case.created_at)
    )
    ways = {previous: "previous", parent: "origin"}
    return tuple(
        Linked(
            row.id, row.number, row.title, packs.status_name(row.status),
            ways.get(row.id, "offspring" if row.parent_id == opened.id else "next"),
        )
        for row in rows
    )  # fmt: skip
