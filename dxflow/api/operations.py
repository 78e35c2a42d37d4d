"""What administrators do to running cases and incidents."""

from dataclasses import asdict
from typing import Any

from dxflow.api import answers, present, requests
from dxflow.api.call import Call
from dxflow.api.operation import Answer, Operation
from dxflow.services.operations import (
    case_acts,
    case_sheet,
    incident_acts,
    incident_groups,
    incident_list,
)
from dxflow.services.operations.incident_list import IncidentRow


def suspend(call: Call) -> Answer:
    """Stop a case for a while."""
    case_acts.suspend(call.site, call.actor, call.path["case"], call.body["reason"])
    return _standing(call)


def resume(call: Call) -> Answer:
    """Let a suspended case go on."""
    case_acts.resume(call.site, call.actor, call.path["case"], call.body["reason"])
    return _standing(call)


def cancel(call: Call) -> Answer:
    """End a case for good."""
    case_acts.cancel(call.site, call.actor, call.path["case"], call.body["reason"])
    return _standing(call)


def listed(call: Call) -> Answer:
    """List incidents."""
    query = call.query
    status = "" if query["status"] == "all" else query["status"]
    found = incident_list.listed(call.site, call.actor, status, query["page"], query["per_page"])
    return Answer(present.page(found, map(_incident, found.entries)))


def retry(call: Call) -> Answer:
    """Try an incident again."""
    return Answer(asdict(incident_acts.retry(call.site, call.actor, call.path["incident"])))


def grouped(call: Call) -> Answer:
    """List incidents by cause and place."""
    query = call.query
    status = "" if query["status"] == "all" else query["status"]
    found = incident_groups.listed(call.site, call.actor, status, query["page"], query["per_page"])
    return Answer(present.page(found, map(incident_groups.plain, found.entries)))


def retry_group(call: Call) -> Answer:
    """Try every open incident of a group again."""
    return Answer(asdict(incident_groups.retry(call.site, call.actor, call.path["incident"])))


def _standing(call: Call) -> Answer:
    sheet = case_sheet.sheet(call.site, call.actor, call.path["case"])
    stopped = sheet.suspension
    return Answer(
        {
            "id": sheet.id,
            "number": sheet.number,
            "status": sheet.status,
            "suspended": stopped is not None,
            "suspend_reason": stopped.reason if stopped else "",
            "version": sheet.version,
        }
    )


def _incident(row: IncidentRow) -> dict[str, Any]:
    return asdict(row) | {"case": row.case_id or None, "person": row.person_id or None}


OPERATIONS = (
    Operation(
        "POST", "/cases/{case}/suspend", "suspendCase", "Stop a case for a while (admin)", suspend,
        answer=answers.Standing, body=requests.Reason, refusals=(409,),
    ),
    Operation(
        "POST", "/cases/{case}/resume", "resumeCase", "Let a suspended case go on (admin)", resume,
        answer=answers.Standing, body=requests.MaybeReason, refusals=(409,),
    ),
    Operation(
        "POST", "/cases/{case}/cancel", "cancelCase", "End a case for good (admin)", cancel,
        answer=answers.Standing, body=requests.Reason, refusals=(409,),
    ),
    Operation(
        "GET", "/incidents", "listIncidents", "Steps that failed (admin)", listed,
        answer=answers.IncidentPage, query=requests.IncidentQuery,
    ),
    Operation(
        "POST", "/incidents/{incident}/retry", "retryIncident",
        "Put a dead job back, or try whether a person's step would go through (admin)", retry,
        answer=answers.Retried, refusals=(409,),
        description="Safe to repeat: a job is put back once, a person's act is never repeated.",
    ),
    Operation(
        "GET", "/incident-groups", "listIncidentGroups",
        "Steps that failed, by cause and place (admin)", grouped,
        answer=answers.IncidentGroupPage, query=requests.IncidentQuery,
    ),
    Operation(
        "POST", "/incidents/{incident}/retry-group", "retryIncidentGroup",
        "Try again all open incidents with this cause at this place (admin)", retry_group,
        answer=answers.TriedTogether,
        description="Each in a transaction of its own; safe to repeat, as for one.",
    ),
)  # fmt: skip
