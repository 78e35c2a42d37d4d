"""Drafts of proposals: listed, read, kept, given files, thrown away."""

from dataclasses import asdict
from typing import Any

from dxflow.api import answers, present, requests
from dxflow.api.call import Call
from dxflow.api.operation import Answer, Operation
from dxflow.attachments.serving import headers
from dxflow.errors import NotFound
from dxflow.services import paging
from dxflow.services.acts import drafts, task_forms
from dxflow.services.attachments import draft_files
from dxflow.services.reading import attached, shared_drafts
from dxflow.services.reading.shared_drafts import DraftFileView, SharedDraft
from dxflow.texts import gettext as _

_KEPT = (
    "What was typed is kept as it is and checked when it is handed in: `POST /cases` with `draft`."
)

_AS_IT_IS = (
    "The body is the file as it is, its name is in the query. It goes into the case with the act"
    " that hands the draft in."
)


def listed(call: Call) -> Answer:
    """List the caller's drafts and those they may read."""
    query = call.query
    others = [_other(one) for one in shared_drafts.listed(call.site, call.actor)]
    found = paging.of_list([*_own(call), *others], query["page"], query["per_page"])
    return Answer(present.page(found, found.entries))


def begin(call: Call) -> Answer:
    """Keep a new draft."""
    return _kept(call, drafts.fresh_id(call.site), call.body["process"])


def one(call: Call) -> Answer:
    """Give a draft with what was typed."""
    return Answer(_in_full(call, call.path["draft"]))


def keep(call: Call) -> Answer:
    """Keep what was typed instead of what the draft held."""
    found = _mine(call, call.path["draft"])
    return _kept(call, found["id"], found["process"])


def discard(call: Call) -> Answer:
    """Throw a draft away."""
    drafts.discard(call.site, call.actor, call.path["draft"])
    return Answer()


def attach(call: Call) -> Answer:
    """Attach a file to a draft."""
    found = _mine(call, call.path["draft"])
    file = draft_files.attach(
        call.site, call.actor, found["process"], found["id"], call.query["name"], call.file
    )
    return Answer(_in_full(call, found["id"]), location=f"/draft-files/{file}")


def remove(call: Call) -> Answer:
    """Take a file away."""
    draft_files.remove(call.site, call.actor, call.path["file"])
    return Answer()


def content(call: Call) -> Answer:
    """Hand the bytes of a file out."""
    found = attached.hand_out_of_draft(call.site, call.actor, call.path["file"])
    return Answer(file=(found.pieces, headers(found.name, found.size, found.media)))


def _kept(call: Call, draft: str, process: str) -> Answer:
    ready = task_forms.start_form(call.site, call.actor, process, files_of=draft)
    known = {fact.path.partition(".")[0] for fact in ready.definition.fields()}
    values = {key: value for key, value in call.body["values"].items() if key in known}
    drafts.save_start(call.site, call.actor, process, draft, values)
    return Answer(_in_full(call, draft), location=f"/drafts/{draft}")


def _in_full(call: Call, draft: str) -> dict[str, Any]:
    own = next((one for one in _own(call) if one["id"] == draft), None)
    if own is None:
        found = shared_drafts.read(call.site, call.actor, draft)
        return _other(found.draft) | {"values": found.values, "files": _files(found.files)}
    ready = task_forms.start_form(call.site, call.actor, own["process"], draft=draft)
    files = shared_drafts.files_of(call.site, call.actor, draft)
    return own | {"values": ready.values, "files": _files(files)}


def _files(found: tuple[DraftFileView, ...]) -> list[dict[str, Any]]:
    return [asdict(one) for one in found]


def _mine(call: Call, draft: str) -> dict[str, Any]:
    found = next((one for one in _own(call) if one["id"] == draft), None)
    if found is None:
        raise NotFound(_("下書きが見つかりません。"))
    return found


def _own(call: Call) -> list[dict[str, Any]]:
    actor = call.actor
    return [
        {
            "id": one.id,
            "process": one.process,
            "title": one.title,
            "author": actor.person_id,
            "author_name": actor.name,
            "mine": True,
            "updated_at": one.updated_at,
        }
        for one in drafts.mine(call.site, actor)
        if one.process
    ]


def _other(found: SharedDraft) -> dict[str, Any]:
    return vars(found) | {
        "author": found.author_id,
        "author_name": found.author,
        "mine": False,
    }


OPERATIONS = (
    Operation(
        "GET", "/drafts", "listDrafts", "Proposals that are not handed in, as far as one may read",
        listed, answer=answers.DraftList, query=requests.Paging,
    ),
    Operation(
        "POST", "/drafts", "beginDraft", "Keep a new draft of a proposal", begin,
        answer=answers.DraftInFull, status=201, body=requests.NewDraft, refusals=(404,),
        description=_KEPT,
    ),
    Operation(
        "GET", "/drafts/{draft}", "getDraft", "A draft with what was typed", one,
        answer=answers.DraftInFull,
    ),
    Operation(
        "POST", "/drafts/{draft}", "keepDraft", "Keep what was typed of one's draft", keep,
        answer=answers.DraftInFull, body=requests.DraftValues, refusals=(409,), description=_KEPT,
    ),
    Operation(
        "POST", "/drafts/{draft}/discard", "discardDraft", "Throw one's draft away", discard,
        status=204,
    ),
    Operation(
        "POST", "/drafts/{draft}/files", "attachToDraft", "Attach a file to one's draft", attach,
        answer=answers.DraftInFull, status=201, query=requests.FileName, brings_file=True,
        refusals=(409,), description=_AS_IT_IS,
    ),
    Operation(
        "POST", "/draft-files/{file}/discard", "removeFromDraft",
        "Take a file away from one's draft", remove, status=204,
    ),
    Operation(
        "GET", "/draft-files/{file}", "getDraftFile",
        "The bytes of a file of a draft, checked against their hash", content, gives_file=True,
    ),
)  # fmt: skip
