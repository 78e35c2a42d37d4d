"""Counting verdicts (表決).

Approval and approval with conditions are both in favour. One ballot a seat and round; ballots of
seats that do not take part are set aside, never counted. The leaning is what the votes say by the
body's rule; the chair concludes.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from dxflow.errors import Conflict, NotAllowed
from dxflow.texts import gettext as _


class Choice(StrEnum):
    """What a member may say."""

    APPROVE = "approve"
    CONDITIONS = "conditions"
    RETURN = "return"
    REJECT = "reject"
    ABSTAIN = "abstain"


class Majority(StrEnum):
    """How much is needed to carry: more than half, two thirds or more, or everybody."""

    SIMPLE = "simple"
    TWO_THIRDS = "two_thirds"
    UNANIMOUS = "unanimous"


class TieBreak(StrEnum):
    """What a tie means: the chair's own ballot decides, or the matter is rejected."""

    CHAIR = "chair"
    REJECT = "reject"


@dataclass(frozen=True)
class VoteRule:
    """A body's way of voting.

    `abstain_counts`: abstentions count among the votes of which a majority is needed.
    `chair_votes` False: the chair presides, counts as present, and only breaks ties.
    `binding`: the chair may conclude only what the vote carries.
    """

    majority: Majority = Majority.SIMPLE
    abstain_counts: bool = False
    chair_votes: bool = True
    tie: TieBreak = TieBreak.CHAIR
    binding: bool = True


@dataclass(frozen=True)
class Ballot:
    """One seat's verdict."""

    seat: str
    choice: Choice


@dataclass(frozen=True)
class Tally:
    """The count of one round.

    `counts` has every choice. `leaning` is None while nothing follows: no votes, or a tie that
    waits for the chair (`tied`). `valid` says that there was a quorum and somebody voted.
    `set_aside` are seats whose ballots were not counted.
    """

    seats: int
    cast: int
    present: int
    quorum: int
    counts: MappingProxyType[Choice, int]
    leaning: Choice | None
    tied: bool
    set_aside: tuple[str, ...]

    @property
    def quorum_met(self) -> bool:
        """Return whether as many were present as needed."""
        return self.present >= self.quorum

    @property
    def valid(self) -> bool:
        """Return whether the vote can carry a resolution."""
        voted = any(n for choice, n in self.counts.items() if choice is not Choice.ABSTAIN)
        return self.quorum_met and voted


def even(choices: Iterable[Choice]) -> bool:
    """Return whether as many are in favour as against (可否同数), abstentions left aside."""
    given = list(choices)
    in_favour = sum(one in (Choice.APPROVE, Choice.CONDITIONS) for one in given)
    against = sum(one in (Choice.RETURN, Choice.REJECT) for one in given)
    return in_favour == against > 0


def check_ballot(ballot: Ballot, cast: Collection[Ballot], sitting: Collection[str]) -> None:
    """Let a ballot in, or refuse it.

    Raises NotAllowed for a seat that does not take part, Conflict for a second ballot of a seat.
    """
    if ballot.seat not in sitting:
        raise NotAllowed(
            _("この議題では表決に加わることができません（除斥されているか、席がない）。")
        )
    if any(earlier.seat == ballot.seat for earlier in cast):
        raise Conflict(_("この席はすでに表決しています。"))


def tally(
    ballots: Sequence[Ballot],
    rule: VoteRule,
    sitting: Collection[str],
    quorum: int,
    chair: str | None = None,
    present: Collection[str] | None = None,
) -> Tally:
    """Count one round's ballots of the sitting seats. Raises Conflict when a seat voted twice.

    `present` are the seats in the room, where that was recorded; without it, who cast a ballot
    was present, and so was a chair who presides without voting.
    """
    taken = [ballot for ballot in ballots if ballot.seat in sitting]
    if len({ballot.seat for ballot in taken}) != len(taken):
        raise Conflict(_("一つの席から二つの表決があります。"))
    presides = chair is not None and chair in sitting and not rule.chair_votes
    voting = [ballot for ballot in taken if not (presides and ballot.seat == chair)]
    counts = {choice: sum(b.choice is choice for b in voting) for choice in Choice}
    if present is None:
        present = {ballot.seat for ballot in taken}
        if presides and chair is not None:
            present.add(chair)
    chair_choice = next((b.choice for b in taken if b.seat == chair), None)
    leaning, tied = _leaning(counts, rule, chair_choice)
    return Tally(
        seats=len(sitting),
        cast=len(voting),
        present=len(set(present) & set(sitting)),
        quorum=quorum,
        counts=MappingProxyType(counts),
        leaning=leaning,
        tied=tied,
        set_aside=tuple(ballot.seat for ballot in ballots if ballot.seat not in sitting),
    )


def _leaning(
    counts: dict[Choice, int], rule: VoteRule, chair: Choice | None
) -> tuple[Choice | None, bool]:
    """Return what the votes say, and whether a tie waits for the chair."""
    in_favour = counts[Choice.APPROVE] + counts[Choice.CONDITIONS]
    against = counts[Choice.RETURN] + counts[Choice.REJECT]
    if in_favour + against == 0:
        return None, False
    voters = in_favour + against + (counts[Choice.ABSTAIN] if rule.abstain_counts else 0)
    if _carries(in_favour, voters, rule.majority):
        return _kind_of_approval(counts), False
    if rule.majority is Majority.SIMPLE and in_favour * 2 == voters:
        if rule.tie is TieBreak.REJECT:
            return Choice.REJECT, False
        if chair in (Choice.APPROVE, Choice.CONDITIONS):
            return _kind_of_approval(counts), False
        if chair in (None, Choice.ABSTAIN):
            return None, True
        return chair, False
    more_returns = counts[Choice.RETURN] >= counts[Choice.REJECT] and counts[Choice.RETURN] > 0
    return (Choice.RETURN if more_returns else Choice.REJECT), False


def _carries(in_favour: int, voters: int, majority: Majority) -> bool:
    if majority is Majority.SIMPLE:
        return in_favour * 2 > voters
    if majority is Majority.TWO_THIRDS:
        return in_favour * 3 >= voters * 2
    return in_favour == voters


def _kind_of_approval(counts: dict[Choice, int]) -> Choice:
    """Return the commoner way of approving; conditions when both are as common."""
    plain = counts[Choice.APPROVE] > counts[Choice.CONDITIONS]
    return Choice.APPROVE if plain else Choice.CONDITIONS
