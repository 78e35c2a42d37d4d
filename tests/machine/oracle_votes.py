"""The third invariant: recusal, quorum, votes and what they carry, counted once more."""

import json
from collections.abc import Iterator
from typing import Any

from dxflow.db.case import Ballot, Case, Deliberation
from dxflow.db.meeting import Attendance, Meeting, MeetingMatter
from dxflow.db.process import ProcessInstance, WorkItem
from tests.machine.pictures import changed, fresh
from tests.machine.steps import CHAIRS, SEAT_ROLE, Step, fields


def votes_are_in_order(step: Step) -> Iterator[str]:
    """3. A recused member's vote is never counted; a vote never opens without quorum."""
    rounds, matters = step.now.of(Deliberation), step.now.of(MeetingMatter)
    for row in fresh(step.before, step.now, Deliberation):
        yield from _convened(step, row)
    for row in fresh(step.before, step.now, Ballot):
        of = rounds[row.deliberation_id]
        if row.seat not in json.loads(of.seats) and _was_out(step, of, row.seat):
            yield f"ballot of {row.seat}, which takes no part in {of.id}"
        if not any(row.person_id in who.holds.get(row.seat, ()) for who in step.people):
            yield f"ballot of {row.seat} by {row.person_id}, who does not hold it"
        yield from _cast_in_session(step, of, row)
    for was, row in changed(step.before, step.now, Deliberation):
        if row is None:
            yield f"round {was.id} is gone"
            continue
        recused = {one["seat"] for one in json.loads(row.recused)}
        if recused & set(json.loads(row.seats)):
            yield f"round {row.id}: {recused & set(json.loads(row.seats))} recused and taking part"
        if row.result != was.result or row.resolution != was.resolution:
            yield from _counted(step, row)
    for kind, body in step.events:
        if kind == "committee.vote_opened" and "seats" in fields(body):
            of = max(
                (one for one in rounds.values() if one.case_id == body["object"]["case"]),
                key=lambda one: one.round,
            )
            there = set(fields(body)["seats"]) & set(json.loads(of.seats))
            if len(there) < _needed(of):
                yield f"a vote was opened on {of.case_id} with {len(there)} of {_needed(of)}"
    for matter in matters.values():
        was = step.before.of(MeetingMatter).get(matter.id)
        if matter.status == "voting" and (was is None or was.status != "voting"):
            meeting = step.now.of(Meeting)[matter.meeting_id]
            if meeting.status != "open" or not (meeting.written or _present(step, meeting.id)):
                yield f"a vote was opened out of session on {matter.case_id}"


def _was_out(step: Step, of: Any, seat: str) -> bool:
    earlier = step.before.of(Deliberation).get(of.id)
    return earlier is None or seat not in json.loads(earlier.seats)


def _cast_in_session(step: Step, of: Any, ballot: Any) -> Iterator[str]:
    """Yield what is wrong with a ballot on a case that is on an agenda."""
    for matter in step.before.of(MeetingMatter).values():
        if matter.case_id != of.case_id or matter.status not in ("waiting", "voting", "closed"):
            continue
        after = step.now.of(MeetingMatter)[matter.id]
        meeting = step.now.of(Meeting)[matter.meeting_id]
        if "voting" not in (matter.status, after.status) or meeting.status == "planned":
            yield f"ballot of {ballot.seat} on {of.case_id} while no vote is taken"
        if meeting.written:
            continue
        there = _present(step, meeting.id)
        if ballot.seat not in there or len(there & set(json.loads(of.seats))) < _needed(of):
            yield f"ballot of {ballot.seat} on {of.case_id} with {sorted(there)} in the room"


def _present(step: Step, meeting: str) -> set[str]:
    """Return the seats that were in the room at the beginning or the end of the step."""
    return {
        row.seat
        for picture in (step.before, step.now)
        for row in picture.of(Attendance).values()
        if row.meeting_id == meeting and row.left_at is None
    }


def _needed(of: Any) -> int:
    """Return the quorum of the standard committee: half of the members, the recused included."""
    members = len(json.loads(of.seats)) + len(json.loads(of.recused))
    return -(-members // 2)


def _convened(step: Step, row: Any) -> Iterator[str]:
    case, taking = step.now.of(Case)[row.case_id], set(json.loads(row.seats))
    barred = step.involved[case.id]
    said = {one["seat"] for one in json.loads(row.recused)}
    for who in step.people:
        seats = {
            key for key, post in who.posts.items()
            if SEAT_ROLE in post.roles.split() and who.holds.get(key)
        }  # fmt: skip
        own = who.members(f"section:{case.lead_unit}")
        out = {key for key in seats if who.holds[key] & (barred | own)}
        enough = len(seats - out) >= max(1, -(-len(seats) // 2))
        if said == out and taking == (seats - out if enough else set()):
            return
    yield f"round {row.id}: {taking} sit and {said} are recused, it should be {seats - out}, {out}"


def _counted(step: Step, row: Any) -> Iterator[str]:
    """Yield what is wrong with a count or a resolution, by a count of one's own."""
    sitting = set(json.loads(row.seats))
    votes: dict[str, list[str]] = {}
    for one in step.now.of(Ballot).values():
        if one.deliberation_id == row.id and one.superseded_at is None and one.seat in sitting:
            votes.setdefault(one.seat, []).append(one.verdict)
    if any(len(each) > 1 for each in votes.values()):
        yield f"round {row.id}: a seat has two votes"
    cast = [verdict for each in votes.values() for verdict in each]
    result = json.loads(row.result)
    for verdict in ("approve", "conditions", "return", "reject", "abstain"):
        if result.get(verdict, 0) != cast.count(verdict):
            yield f"round {row.id}: {result.get(verdict)} {verdict} counted, {cast.count(verdict)} cast"
    if row.resolution is None:
        return
    decided_in = (
        one
        for one in step.now.of(MeetingMatter).values()
        # put off or taken off, a round is no longer this meeting's: it goes on by its deadline
        if one.deliberation_id == row.id and one.status not in ("deferred", "dropped")
    )
    matter = next(decided_in, None)
    there = len(votes)
    if matter is not None and not step.now.of(Meeting)[matter.meeting_id].written:
        there = len(set(json.loads(matter.present)) & sitting)
    if there < _needed(row):
        yield f"round {row.id} resolved with {there} present of {_needed(row)}"
    ayes = cast.count("approve") + cast.count("conditions")
    noes = cast.count("return") + cast.count("reject")
    # the ballot of whoever was the chair when it was counted; another may conclude
    chair = next(iter(votes.get(result.get("chair", row.chair), ())), "")
    carried = ayes > noes or (ayes == noes and ayes and chair not in ("return", "reject"))
    lost = noes > ayes or (ayes == noes and noes and chair not in ("approve", "conditions"))
    if row.resolution in ("approve", "conditions") and not carried:
        yield f"round {row.id}: {row.resolution} with {ayes} for and {noes} against"
    if row.resolution == "reject" and not lost:
        yield f"round {row.id}: rejected with {ayes} for and {noes} against"
    if row.resolved_by is not None:
        presides = {row.chair} if row.chair else set()
        held = set().union(*(who.posts_of(row.resolved_by) for who in step.people))
        if presides and not presides & held:
            yield f"round {row.id} concluded by {row.resolved_by}, who does not preside"


def who_may_concludes(step: Step) -> Iterator[str]:
    """3. An open conclusion is with the first of chair and deputies who may conclude."""
    if not step.settled:
        return
    halted = {key for key, row in step.now.of(ProcessInstance).items() if row.status != "running"}
    for item in step.now.of(WorkItem).values():
        if item.status != "open" or item.element not in ("conclude", "reconvene"):
            continue
        rounds = [
            row
            for row in step.now.of(Deliberation).values()
            if row.case_id == item.case_id and row.resolution is None and row.result != "{}"
        ]
        groups = step.groups(item.id)
        if item.case_id in halted or not rounds:
            continue
        row = max(rounds, key=lambda one: one.round)
        right = _first_who_may(step, row)
        if right is None or groups != {f"post:{row.chair}" if row.chair else "role:secretariat"}:
            continue  # nobody may, or somebody was asked by name
        asked = {item.assignee_id} if item.assignee_id else step.people[0].members(*groups)
        if not asked & right:
            yield f"{item.element} {item.id} of {item.case_id} is with {groups} ({item.assignee_id}), {right} may do it"


def _first_who_may(step: Step, row: Any) -> set[str] | None:
    """Return the persons of the first seat that presides over a counted round, None for none."""
    who, sitting = step.people[0], set(json.loads(row.seats))
    for matter in step.now.of(MeetingMatter).values():
        if (matter.deliberation_id, matter.status) != (row.id, "closed"):
            continue
        if not step.now.of(Meeting)[matter.meeting_id].written:
            sitting &= set(json.loads(matter.present))
    sitting = {who.successor("post", seat) for seat in sitting}
    for role in CHAIRS:
        for key, post in sorted(who.posts.items()):
            persons = who.holds.get(key, set()) & who.active - step.involved[row.case_id]
            if role in post.roles.split() and key in sitting and persons:
                return persons
    return None
