"""Matters of one agenda that are taken up together and decided at once (一括審議・一括議決).

A bloc is a way of putting the question, not a vote of its own: whatever is done to it is done to
each of its matters as if that stood alone. A matter that leaves the bloc (分離) keeps the votes
that were cast on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from dxflow.committee.sitting import Matter, State
from dxflow.errors import Conflict, Invalid
from dxflow.texts import gettext as _

#: How many matters a bloc may have.
FEWEST, MOST = 2, 100


@dataclass(frozen=True)
class Joining:
    """A matter that shall join a bloc.

    `number` is that of its case, `bloc` the one it belongs to already or 0, `question` what its
    members are asked, the same text for the same question and "" where nothing is asked.
    """

    number: str
    stands: Matter
    bloc: int
    question: str


def join(state: State, chosen: Sequence[Joining]) -> None:
    """Let matters be put together. Raises Invalid for too few or too many, Conflict otherwise."""
    if state not in (State.PLANNED, State.OPEN):
        raise Conflict(_("この会議は終わっています。"))
    if len(chosen) < FEWEST:
        raise _invalid(_("一括して審議する議題を二つ以上選んでください。"))
    if len(chosen) > MOST:
        raise _invalid(_("一括して審議できるのは {n} 件までです。", n=MOST))
    for one in chosen:
        if one.bloc:
            raise Conflict(
                _("案件 {number} は、すでに「{bloc}」に入っています。先に分離してください。",
                  number=one.number, bloc=name(one.bloc))
            )  # fmt: skip
        if one.stands not in (Matter.WAITING, Matter.VOTING) or not one.question:
            raise Conflict(
                _("案件 {number} は、委員の判断を待っていないため、一括にできません。",
                  number=one.number)
            )  # fmt: skip
    others = [one.number for one in chosen if one.question != chosen[0].question]
    if others:
        raise Conflict(
            _("案件 {number} と委員に問うことが違うため、一括にできません: {others}。",
              number=chosen[0].number, others=_("、").join(others))
        )  # fmt: skip


def part(state: State, stands: Matter) -> None:
    """Let a matter be taken out of its bloc (分離). Raises Conflict once its vote is closed."""
    if state not in (State.PLANNED, State.OPEN):
        raise Conflict(_("この会議は終わっています。"))
    if stands not in (Matter.WAITING, Matter.VOTING):
        raise Conflict(_("表決が締め切られたあとでは、議題を分離できません。"))


def belongs(bloc: int | None, wanted: int) -> None:
    """Let a matter be dealt with in a bloc; 0 is alone. Raises Conflict when it has left it."""
    if wanted and bloc != wanted:
        raise parted(wanted)


def parted(bloc: int) -> Conflict:
    """Return the refusal of an act on a matter with a bloc that it has left."""
    said = _(
        "この議題は「{bloc}」から分離されました。この議題だけで行ってください。", bloc=name(bloc)
    )
    return Conflict(said)


def name(bloc: int) -> str:
    """Return what a bloc of a meeting is called."""
    return _("一括{n}", n=bloc)


def items(numbers: Sequence[int]) -> str:
    """Return numbers on an agenda in words, those that follow one another as a span: 1～3、5."""
    told = []
    ordered = sorted(numbers)
    for _step, run in groupby(enumerate(ordered), lambda pair: pair[1] - pair[0]):
        span = [number for _place, number in run]
        told.append(str(span[0]) if len(span) == 1 else f"{span[0]}～{span[-1]}")
    return _("、").join(told)


def _invalid(message: str) -> Invalid:
    return Invalid(message, {"matters": [message]})
