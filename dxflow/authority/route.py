"""The way of a decision document: drawn up, seen in order (回議), agreed to (合議), decided.

Places follow posts, not persons. Whoever drew the matter up is no reviewer of it; a post that
nobody holds, or that decides anyway, is passed over.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from dxflow.authority.directory import Directory
from dxflow.authority.organisation import LADDER
from dxflow.authority.tables import Ruling
from dxflow.authority.verdicts import person_key
from dxflow.texts import gettext as _


class Part(StrEnum):
    """What somebody does with the document."""

    DRAFT = "draft"
    REVIEW = "review"
    AGREE = "agree"
    PROVISIONAL = "provisional"
    DECIDE = "decide"

    @property
    def label(self) -> str:
        """Return the word that stands over the stamp."""
        return {
            "draft": _("起案"),
            "review": _("回議"),
            "agree": _("合議"),
            "provisional": _("仮決裁"),
            "decide": _("決裁"),
        }[self.value]


@dataclass(frozen=True)
class Stop:
    """A place on the way; `group` is who may stamp it, `post` the post where it is one.

    `away`: who holds the post and is away, where the place is passed over and read afterwards.
    """

    part: Part
    group: str
    post: str = ""
    away: tuple[str, ...] = ()


@dataclass(frozen=True)
class Place:
    """A place as it stands; `passes`: its stamp lets the document pass, None while it has none."""

    part: Part
    passes: bool | None = None


@dataclass(frozen=True)
class Consent:
    """How many of those asked must agree. `needed` 0 means all of them."""

    needed: int = 0

    def of(self, asked: int) -> int:
        """Return the number of consents that are enough among so many."""
        return asked if self.needed == 0 else min(self.needed, asked)

    def passed(self, asked: int, answers: Iterable[bool]) -> bool | None:
        """Return True once enough agreed, False once they no longer can, None before that."""
        given = list(answers)
        agreed = sum(given)
        if agreed >= self.of(asked):
            return True
        return False if asked - (len(given) - agreed) < self.of(asked) else None


def plan(
    ruling: Ruling,
    decider: str,
    unit: str,
    directory: Directory,
    barred: Collection[str] = (),
    *,
    straight: bool = False,
    pass_over: bool = False,
) -> tuple[Stop, ...]:
    """Return the places before the decision and the decision itself, in order.

    `barred` are applicant and drafters; `straight`: the document goes back to the decider at once.
    `pass_over` (後閲, regime A): a reviewer who is away on the day is not waited for, but reads the
    document afterwards. Nobody who is asked to agree or who decides is ever passed over.
    """
    last = Stop(Part.DECIDE, f"post:{decider}", decider)
    if straight:
        return (last,)
    out = frozenset(map(person_key, barred))
    posts: dict[str, tuple[str, ...]] = {}
    for kind in _in_order(ruling.review):
        post = directory.post_for(kind, unit)
        if post is None or post.key in (decider, *posts):
            continue
        if free := directory.holders(f"post:{post.key}") - out:
            missing = pass_over and free <= frozenset(directory.standing.away)
            posts[post.key] = tuple(sorted(free)) if missing else ()
    return (
        *(Stop(Part.REVIEW, f"post:{key}", key, away) for key, away in posts.items()),
        *_asked(ruling.agree, last, directory, out),
        last,
    )


def plan_further(
    groups: Iterable[str], decider: str, directory: Directory, barred: Collection[str] = ()
) -> tuple[Stop, ...]:
    """Return the places after a provisional decision: whose consent is asked, and the final one.

    Only groups in which somebody who is not barred can answer are asked.
    """
    last = Stop(Part.DECIDE, f"post:{decider}", decider)
    return (*_asked(groups, last, directory, frozenset(map(person_key, barred))), last)


def goes_on(places: Iterable[Place], consent: Consent) -> bool:
    """Return whether a document goes on to its decision: nobody sent it back, enough agreed.

    Those asked before a provisional decision and those asked after it are counted apart.
    """
    rounds: list[list[bool | None]] = [[]]
    for place in places:
        if place.part is Part.REVIEW and place.passes is False:
            return False
        if place.part is Part.PROVISIONAL:
            rounds.append([])
        if place.part is Part.AGREE:
            rounds[-1].append(place.passes)
    return all(
        consent.passed(len(asked), [one for one in asked if one is not None]) is True
        for asked in rounds
    )


def _asked(
    groups: Iterable[str], last: Stop, directory: Directory, out: frozenset[str]
) -> list[Stop]:
    return [
        Stop(Part.AGREE, group, _post_of(group))
        for group in dict.fromkeys(groups)
        if group != last.group and directory.holders(group) - out
    ]


def _post_of(group: str) -> str:
    return group.removeprefix("post:") if group.startswith("post:") else ""


def _in_order(kinds: Sequence[str]) -> list[str]:
    """Return kinds of posts from the lowest up; those that are on no ladder come first."""
    return sorted(kinds, key=lambda kind: LADDER.index(kind) if kind in LADDER else -1)
