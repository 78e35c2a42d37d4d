"""Open work that waits at posts and sections, and who would do it when one of them is closed."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection, or_, select

from dxflow.authority.directory import Directory
from dxflow.authority.organisation import Post
from dxflow.authority.roles_within import KIND as ROLE_IN
from dxflow.authority.roles_within import group_of, unit_and_role
from dxflow.db.case import Case
from dxflow.db.identity import Person
from dxflow.db.process import WorkItem, WorkItemGroup
from dxflow.services.packs import own_words
from dxflow.services.site import Site

_PLACES = ("post:", "section:", "head:", f"{ROLE_IN}:")


@dataclass(frozen=True)
class WaitingTask:
    """An open task; `people` are the names of those who can do it, without any nobody can."""

    id: str
    name: str
    case_id: str
    case_number: str
    people: tuple[str, ...]


def groups_of_unit(unit: str) -> tuple[str, ...]:
    """Return the groups that mean a unit itself; what ends in a colon begins several."""
    return f"section:{unit}", f"head:{unit}", group_of("", unit)


def groups_of_post(who: Directory, post: str) -> tuple[str, ...]:
    """Return the groups that mean a post alone.

    Itself, and its unit's head or a role within its section when it is the only one.
    """
    there = who.posts.get(post)
    found = [f"post:{post}"]
    if there is not None and there.unit and there.kind in who.head_kinds:
        heads = [
            one.key
            for one in who.posts.values()
            if one.unit == there.unit and one.kind in who.head_kinds
        ]
        found += [f"head:{there.unit}"] if heads == [post] else []
    if there is not None:
        others = {
            one for each in who.posts.values() if each.key != post for one in _within(who, each)
        }
        found += sorted(_within(who, there) - others)
    return tuple(found)


def _within(who: Directory, post: Post) -> set[str]:
    return {group_of(role, unit) for unit in who.units_of_member(post) for role in post.roles}


def by_place(tx: Connection) -> dict[str, set[str]]:
    """Return the ids of open tasks by the groups of posts and units they wait at, in one query.

    What waits at a role within a unit is there twice: by its group, and by what begins it.
    """
    found: dict[str, set[str]] = defaultdict(set)
    rows = tx.execute(
        select(WorkItemGroup.group_key, WorkItemGroup.work_item_id)
        .join(WorkItem, WorkItem.id == WorkItemGroup.work_item_id)
        .where(
            WorkItem.status == "open",
            or_(*(WorkItemGroup.group_key.startswith(place) for place in _PLACES)),
        )
    )
    for group, item in rows:
        found[group].add(item)
        if within := unit_and_role(group):
            found[group_of("", within[0])].add(item)
    return dict(found)


def of_groups(waiting: Mapping[str, set[str]], groups: Iterable[str]) -> set[str]:
    """Return the ids of what waits at any of these groups."""
    return {item for group in groups for item in waiting.get(group, ())}


def of_unit(waiting: Mapping[str, set[str]], unit: str, posts: Iterable[str]) -> set[str]:
    """Return the ids of what waits at a unit and its posts."""
    return of_groups(waiting, (*groups_of_unit(unit), *(f"post:{post}" for post in posts)))


def tasks(site: Site, tx: Connection, who: Directory, groups: Iterable[str]) -> list[WaitingTask]:
    """Return open tasks offered to any of these groups, the oldest first, in three queries."""
    wanted = list(groups)
    several = [one for one in wanted if one.endswith(":")]
    at_the_place = select(WorkItemGroup.work_item_id).where(
        or_(
            WorkItemGroup.group_key.in_(wanted),
            *(WorkItemGroup.group_key.startswith(one, autoescape=True) for one in several),
        )
    )
    rows = tx.execute(
        select(
            WorkItem.id,
            WorkItem.name,
            WorkItem.case_id,
            Case.number,
            WorkItem.assignee_id,
            Case.pack_digest,
        )
        .join(Case, Case.id == WorkItem.case_id)
        .where(WorkItem.status == "open", WorkItem.id.in_(at_the_place))
        .order_by(WorkItem.created_at, WorkItem.id)
    ).all()
    if not rows:
        return []
    offered: dict[str, list[str]] = defaultdict(list)
    for item, group in tx.execute(
        select(WorkItemGroup.work_item_id, WorkItemGroup.group_key)
        .join(WorkItem, WorkItem.id == WorkItemGroup.work_item_id)
        .where(WorkItem.status == "open", WorkItemGroup.work_item_id.in_(at_the_place))
    ):
        offered[item].append(group)
    names = {
        row.id: row.name
        for row in tx.execute(select(Person.id, Person.name).where(Person.status == "active"))
    }
    found = []
    for row in rows:
        ids = {person for group in offered[row.id] for person in who.holders(group)}
        doing = {row.assignee_id} if row.assignee_id else ids
        people = tuple(sorted(names[one] for one in doing if one in names))
        name = own_words.said(site, tx, row.pack_digest, row.name)
        found.append(WaitingTask(row.id, name, row.case_id, row.number, people))
    return found
