"""A body in session: when a vote opens, who may cast one, when it closes, when a meeting ends.

A sitting is a meeting in a room (会議) or a written deliberation (持ち回り審議). The rules are
asked of a snapshot of one matter on its agenda; they refuse with the sentence for whoever asked.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from dxflow.errors import Conflict, NotAllowed
from dxflow.texts import gettext as _


class State(StrEnum):
    """Where a meeting stands."""

    PLANNED = "planned"
    OPEN = "open"
    CLOSED = "closed"
    CANCELLED = "cancelled"


class Matter(StrEnum):
    """Where a matter on an agenda stands. `CLOSED`: the vote is closed, nothing concluded yet."""

    WAITING = "waiting"
    VOTING = "voting"
    CLOSED = "closed"
    RESOLVED = "resolved"
    DEFERRED = "deferred"
    DROPPED = "dropped"


#: Matters about which nothing has been concluded; a case is on one agenda at a time.
UNDECIDED = (Matter.WAITING, Matter.VOTING, Matter.CLOSED)


@dataclass(frozen=True)
class Sitting:
    """A meeting as it stands for one matter.

    `taking_part` are the seats that are not recused, `present` the seats whose members are in the
    room, whatever the matter. In writing nobody is in a room: who takes part counts as present.
    """

    state: State
    matter: Matter
    taking_part: frozenset[str]
    present: frozenset[str] = field(default=frozenset())
    quorum: int = 1
    written: bool = False

    @property
    def attending(self) -> frozenset[str]:
        """Return the seats that count for the quorum of this matter."""
        return self.taking_part if self.written else self.taking_part & self.present

    @property
    def quorate(self) -> bool:
        """Return whether as many are there as are needed, without the recused."""
        return len(self.attending) >= self.quorum


def begin(present: Collection[str], needed: int, state: State) -> None:
    """Let a meeting be opened. Raises Conflict without a quorum, or when it is not planned."""
    if state is not State.PLANNED:
        raise Conflict(_("この会議はもう開会したか、取りやめになっています。"))
    if len(set(present)) < needed:
        raise Conflict(
            _(
                "定足数に達していないため開会できません（必要{needed}人、出席{present}人）。",
                needed=needed,
                present=len(set(present)),
            )
        )


def open_vote(sitting: Sitting) -> None:
    """Let the vote on a matter be opened. Raises Conflict."""
    _in_session(sitting)
    if sitting.matter is not Matter.WAITING:
        raise Conflict(_("この議題の表決は、もう始まったか終わっています。"))
    _quorate(sitting)


def admit(sitting: Sitting, seat: str, *, entered: bool = False) -> None:
    """Let a seat cast its vote. Raises Conflict while none is taken, NotAllowed for the seat.

    `entered`: by the secretariat, on paper or by a proxy; the member need not be in the room.
    Such a vote counts as a vote, and for the quorum only if the member is there.
    """
    _in_session(sitting)
    if sitting.matter is Matter.WAITING:
        raise Conflict(
            _("この議題の表決は、まだ始まっていません。議長が始めてから出してください。")
        )
    if sitting.matter is not Matter.VOTING:
        raise Conflict(_("この議題の表決は締め切られています。"))
    if seat not in sitting.taking_part:
        raise NotAllowed(
            _("この議題では表決に加わることができません（除斥されているか、席がない）。")
        )
    if seat not in sitting.attending and not entered:
        raise Conflict(_("出席が記録されていないため、表決できません。事務局に申し出てください。"))
    _quorate(sitting)


def close_vote(sitting: Sitting) -> None:
    """Let the vote be closed, with a quorum or not: without one it has come to nothing."""
    _in_session(sitting)
    if sitting.matter is not Matter.VOTING:
        raise Conflict(_("この議題の表決は行われていません。"))


def conclude(sitting: Sitting) -> None:
    """Let the chair conclude. Raises Conflict before the vote is closed or out of session."""
    _in_session(sitting)
    if sitting.matter is not Matter.CLOSED:
        raise Conflict(_("表決が締め切られていないため、議決できません。"))


def defer(sitting: Sitting, ballots: int) -> None:
    """Let a matter be put off (継続審議). Raises Conflict once somebody has voted on it."""
    _in_session(sitting)
    if sitting.matter is Matter.WAITING or (sitting.matter is Matter.VOTING and not ballots):
        return
    if sitting.matter is Matter.VOTING:
        raise Conflict(
            _("すでに表決した人がいるため、継続にできません。表決を締め切ってください。")
        )
    raise Conflict(_("この議題は、もう継続にできません。"))


def recuse(sitting: Sitting) -> None:
    """Let a member declare an interest (除斥). Raises Conflict once the vote is closed."""
    if sitting.state not in (State.PLANNED, State.OPEN):
        raise Conflict(_("この会議は終わっています。"))
    if sitting.matter not in (Matter.WAITING, Matter.VOTING):
        raise Conflict(_("表決が締め切られたあとでは、除斥を申し出られません。"))


def take_back(sitting: Sitting) -> None:
    """Let a declared interest be taken back. Raises Conflict once the vote is closed."""
    if sitting.state not in (State.PLANNED, State.OPEN):
        raise Conflict(_("この会議は終わっています。"))
    if sitting.matter not in (Matter.WAITING, Matter.VOTING):
        raise Conflict(_("表決が締め切られたあとでは、除斥の申出を取り下げられません。"))


def end(state: State, undecided: Iterable[str]) -> None:
    """Let a meeting be closed. `undecided` names matters that are neither resolved nor put off."""
    if state is not State.OPEN:
        raise Conflict(_("この会議は開会していません。"))
    left = list(undecided)
    if left:
        raise Conflict(
            _(
                "まだ結論の出ていない議題があります: {titles}。議決するか、継続にしてください。",
                titles=_("、").join(left),
            )
        )


def _in_session(sitting: Sitting) -> None:
    if sitting.state is State.PLANNED:
        if sitting.written:
            raise Conflict(_("持ち回り審議はまだ始まっていません。同意がそろうのを待っています。"))
        raise Conflict(_("この案件は会議の議題になっています。会議が開かれてから行ってください。"))
    if sitting.state is not State.OPEN:
        raise Conflict(_("この会議は終わっています。"))


def _quorate(sitting: Sitting) -> None:
    if not sitting.quorate:
        raise Conflict(
            _(
                "定足数を欠いているため表決できません（必要{needed}人、除斥を除く出席{present}人）。",
                needed=sitting.quorum,
                present=len(sitting.attending),
            )
        )
