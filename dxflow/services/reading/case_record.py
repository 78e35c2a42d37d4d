"""A case as programs read it: its facts, its open work, where it stands and its timeline."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from dxflow.errors import Conflict
from dxflow.services.paging import MOST_PER_PAGE, Page
from dxflow.services.people import naming
from dxflow.services.people.actor import Actor
from dxflow.services.people.naming import Names
from dxflow.services.reading import case_head, case_view, timeline
from dxflow.services.reading.case_head import CaseHead
from dxflow.services.reading.case_opening import Opened, OpenItem, open_case
from dxflow.services.reading.case_view import CasePage
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class TaskRecord:
    """An open task. `assignee` is a person's id, None while nobody has taken it."""

    id: str
    name: str
    element: str
    process: str
    case_id: str
    case_number: str
    case_title: str
    form_key: str
    assignee: str | None
    assignee_name: str
    groups: tuple[str, ...]
    due_at: datetime | None
    created_at: datetime
    suspended: bool


@dataclass(frozen=True)
class CaseRecord:
    """A case. `version` is its pack's, `instance_version` counts the acts on it."""

    id: str
    number: str
    title: str
    process: str
    pack: str
    version: int
    instance_version: int
    status: str
    stage: str
    stage_name: str
    applicant: str
    applicant_name: str
    unit: str
    lead_unit: str
    fiscal_year: int
    amount: int | None
    parent: str | None
    created_at: datetime
    updated_at: datetime
    ended_at: datetime | None
    open_tasks: tuple[TaskRecord, ...]
    suspended: bool


@dataclass(frozen=True)
class FullCase:
    """A case with everything a reader of it may know."""

    record: CaseRecord
    head: CaseHead
    page: CasePage
    timeline: Page[timeline.Entry]


def one(site: Site, actor: Actor, case_id: str) -> CaseRecord:
    """Return a case. Raises NotFound when there is none or the actor may not know of it."""
    with site.database.read() as tx:
        opened = open_case(site, tx, actor, case_id)
        return _record(opened, opened.items())


def full(site: Site, actor: Actor, case_id: str) -> FullCase:
    """Return a case with its timeline, the latest act first. Raises NotFound."""
    with site.database.read() as tx:
        opened = open_case(site, tx, actor, case_id)
        facts = case_head.read_facts(opened)
        page = case_view.page_of(opened, facts)
        return FullCase(
            record=_record(opened, facts.items),
            head=page.head,
            page=page,
            timeline=timeline.page_of(opened, page.rounds, per_page=MOST_PER_PAGE),
        )


def task(site: Site, actor: Actor, case_id: str, task_id: str) -> TaskRecord:
    """Return an open task of a case. Raises NotFound, or Conflict when it is not open any more."""
    found = next((t for t in one(site, actor, case_id).open_tasks if t.id == task_id), None)
    if found is None:
        raise Conflict(_("この作業はもう開いていません。"))
    return found


def _record(opened: Opened, items: Sequence[OpenItem]) -> CaseRecord:
    case = opened.case
    names = naming.load(
        opened.tx, opened.who, persons=[item.assignee_id for item in items if item.assignee_id]
    )
    return CaseRecord(
        id=opened.id,
        number=case["number"],
        title=case["title"],
        process=case["process_key"],
        pack=opened.pack.key,
        version=opened.pack.version,
        instance_version=opened.version,
        status=case["status"],
        stage=case["stage"],
        stage_name=opened.pack.stage_name(case["stage"]),
        applicant=case["applicant_id"],
        applicant_name=opened.applicant,
        unit=case["unit"],
        lead_unit=case["lead_unit"],
        fiscal_year=case["fiscal_year"],
        amount=case["amount"],
        parent=case["parent_id"],
        created_at=case["created_at"],
        updated_at=case["updated_at"],
        ended_at=case["ended_at"],
        open_tasks=tuple(_task(opened, item, names) for item in items),
        suspended=opened.suspension is not None,
    )


def _task(opened: Opened, item: OpenItem, names: Names) -> TaskRecord:
    return TaskRecord(
        id=item.id,
        name=item.name,
        element=item.element,
        process=item.process,
        case_id=opened.id,
        case_number=opened.case["number"],
        case_title=opened.case["title"],
        form_key=item.form_key,
        assignee=item.assignee_id,
        assignee_name=names.person(item.assignee_id) if item.assignee_id else "",
        groups=item.groups,
        due_at=item.due_at,
        created_at=item.created_at,
        suspended=opened.suspension is not None,
    )
