"""The formal decision of a case: read, added to; conditions listed, handed over, tasks laid aside."""

from dataclasses import asdict

from dxflow.api import answers, present, requests
from dxflow.api.call import Call
from dxflow.api.operation import Answer, Operation
from dxflow.services.acts import additions, duties, holds
from dxflow.services.reading import decision_papers, owed_conditions


def one(call: Call) -> Answer:
    """Give the decision of a case."""
    return _decision(call, call.path["case"])


def add(call: Call) -> Answer:
    """Set a text beside a decided document."""
    return _decision(
        call,
        additions.add(call.site, call.actor, call.path["document"], call.body["text"], call.keyed),
    )


def owed(call: Call) -> Answer:
    """List the conditions the caller owes."""
    query = call.query
    found = owed_conditions.page(call.site, call.actor, query["page"], query["per_page"])
    return Answer(present.page(found, map(vars, found.entries)))


def hand_over(call: Call) -> Answer:
    """Pass a condition on to another section."""
    body = call.body
    case_id = duties.hand_over(
        call.site, call.actor, call.path["duty"], body["unit"], body["reason"]
    )
    return _decision(call, case_id)


def hold(call: Call) -> Answer:
    """Lay a task aside."""
    body = call.body
    case_id = holds.hold(call.site, call.actor, call.path["task"], body["reason"], body["until"])
    return _decision(call, case_id)


def resume(call: Call) -> Answer:
    """Take a task up again."""
    return _decision(call, holds.resume(call.site, call.actor, call.path["task"]))


def _decision(call: Call, case_id: str) -> Answer:
    found = decision_papers.page(call.site, call.actor, case_id)
    return Answer(
        {
            "case": found.head.id,
            "number": found.head.number,
            "status": found.head.status,
            "documents": [asdict(one) for one in found.documents],
            "decisions": [asdict(one) for one in found.decisions],
            "duties": [asdict(one) for one in found.duties],
            "holds": [asdict(one) for one in found.holds],
        }
    )


OPERATIONS = (
    Operation(
        "GET", "/cases/{case}/decision", "getDecision",
        "The formal decision (決裁): row, documents, stamps, conditions", one,
        answer=answers.CaseDecision,
    ),
    Operation(
        "POST", "/documents/{document}/additions", "addToDocument",
        "Set a text beside a decided document (追記)", add,
        answer=answers.CaseDecision, body=requests.AddedText, idempotent=True, refusals=(409,),
    ),
    Operation(
        "GET", "/duties", "listDuties", "Open conditions the caller owes, the first due first", owed,
        answer=answers.DutyPage, query=requests.Paging,
        description="What a section or post of the caller has to meet, of cases that go on and that "
        "the caller may see, as in the inbox. Those of one case, met ones too, are its `duties`.",
    ),
    Operation(
        "POST", "/duties/{duty}/hand-over", "handDutyOver",
        "Pass a condition on to another section", hand_over,
        answer=answers.CaseDecision, body=requests.HandOver, refusals=(409,),
    ),
    Operation(
        "POST", "/tasks/{task}/hold", "holdTask", "Lay a task aside until a day (保留)", hold,
        answer=answers.CaseDecision, body=requests.HoldUntil, refusals=(409,),
    ),
    Operation(
        "POST", "/tasks/{task}/resume", "resumeTask", "Take a task up again", resume,
        answer=answers.CaseDecision, refusals=(409,),
    ),
)  # fmt: skip
