"""The log, for those who may read it."""

from dxflow.api import answers, present, requests
from dxflow.api.call import Call
from dxflow.api.operation import Answer, Operation
from dxflow.errors import NotFound
from dxflow.services.reading import audit_log, verification
from dxflow.texts import gettext as _

#: Ids of entries have at most so many digits.
LONGEST_ID = 18


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


def last_checkpoint(call: Call) -> Answer:
    """Give the latest checkpoint that the log tells of. Raises NotFound before there is one."""
    found, key = verification.checkpoints(call.site, call.actor, 1, 1)
    if not found.entries:
        raise NotFound(_("チェックポイントはまだありません。"))
    whole = present.checkpoint(found.entries[0])
    return Answer(
        whole
        | {"public_key": key.pem if key else "", "fingerprint": key.fingerprint if key else ""}
    )


def proof(call: Call) -> Answer:
    """Give an entry as it was hashed; that it was read is an entry itself."""
    seq = call.path["seq"]
    if not (seq.isascii() and seq.isdigit() and len(seq) <= LONGEST_ID):
        raise NotFound(_("この記録はありません。"))
    return Answer(audit_log.event(call.site, call.actor, int(seq)).plain())


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
    Operation(
        "GET", "/audit/checkpoint", "getAuditCheckpoint",
        "The latest checkpoint of the audit log", last_checkpoint,
        answer=answers.LastCheckpoint, refusals=(404,),
        description="For the CIO and auditors. Every call leaves an entry in the log.",
    ),
    Operation(
        "GET", "/audit/proofs/{seq}", "getAuditProof", "An entry of the audit log as it was hashed",
        proof, answer=answers.EventProof,
        description="For the CIO and auditors. Every call leaves an entry in the log.",
    ),
)  # fmt: skip
