"""Files of a case: listed, attached, replaced, withdrawn, handed out."""

from dataclasses import asdict

from dxflow.api import answers, requests
from dxflow.api.call import Call
from dxflow.api.operation import Answer, Operation
from dxflow.attachments.serving import headers
from dxflow.services.attachments import attaching, withdrawing
from dxflow.services.attachments.attaching import Stored
from dxflow.services.reading import attached

_AS_IT_IS = (
    "The body is the file as it is, its name is in the query. The same bytes under the same name"
    " are attached to a case once: sent again, the answer is 409."
)


def listed(call: Call) -> Answer:
    """List the files of a case."""
    return _files(call, call.path["case"])


def attach(call: Call) -> Answer:
    """Attach a new file."""
    case = call.path["case"]
    return _stored(attaching.attach(call.site, call.actor, case, call.query["name"], call.file))


def replace(call: Call) -> Answer:
    """Set a new version over a file."""
    which = call.path["attachment"]
    return _stored(attaching.replace(call.site, call.actor, which, call.query["name"], call.file))


def withdraw(call: Call) -> Answer:
    """Mark a file as withdrawn."""
    which, reason = call.path["attachment"], call.body["reason"]
    return _files(call, withdrawing.withdraw(call.site, call.actor, which, reason))


def content(call: Call) -> Answer:
    """Hand the bytes of a version out."""
    found = attached.hand_out(call.site, call.actor, call.path["version"])
    return Answer(file=(found.pieces, headers(found.name, found.size, found.media)))


def _stored(stored: Stored) -> Answer:
    return Answer(
        {
            "case": stored.case_id,
            "attachment": stored.attachment_id,
            "version": stored.version_id,
            "number": stored.number,
        },
        location=f"/attachment-versions/{stored.version_id}",
    )


def _files(call: Call, case_id: str) -> Answer:
    found = attached.page(call.site, call.actor, case_id)
    return Answer(
        {
            "case": found.head.id,
            "may_attach": found.may_attach,
            "refusal": "" if found.may_attach else found.refusal,
            "largest": found.limits.file,
            "largest_in_all": found.limits.case,
            "kinds": list(found.limits.endings),
            "files": [asdict(one) for one in found.files],
        }
    )


OPERATIONS = (
    Operation(
        "GET", "/cases/{case}/attachments", "listAttachments", "Files of a case (添付)", listed,
        answer=answers.AttachmentList,
    ),
    Operation(
        "POST", "/cases/{case}/attachments", "attachFile", "Attach a file to a case", attach,
        answer=answers.AttachmentStored, status=201, query=requests.FileName, brings_file=True,
        refusals=(409,), description=_AS_IT_IS,
    ),
    Operation(
        "POST", "/attachments/{attachment}/versions", "attachVersion",
        "Attach a new version of a file; the older ones stay", replace,
        answer=answers.AttachmentStored, status=201, query=requests.FileName, brings_file=True,
        refusals=(409,), description=_AS_IT_IS,
    ),
    Operation(
        "POST", "/attachments/{attachment}/withdraw", "withdrawFile",
        "Withdraw a file; it stays in the record, marked", withdraw,
        answer=answers.AttachmentList, body=requests.Reason, refusals=(409,),
    ),
    Operation(
        "GET", "/attachment-versions/{version}", "getAttachment",
        "The bytes of a version, checked against their hash", content, gives_file=True,
    ),
)  # fmt: skip
