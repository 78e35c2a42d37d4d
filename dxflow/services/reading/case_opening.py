"""A case opened for reading by somebody who may see it: what every page of it begins with."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, select

from dxflow.authority.directory import Directory
from dxflow.db.case import Case, Workload
from dxflow.db.identity import Person
from dxflow.db.process import ElementVisit, ProcessInstance, WorkItem, WorkItemGroup
from dxflow.errors import NotFound
from dxflow.services.acts import paper_attachments, suspension
from dxflow.services.acts.suspension import Suspension
from dxflow.services.packs import city_days
from dxflow.services.packs import store as packs
from dxflow.services.people import organisation, visibility
from dxflow.services.people.actor import Actor
from dxflow.services.reading import opinions
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class OpenItem:
    """A user task of the case that waits. `path` are the call activities that lead to it."""

    id: str
    element: str
    process: str
    path: tuple[str, ...]
    name: str
    form_key: str
    assignee_id: str | None
    due_at: datetime | None
    created_at: datetime
    groups: tuple[str, ...]
    act: str
    #: The variables it sees, as they are stored.
    variables: str = "{}"


@dataclass(frozen=True)
class Visit:
    """How often an element was entered and completed, and when it was last touched."""

    entered: int
    completed: int
    cancelled: int
    last_at: datetime


@dataclass(frozen=True)
class Opened:
    """A case with its pack, and who is who on the reader's date. `case` are its row's values."""

    site: Site
    tx: Connection
    actor: Actor
    pack: packs.Pack
    who: Directory
    case: Mapping[str, Any]
    version: int
    undo_person: str | None
    applicant: str
    suspension: Suspension | None = None
    workload: Mapping[str, Any] = field(default_factory=dict)
    #: The version of the city's days.
    calendar_version: str | None = None
    #: Whether files are attached to it: only then they are read.
    has_files: bool = False

    @property
    def calendars(self) -> city_days.Calendars:
        """Return when the city works, by pack."""
        return city_days.Calendars(self.site, self.tx, self.calendar_version)

    @cached_property
    def withheld(self) -> opinions.Withheld:
        """Return which opinions the reader may not read."""
        return opinions.withheld(self.tx, self.who, self.actor, self.id, self.pack)

    @property
    def id(self) -> str:
        """Return the case's id."""
        return str(self.case["id"])

    @property
    def running(self) -> bool:
        """Return whether the case has not ended."""
        return bool(self.case["status"] == "running")

    @property
    def going(self) -> bool:
        """Return whether acts on the case are taken: it has not ended and is not suspended."""
        return self.running and self.suspension is None

    def items(self) -> tuple[OpenItem, ...]:
        """Return the open user tasks with the groups they are offered to, in one query."""
        rows = self.tx.execute(
            select(WorkItem.__table__, WorkItemGroup.group_key)
            .outerjoin(WorkItemGroup, WorkItemGroup.work_item_id == WorkItem.id)
            .where(WorkItem.case_id == self.id, WorkItem.status == "open")
            .order_by(WorkItem.created_at, WorkItem.id, WorkItemGroup.group_key)
        ).all()
        groups: dict[str, list[str]] = {}
        for row in rows:
            groups.setdefault(row.id, []).extend([row.group_key] if row.group_key else [])
        return tuple(
            OpenItem(
                id=row.id,
                element=row.element,
                process=row.process_key,
                path=tuple(part for part in row.path.split("/") if part),
                name=row.name,
                form_key=row.form_key,
                assignee_id=row.assignee_id,
                due_at=row.due_at,
                created_at=row.created_at,
                groups=tuple(groups[row.id]),
                act=row.act,
                variables=row.variables,
            )
            for row in {row.id: row for row in rows}.values()
        )

    def visits(self) -> dict[tuple[str, str], Visit]:
        """Return how often each element was visited, by process and element."""
        rows = self.tx.execute(
            select(ElementVisit.__table__).where(ElementVisit.case_id == self.id)
        )
        return {
            (row.process_key, row.element): Visit(
                row.entered, row.completed, row.cancelled, row.last_at
            )
            for row in rows
        }


_WORKLOAD = tuple(
    getattr(Workload, name).label(f"workload_{name}")
    for name in ("as_is_hours", "to_be_hours", "saved_hours", "saved_yen", "unit_cost")
)


def open_case(site: Site, tx: Connection, actor: Actor, case_id: str) -> Opened:
    """Return the case. Raises NotFound when there is none, or the actor may not know of it."""
    who = organisation.directory(site, tx, actor.on)
    row = (
        tx.execute(
            select(
                Case.__table__,
                ProcessInstance.version.label("instance_version"),
                ProcessInstance.pack_digest.label("instance_pack"),
                ProcessInstance.undo_person,
                city_days.version_query().label("city_days"),
                paper_attachments.any_of(Case.id).label("has_files"),
                *suspension.COLUMNS,
                Person.name.label("applicant_name"),
                *_WORKLOAD,
            )
            .join(ProcessInstance, ProcessInstance.case_id == Case.id)
            .outerjoin(Person, Person.id == Case.applicant_id)
            .outerjoin(Workload, Workload.case_id == Case.id)
            .where(Case.id == case_id, visibility.visible(site, tx, actor))
        )
        .mappings()
        .one_or_none()
    )
    if row is None:
        raise NotFound(_("案件が見つからないか、見る権限がありません。"))
    return Opened(
        site=site,
        tx=tx,
        actor=actor,
        pack=packs.load(site, tx, row["instance_pack"]),
        who=who,
        case={column.name: row[column.name] for column in Case.__table__.c},
        version=row["instance_version"],
        undo_person=row["undo_person"],
        calendar_version=row["city_days"] or city_days.NONE_YET,
        has_files=bool(row["has_files"]),
        applicant=row["applicant_name"] or "",
        suspension=suspension.of_row(tx, row, "instance_"),
        workload={
            name: row[f"workload_{name}"]
            for name in ("as_is_hours", "to_be_hours", "saved_hours", "saved_yen", "unit_cost")
            if row[f"workload_{name}"] is not None
        },
    )
