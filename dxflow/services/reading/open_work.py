"""Which open work a list shows: the same tasks as a condition, by indexes, and in their order."""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    exists,
    func,
    or_,
    select,
    text,
    true,
    union_all,
)

from dxflow.authority.standing_in import PERSONAL
from dxflow.db.case import Case
from dxflow.db.process import Submission, WorkItem, WorkItemGroup
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site

#: As the index of open work has it.
MOST_URGENT = (WorkItem.due_at.nulls_last(), WorkItem.created_at, WorkItem.id)
#: As the index of what is offered to a group has it.
_OFFERED_FIRST = (
    WorkItemGroup.due_at.nulls_last(),
    WorkItemGroup.created_at,
    WorkItemGroup.work_item_id,
)

#: Who has a task, "" being nobody: said so that no index answers it, for tasks are found by their
#: groups or by their order.
_taken_by = func.coalesce(WorkItem.assignee_id, "")

Values = dict[str, Any]


def condition(site: Site, tx: Connection, actor: Actor, scope: str) -> ColumnElement[bool]:
    """Return the condition on open tasks: it is asked of each by its keys."""
    if scope == "all":
        if visibility.scope(
            site, tx, actor
        ).restricted_too:  # work is open in cases that go on, never private
            return true()
        return exists().where(Case.id == WorkItem.case_id, visibility.visible(site, tx, actor))
    offered = exists().where(
        WorkItemGroup.work_item_id == WorkItem.id,
        WorkItemGroup.group_key.in_(sorted(actor.groups)),
    )
    taken = _taken_by == actor.person_id
    if scope == "group":
        return or_(taken, offered)
    mine = or_(taken, and_(_offered_to_own(actor, scope), offered))
    return or_(mine, _offered_for_others(actor)) if actor.stands_in else mine


def found(site: Site, tx: Connection, actor: Actor, scope: str) -> list[Select[Any]]:
    """Return the ids of the same tasks, as queries that each begin at an index."""
    ids = select(WorkItem.id).where(WorkItem.status == "open")
    if scope == "all":
        if visibility.scope(site, tx, actor).restricted_too:
            return [ids]
        cases = visibility.branches(site, tx, actor)
        found = [one.subquery() for one in cases]
        return [ids.join(one, one.c.id == WorkItem.case_id) for one in found]
    # only open work is offered: to say so again would offer an index of all open work instead
    by_group = select(WorkItem.id).join(WorkItemGroup, WorkItemGroup.work_item_id == WorkItem.id)
    offered = by_group.where(
        WorkItemGroup.group_key.in_(sorted(actor.groups)), _offered_to_own(actor, scope)
    )
    wanted = [offered, ids.where(WorkItem.assignee_id == actor.person_id)]
    if scope == "mine" and actor.stands_in:
        others = WorkItemGroup.group_key.in_(sorted(actor.stands_in))
        wanted.append(by_group.where(others, _for_others(actor)))
    return wanted


def in_order(actor: Actor, scope: str, offset: int, limit: int) -> tuple[Select[Any], Values]:
    """Return a page of the ids of the tasks of `mine` or `group`, the most urgent first.

    It is a query that stays the same, and the values of its parameters. Of each group, and of what
    the actor has taken, no more is read than may be on the page.
    """
    own = sorted(actor.groups)
    others = sorted(actor.stands_in) if scope == "mine" else []
    values: Values = {"person": actor.person_id, "most": offset + limit}
    values |= {"offset": offset, "limit": limit}
    values |= {f"own{place}": group for place, group in enumerate(own)}
    values |= {f"other{place}": group for place, group in enumerate(others)}
    if others:
        values["absent"] = ["", *_absent(actor)]
    return _in_order(scope, len(own), len(others)), values


@lru_cache(maxsize=256)
def _in_order(scope: str, own: int, others: int) -> Select[Any]:
    """Return the query for so many groups: to put it together costs more than to run it."""
    most = bindparam("most", type_=Integer)
    each = [one.limit(most).subquery() for one in _each_in_order(scope, own, others)]
    every = union_all(*(select(one) for one in each)).subquery().c
    page = select(every.id, every.due_at, every.created_at).distinct()
    in_turn = (every.due_at.nulls_last(), every.created_at, every.id)
    offset, limit = bindparam("offset", type_=Integer), bindparam("limit", type_=Integer)
    return page.order_by(*in_turn).offset(offset).limit(limit)


def _each_in_order(scope: str, own: int, others: int) -> Iterator[Select[Any]]:
    person: BindParameter[str] = bindparam("person", type_=String)
    free = _free_to_judge(person)
    offered = (
        select(WorkItemGroup.work_item_id.label("id"), *_dates(WorkItemGroup))
        .join(WorkItem, WorkItem.id == WorkItemGroup.work_item_id)
        .order_by(*_OFFERED_FIRST)
    )
    to_own = offered if scope == "group" else offered.where(_taken_by == "", free)
    for place in range(own):
        yield to_own.where(WorkItemGroup.group_key == bindparam(f"own{place}", type_=String))
    absent: BindParameter[Any] = bindparam("absent", type_=String, expanding=True)
    for_others = offered.where(WorkItem.act.not_in(sorted(PERSONAL)), _taken_by.in_(absent), free)
    for place in range(others):
        yield for_others.where(WorkItemGroup.group_key == bindparam(f"other{place}", type_=String))
    taken = select(WorkItem.id, *_dates(WorkItem)).where(
        WorkItem.status == text("'open'"), WorkItem.assignee_id == person
    )
    yield taken.order_by(*MOST_URGENT)


def _dates(table: type[WorkItem | WorkItemGroup]) -> tuple[Any, Any]:
    return table.due_at, table.created_at


def _offered_to_own(actor: Actor, scope: str) -> ColumnElement[bool]:
    """Return the condition on what is offered to the actor's own groups."""
    if scope == "group":
        return true()
    return and_(_taken_by == "", _free_to_judge(actor.person_id))


def _offered_for_others(actor: Actor) -> ColumnElement[bool]:
    offered = exists().where(
        WorkItemGroup.work_item_id == WorkItem.id,
        WorkItemGroup.group_key.in_(sorted(actor.stands_in)),
    )
    return and_(offered, _for_others(actor))


def _for_others(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on what is offered to those the actor stands in for."""
    return and_(
        WorkItem.act.not_in(sorted(PERSONAL)),
        _taken_by.in_(["", *_absent(actor)]),
        _free_to_judge(actor.person_id),
    )


def _absent(actor: Actor) -> list[str]:
    return sorted({one.absent for one in actor.stands_in.values()})


def _free_to_judge(person: str | BindParameter[str]) -> ColumnElement[bool]:
    """Leave out what segregation of duties would refuse: judging a matter one has drafted."""
    # Asked of the task alone, also within a statement that has the case beside it.
    own = (
        exists().where(Case.id == WorkItem.case_id, Case.applicant_id == person).correlate(WorkItem)
    )
    drafted = (
        exists()
        .where(
            Submission.case_id == WorkItem.case_id,
            Submission.person_id == person,
            Submission.act == text("'draft'"),
        )
        .correlate(WorkItem)
    )
    return or_(WorkItem.act == "", and_(~own, ~drafted))
