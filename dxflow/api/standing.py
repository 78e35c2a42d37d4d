"""Absences, deputies (代理), lists of substitutes (代決順位), and what is to be read (後閲)."""

from dataclasses import asdict

from dxflow.api import answers, requests
from dxflow.api.call import Call
from dxflow.api.operation import Answer, Operation
from dxflow.services.acts import later_reading
from dxflow.services.people import registry, standing
from dxflow.services.people.standing import Span
from dxflow.services.reading import standing as reading


def show(call: Call) -> Answer:
    """Give the caller's absences, deputies and open readings."""
    found = reading.page(call.site, call.actor)
    return Answer(
        {
            "absences": [asdict(one) for one in found.absences],
            "deputies": [asdict(one) for one in found.deputies],
            "stands_in": list(found.stands_in),
            "owed": [asdict(one) for one in found.owed],
        }
    )


def enter_absence(call: Call) -> Answer:
    """Enter an absence of the caller, or of somebody else for those who may."""
    body = call.body
    named = body.get("username", "")
    person = registry.person_id(call.site, named) if named else call.actor.person_id
    standing.enter_absence(call.site, call.actor, person, _span(call), body.get("reason", ""))
    return show(call)


def end_absence(call: Call) -> Answer:
    """End an absence."""
    standing.end_absence(call.site, call.actor, call.path["absence"])
    return show(call)


def delegate(call: Call) -> Answer:
    """Name a deputy."""
    body = call.body
    standing.delegate(
        call.site, call.actor, body["deputy"], _span(call),
        post=body.get("post", ""), reason=body.get("reason", ""),
    )  # fmt: skip
    return show(call)


def end_delegation(call: Call) -> Answer:
    """Take a delegation back."""
    standing.end_delegation(call.site, call.actor, call.path["deputy"])
    return show(call)


def read(call: Call) -> Answer:
    """Say that something has been read."""
    remark = call.body.get("remark", "")
    later_reading.read(call.site, call.actor, call.path["reading"], remark)
    return show(call)


def substitutes(call: Call) -> Answer:
    """Give every post that leads or decides, with its list of substitutes."""
    call.actor.require_role("admin")
    return _lists(call)


def set_substitutes(call: Call) -> Answer:
    """Give a post its list of substitutes from a day on."""
    standing.set_substitutes(
        call.site, call.actor, call.path["post"], call.body["substitutes"], call.body.get("since")
    )
    return _lists(call)


def _lists(call: Call) -> Answer:
    rows = reading.substitutes(call.site, call.site.today())
    return Answer(
        {
            "posts": [
                asdict(one)
                | {"substitutes": [{"post": key, "title": name} for key, name in one.substitutes]}
                for one in rows
            ]
        }
    )


def _span(call: Call) -> Span:
    return Span(call.body["start"], call.body["last"])


OPERATIONS = (
    Operation(
        "GET", "/standing", "getStanding",
        "Absences, deputies, for whom one stands in, and what is to be read", show,
        answer=answers.StandingIn,
    ),
    Operation(
        "POST", "/standing/absences", "enterAbsence",
        "Enter an absence (不在); of somebody else as secretariat or administrator", enter_absence,
        answer=answers.StandingIn, body=requests.NewAbsence, refusals=(404, 409),
    ),
    Operation(
        "POST", "/standing/absences/{absence}/end", "endAbsence", "End an absence", end_absence,
        answer=answers.StandingIn, refusals=(409,),
    ),
    Operation(
        "POST", "/standing/deputies", "nameDeputy", "Name a deputy (代理)", delegate,
        answer=answers.StandingIn, body=requests.NewDeputy, refusals=(404, 409),
    ),
    Operation(
        "POST", "/standing/deputies/{deputy}/end", "endDeputy", "Take a delegation back",
        end_delegation, answer=answers.StandingIn, refusals=(409,),
    ),
    Operation(
        "POST", "/standing/readings/{reading}", "readLater",
        "Say that one has read what was done while one was away (後閲)", read,
        answer=answers.StandingIn, body=requests.Remark, refusals=(409,),
    ),
    Operation(
        "GET", "/standing/substitutes", "listSubstitutes",
        "Who decides while the holder of a post is away (代決順位, admin)", substitutes,
        answer=answers.SubstituteLists,
    ),
    Operation(
        "POST", "/standing/substitutes/{post}", "setSubstitutes",
        "Give a post its list of substitutes, in order (admin)", set_substitutes,
        answer=answers.SubstituteLists, body=requests.NewSubstitutes,
    ),
)  # fmt: skip
