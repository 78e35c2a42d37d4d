"""Meetings: planned, prepared, held; the votes themselves are tasks."""

from collections.abc import Callable
from typing import Any

from dxflow.api import answers, present, requests
from dxflow.api.call import Call
from dxflow.api.operation import Answer, Operation
from dxflow.errors import NotFound
from dxflow.services.administration import seats
from dxflow.services.meetings import (
    agenda,
    book,
    minutes_page,
    ordering,
    papers,
    planning,
    recusing,
    session,
)
from dxflow.services.meetings.planning import Plan
from dxflow.texts import gettext as _

Run = Callable[[Call], Answer]


def listed(call: Call) -> Answer:
    """List the meetings of the bodies the caller may see."""
    found = book.listed(call.site, call.actor, call.query["page"], call.query["per_page"]).page
    return Answer(present.page(found, map(vars, found.entries)))


def one(call: Call) -> Answer:
    """Give a meeting with its agenda and its members."""
    return in_full(call, call.path["meeting"])


def minutes(call: Call) -> Answer:
    """Give the minutes of a meeting."""
    found = minutes_page.of_meeting(call.site, call.actor, call.path["meeting"])
    if found is None:
        raise NotFound(_("この会議の議事録はまだありません。"))
    return Answer(vars(found))


def plan(call: Call) -> Answer:
    """Plan a meeting."""
    body = call.body
    wanted = Plan(
        body["held_on"], body["begins"], body["ends"], body["place"], written=body["written"]
    )
    meeting = planning.plan(call.site, call.actor, body["body"], wanted, call.keyed)
    return in_full(call, meeting, created=True)


def add(call: Call) -> Answer:
    """Put a case on the agenda."""
    agenda.add(call.site, call.actor, call.path["meeting"], call.body["case"])
    return in_full(call, call.path["meeting"])


def attend(call: Call) -> Answer:
    """Record that a member has come or left."""
    meeting, body = call.path["meeting"], call.body
    session.attend(call.site, call.actor, meeting, body["seat"], here=body["here"])
    return in_full(call, meeting)


def consent(call: Call) -> Answer:
    """Say for one's seat whether to decide in writing."""
    meeting, body = call.path["meeting"], call.body
    session.consent(call.site, call.actor, meeting, body["seat"], agrees=body["agrees"])
    return in_full(call, meeting)


def recuse(call: Call) -> Answer:
    """Recuse a seat from a matter."""
    body = call.body
    recusing.declare(
        call.site, call.actor, call.path["matter"], body["seat"], body["reason"]
    )  # fmt: skip
    return in_full(call, call.path["meeting"])


def rejoin(call: Call) -> Answer:
    """Let a seat take part again that was recused by word."""
    recusing.take_back(
        call.site, call.actor, call.path["matter"], call.path["seat"], call.body["reason"]
    )
    return in_full(call, call.path["meeting"])


def defer(call: Call) -> Answer:
    """Put a matter off to another meeting."""
    session.defer(call.site, call.actor, call.path["matter"], call.body["reason"])
    return in_full(call, call.path["meeting"])


def open_late(call: Call) -> Answer:
    """Open a meeting after its day."""
    session.begin(call.site, call.actor, call.path["meeting"], call.body["reason"])
    return in_full(call, call.path["meeting"])


def seat(call: Call) -> Answer:
    """Give a person a seat."""
    body = call.body
    made = seats.appoint(
        call.site, call.actor, call.path["body"], body["username"], body["title"],
        body["since"], body["until"],
    )  # fmt: skip
    return Answer(vars(made))


def in_full(call: Call, meeting: str, *, created: bool = False) -> Answer:
    """Give a meeting with its agenda and its members."""
    found = book.one(call.site, call.actor, meeting)
    document: dict[str, Any] = {
        **vars(found),
        "meeting": vars(found.row),
        "agenda": [vars(matter) for matter in found.matters],
        "seats": [vars(seat) for seat in found.seats],
        "present": found.present,
    }
    return Answer(document, location=f"/meetings/{meeting}" if created else "")


def _to_meeting(act: Callable[..., object]) -> Run:
    """Return the run of an act on a meeting that takes nothing more."""

    def run(call: Call) -> Answer:
        act(call.site, call.actor, call.path["meeting"])
        return in_full(call, call.path["meeting"])

    return run


def _to_matter(act: Callable[..., str]) -> Run:
    """Return the run of an act on a matter that takes nothing more."""

    def run(call: Call) -> Answer:
        act(call.site, call.actor, call.path["matter"])
        return in_full(call, call.path["meeting"])

    return run


_ON_MEETING = (
    ("distribute", "distributePapers", "Hand the papers out", planning.distribute),
    ("open", "openMeeting", "Open a meeting; in writing, begin the ballots", session.begin),
    ("close", "closeMeeting", "Close a meeting", session.close),
)
_ON_MATTER = (
    ("open", "openVote", "Open the vote on a matter", session.open_vote),
    ("close", "closeVote", "Close the vote on a matter", session.close_vote),
    ("up", "moveMatterUp", "Move a matter one place up (secretariat)", ordering.up),
    ("down", "moveMatterDown", "Move a matter one place down (secretariat)", ordering.down),
    ("read", "readPapers", "Say that one has read the papers of a matter", papers.read),
)

OPERATIONS = (
    Operation(
        "GET", "/meetings", "listMeetings", "Meetings, the latest first", listed,
        answer=answers.MeetingPage, query=requests.Paging,
    ),
    Operation(
        "POST", "/meetings", "planMeeting", "Plan a meeting (secretariat)", plan,
        answer=answers.MeetingInFull, status=201, body=requests.NewMeeting, idempotent=True,
        refusals=(404, 409),
    ),
    Operation(
        "GET", "/meetings/{meeting}", "getMeeting", "A meeting", one, answer=answers.MeetingInFull,
    ),
    Operation(
        "GET", "/meetings/{meeting}/minutes", "getMinutes", "The minutes of a meeting", minutes,
        answer=answers.MeetingMinutes,
    ),
    Operation(
        "POST", "/meetings/{meeting}/matters", "addMatter",
        "Put a case on the agenda (secretariat)", add,
        answer=answers.MeetingInFull, body=requests.NewMatter, refusals=(409,),
    ),
    Operation(
        "POST", "/meetings/{meeting}/attendance", "recordAttendance",
        "Record who comes or leaves (secretariat)", attend,
        answer=answers.MeetingInFull, body=requests.Attendance, refusals=(409,),
    ),
    Operation(
        "POST", "/meetings/{meeting}/consent", "giveConsent",
        "Say for one's seat whether to decide in writing", consent,
        answer=answers.MeetingInFull, body=requests.Consent, refusals=(409,),
    ),
    Operation(
        "POST", "/meetings/{meeting}/matters/{matter}/recusals", "recuseSeat",
        "Recuse a seat from a matter, as its member or as the secretariat", recuse,
        answer=answers.MeetingInFull, body=requests.Recusal, refusals=(409,),
    ),
    Operation(
        "POST", "/meetings/{meeting}/matters/{matter}/recusals/{seat}/withdraw", "withdrawRecusal",
        "Take a declared recusal back while the vote is not closed, as its member or as the "
        "secretariat", rejoin,
        answer=answers.MeetingInFull, body=requests.Deferral, refusals=(409,),
    ),
    Operation(
        "POST", "/meetings/{meeting}/matters/{matter}/defer", "deferMatter",
        "Put a matter off to another meeting", defer,
        answer=answers.MeetingInFull, body=requests.Deferral, refusals=(409,),
    ),
    Operation(
        "POST", "/meetings/{meeting}/open-late", "openMeetingLate",
        "Open a meeting after its day: today becomes its day", open_late,
        answer=answers.MeetingInFull, body=requests.LateOpening, refusals=(409,),
    ),
    Operation(
        "POST", "/bodies/{body}/seats", "appointToSeat",
        "Give a person a seat of their own for a time (administrators)", seat,
        answer=answers.SeatMade, body=requests.NewSeat, refusals=(404, 409),
    ),
    *(
        Operation(
            "POST", f"/meetings/{{meeting}}/{way}", name, summary, _to_meeting(act),
            answer=answers.MeetingInFull,
            refusals=(409, 422) if act is session.begin else (409,),  # after its day, why
        )
        for way, name, summary, act in _ON_MEETING
    ),
    *(
        Operation(
            "POST", f"/meetings/{{meeting}}/matters/{{matter}}/{way}", name, summary,
            _to_matter(act), answer=answers.MeetingInFull, refusals=(409,),
        )
        for way, name, summary, act in _ON_MATTER
    ),
)  # fmt: skip
