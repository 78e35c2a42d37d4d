"""The decision and the minutes as PDF: the sheets of the pages, made by them and handed out here.

The API does not know the pages; whoever puts the application together gives it what sets a sheet.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from dxflow.api import requests
from dxflow.api.call import Call
from dxflow.api.operation import Answer, Operation
from dxflow.attachments.serving import PDF, headers
from dxflow.errors import Unavailable
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _

#: A sheet: its bytes, and the name it is kept under, without the ending.
Sheet = tuple[bytes, str]


@dataclass(frozen=True)
class Sheets:
    """What sets sheets. Each raises NotFound, Unavailable where no PDF can be made, Throttled.

    `decision` takes a case and a revision (None: the latest), `minutes` a meeting.
    """

    decision: Callable[[Site, Actor, str, int | None], Sheet]
    minutes: Callable[[Site, Actor, str], Sheet]


def decision(call: Call) -> Answer:
    """Give a decision document."""
    sheets = _sheets(call)
    revision = call.query.get("revision")
    return _file(sheets.decision(call.site, call.actor, call.path["case"], revision))


def minutes(call: Call) -> Answer:
    """Give the minutes of a meeting."""
    return _file(_sheets(call).minutes(call.site, call.actor, call.path["meeting"]))


def _sheets(call: Call) -> Sheets:
    if call.sheets is None:
        raise Unavailable(_("このサーバーでは PDF を作れません"))
    found: Sheets = call.sheets
    return found


def _file(sheet: Sheet) -> Answer:
    body, name = sheet
    pieces: Iterator[bytes] = iter((body,))
    return Answer(file=(pieces, headers(f"{name}.pdf", len(body), PDF)))


_HOW = "Set as the sheet of the pages, one at a time; 503 says why none can be made, 429 to wait."

OPERATIONS = (
    Operation(
        "GET", "/cases/{case}/decision/pdf", "getDecisionPdf",
        "A decision document (決裁書) as PDF", decision,
        query=requests.Revision, gives_file=True, refusals=(429,), description=_HOW,
    ),
    Operation(
        "GET", "/meetings/{meeting}/minutes/pdf", "getMinutesPdf",
        "The minutes of a meeting (議事録) as PDF", minutes,
        gives_file=True, refusals=(429,), description=_HOW,
    ),
)  # fmt: skip
