"""The log, for those who may read it."""

from dxflow.api import answers, present, requests
from dxflow.api.call import Call
from dxflow.api.operation import Answer, Operation
from dxflow.services.reading import audit_log, verification


def events(call: Call) -> Answer:
    """List entries of the log, the latest first; that they were read is an entry itself."""
    query = call.query
    found = audit_log.search(
        call.site,
        call.actor,
        audit_log.Filters(
            person=query["actor"],
            case=query["case"],
            type=query["type"],
            since=query.get("since"),
            until=query.get("until"),
        ),
        query["page"],
        query["per_page"],
        exact=True,
    )
    return Answer(present.page(found, map(present.event, found.entries)))


def checkpoints(call: Call) -> Answer:
    """List the checkpoints that the log tells of, the latest first."""
    query = call.query
    found, key = verification.checkpoints(
        call.site, call.actor, query["page"], query["per_page"], exact=True
    )
    whole = present.page(found, map(present.checkpoint, found.entries))
    return Answer(
        whole
        | {"public_key": key.pem if key else "", "fingerprint": key.fingerprint if key else ""}
    )


OPERATIONS = (
    Operation(
        "GET", "/audit/events", "listAuditEvents", "Entries of the audit log, the latest first",
        events, answer=answers.EventPage, query=requests.AuditQuery,
        description="For the CIO and auditors. Every call leaves an entry of its own.",
    ),
    Operation(
        "GET", "/audit/checkpoints", "listAuditCheckpoints",
        "Checkpoints of the audit log, the latest first",
        checkpoints, answer=answers.CheckpointPage, query=requests.Paging,
        description="For the CIO and auditors. Every call leaves an entry in the log.",
    ),
)  # fmt: skip
