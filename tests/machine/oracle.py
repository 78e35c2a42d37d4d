"""What must hold after every step: the invariants of a formal decision, accounts, and the log.

Each is a function of a step; it yields what is broken, in words.
"""

import json
from collections.abc import Collection, Iterator
from typing import Any

from dxflow.db.case import Ballot, Case, DecisionRecord, Deliberation, Duty
from dxflow.db.process import Submission, WorkItem
from dxflow.db.standing import StoodIn
from dxflow.db.transfer import TransferFill, TransferPlan
from tests.machine.oracle_accounts import who_leaves_is_closed
from tests.machine.oracle_records import acts_are_recorded, chains_stand, decided_papers_stay
from tests.machine.oracle_votes import votes_are_in_order, who_may_concludes
from tests.machine.people import People
from tests.machine.pictures import changed, fresh
from tests.machine.steps import ENDED_EARLY, JUDGING, MOST_DAYS, PERSONAL, ROWS, SETTLED, Step


def involved_do_not_judge(step: Step) -> Iterator[str]:
    """1. Nobody decides, votes on or approves a matter of which they are applicant or drafter."""
    for row in step.given:
        if row.element not in JUDGING:
            continue
        barred = step.involved_before(row)
        if row.person_id in barred:
            yield f"{row.element} of {row.case_id} by {row.person_id}, who made the proposal"
        stood = step.now.of(StoodIn).get(row.id)
        if stood is not None and stood.absent_id in barred:
            yield f"{row.element} of {row.case_id} for {stood.absent_id}, who made the proposal"
    for model, person in ((DecisionRecord, "person_id"), (Ballot, "person_id")):
        for row in fresh(step.before, step.now, model):
            case = (
                getattr(row, "case_id", None)
                or step.now.of(Deliberation)[row.deliberation_id].case_id
            )
            if getattr(row, person) in step.involved[case]:
                yield f"{model.__name__} of {case} by {getattr(row, person)}, who made the proposal"
    for _was, row in changed(step.before, step.now, Deliberation):
        if row is not None and row.resolved_by in step.involved[row.case_id]:
            yield f"round of {row.case_id} concluded by {row.resolved_by}, who made the proposal"


def decisions_have_authority(step: Step) -> Iterator[str]:
    """2. No decision without an authority row valid on its day, held by that post on that day."""
    for row in fresh(step.before, step.now, DecisionRecord):
        case, day = step.now.of(Case)[row.case_id], row.decided_on
        if not step.today - MOST_DAYS <= day <= step.today + MOST_DAYS:
            yield f"decision {row.id} bears {day} on {step.today}"
        answers = [_right(step, who, row) for who in step.people_on(day)]
        if all(answers):
            yield f"decision on {case.number} on {day} by {row.person_id} in {row.post}: {answers[0]}"
        if row.outcome not in SETTLED:
            continue
        if row.authority_table != "authority" or row.authority_from > day:
            yield f"decision {row.id} by the table {row.authority_table} from {row.authority_from}"
        name, kind = _authority(step, row)
        if row.authority_row != name:
            yield f"decision {row.id} by {row.authority_row}, it is {name}"
        posts = {
            who.deciding(kind, case.lead_unit, step.involved[case.id])
            for who in step.people_on(day)
        }
        if row.post not in posts:
            yield f"decision on {case.number} in {row.post}, the row says {posts}"


def _authority(step: Step, row: Any) -> tuple[str, str]:
    """Return the row of the table for a decision, and the kind of post that decides by it."""
    case = step.now.of(Case)[row.case_id]
    of_case = [
        one for one in step.now.of(Submission).values()
        if one.case_id == row.case_id and one.superseded_at is None and one.at <= row.at
    ]  # fmt: skip
    triage = max(
        (one for one in of_case if one.element == "triage"), key=lambda one: (one.at, one.id)
    )
    high = bool(json.loads(triage.body).get("importance")) or any(
        one.element == "decide" and one.outcome == "escalate" and one.at > triage.at
        for one in of_case
    )
    sheets = [one for one in of_case if one.element in ("project_sheet", "small_sheet")]
    latest = max(sheets, key=lambda one: (one.at, one.id))
    route = "small" if latest.element == "small_sheet" else "initiative"
    return next((name, kind) for fits, name, kind in ROWS if fits(case.amount or 0, route, high))


def _right(step: Step, who: People, row: Any) -> str:
    """Return what is wrong with the right to a decision, "" when nothing."""
    if row.person_id in who.holds.get(row.post, ()):
        return ""
    ways = {
        (absent, way)
        for post, absent, way in who.stands_in.get(row.person_id, ())
        if post == row.post
    }
    if not ways:
        return "neither holds the post nor stands in for it"
    if _authority(step, row)[1] == "mayor" and _authority(step, row)[0] == "第1号":
        return "an important matter, decided by somebody who stands in"
    if all(absent in step.involved[row.case_id] for absent, _way in ways):
        return "stands in for somebody who made the proposal"
    return ""


def duties_end_by_their_owner(step: Step) -> Iterator[str]:
    """5. A duty ends only by the person who owes it, or passes on in a reasoned transfer."""
    moved = any(kind in ("transfer.applied", "transfer.undone") for kind, _body in step.events)
    for was, row in changed(step.before, step.now, Duty):
        if row is None:
            yield f"the duty {was.id} is gone"
        elif was.status == "open" and row.status == "void":
            if step.now.of(Case)[row.case_id].status not in ENDED_EARLY:
                yield f"the duty {was.id} is void, though its case goes on"
        elif was.status == "open" and row.status != "open":
            owed = {was.owner_group, row.owner_group}
            if not any(row.met_by in who.members(one) for who in step.people for one in owed):
                yield f"the duty {was.id} of {was.owner_group} was ended by {row.met_by}"
            if step.event("duty.met", id=was.id, person=row.met_by) is None:
                yield f"the duty {was.id} ended without an entry"
        elif was.status != "open" and row != was:
            yield f"the duty {was.id} was met and has changed"
        if row is not None and was.owner_group != row.owner_group and not moved:
            found = step.event("duty.handed_over", id=was.id)
            if found is None or not found["reason"]:
                yield f"the duty {was.id} passed on without a reason"
    for was, row in changed(step.before, step.now, StoodIn):
        if row is None:
            given = step.now.of(Submission).get(was.submission_id)
            if given is None or given.superseded_at is None:
                yield f"the later reading of {was.submission_id} is gone"
            continue
        if was.read_at is None and row.read_at is not None:
            found = step.event("later_reading.done", id=row.work_item_id)
            if found is None or found["person"] not in (was.owner_id, row.owner_id):
                yield f"the later reading of {was.submission_id} was not done by {was.owner_id}"
        if was.read_at is not None:
            yield f"the later reading of {was.submission_id} was done and has changed"
        if was.owner_id != row.owner_id and not moved:
            yield f"the later reading of {was.submission_id} passed on outside of a transfer"
    for was, row in changed(step.before, step.now, Case):
        if row is not None and row.status == "completed" and was.status == "running":
            left = [
                one.id
                for one in step.now.of(Duty).values()
                if one.case_id == row.id and one.status == "open"
            ]
            if left:
                yield f"case {row.number} closed with the duties {left} open"


def tasks_have_somebody(step: Step) -> Iterator[str]:
    """6. A task has at least one person who can act on it, or is a listed hole."""
    who = step.people[0]
    moved = any(kind in ("transfer.applied", "transfer.undone") for kind, _body in step.events)
    _note_left(step)
    if not moved:
        step.given_up |= {
            body["changes"][0]["before"] for kind, body in step.events if kind == "membership.ended"
        }
    vacant = set()
    for item in step.now.of(WorkItem).values():
        if item.status != "open" or item.id in step.left:
            continue
        groups = step.groups(item.id)
        judged = step.involved[item.case_id] if item.element in JUDGING else set()
        if moved and item.assignee_id and _lost(step, item.assignee_id, groups):
            yield f"{item.element} {item.id} of {item.case_id} is still taken by {item.assignee_id}, whose post went to another"
        if _able(who, item, groups, judged):
            continue
        # a transfer answers for what was somebody's without it
        its = moved and _able(step.people[-1], item, groups, judged)
        if item.id in step.vacant or (step.given_up and not its and item.id in step.listed()):
            vacant.add(item.id)
        else:
            yield f"nobody can do {item.element} {item.id} of {item.case_id}: {groups}, taken by {item.assignee_id}"
    step.vacant.clear()
    step.vacant.update(vacant)


def _able(who: People, item: Any, groups: Collection[str], judged: set[str]) -> set[str]:
    """Return who can do a task: those it is offered to, else those who stand in for them."""
    offered = set().union(*(who.members(group) for group in groups))
    taken_by = item.assignee_id if item.assignee_id in offered else None
    own = ({taken_by} if taken_by else offered) & who.active - judged
    if own or item.element in PERSONAL:
        return own
    return {
        person
        for person, ways in who.stands_in.items()
        if person in who.active and person not in judged
        for post, absent, _way in ways
        if absent not in judged and taken_by in (None, absent)
        and any(who.means(post, group) for group in groups)
    }  # fmt: skip


def _lost(step: Step, person: str, groups: Collection[str]) -> bool:
    """Return whether the step has taken the groups of a task from the one who has taken it."""
    now, before = step.people[0], step.people[-1]
    return any(person in before.members(group) for group in groups) and not any(
        person in now.members(group) for group in groups
    )


def _note_left(step: Step) -> None:
    for row in step.now.of(TransferPlan).values():
        was = step.before.of(TransferPlan).get(row.id)
        if row.status == "applied" and (was is None or was.status != "applied"):
            step.left |= {
                hole.partition(":")[2]
                for (plan, hole), one in step.now.of(TransferFill).items()
                if plan == row.id and one.target == "leave" and one.reason
            }


def standing_in_is_of_right(step: Step) -> Iterator[str]:
    """2. Whoever acts for another stands in for them that day: named by them, or next on the list."""
    for row in fresh(step.before, step.now, StoodIn):
        if row.way == "passed_over":
            continue
        rights = {one for who in step.people for one in who.stands_in.get(row.person_id, ())}
        if (row.post, row.absent_id or "", row.way) not in rights:
            yield f"{row.person_id} acted in {row.post} for {row.absent_id} as {row.way}, has {rights}"


INVARIANTS = {
    "1 the involved do not judge": involved_do_not_judge,
    "2 decisions have authority": decisions_have_authority,
    "2 standing in is of right": standing_in_is_of_right,
    "3 votes are in order": votes_are_in_order,
    "3 who may conclude is asked to": who_may_concludes,
    "4 decided papers stay": decided_papers_stay,
    "5 duties end by their owner": duties_end_by_their_owner,
    "6 tasks have somebody": tasks_have_somebody,
    "7 acts are recorded": acts_are_recorded,
    "8 who leaves is closed": who_leaves_is_closed,
    "the log stands": chains_stand,
}


def broken(step: Step) -> list[str]:
    """Return every invariant that a step broke, with what it did."""
    return [f"{name}: {what}" for name, check in INVARIANTS.items() for what in check(step)]
