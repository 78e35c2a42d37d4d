"""一括審議: items of an agenda decided at once; each keeps its own votes, events and result."""

from collections.abc import Callable
from typing import Any

from dxflow import forms
from dxflow.api import answers, bloc_requests
from dxflow.api.call import Call
from dxflow.api.meetings import in_full
from dxflow.api.operation import Answer, Operation
from dxflow.errors import NotFound
from dxflow.services.acts.task_forms import TaskForm
from dxflow.services.acts.tasks import Sent
from dxflow.services.meetings import blocs, together
from dxflow.services.meetings.blocs import Outcome
from dxflow.texts import gettext as _

_LONGEST_NUMBER = 6


def put_together(call: Call) -> Answer:
    """Put items of the agenda together."""
    meeting, body = call.path["meeting"], call.body
    blocs.put_together(call.site, call.actor, meeting, body["matters"], body.get("version"))
    return in_full(call, meeting)


def take_out(call: Call) -> Answer:
    """Take an item out of its bloc."""
    blocs.take_out(call.site, call.actor, call.path["matter"], call.body["reason"])
    return in_full(call, call.path["meeting"])


def dissolve(call: Call) -> Answer:
    """Have the items of a bloc stand alone."""
    blocs.dissolve(call.site, call.actor, call.path["meeting"], _number(call))
    return in_full(call, call.path["meeting"])


def open_vote(call: Call) -> Answer:
    """Open the vote on a bloc."""
    found = blocs.open_vote(call.site, call.actor, call.path["meeting"], _number(call))
    return Answer(_told(found))


def close_vote(call: Call) -> Answer:
    """Close the vote on a bloc."""
    found = together.close_vote(call.site, call.actor, call.path["meeting"], _number(call))
    return Answer(_told(found))


def _by_form(act: Callable[..., Outcome]) -> Callable[[Call], Answer]:
    """Return the run of an act that hands the same form in for each item."""

    def run(call: Call) -> Answer:
        body = call.body

        def fill(ready: TaskForm) -> forms.Submission:
            return forms.submit_values(
                ready.definition, body["values"], body.get("outcome"), ready.context
            )

        sent = Sent(idempotency_key=call.idempotency_key, request=call.sent)
        found = act(
            call.site, call.actor, call.path["meeting"], _number(call), body["matters"], fill, sent
        )
        return Answer(_told(found))

    return run


def _number(call: Call) -> int:
    """Return the number of the bloc in the address. Raises NotFound for what is none."""
    text = call.path["bloc"]
    if not (text.isascii() and text.isdecimal() and len(text) <= _LONGEST_NUMBER):
        raise NotFound(_("この一括審議はもうありません。分離されたか、結論が出ています。"))
    return int(text)


def _told(found: Outcome) -> dict[str, Any]:
    return {"done": list(map(vars, found.done)), "left": list(map(vars, found.left))}


_BLOC = "/meetings/{meeting}/blocs/{bloc}"
_BY_FORM = (
    ("vote", "voteOnBloc", "Vote on the items of a bloc at once, item by item", together.vote),
    (
        "conclude", "concludeBloc", "Conclude the items of a bloc alike, item by item",
        together.conclude,
    ),
)  # fmt: skip

OPERATIONS = (
    Operation(
        "POST", "/meetings/{meeting}/blocs", "putTogether",
        "Put items of the agenda together to be decided at once", put_together,
        answer=answers.MeetingInFull, body=bloc_requests.NewBloc, refusals=(409,),
    ),
    Operation(
        "POST", "/meetings/{meeting}/matters/{matter}/separate", "separateMatter",
        "Take an item out of its bloc, as a member who takes part in it or as the secretariat",
        take_out, answer=answers.MeetingInFull, body=bloc_requests.Separation, refusals=(409,),
    ),
    Operation(
        "POST", f"{_BLOC}/dissolve", "dissolveBloc",
        "Have the items of a bloc stand alone whose vote is not closed", dissolve,
        answer=answers.MeetingInFull, refusals=(409,),
    ),
    Operation(
        "POST", f"{_BLOC}/open", "openBlocVote", "Open the vote on the items of a bloc", open_vote,
        answer=answers.BlocOutcome, refusals=(409,),
    ),
    Operation(
        "POST", f"{_BLOC}/close", "closeBlocVote", "Close the vote on the items of a bloc",
        close_vote, answer=answers.BlocOutcome, refusals=(409,),
    ),
    *(
        Operation(
            "POST", f"{_BLOC}/{way}", name, summary, _by_form(act),
            answer=answers.BlocOutcome, body=bloc_requests.BlocForm, idempotent=True, refusals=(409,),
        )
        for way, name, summary, act in _BY_FORM
    ),
)  # fmt: skip
