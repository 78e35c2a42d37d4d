"""Open tasks: listed, opened with their form, claimed, completed."""

from dxflow import forms
from dxflow.api import answers, present, requests
from dxflow.api.call import Call
from dxflow.api.operation import Answer, Operation
from dxflow.services.acts import task_forms, tasks
from dxflow.services.acts.tasks import Completed, Sent
from dxflow.services.reading import case_record, inbox, offered_outcomes


def listed(call: Call) -> Answer:
    """List open tasks."""
    query = call.query
    found = inbox.waiting(
        call.site, call.actor, query["scope"], query["page"], query["per_page"], exact=True
    )
    return Answer(present.page(found, map(present.task_listed, found.entries)))


def one(call: Call) -> Answer:
    """Give a task with its form."""
    ready = task_forms.task_form(call.site, call.actor, call.path["task"])
    record = _record(call, _case_of(ready))
    said = {"version": ready.version, "standing": ready.standing.words if ready.standing else ""}
    pressable = offered_outcomes.of_form(call.site, ready)
    return Answer(present.task(record) | present.form(ready, pressable) | said)


def claim(call: Call) -> Answer:
    """Take a task."""
    tasks.claim(call.site, call.actor, call.path["task"])
    return _assigned(call)


def release(call: Call) -> Answer:
    """Give a claimed task back."""
    tasks.release(call.site, call.actor, call.path["task"])
    return _assigned(call)


def complete(call: Call) -> Answer:
    """Complete a task, once for every key."""

    def fill(ready: task_forms.TaskForm) -> forms.Submission:
        call.case_id = _case_of(ready)
        return forms.submit_values(
            ready.definition, call.body["values"], call.body.get("outcome"), ready.context
        )

    sent = Sent(call.body.get("version"), call.idempotency_key, call.sent)
    done = task_forms.hand_in(call.site, call.actor, call.path["task"], fill, sent)
    return completed(call, done)


def completed(call: Call, done: Completed) -> Answer:
    """Give what came of a task, with the caller's next ones."""
    record = case_record.after(call.site, call.actor, done)
    waiting = [present.task(one) for one in record.open_tasks if one.id in done.next_tasks]
    return Answer({"case": present.case(record), "next_tasks": waiting})


def _assigned(call: Call) -> Answer:
    ready = task_forms.task_form(call.site, call.actor, call.path["task"])
    return Answer(present.task(_record(call, _case_of(ready))))


def _record(call: Call, case_id: str) -> case_record.TaskRecord:
    return case_record.task(call.site, call.actor, case_id, call.path["task"])


def _case_of(ready: task_forms.TaskForm) -> str:
    return str(ready.case["id"]) if ready.case else ""


OPERATIONS = (
    Operation(
        "GET", "/tasks", "listTasks", "Open tasks", listed,
        answer=answers.TaskPage, query=requests.TaskQuery,
    ),
    Operation(
        "GET", "/tasks/{task}", "getTask", "A task with its form, values and buttons", one,
        answer=answers.TaskInFull, refusals=(409,),
    ),
    Operation(
        "POST", "/tasks/{task}/claim", "claimTask", "Take a task", claim,
        answer=answers.Task, refusals=(409,),
    ),
    Operation(
        "POST", "/tasks/{task}/release", "releaseTask", "Give a claimed task back", release,
        answer=answers.Task, refusals=(409,),
    ),
    Operation(
        "POST", "/tasks/{task}/complete", "completeTask", "Complete a task", complete,
        answer=answers.Completed, body=requests.Completion, idempotent=True, refusals=(409,),
    ),
)  # fmt: skip
