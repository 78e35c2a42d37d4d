"""What administrators see of a case: where it stands and all that is open, not what it says."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from dxflow.authority.directory import Directory
from dxflow.db.case import Case, Duty
from dxflow.db.identity import Person
from dxflow.db.job import Job
from dxflow.db.process import ProcessInstance, Timer, WorkItem, WorkItemGroup
from dxflow.services.acts import suspension
from dxflow.services.acts.suspension import Suspension
from dxflow.services.operations import case_choice, incident_list
from dxflow.services.operations.case_choice import OPERATORS
from dxflow.services.operations.incident_list import IncidentRow
from dxflow.services.packs import store as packs
from dxflow.services.people import naming, organisation
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated

#: So many people are offered at most for a task; any other is named by username.
MOST_CHOICES = 60


@dataclass(frozen=True)
class Choice:
    """Somebody a task may be given to: what `reassign` takes, and words for it."""

    to: str
    label: str


@dataclass(frozen=True)
class OpenTask:
    """A task that waits. `holder` says in words who has it."""

    id: str
    name: str
    element: str
    holder: str
    due_at: datetime | None
    since: datetime


@dataclass(frozen=True)
class Armed:
    """A timer that waits, by the name of its element."""

    name: str
    due_at: datetime


@dataclass(frozen=True)
class CaseSheet:
    """A case for operations; `choices` are whom its tasks may be given to."""

    id: str
    number: str
    title: str
    status: str
    status_name: str
    stage_name: str
    procedure: str
    version: int
    suspension: Suspension | None
    tasks: tuple[OpenTask, ...]
    timers: tuple[Armed, ...]
    jobs: int
    dead_jobs: int
    duties: int
    incidents: tuple[IncidentRow, ...]
    choices: tuple[Choice, ...]
    updated_at: datetime


def sheet(site: Site, actor: Actor, case: str) -> CaseSheet:
    """Return a case by number or id. Raises NotAllowed or NotFound."""
    actor.require_role(*OPERATORS)
    with site.database.read() as tx:
        case_id = case_choice.find(tx, case)
        row = (
            tx.execute(
                select(
                    Case.__table__,
                    ProcessInstance.pack_digest.label("instance_pack"),
                    ProcessInstance.version,
                    ProcessInstance.updated_at.label("touched_at"),
                    *suspension.COLUMNS,
                )
                .join(ProcessInstance, ProcessInstance.case_id == Case.id)
                .where(Case.id == case_id)
            )
            .mappings()
            .one()
        )
        pack = packs.load(site, tx, row["instance_pack"])
        who = organisation.directory(site, tx, actor.on)
        items, offers = _items(tx, case_id)
        names = naming.load(tx, who, persons=_persons(items, offers))
        jobs = [
            status
            for status in tx.execute(
                select(Job.status).where(
                    Job.case_id == case_id, Job.status.in_(("waiting", "dead"))
                )
            ).scalars()
        ]
        duties = tx.execute(
            select(Duty.id).where(Duty.case_id == case_id, Duty.status == "open")
        ).all()
        return CaseSheet(
            id=case_id,
            number=row["number"],
            title=row["title"],
            status=row["status"],
            status_name=packs.status_name(row["status"]),
            stage_name=pack.stage_name(row["stage"]),
            procedure=_(
                "{title}（第{version}版）",
                title=translated(pack.settings.title),
                version=pack.version,
            ),
            version=row["version"],
            suspension=suspension.of_row(tx, row, "instance_"),
            tasks=tuple(_task(pack, item, offers.get(item.id, []), names) for item in items),
            timers=_timers(tx, pack, case_id),
            jobs=jobs.count("waiting"),
            dead_jobs=jobs.count("dead"),
            duties=len(duties),
            incidents=tuple(incident_list.of_case(site, tx, case_id)),
            choices=_choices(tx, who, names, row, offers),
            updated_at=row["touched_at"],
        )


def _items(tx: Connection, case_id: str) -> tuple[list[Any], dict[str, list[str]]]:
    rows = tx.execute(
        select(
            WorkItem.id, WorkItem.name, WorkItem.element, WorkItem.assignee_id, WorkItem.due_at,
            WorkItem.created_at, WorkItemGroup.group_key,
        )
        .outerjoin(WorkItemGroup, WorkItemGroup.work_item_id == WorkItem.id)
        .where(WorkItem.case_id == case_id, WorkItem.status == "open")
        .order_by(WorkItem.created_at, WorkItem.id, WorkItemGroup.group_key)
    ).all()  # fmt: skip
    offers: dict[str, list[str]] = {}
    for row in rows:
        offers.setdefault(row.id, []).extend([row.group_key] if row.group_key else [])
    return list({row.id: row for row in rows}.values()), offers


def _persons(items: list[Any], offers: dict[str, list[str]]) -> set[str]:
    found = {item.assignee_id for item in items if item.assignee_id}
    groups = {group for offered in offers.values() for group in offered}
    return found | {one.removeprefix("user:") for one in groups if one.startswith("user:")}


def _task(pack: packs.Pack, item: Any, groups: list[str], names: naming.Names) -> OpenTask:
    words = [names.person(item.assignee_id)] if item.assignee_id else map(names.group, groups)
    return OpenTask(
        id=item.id,
        name=pack.said(item.name),
        element=item.element,
        holder=_("、").join(dict.fromkeys(words)),
        due_at=item.due_at,
        since=item.created_at,
    )


def _timers(tx: Connection, pack: packs.Pack, case_id: str) -> tuple[Armed, ...]:
    rows = tx.execute(
        select(Timer.element, Timer.due_at).where(Timer.case_id == case_id).order_by(Timer.due_at)
    )
    return tuple(Armed(translated(pack.element_name(row.element)), row.due_at) for row in rows)


def _choices(
    tx: Connection,
    who: Directory,
    names: naming.Names,
    row: Any,
    offers: dict[str, list[str]],
) -> tuple[Choice, ...]:
    """Return the groups and people near the case: those asked, the sections', the secretariat."""
    near = [f"section:{row['lead_unit']}", f"section:{row['unit']}", "role:secretariat"]
    groups = dict.fromkeys(
        [one for offered in offers.values() for one in offered if not one.startswith("user:")]
        + [f"head:{row['lead_unit']}", f"head:{row['unit']}", *near]
    )
    held = [group for group in groups if who.holders(group)]
    people = sorted({person for group in held for person in who.holders(group)})[:MOST_CHOICES]
    rows = tx.execute(
        select(Person.username, Person.name)
        .where(Person.id.in_(people), Person.status == "active")
        .order_by(Person.username)
    )
    return (
        *(Choice(group, _("{group}の全員", group=names.group(group))) for group in held),
        *(Choice(f"user:{one.username}", f"{one.name}（{one.username}）") for one in rows),
    )
