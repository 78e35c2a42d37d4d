"""Before the vote: scores by criteria, one's own note; ballots the secretariat enters."""

from dxflow import forms
from dxflow.api import answers, requests
from dxflow.api.call import Call
from dxflow.api.operation import Answer, Operation
from dxflow.api.tasks import completed
from dxflow.services.acts.task_forms import TaskForm
from dxflow.services.acts.tasks import Sent
from dxflow.services.meetings import ballots, evaluating, evaluation_page, notes


def one(call: Call) -> Answer:
    """Give the evaluation of a case's latest round."""
    found = evaluation_page.of_case(call.site, call.actor, call.path["case"])
    return Answer(
        {
            "case": found.head.id,
            "number": found.head.number,
            "body": found.round.body,
            "round": found.round.number,
            "verdicts_seen": found.round.disclosure.value,
            "evaluation": found.round.evaluation,
        }
    )


def evaluate(call: Call) -> Answer:
    """Give the scores of one's seat."""
    body = call.body
    evaluating.evaluate(
        call.site, call.actor, call.path["case"], body["seat"], body["scores"], body["remark"]
    )
    return one(call)


def enter(call: Call) -> Answer:
    """Enter the scores that a member gave on paper."""
    body = call.body
    evaluating.enter(
        call.site, call.actor, call.path["case"], body["seat"], body["scores"], body["remark"],
        body["source"],
    )  # fmt: skip
    return one(call)


def note(call: Call) -> Answer:
    """Give one's own note."""
    return Answer({"text": notes.read(call.site, call.actor, call.path["case"])})


def write_note(call: Call) -> Answer:
    """Write one's own note."""
    notes.write(call.site, call.actor, call.path["case"], call.body["text"])
    return note(call)


def enter_ballot(call: Call) -> Answer:
    """Cast a member's ballot from paper or by a proxy."""
    body = call.body

    def fill(ready: TaskForm) -> forms.Submission:
        call.case_id = str(ready.case["id"]) if ready.case else ""
        return forms.submit_values(
            ready.definition, body["values"], body.get("outcome"), ready.context
        )

    sent = Sent(body.get("version"), call.idempotency_key, call.sent)
    done = ballots.enter(
        call.site, call.actor, call.path["task"], body["way"], body["source"], fill, sent
    )
    return completed(call, done)


OPERATIONS = (
    Operation(
        "GET", "/cases/{case}/evaluation", "getEvaluation",
        "Scores by criteria, as far as the caller may see them", one,
        answer=answers.CaseEvaluation,
    ),
    Operation(
        "POST", "/cases/{case}/evaluation", "evaluateCase",
        "Give the scores of one's seat before the vote", evaluate,
        answer=answers.CaseEvaluation, body=requests.Scores, refusals=(409,),
    ),
    Operation(
        "POST", "/cases/{case}/entered-evaluation", "enterEvaluation",
        "Enter the scores a member gave on paper (secretariat)", enter,
        answer=answers.CaseEvaluation, body=requests.EnteredScores, refusals=(409,),
    ),
    Operation(
        "GET", "/cases/{case}/note", "getOwnNote", "The caller's own note on a case", note,
        answer=answers.OwnNote,
    ),
    Operation(
        "POST", "/cases/{case}/note", "writeOwnNote",
        "Write one's own note on a case; nobody else ever reads it", write_note,
        answer=answers.OwnNote, body=requests.Note, refusals=(409,),
    ),
    Operation(
        "POST", "/tasks/{task}/entered-ballot", "enterBallot",
        "Cast a member's ballot from paper or by a proxy (secretariat)", enter_ballot,
        answer=answers.Completed, body=requests.EnteredBallot, idempotent=True, refusals=(409,),
    ),
)  # fmt: skip
