"""Who may see a case: one rule, as a condition of a query and as a question about one case.

Applicants see their own; people of the applying, lead and related sections see theirs, heads those
of their department; whoever has had work on it may go on reading, whoever owes its reading (後閲)
may read; secretariat, committee, CIO and auditors see every case that has been handed in. Drafts
are not cases: only their owner sees them. Where the reading of a case is restricted, belonging to a
section or seeing all cases is not enough.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    exists,
    literal,
    not_,
    or_,
    select,
    text,
    true,
    union_all,
)

from dxflow.authority.directory import Directory
from dxflow.authority.visibility import PRIVATE_STATUSES, VisibilityScope, scope_of
from dxflow.db.case import Case, CaseUnit, Duty
from dxflow.db.process import Submission, WorkItem, WorkItemGroup
from dxflow.db.standing import StoodIn
from dxflow.errors import NotFound
from dxflow.services.people import organisation
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _


def scope(site: Site, tx: Connection, actor: Actor) -> VisibilityScope:
    """Return what the actor may see on their date."""
    return scope_of(actor.person_id, organisation.directory(site, tx, actor.on))


def visible(site: Site, tx: Connection, actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `case_file` rows that the actor may see.

    It is asked of each row by that row's keys: right for one case, and for lists that are walked
    in their order. Where few of many cases may be seen, `branches` finds them.
    """
    seen = scope(site, tx, actor)
    own = Case.applicant_id == actor.person_id
    if seen.restricted_too:
        return or_(own, _handed_in())
    took_part = _took_part(actor)
    if seen.all:
        return or_(own, and_(_handed_in(), or_(_open(), *took_part)))
    by_unit = exists().where(CaseUnit.case_id == Case.id, CaseUnit.unit.in_(sorted(seen.units)))
    return or_(own, and_(_handed_in(), or_(and_(_open(), by_unit), *took_part)))


def _took_part(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """Return whether the actor handed a form in, has work on the case, or owes something of it."""
    by_act = exists().where(Submission.case_id == Case.id, Submission.person_id == actor.person_id)
    by_work = exists().where(
        WorkItem.case_id == Case.id,
        WorkItem.status == text("'open'"),  # what is done is offered to nobody, and is most of it
        WorkItemGroup.work_item_id == WorkItem.id,
        WorkItemGroup.group_key.in_(sorted(actor.reach)),
    )
    owed = exists().where(StoodIn.case_id == Case.id, *_owes(actor))
    by_duty = exists().where(Duty.case_id == Case.id, _owed_by(actor)).correlate(Case)
    return by_act, by_work, owed, by_duty


def near(who: Directory, actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `case_file` rows that the actor is nearer to the case than a reader.

    The applicant is, whoever took part or has work on it, and who keeps and checks the record.
    """
    if scope_of(actor.person_id, who).restricted_too:
        return true()
    return or_(Case.applicant_id == actor.person_id, *_took_part(actor))


def branches(site: Site, tx: Connection, actor: Actor) -> list[Select[str]]:
    """Return the ids of the cases the actor may see, as queries that each begin at an index.

    A case may come from several of them. Conditions on `case_file` may be added to each.
    """
    seen = scope(site, tx, actor)
    ids = select(Case.id)
    own = ids.where(Case.applicant_id == actor.person_id)
    if seen.all:
        return [ids.where(visible(site, tx, actor))]
    by_unit = ids.join(CaseUnit, CaseUnit.case_id == Case.id).where(
        CaseUnit.unit.in_(sorted(seen.units)), _open()
    )
    by_act = ids.join(Submission, Submission.case_id == Case.id).where(
        Submission.person_id == actor.person_id
    )
    by_work = (
        ids.join(WorkItem, WorkItem.case_id == Case.id)
        .join(WorkItemGroup, WorkItemGroup.work_item_id == WorkItem.id)
        .where(WorkItemGroup.group_key.in_(sorted(actor.reach)))
    )
    owed = ids.join(StoodIn, StoodIn.case_id == Case.id).where(*_owes(actor))
    by_duty = ids.join(Duty, Duty.case_id == Case.id).where(_owed_by(actor))
    return [own, *(one.where(_handed_in()) for one in (by_unit, by_act, by_work, owed, by_duty))]


def newest(
    site: Site, tx: Connection, actor: Actor, statuses: Sequence[str], most: int, *parts: Any
) -> Select[Any]:
    """Return the ids of the newest cases that somebody sees who does not see every case.

    `statuses` are none of the private ones, `parts` conditions on `case_file`. Every way of seeing
    a case begins at an index that has its status or rises with its id, and ends at `most`.
    """
    each = [one.limit(most).subquery() for one in _newest_first(site, tx, actor, statuses, parts)]
    every = union_all(*(select(one.c.id) for one in each)).subquery().c
    return select(every.id).distinct().order_by(every.id.desc()).limit(most)


def _newest_first(
    site: Site, tx: Connection, actor: Actor, statuses: Sequence[str], parts: Sequence[Any]
) -> Iterator[Select[Any]]:
    units = sorted(scope(site, tx, actor).units)
    places = [Case.applicant_id == actor.person_id]
    places += [
        and_(column == unit, _open()) for unit in units for column in (Case.lead_unit, Case.unit)
    ]
    for place in places:
        for status in statuses:
            found = select(Case.id).where(place, Case.status == status, *parts)
            yield found.order_by(Case.created_at.desc(), Case.id.desc())
    wanted = [Case.status.in_(statuses), *parts]
    for unit in units:
        of_unit = select(CaseUnit.case_id.label("id")).distinct()
        of_unit = of_unit.where(CaseUnit.unit == unit, CaseUnit.part == "related")
        found = of_unit.join(Case, Case.id == CaseUnit.case_id).where(*wanted, _open())
        yield found.order_by(CaseUnit.case_id.desc())
    acted = select(Submission.case_id.label("id")).distinct()
    acted = acted.where(Submission.person_id == actor.person_id)
    found = acted.join(Case, Case.id == Submission.case_id).where(*wanted)
    yield found.order_by(Submission.case_id.desc())
    offered = select(WorkItem.case_id.label("id")).distinct()
    offered = offered.join(WorkItemGroup, WorkItemGroup.work_item_id == WorkItem.id)
    offered = offered.where(WorkItemGroup.group_key.in_(sorted(actor.reach)))
    found = offered.join(Case, Case.id == WorkItem.case_id).where(*wanted)
    yield found.order_by(WorkItem.case_id.desc())
    owed = select(StoodIn.case_id.label("id")).where(*_owes(actor))
    found = owed.join(Case, Case.id == StoodIn.case_id).where(*wanted)
    yield found.order_by(StoodIn.case_id.desc())
    due = select(Duty.case_id.label("id")).distinct().where(_owed_by(actor))
    found = due.join(Case, Case.id == Duty.case_id).where(*wanted)
    yield found.order_by(Duty.case_id.desc())


def _owes(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """Return the condition on `stood_in` that the actor has still to read something (後閲)."""
    return (StoodIn.owner_id == actor.person_id, StoodIn.read_at.is_(None))


def _owed_by(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `duty` that a group of the actor owes it, or has met it."""
    return Duty.owner_group.in_(sorted(actor.groups))


def _handed_in() -> ColumnElement[bool]:
    return Case.status.not_in(sorted(PRIVATE_STATUSES))


def _open() -> ColumnElement[bool]:
    """Return that the reading of a case is not restricted."""
    return Case.restricted.is_(False)


def told_title() -> ColumnElement[str]:
    """Return the title of a case for those who run the system and see figures of all cases.

    Of a case whose reading is restricted they learn that there is one, not what it is about.
    """
    instead = literal(withheld_title())
    return case((Case.restricted.is_(True), instead), else_=Case.title).label("title")


def withheld(site: Site, tx: Connection, actor: Actor) -> ColumnElement[bool]:
    """Return the condition that somebody who meets a case elsewhere, on an agenda, may not read it.

    They learn that there is one, not what it is about.
    """
    return and_(Case.restricted.is_(True), not_(visible(site, tx, actor)))


def withheld_title() -> str:
    """Return what stands in the place of a title that the reader may not know."""
    return _("（閲覧を限った案件）")


def require(site: Site, tx: Connection, actor: Actor, case_id: str) -> None:
    """Raise NotFound unless the actor may see the case: who may not see it learns nothing."""
    found = tx.execute(
        select(Case.id).where(Case.id == case_id, visible(site, tx, actor))
    ).one_or_none()
    if found is None:
        raise NotFound(_("案件が見つからないか、見る権限がありません。"))
