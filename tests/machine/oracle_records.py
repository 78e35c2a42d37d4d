"""The fourth and the seventh invariant: decided papers stay, and every act is in the log."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

from dxflow.db.case import Ballot, Case, DecisionRecord, Deliberation
from dxflow.db.document import Addendum, DecisionDocument, Stamp
from dxflow.db.meeting import Minutes
from dxflow.db.process import ProcessInstance, Submission, WorkItem, WorkItemGroup
from dxflow.db.standing import StoodIn
from tests.machine.pictures import changed, fresh
from tests.machine.steps import SETTLED, Step

#: The places that a decision stamps, for the time being or for good; its own entry tells of both.
DECIDING = frozenset({"decide", "provisional"})


def decided_papers_stay(step: Step) -> Iterator[str]:
    """4. After 決裁 text, figures and stamps never change; what is added stands beside them."""
    for was, _row in changed(step.before, step.now, DecisionDocument):
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
    if row.part in DECIDING:
        wanted = {"document": row.document_id, "person": row.person_id, "outcome": row.outcome}
        found = step.event("decision.recorded", **wanted)
    else:
        found = step.event("document.stamped", id=row.document_id)
    if found is None:
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
