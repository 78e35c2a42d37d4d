"""The blocs of an agenda as a page shows them: where their matters stand, what the reader may do."""

from collections.abc import Sequence
from dataclasses import dataclass

from dxflow.committee import blocs as rules
from dxflow.committee.sitting import Matter
from dxflow.services.meetings.matters import MatterView


@dataclass(frozen=True)
class BlocView:
    """Matters that are decided at once, in the order of the agenda."""

    number: int
    matters: tuple[MatterView, ...]

    @property
    def name(self) -> str:
        """Return what it is called."""
        return rules.name(self.number)

    @property
    def items(self) -> str:
        """Return its numbers on the agenda in words."""
        return rules.items([one.item for one in self.matters])

    @property
    def open(self) -> bool:
        """Return whether anything in it is undecided."""
        return any(one.undecided for one in self.matters)

    @property
    def unsettled(self) -> int:
        """Return how many of it may still be taken out."""
        return sum(one.unsettled for one in self.matters)

    @property
    def waiting(self) -> int:
        """Return on how many the vote can be opened."""
        return sum(one.status == Matter.WAITING and one.going for one in self.matters)

    @property
    def voting(self) -> int:
        """Return on how many a vote is being taken."""
        return sum(one.status == Matter.VOTING for one in self.matters)

    @property
    def to_vote(self) -> int:
        """Return on how many the reader's vote is asked for now."""
        return sum(one.status == Matter.VOTING and one.task_act == "vote" for one in self.matters)

    @property
    def to_conclude(self) -> int:
        """Return how many wait for the reader's conclusion."""
        return sum(
            one.status == Matter.CLOSED and one.task_act == "conclude" for one in self.matters
        )

    @property
    def standing(self) -> tuple[tuple[str, int], ...]:
        """Return where its matters stand, each word with how many."""
        words = [one.status_name for one in self.matters]
        return tuple((word, words.count(word)) for word in dict.fromkeys(words))


def of_matters(matters: Sequence[MatterView]) -> tuple[BlocView, ...]:
    """Return the blocs of an agenda by their numbers."""
    numbers = sorted({one.bloc for one in matters if one.bloc})
    return tuple(
        BlocView(number, tuple(one for one in matters if one.bloc == number)) for number in numbers
    )


def joinable(matters: Sequence[MatterView]) -> tuple[MatterView, ...]:
    """Return the matters that may be put together, none where there are too few."""
    found = tuple(
        one for one in matters if one.item and one.unsettled and one.going and not one.bloc
    )
    return found if len(found) >= rules.FEWEST else ()
