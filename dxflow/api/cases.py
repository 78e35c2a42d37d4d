"""Cases: started, listed, read in full, ended early, taken back; conditions met."""

from collections.abc import Mapping
from typing import Any

from dxflow import forms
from dxflow.api import answers, present, requests
from dxflow.api.call import Call
from dxflow.api.operation import Answer, Operation
from dxflow.errors import Invalid
from dxflow.services.acts import cases, drafts, duties, pulling_back, task_forms
from dxflow.services.acts.task_forms import TaskForm
from dxflow.services.reading import case_list, case_record
from dxflow.texts import gettext as _


def start(call: Call) -> Answer:
    """Hand a case in."""
    actor, process = call.actor, call.body["start"] or call.body["process"]
    started = cases.repeated(call.site, actor, process, call.idempotency_key, call.sent)
    if started is None:
        if call.body["draft"]:
            drafts.require_open(call.site, actor, call.body["draft"])
        files_of = call.body["draft"] or call.body["recalled"]
        ready = task_forms.start_form(call.site, actor, process, files_of=files_of)
        _require_same(ready, call.body["process"])
        submission = forms.submit_values(
            ready.definition,
            _with_title(ready, call.body["values"], call.body.get("title")),
            call.body.get("outcome") or ready.definition.outcomes[0].key,
            ready.context,
        )
        started = cases.start(
            call.site, actor, process, submission,
            draft_id=files_of,
            idempotency_key=call.idempotency_key, request=call.sent,
        )  # fmt: skip
    record = case_record.one(call.site, actor, started.id)
    return Answer(present.case(record), location=f"/cases/{record.id}")


def _require_same(ready: TaskForm, process: str) -> None:
    """Raise Invalid when a start and a process are named that do not belong together."""
    start = ready.offer.start if ready.offer else None
    if process and start is not None and process not in (start.key, start.process):
        message = _("手続き「{process}」に、始め方「{start}」はありません。",
                    process=process, start=start.key)  # fmt: skip
        raise Invalid(message, {"start": [message]})


def _with_title(ready: TaskForm, values: Mapping[str, Any], title: str | None) -> dict[str, Any]:
    """Return the values with the title in its field, where the form has one and it is not given.

    Raises Invalid when another one is given there.
    """
    known = {fact.path for fact in ready.definition.fields()}
    given = dict(values)
    if title is not None and "title" in known and given.setdefault("title", title) != title:
        message = _("title と values の title に違う題名があります。どちらか一つにしてください。")
        raise Invalid(message, {"title": [message]})
    return given


def listed(call: Call) -> Answer:
    """List the cases the caller may see."""
    query = call.query
    found = case_list.search(
        call.site,
        call.actor,
        case_list.Filters(q=query["q"], status=query.get("status", ""), process=query["process"]),
        query["page"],
        query["per_page"],
        exact=True,
    )
    return Answer(present.page(found, map(present.case_listed, found.entries)))


def one(call: Call) -> Answer:
    """Give a case in full."""
    found = case_record.full(call.site, call.actor, call.path["case"])
    return Answer(present.case_in_full(found))


def withdraw(call: Call) -> Answer:
    """End a case at the applicant's wish."""
    call.case_id = call.path["case"]
    cases.withdraw(call.site, call.actor, call.case_id, call.body["reason"])
    return _case(call, call.case_id)


def pull_back(call: Call) -> Answer:
    """Take the caller's last act back."""
    call.case_id = call.path["case"]
    back = pulling_back.pull_back(call.site, call.actor, call.case_id)
    record = case_record.one(call.site, call.actor, call.case_id)
    return Answer({"case": present.case(record), "task": back.task_id or None})


def meet(call: Call) -> Answer:
    """Report a condition as met."""
    return _case(call, duties.meet(call.site, call.actor, call.path["duty"], call.body["evidence"]))


def _case(call: Call, case_id: str) -> Answer:
    return Answer(present.case(case_record.one(call.site, call.actor, case_id)))


OPERATIONS = (
    Operation(
        "POST", "/cases", "startCase", "Start a case", start,
        answer=answers.Case, status=201, body=requests.NewCase, idempotent=True,
        refusals=(404, 409),
    ),
    Operation(
        "GET", "/cases", "listCases", "Cases the caller may see", listed,
        answer=answers.CasePage, query=requests.CaseQuery,
    ),
    Operation(
        "GET", "/cases/{case}", "getCase", "A case: where it stands and its timeline", one,
        answer=answers.CaseInFull,
    ),
    Operation(
        "POST", "/cases/{case}/withdraw", "withdrawCase", "Withdraw a case (取下げ)", withdraw,
        answer=answers.Case, body=requests.Reason, refusals=(409,),
    ),
    Operation(
        "POST", "/cases/{case}/pull-back", "pullBack", "Take one's last act back (引戻し)",
        pull_back, answer=answers.PulledBack, refusals=(409,),
    ),
    Operation(
        "POST", "/duties/{duty}/meet", "meetDuty", "Report a condition as met", meet,
        answer=answers.Case, body=requests.Evidence, refusals=(409,),
    ),
)  # fmt: skip
