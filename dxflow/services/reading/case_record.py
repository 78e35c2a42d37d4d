"""A case as programs read it: its facts, its open work, where it stands and its timeline."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import String, and_, bindparam, literal_column, select

from dxflow.db.base import table
from dxflow.db.case import Case
from dxflow.db.identity import Person
from dxflow.db.prepared import Prepared
from dxflow.db.process import ProcessInstance, WorkItem, WorkItemGroup
from dxflow.errors import Conflict
from dxflow.services.acts.suspension import SUSPENDED
from dxflow.services.acts.tasks import Completed
from dxflow.services.packs.store import Pack
from dxflow.services.paging import MOST_PER_PAGE, Page
from dxflow.services.people import naming
from dxflow.services.people.actor import Actor
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
    start: str
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
    restricted: bool


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


def after(site: Site, actor: Actor, done: Completed) -> CaseRecord:
    """Return a case as an act has left it: who has just acted on it may see it.

    One statement, where the answer is not that of an earlier request.
    """
    if done.pack is None:
        return one(site, actor, done.case_id)
    rows = site.database.glance(_STANDS, {"case": done.case_id})
    first = rows[0]
    groups: dict[str, list[str]] = {}
    for row in rows:
        if row.work_id is not None:
            groups.setdefault(row.work_id, []).extend([row.group_key] if row.group_key else [])
    standing = _Standing(
        case={name: getattr(first, name) for name in _COLUMNS},
        pack=done.pack,
        version=first.instance_version,
        applicant=first.applicant_name or "",
        suspended=first.instance_status == SUSPENDED,
    )
    names = {row.work_assignee_id: row.assignee_name for row in rows}
    items = {row.work_id: row for row in rows if row.work_id is not None}
    return standing.record(
        [
            OpenItem(
                id=row.work_id,
                element=row.work_element,
                process=row.work_process_key,
                path=(),
                name=row.work_name,
                form_key=row.work_form_key,
                assignee_id=row.work_assignee_id,
                due_at=row.work_due_at,
                created_at=row.work_created_at,
                groups=tuple(groups[row.work_id]),
                act="",
            )
            for row in items.values()
        ],
        lambda person: names[person] or person,
    )


def _record(opened: Opened, items: Sequence[OpenItem]) -> CaseRecord:
    names = naming.load(
        opened.tx, opened.who, persons=[item.assignee_id for item in items if item.assignee_id]
    )
    standing = _Standing(
        opened.case, opened.pack, opened.version, opened.applicant, opened.suspension is not None
    )
    return standing.record(items, names.person)


@dataclass(frozen=True)
class _Standing:
    """A case's row and what stands beside it."""

    case: Mapping[str, Any]
    pack: Pack
    version: int
    applicant: str
    suspended: bool

    def record(self, items: Sequence[OpenItem], name_of: Callable[[str], str]) -> CaseRecord:
        """Return the case with its open tasks."""
        case = self.case
        return CaseRecord(
            id=case["id"],
            number=case["number"],
            title=case["title"],
            process=case["process_key"],
            start=case["start_key"],
            pack=self.pack.key,
            version=self.pack.version,
            instance_version=self.version,
            status=case["status"],
            stage=case["stage"],
            stage_name=self.pack.stage_name(case["stage"]),
            applicant=case["applicant_id"],
            applicant_name=self.applicant,
            unit=case["unit"],
            lead_unit=case["lead_unit"],
            fiscal_year=case["fiscal_year"],
            amount=case["amount"],
            parent=case["parent_id"],
            created_at=case["created_at"],
            updated_at=case["updated_at"],
            ended_at=case["ended_at"],
            open_tasks=tuple(self._task(item, name_of) for item in items),
            suspended=self.suspended,
            restricted=case["restricted"],
        )

    def _task(self, item: OpenItem, name_of: Callable[[str], str]) -> TaskRecord:
        return TaskRecord(
            id=item.id,
            name=self.pack.said(item.name),
            element=item.element,
            process=item.process,
            case_id=self.case["id"],
            case_number=self.case["number"],
            case_title=self.case["title"],
            form_key=item.form_key,
            assignee=item.assignee_id,
            assignee_name=name_of(item.assignee_id) if item.assignee_id else "",
            groups=item.groups,
            due_at=item.due_at,
            created_at=item.created_at,
            suspended=self.suspended,
        )


_CASE, _INSTANCE = table(Case), table(ProcessInstance)
_COLUMNS = tuple(_CASE.c.keys())
_WORK, _GROUP = table(WorkItem), table(WorkItemGroup)
_APPLICANT, _ASSIGNEE = table(Person).alias(), table(Person).alias()
_WORK_READ = (
    "id", "element", "process_key", "name", "form_key", "assignee_id", "due_at", "created_at",
)  # fmt: skip
#: A case with its open tasks, a row for each group that one is offered to.
_STANDS = Prepared(
    select(
        *_CASE.c,
        _INSTANCE.c.version.label("instance_version"),
        _INSTANCE.c.status.label("instance_status"),
        _APPLICANT.c.name.label("applicant_name"),
        *(_WORK.c[name].label(f"work_{name}") for name in _WORK_READ),
        _GROUP.c.group_key,
        _ASSIGNEE.c.name.label("assignee_name"),
    )
    .select_from(
        _CASE.join(_INSTANCE, _INSTANCE.c.case_id == _CASE.c.id)
        .outerjoin(_APPLICANT, _APPLICANT.c.id == _CASE.c.applicant_id)
        .outerjoin(
            _WORK,
            # written out: an index holds open work only
            and_(
                _WORK.c.case_id == _CASE.c.id, _WORK.c.status == literal_column("'open'", String())
            ),
        )
        .outerjoin(_GROUP, _GROUP.c.work_item_id == _WORK.c.id)
        .outerjoin(_ASSIGNEE, _ASSIGNEE.c.id == _WORK.c.assignee_id)
    )
    .where(_CASE.c.id == bindparam("case"))
    .order_by(_WORK.c.created_at, _WORK.c.id, _GROUP.c.group_key)
)
