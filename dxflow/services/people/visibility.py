"""Who may see a case: one rule, as a condition of a query and as a question about one case.

Applicants see their own; people of the applying, lead and related sections see theirs, heads those
of their department; whoever has had work on it may go on reading; secretariat, committee, CIO and
auditors see every case that has been handed in. Drafts are not cases: only their owner sees them.
"""

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from dxflow.authority.visibility import PRIVATE_STATUSES, VisibilityScope, scope_of
from dxflow.db.case import Case, CaseUnit
from dxflow.db.process import Submission, WorkItem, WorkItemGroup
from dxflow.errors import NotFound
from dxflow.services.people import organisation
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _


def scope(site: Site, tx: Connection, actor: Actor) -> VisibilityScope:
    """Return what the actor may see on their date."""
    return scope_of(actor.person_id, organisation.directory(site, tx, actor.on))


def visible(site: Site, tx: Connection, actor: Actor) -> ColumnElement[bool]:
    """Return the condition on `case_file` rows that the actor may see."""
    seen = scope(site, tx, actor)
    own = Case.applicant_id == actor.person_id
    handed_in = Case.status.not_in(PRIVATE_STATUSES)
    if seen.all:
        return or_(own, handed_in)
    by_unit = select(CaseUnit.case_id).where(CaseUnit.unit.in_(sorted(seen.units)))
    by_act = select(Submission.case_id).where(Submission.person_id == actor.person_id)
    by_work = (
        select(WorkItem.case_id)
        .join(WorkItemGroup, WorkItemGroup.work_item_id == WorkItem.id)
        .where(WorkItemGroup.group_key.in_(sorted(actor.reach)))
    )
    return or_(
        own,
        and_(
            handed_in,
            or_(Case.id.in_(by_unit), Case.id.in_(by_work), Case.id.in_(by_act)),
        ),
    )


def require(site: Site, tx: Connection, actor: Actor, case_id: str) -> None:
    """Raise NotFound unless the actor may see the case: who may not see it learns nothing."""
    found = tx.execute(
        select(Case.id).where(Case.id == case_id, visible(site, tx, actor))
    ).one_or_none()
    if found is None:
        raise NotFound(_("案件が見つからないか、見る権限がありません。"))
