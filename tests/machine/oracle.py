"""What must hold after every step: the seven invariants of a formal decision, and the log.

Each is a function of two pictures, before and after a step, and of the day; it yields what is
broken, in words. They know the process of the standard pack by the names of its tasks.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from dxflow.db.case import Ballot, Case, DecisionRecord, Deliberation, Duty
from dxflow.db.document import Addendum, DecisionDocument, Stamp
from dxflow.db.meeting import Attendance, Meeting, MeetingMatter, Minutes
from dxflow.db.process import ProcessInstance, Submission, WorkItem, WorkItemGroup
from dxflow.db.standing import StoodIn
from dxflow.db.transfer import TransferFill, TransferPlan
from tests.machine.people import People, Register
from tests.machine.pictures import ORGANISATION, Picture, changed, fresh

DRAFTING = frozenset(
    {"project_sheet", "small_sheet", "bpr_analysis", "revise_idea", "supplement_idea"}
)
PERSONAL = frozenset({"verdict", "conclude", "reconvene"})
JUDGING = PERSONAL | {
    "head_approval", "triage", "sheet_approval", "review", "agree_in_turn", "agree_together",
    "decide",
}  # fmt: skip
SETTLED = frozenset({"approve", "conditions", "reject"})
SEAT_ROLE, CHAIRS = "committee-member", ("committee-chair", "committee-deputy")
MOST_DAYS = timedelta(31)
#: The authority table of the standard pack, written out once more: row and kind of post.
ROWS = (
    (lambda amount, route, high: high, "第1号", "mayor"),
    (lambda amount, route, high: amount >= 50_000_000, "第2号", "mayor"),
    (lambda amount, route, high: amount >= 10_000_000, "第3号", "deputy_mayor"),
    (lambda amount, route, high: amount >= 1_000_000, "第4号", "department_head"),
    (lambda amount, route, high: route == "initiative", "第5号", "department_head"),
    (lambda amount, route, high: True, "第6号", "section_head"),
)


@dataclass
class Step:
    """A step: the pictures around it and the day; what follows from them is found once."""

    before: Picture
    now: Picture
    today: date
    register: Register
    #: Work that transfers left as it was, with a reason: listed holes.
    left: set[str] = field(default_factory=set)

    @cached_property
    def people(self) -> tuple[People, ...]:
        """Return who is who now and, where the step changed it, before: an act may be of either."""
        now = self.register.on(self.now, self.today)
        was = People(self.before, self.today) if self._moved else now
        return (now,) if was is now else (now, was)

    @cached_property
    def _moved(self) -> bool:
        return any(self.before.of(model) != self.now.of(model) for model in ORGANISATION)

    def people_on(self, day: date) -> tuple[People, ...]:
        """Return who is who on a day, as it was known now and before."""
        if day == self.today:
            return self.people
        now = self.register.on(self.now, day)
        return (now, People(self.before, day)) if self._moved else (now,)

    @cached_property
    def involved(self) -> dict[str, set[str]]:
        """Return applicant and drafters of each case, over its whole history."""
        found = {key: {row.applicant_id} for key, row in self.now.of(Case).items()}
        for row in self.now.of(Submission).values():
            if row.work_item_id is None or row.element in DRAFTING:
                found.setdefault(row.case_id, set()).add(row.person_id)
        return found

    def involved_before(self, given: Any) -> set[str]:
        """Return who was involved in a case when a submission was made, without it."""
        found = {self.now.of(Case)[given.case_id].applicant_id}
        return found | {
            row.person_id
            for row in self.now.of(Submission).values()
            if row.case_id == given.case_id and row.id != given.id
            and (row.work_item_id is None or row.element in DRAFTING)
        }  # fmt: skip

    @cached_property
    def given(self) -> list[Any]:
        """Return what was handed in."""
        return list(fresh(self.before, self.now, Submission))

    @cached_property
    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the events of the step with their bodies."""
        return [(row.type, json.loads(row.body)) for row in self.now.events]

    def event(self, kind: str, **wanted: Any) -> dict[str, Any] | None:
        """Return the event of a kind with these values, None when there is none."""
        for found, body in self.events:
            said = {**body["actor"], **body["object"], **fields(body)}
            if found == kind and all(said.get(key) == value for key, value in wanted.items()):
                return said | {"reason": body.get("reason") or said.get("reason")}
        return None

    def groups(self, item: str) -> set[str]:
        """Return whom a task is offered to."""
        return self._groups.get(item, set())

    @cached_property
    def _groups(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for item, group in self.now.of(WorkItemGroup):
            found.setdefault(item, set()).add(group)
        return found


def fields(body: dict[str, Any]) -> dict[str, Any]:
    """Return what an event says changed, as it is afterwards."""
    return {one["field"]: one.get("after") for one in body.get("changes", ())}


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
            case = getattr(row, "case_id", None) or step.now.of(Deliberation)[row.deliberation_id].case_id
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
    triage = max((one for one in of_case if one.element == "triage"), key=lambda one: (one.at, one.id))
    high = bool(json.loads(triage.body).get("importance")) or any(
        one.element == "decide" and one.outcome == "escalate" and one.at > triage.at for one in of_case
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
    matter = next(
        (one for one in step.now.of(MeetingMatter).values() if one.deliberation_id == row.id), None
    )
    there = len(votes)
    if matter is not None and not step.now.of(Meeting)[matter.meeting_id].written:
        there = len(set(json.loads(matter.present)) & sitting)
    if there < _needed(row):
        yield f"round {row.id} resolved with {there} present of {_needed(row)}"
    ayes = cast.count("approve") + cast.count("conditions")
    noes = cast.count("return") + cast.count("reject")
    chair = next(iter(votes.get(row.chair, ())), "")
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


def decided_papers_stay(step: Step) -> Iterator[str]:
    """4. After 決裁 text, figures and stamps never change; what is added stands beside them."""
    for was, row in changed(step.before, step.now, DecisionDocument):
        if was.decided_at is not None:
            yield f"the decided document {was.id} has changed"
    decided = {
        key for key, row in step.before.of(DecisionDocument).items() if row.decided_at is not None
    }
    for was, _row in changed(step.before, step.now, Stamp):
        if was.document_id in decided:
            yield f"a stamp on the decided document {was.document_id} has changed"
    for row in fresh(step.before, step.now, Stamp):
        if row.document_id in decided:
            yield f"the decided document {row.document_id} has a new place"
    for model in (Addendum, DecisionRecord):
        for was, _row in changed(step.before, step.now, model):
            yield f"{model.__name__} {was.id} has changed"
    for was, row in changed(step.before, step.now, Minutes):
        if was.status == "sealed" or (was.status == "approved" and row.body != was.body):
            yield f"the minutes of {was.meeting_id} have changed behind their approval"
    for row in fresh(step.before, step.now, DecisionRecord):
        if not row.document_id:
            yield f"decision {row.id} is of no document"
            continue
        document = step.now.of(DecisionDocument)[row.document_id]
        text = json.dumps(
            json.loads(document.content), ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        digest = hashlib.sha256(text.encode()).hexdigest()
        if not digest == document.digest == row.content_digest:
            yield f"decision {row.id} is not of what the document {document.id} says"
        if (row.outcome in SETTLED) != (document.decided_at is not None):
            yield f"document {document.id} after {row.outcome}: decided at {document.decided_at}"
        latest = max(
            one.revision
            for one in step.now.of(DecisionDocument).values()
            if one.case_id == row.case_id
        )
        if document.revision != latest:
            yield f"decision {row.id} is of revision {document.revision}, the latest is {latest}"


def duties_end_by_their_owner(step: Step) -> Iterator[str]:
    """5. A duty ends only by the person who owes it, or passes on in a reasoned transfer."""
    moved = any(kind in ("transfer.applied", "transfer.undone") for kind, _body in step.events)
    for was, row in changed(step.before, step.now, Duty):
        if row is None:
            yield f"the duty {was.id} is gone"
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
            left = [one.id for one in step.now.of(Duty).values() if one.case_id == row.id and one.status == "open"]
            if left:
                yield f"case {row.number} closed with the duties {left} open"


def tasks_have_somebody(step: Step) -> Iterator[str]:
    """6. A task has at least one person who can act on it, or is a listed hole."""
    who = step.people[0]
    _note_left(step)
    for item in step.now.of(WorkItem).values():
        if item.status != "open" or item.id in step.left:
            continue
        groups = step.groups(item.id)
        judged = step.involved[item.case_id] if item.element in JUDGING else set()
        own = {item.assignee_id} if item.assignee_id else set().union(
            *(who.members(group) for group in groups)
        )
        if (own & who.active) - judged:
            continue
        if item.element in PERSONAL:
            able: set[str] = set()
        else:
            able = {
                person
                for person, ways in who.stands_in.items()
                if person in who.active and person not in judged
                for post, absent, _way in ways
                if absent not in judged and item.assignee_id in (None, absent)
                and any(who.means(post, group) for group in groups)
            }  # fmt: skip
        if not able:
            yield f"nobody can do {item.element} {item.id} of {item.case_id}: {groups}, taken by {item.assignee_id}"


def _note_left(step: Step) -> None:
    for row in step.now.of(TransferPlan).values():
        was = step.before.of(TransferPlan).get(row.id)
        if row.status == "applied" and (was is None or was.status != "applied"):
            step.left |= {
                hole.partition(":")[2]
                for (plan, hole), one in step.now.of(TransferFill).items()
                if plan == row.id and one.target == "leave" and one.reason
            }


def acts_are_recorded(step: Step) -> Iterator[str]:
    """7. Who acted, in which post, for whom, by what, seeing which version: in the same step."""
    for row in step.given:
        kind = "task.completed" if row.work_item_id else None
        subject = row.work_item_id or row.case_id
        if kind is None:
            found = next(
                (
                    body["actor"]
                    for name, body in step.events
                    if name.startswith("case.") and body["object"].get("case") == row.case_id
                ),
                None,
            )
        else:
            found = step.event(kind, id=subject)
        if found is None or found["person"] != row.person_id:
            yield f"{row.element} of {row.case_id} by {row.person_id} is not in the log"
            continue
        stood = step.now.of(StoodIn).get(row.id)
        if stood is None and kind and row.post and found.get("post") != row.post:
            yield f"{row.element} in {row.post}, the log says {found.get('post')}"
        if stood is not None and (stood.absent_id or None) != found.get("on_behalf_of"):
            yield f"{row.element} for {stood.absent_id}, the log says {found.get('on_behalf_of')}"
        if stood is not None and not found.get("authority"):
            yield f"{row.element} for {stood.absent_id}: the log does not say by what right"
        if row.person_id != "system" and stood is None and row.work_item_id:
            yield from _own_right(step, row)
    for row in fresh(step.before, step.now, DecisionRecord):
        found = step.event("decision.recorded", person=row.person_id, case=row.case_id) or {}
        said = {
            "post": row.post, "row": row.authority_row, "content": row.content_digest,
            "decided_on": row.decided_on.isoformat(), "outcome": row.outcome,
            "document": row.document_id,
        }  # fmt: skip
        for key, value in said.items():
            if found.get(key) != value:
                yield f"decision {row.id}: {key} is {value}, the log says {found.get(key)}"
        if not found.get("authority"):
            yield f"decision {row.id}: the log does not say by what authority"
    for was, row in changed(step.before, step.now, Stamp):
        if row is not None and row.at is not None and was.at is None:
            yield from _stamped(step, row)
    for row in fresh(step.before, step.now, Ballot):
        case = step.now.of(Deliberation)[row.deliberation_id].case_id
        if step.event("committee.voted", person=row.person_id, case=case) is None:
            yield f"ballot {row.id} is not in the log"


def _own_right(step: Step, row: Any) -> Iterator[str]:
    """Yield when a task was done by somebody it was not offered to, and who stood in for nobody."""
    item = step.before.of(WorkItem).get(row.work_item_id)
    if item is None:
        return
    groups = {group for key, group in step.before.of(WorkItemGroup) if key == item.id}
    for who in step.people:
        if item.assignee_id == row.person_id:
            return
        if any(row.person_id in who.members(group) for group in groups):
            return
    yield f"{row.element} of {row.case_id} by {row.person_id}, it was offered to {groups}"


def _stamped(step: Step, row: Any) -> Iterator[str]:
    case = step.now.of(DecisionDocument)[row.document_id].case_id
    given = next(
        (one for one in step.given if one.case_id == case and one.person_id == row.person_id), None
    )
    if given is None:
        yield f"the stamp {row.title} of {row.document_id} was put by nobody's act"
        return
    stood = step.now.of(StoodIn).get(given.id)
    if stood is not None and (stood.absent_id, stood.way) != (row.absent_id, row.way):
        yield f"the stamp {row.title} of {row.document_id} does not bear for whom it was put"
    if row.part != "decide" and step.event("document.stamped", id=row.document_id) is None:
        yield f"the stamp {row.title} of {row.document_id} is not in the log"


def chains_stand(step: Step) -> Iterator[str]:
    """Every case's chain ends where the case says; nothing goes back."""
    for key, row in step.now.of(ProcessInstance).items():
        was = step.before.of(ProcessInstance).get(key)
        new = sum(one.case_id == key and one.stream == f"case:{key}" for one in step.now.events)
        if row.audit_seq != (was.audit_seq if was else 0) + new:
            yield f"case {key}: {new} new events, the chain went to {row.audit_seq}"
    done = Counter(
        row.work_item_id
        for row in step.now.of(Submission).values()
        if row.work_item_id and row.superseded_at is None
    )
    for was, row in changed(step.before, step.now, Submission):
        if row is not None and row.superseded_at is not None and was.superseded_at is None:
            found = step.event("task.recalled", case=row.case_id) or step.event(
                "case.recalled", case=row.case_id
            )
            if found is None or found["person"] != row.person_id:
                yield f"what {row.person_id} did on {row.case_id} was pulled back by somebody else"
    for item, times in done.items():
        if times > 1:
            yield f"the task {item} was done {times} times"
    for model in (Case, Submission, Ballot, Deliberation, DecisionRecord, Addendum):
        for key in step.before.of(model).keys() - step.now.of(model).keys():
            yield f"{model.__name__} {key} is gone"


INVARIANTS = {
    "1 the involved do not judge": involved_do_not_judge,
    "2 decisions have authority": decisions_have_authority,
    "3 votes are in order": votes_are_in_order,
    "4 decided papers stay": decided_papers_stay,
    "5 duties end by their owner": duties_end_by_their_owner,
    "6 tasks have somebody": tasks_have_somebody,
    "7 acts are recorded": acts_are_recorded,
    "the log stands": chains_stand,
}

def broken(step: Step) -> list[str]:
    """Return every invariant that a step broke, with what it did."""
    return [f"{name}: {what}" for name, check in INVARIANTS.items() for what in check(step)]
