"""What can be started."""

from dataclasses import asdict

from dxflow.api import answers, present, requests
from dxflow.api.call import Call
from dxflow.api.operation import Answer, Operation
from dxflow.services import paging
from dxflow.services.acts import processes
from dxflow.services.reading import offered_outcomes


def listed(call: Call) -> Answer:
    """List what the caller may begin."""
    query = call.query
    found = paging.of_list(
        processes.listed(call.site, call.actor), query["page"], query["per_page"]
    )
    return Answer(present.page(found, map(asdict, found.entries)))


def one(call: Call) -> Answer:
    """Give a process with its versions and start form."""
    found, versions, ready = processes.one(call.site, call.actor, call.path["process"])
    pressable = offered_outcomes.of_form(call.site, ready)
    return Answer(
        asdict(found)
        | {"versions": [asdict(row) for row in versions]}
        | present.form(ready, pressable)
    )


OPERATIONS = (
    Operation(
        "GET", "/processes", "listProcesses", "Processes that can be started", listed,
        answer=answers.ProcessList, query=requests.Paging,
    ),
    Operation(
        "GET", "/processes/{process}", "getProcess", "A process, its versions and start form", one,
        answer=answers.ProcessInFull,
    ),
)  # fmt: skip
