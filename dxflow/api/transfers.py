"""Transfers of personnel: files sent, rehearsed, scheduled, applied, taken back."""

import base64
import binascii
from collections.abc import Callable
from typing import Any

from dxflow.api import answers, present, requests, transfer_requests
from dxflow.api.call import Call
from dxflow.api.operation import Answer, Operation
from dxflow.attachments.serving import headers
from dxflow.errors import Invalid
from dxflow.services.administration.transfers import (
    applying,
    choice_sheet,
    choosing,
    dividing,
    page,
    plans,
    scheduling,
    undoing,
)
from dxflow.services.administration.transfers.page import PlanPage
from dxflow.services.paging import Page, bounds
from dxflow.texts import gettext as _

CSV = "text/csv; charset=utf-8"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SHEET = (
    "One line a case; a section's name or code goes into 引き継ぐ課. 422 while the files of the plan "
    "have to be mended."
)
Run = Callable[[Call], Answer]
REHEARSED = "For administrators. The answer is the plan, rehearsed anew."


def listed(call: Call) -> Answer:
    """List plans."""
    number, per_page = call.query["page"], call.query["per_page"]
    offset, limit = bounds(number, per_page)
    found = plans.listed(call.site, call.actor, plans.MOST_LISTED)
    part = Page(found[offset : offset + limit], number, per_page, len(found))
    return Answer(present.page(part, map(vars, part.entries)))


def one(call: Call) -> Answer:
    """Rehearse a plan."""
    return _plan(call, call.path["transfer"])


def create(call: Call) -> Answer:
    """Make a plan of a first file."""
    body = call.body
    plan = plans.create(
        call.site, call.actor, body["title"], body["effective"], _upload(call), call.keyed
    )
    return _plan(call, plan, created=True)


def add_file(call: Call) -> Answer:
    """Add a file to a plan, in the place of an earlier one of its kind."""
    plan = call.path["transfer"]
    plans.put_file(call.site, call.actor, plan, _upload(call), call.body["version"])
    return _plan(call, plan)


def fill(call: Call) -> Answer:
    """Say how holes are filled."""
    plan, body = call.path["transfer"], call.body
    if body["accept_proposals"]:
        choosing.accept_all(call.site, call.actor, plan, body["version"])
    if body["fills"]:
        chosen = {one["hole"]: (one["target"], one["reason"]) for one in body["fills"]}
        version = None if body["accept_proposals"] else body["version"]
        choosing.fill(call.site, call.actor, plan, chosen, version)
    return _plan(call, plan)


def divide(call: Call) -> Answer:
    """Say where open cases of sections that are split or parted go."""
    plan, body = call.path["transfer"], call.body
    version = body["version"]
    if body["unit"]:
        dividing.give_all(call.site, call.actor, plan, body["unit"], body["all_to"], version)
        version = None
    if body["cases"]:
        chosen = {one["case"]: one["to"] for one in body["cases"]}
        dividing.give(call.site, call.actor, plan, chosen, version)
    return _plan(call, plan)


def sheet_csv(call: Call) -> Answer:
    """Give the cases to divide as CSV."""
    content = choice_sheet.as_csv(call.site, call.actor, call.path["transfer"])
    return _file(content, "csv", CSV)


def sheet_xlsx(call: Call) -> Answer:
    """Give the same as an Excel workbook."""
    content = choice_sheet.as_workbook(call.site, call.actor, call.path["transfer"])
    return _file(content, "xlsx", XLSX)


def divide_by_sheet(call: Call) -> Answer:
    """Take over where cases go from a filled sheet."""
    plan, body = call.path["transfer"], call.body
    content = _content(call)
    choice_sheet.take(call.site, call.actor, plan, content, body["file"], body["version"])
    return _plan(call, plan)


def _file(content: bytes, ending: str, media: str) -> Answer:
    name = f"dxflow-transfer-cases.{ending}"
    return Answer(file=(iter((content,)), headers(name, len(content), media)))


def _done(act: Callable[..., Any]) -> Run:
    """Return the run of an act on a plan."""

    def run(call: Call) -> Answer:
        plan = call.path["transfer"]
        act(call.site, call.actor, plan, call.body["version"])
        return _plan(call, plan)

    return run


def _upload(call: Call) -> plans.Upload:
    """Return the file of a body. Raises Invalid when its content is no Base64."""
    body = call.body
    return plans.Upload(_content(call), body["file"], body["kind"], body["columns"] or None)


def _content(call: Call) -> bytes:
    try:
        return base64.b64decode(call.body["content"], validate=True)
    except (binascii.Error, ValueError) as exc:
        message = _("ファイルの中身を Base64 で送ってください。")
        raise Invalid(message, {"content": [message]}) from exc


def _plan(call: Call, plan: str, *, created: bool = False) -> Answer:
    found = page.page(call.site, call.actor, plan)
    location = f"/transfers/{plan}" if created else ""
    return Answer(_document(found), location=location)


def _document(found: PlanPage) -> dict[str, Any]:
    return {
        **vars(found),
        "acts": sorted(found.acts),
        "files": [one.what for one in found.files],
        "problems": [vars(one) for one in found.problems],
        "changes": [
            {"matter": matter, **vars(line)}
            for matter, lines in (found.changes or {}).items()
            for line in lines
        ],
        "splits": [
            vars(section)
            | {
                "successors": [{"target": key, "label": name} for key, name in section.successors],
                "cases": [vars(case) for case in section.cases],
            }
            for section in found.splits
        ],
        "holes": [
            vars(hole)
            | {"choices": [{"target": key, "label": label} for key, label in hole.choices]}
            for hole in found.holes
        ],
    }


def _act(word: str, name: str, summary: str, act: Callable[..., Any], more: str = "") -> Operation:
    return Operation(
        "POST", f"/transfers/{{transfer}}/{word}", name, summary, _done(act),
        answer=answers.Transfer, body=transfer_requests.TransferVersion, refusals=(404, 409),
        description=f"{REHEARSED} {more}".strip(),
    )  # fmt: skip


OPERATIONS = (
    Operation(
        "GET", "/transfers", "listTransfers", "Plans of transfers, the latest day first (admin)",
        listed, answer=answers.TransferPage, query=requests.Paging,
    ),
    Operation(
        "POST", "/transfers", "planTransfer", "Plan a transfer from a file (admin)", create,
        answer=answers.Transfer, status=201, body=transfer_requests.NewTransfer, idempotent=True,
        refusals=(409,), description=REHEARSED,
    ),
    Operation(
        "GET", "/transfers/{transfer}", "rehearseTransfer",
        "What a plan changes, and where nobody could act (admin)", one, answer=answers.Transfer,
        description="Changes nothing: the files are read against the organisation as it is now. Of a "
        "plan that was applied, `changes` are what it did, also when it was taken back.",
    ),
    Operation(
        "POST", "/transfers/{transfer}/files", "addTransferFile",
        "Add a file to a plan, in the place of an earlier one of its kind (admin)", add_file,
        answer=answers.Transfer, body=transfer_requests.TransferFile, refusals=(404, 409),
        description=REHEARSED,
    ),
    Operation(
        "POST", "/transfers/{transfer}/fills", "fillTransferHoles",
        "Say how the holes of a plan are filled, or accept what is proposed (admin)", fill,
        answer=answers.Transfer, body=transfer_requests.TransferFills, refusals=(404, 409),
        description=f"{REHEARSED} A target `leave` needs a reason; an empty one takes a choice back.",
    ),
    Operation(
        "POST", "/transfers/{transfer}/cases", "divideTransferredCases",
        "Say where the open cases of sections that are split or parted go (admin)", divide,
        answer=answers.Transfer, body=transfer_requests.TransferredCases, refusals=(404, 409),
        description=f"{REHEARSED} Cases that nobody gives follow the first successor of their section; "
        "where the section goes on, they stay with it.",
    ),
    Operation(
        "GET", "/transfers/{transfer}/cases/csv", "getTransferCasesCsv",
        "The cases to divide as CSV with a column to fill (admin)", sheet_csv,
        gives_file=True, refusals=(422,), description=SHEET,
    ),
    Operation(
        "GET", "/transfers/{transfer}/cases/xlsx", "getTransferCasesXlsx",
        "The cases to divide as an Excel workbook with a column to fill (admin)", sheet_xlsx,
        gives_file=True, refusals=(422,), description=SHEET,
    ),
    Operation(
        "POST", "/transfers/{transfer}/cases/sheet", "divideTransferredCasesBySheet",
        "Say by a filled sheet where cases go, by all of its lines or none (admin)", divide_by_sheet,
        answer=answers.Transfer, body=transfer_requests.CaseSheet, refusals=(404, 409),
        description=f"{REHEARSED} What is wrong with lines is in `errors`, and then nothing is taken.",
    ),
    _act("schedule", "scheduleTransfer", "Have a plan applied at 00:00 of its day (admin)",
         scheduling.schedule),
    _act("unschedule", "unscheduleTransfer", "Take a plan's hour back (admin)",
         scheduling.unschedule),
    _act("apply", "applyTransfer", "Apply a plan now, on its day or later (admin)", applying.apply),
    _act("undo", "undoTransfer", "Take an applied plan back (admin)", undoing.undo,
         "Refused, with what was built on it, when something was."),
    _act("discard", "discardTransfer", "Throw a plan away that was not applied (admin)",
         plans.discard),
)  # fmt: skip
