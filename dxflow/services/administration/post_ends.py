"""What the end of a post would leave behind: asked before somebody's post is ended."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from dxflow.authority.directory import Directory
from dxflow.db.case import Case
from dxflow.db.process import WorkItem, WorkItemGroup
from dxflow.errors import NotFound
from dxflow.services.administration.persons import TASKS_SHOWN
from dxflow.services.packs import own_words
from dxflow.services.people import naming, organisation, person_rows
from dxflow.services.people.actor import Actor
from dxflow.services.people.person_rows import ADMIN_ROLE
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class LeftBehind:
    """Open work that the person may not do any more. `goes_to` are the words for who may.

    It is empty where nobody may; `taken`: the person has taken it.
    """

    name: str
    case_id: str
    case_number: str
    taken: bool
    goes_to: str


@dataclass(frozen=True)
class PostEnd:
    """The end of a post that has not happened. `day` is the first without it.

    `tasks` are the first of `task_count`; `roles` are the words for the roles that go with it.
    """

    post: str
    title: str
    day: date
    roles: tuple[str, ...]
    tasks: Sequence[LeftBehind]
    task_count: int


def of_person(site: Site, by: Actor, person_id: str, post: str, day: date | None) -> PostEnd:
    """Return what follows when the post of a person ends. Raises NotFound, NotAllowed."""
    by.require_role(ADMIN_ROLE)
    first = day or site.today()
    with site.database.read() as tx:
        # who is there when it ends; a post that begins later leaves nothing behind today
        who = organisation.directory(site, tx, max(first, site.today()))
        held = next((one for one in who.posts_of(person_id) if one.key == post), None)
        if held is None:
            raise NotFound(_("その日に、この人はこの職に就いていません。"))
        kept = who.groups_of(person_id, without=post)
        lost = who.groups_of(person_id) - kept
        roles = sorted(role.removeprefix("role:") for role in lost if role.startswith("role:"))
        tasks, count = _tasks(site, tx, who, person_id, lost, kept)
    return PostEnd(post, held.title, first, tuple(map(naming.role_name, roles)), tasks, count)


def _tasks(
    site: Site,
    tx: Connection,
    who: Directory,
    person_id: str,
    lost: frozenset[str],
    kept: frozenset[str],
) -> tuple[list[LeftBehind], int]:
    """Return open work the person has by the post alone: taken, or offered to nobody else."""
    beside = set(
        tx.execute(
            select(WorkItemGroup.group_key)
            .where(WorkItemGroup.work_item_id.in_(_offered_to(lost)))
            .distinct()
        ).scalars()
    )
    closed = person_rows.closed(tx, {one for group in beside for one in who.holders(group)})
    served = {group for group in beside if who.holders(group) - closed - {person_id}}
    which = and_(
        WorkItem.status == "open",
        WorkItem.id.in_(_offered_to(lost)),
        WorkItem.id.not_in(_offered_to(kept)),
        or_(
            WorkItem.assignee_id == person_id,
            and_(WorkItem.assignee_id.is_(None), WorkItem.id.not_in(_offered_to(served))),
        ),
    )
    count = tx.execute(select(func.count()).select_from(WorkItem).where(which)).scalar_one()
    rows = tx.execute(
        select(
            WorkItem.id,
            WorkItem.name,
            WorkItem.case_id,
            WorkItem.assignee_id,
            Case.number,
            Case.pack_digest,
        )
        .join(Case, Case.id == WorkItem.case_id)
        .where(which)
        .order_by(WorkItem.due_at.is_(None), WorkItem.due_at, WorkItem.id)
        .limit(TASKS_SHOWN)
    ).all()
    groups: dict[str, list[str]] = defaultdict(list)
    for row in tx.execute(
        select(WorkItemGroup.work_item_id, WorkItemGroup.group_key)
        .where(WorkItemGroup.work_item_id.in_([row.id for row in rows]))
        .order_by(WorkItemGroup.group_key)
    ):
        if row.group_key in served:
            groups[row.work_item_id].append(row.group_key)
    names = naming.load(tx, who)
    return [
        LeftBehind(
            own_words.said(site, tx, row.pack_digest, row.name), row.case_id, row.number,
            row.assignee_id is not None,
            _("、").join(map(names.group, groups[row.id])),
        )
        for row in rows
    ], count  # fmt: skip


def _offered_to(groups: Any) -> Any:
    return select(WorkItemGroup.work_item_id).where(WorkItemGroup.group_key.in_(sorted(groups)))
