"""Who stands in for whom on a day: substitutes (代決) and deputies (代理).

While everybody in a post is away, or the post is vacant, those on its list of substitutes may act
in it, in the order of the list: the first post on it that somebody holds who is there. A deputy is
named by the holder, for a time, for one post or for all of theirs. Nobody passes on what they have
only as a stand-in, and what a person holds by a role (CIO, auditor, a seat's vote) is never passed
on: a stand-in has the groups of the post and of the unit it leads, no more.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

from dxflow.authority.organisation import Post, Span
from dxflow.authority.segregation import Action, Involvement, conflict
from dxflow.authority.verdicts import Verdict, person_key
from dxflow.texts import gettext as _

if TYPE_CHECKING:
    from dxflow.authority.directory import Directory

#: Acts that are a member's own: nobody votes or concludes for somebody else.
PERSONAL = frozenset({Action.VOTE, Action.CONCLUDE})


class Way(StrEnum):
    """How a person comes to act for another."""

    SUBSTITUTE = "substitute"
    DEPUTY = "deputy"

    @property
    def label(self) -> str:
        """Return the word that the record bears."""
        return {"substitute": _("代決"), "deputy": _("代理")}[self.value]


#: Nobody acted for a reviewer who is away: the place is passed over, and read afterwards.
PASSED_OVER = "passed_over"


def way_label(way: str) -> str:
    """Return the word of a way, or that the place was passed over."""
    return _("不在のため後閲") if way == PASSED_OVER else Way(way).label


@dataclass(frozen=True)
class Absence(Span):
    """A person is away (不在)."""

    person: str


@dataclass(frozen=True)
class Delegation(Span):
    """A person names who acts for them. `post` empty: in every post they hold."""

    giver: str
    deputy: str
    post: str = ""


@dataclass(frozen=True)
class Rank(Span):
    """A place on the list of substitutes of a post; the lowest `place` comes first."""

    post: str
    place: int
    substitute: str


@dataclass(frozen=True)
class StandIn:
    """A person may act for another in a post. `absent` is empty when the post is vacant."""

    person: str
    way: Way
    post: str
    title: str
    absent: str
    groups: frozenset[str] = field(compare=False)

    @property
    def words(self) -> str:
        """Return for whom and how, in words: `市民部長の代決`."""
        return _("{title}の{way}", title=self.title, way=self.way.label)


class Standing:
    """Everybody who stands in for somebody on the directory's date."""

    def __init__(
        self,
        who: Directory,
        absences: Iterable[Absence] = (),
        delegations: Iterable[Delegation] = (),
        ranks: Iterable[Rank] = (),
    ) -> None:
        day = who.date
        self._who = who
        self._away = {person_key(one.person) for one in absences if one.valid_on(day)}
        self._ranks: dict[str, list[Rank]] = {}
        for rank in ranks:
            if rank.valid_on(day):
                self._ranks.setdefault(rank.post, []).append(rank)
        self._found: dict[str, list[StandIn]] = {}
        for one in delegations:
            if one.valid_on(day):
                self._add_deputy(one)
        for post in self._ranks.keys() & who.posts.keys():
            self._add_substitutes(who.posts[post])

    @property
    def away(self) -> Collection[str]:
        """Return who is away."""
        return self._away

    def of(self, person: str) -> tuple[StandIn, ...]:
        """Return for whom a person stands in, deputies' tasks first."""
        return tuple(self._found.get(person_key(person), ()))

    def groups_of(self, person: str) -> Mapping[str, StandIn]:
        """Return the groups a person has only as a stand-in, each with the reason."""
        found = self.of(person)
        if not found:
            return {}
        own = self._who.groups_of(person)
        return {
            group: one
            for one in reversed(found)
            for group in sorted(one.groups)
            if group not in own
        }

    def seen_by(self, who: Directory) -> Standing:
        """Return the same people standing in for posts as they are in another view of the day."""
        other = copy(self)
        other._who = who
        other._found = {
            person: [
                replace(one, groups=frozenset(who.groups_of_post(who.posts[one.post])))
                for one in found
            ]
            for person, found in self._found.items()
        }
        return other

    def persons_for(self, group: str) -> frozenset[str]:
        """Return who has a group as a stand-in."""
        return frozenset(person for person in self._found if group in self.groups_of(person))

    def substitutes(self, post: str) -> tuple[str, ...]:
        """Return the posts on the list of a post, in its order."""
        ranks = sorted(self._ranks.get(post, ()), key=lambda one: one.place)
        return tuple(dict.fromkeys(one.substitute for one in ranks))

    def _add_deputy(self, given: Delegation) -> None:
        giver, deputy = person_key(given.giver), person_key(given.deputy)
        if giver == deputy or deputy not in self._who.persons:
            return
        for post in self._who.posts_of(giver):
            if given.post in ("", post.key):
                self._add(deputy, Way.DEPUTY, post, giver)

    def _add_substitutes(self, post: Post) -> None:
        holders = self._who.holders(f"post:{post.key}")
        if holders - self._away:
            return
        for substitute in self.substitutes(post.key):
            there = self._who.holders(f"post:{substitute}") - self._away - holders
            if there:
                for person in sorted(there):
                    self._add(person, Way.SUBSTITUTE, post, min(holders, default=""))
                return

    def _add(self, person: str, way: Way, post: Post, absent: str) -> None:
        groups = self._who.groups_of_post(post)
        one = StandIn(person, way, post.key, post.title, absent, frozenset(groups))
        self._found.setdefault(person, []).append(one)


def may_stand_in(
    one: StandIn, action: Action | None, involved: Involvement, *, forbidden: bool = False
) -> Verdict:
    """Return whether a stand-in may do an act on a matter; `forbidden` is what its pack says of it.

    Whoever may not judge a matter themselves cannot have it judged by somebody they name.
    """
    if action in PERSONAL:
        return Verdict(
            False, _("{act}は本人だけが行えます。代わりの人にはできません。", act=action.label)
        )
    if action is not None:
        if one.absent and not conflict(action, one.absent, involved):
            return Verdict(
                False,
                _(
                    "{title}はこの案件の申請または起案に関わっているため、"
                    "その代わりに{act}を行うことはできません。",
                    title=one.title,
                    act=action.label,
                ),
            )
        if forbidden:
            return Verdict(
                False,
                _(
                    "重要な事案などのため、{way}はできません。{title}が戻るのを待つか、"
                    "上位の職に上げてください。",
                    way=one.way.label,
                    title=one.title,
                ),
            )
    if one.way is Way.DEPUTY:
        return Verdict(True, _("{title}から代理を任されています。", title=one.title))
    reason = _("{title}の不在による代決。", title=one.title)
    return Verdict(True, reason if one.absent else _("{title}の欠員による代決。", title=one.title))


def check_span(start: date, end: date | None, today: date) -> list[str]:
    """Return what is wrong with a time somebody enters; `end` is the first day after it."""
    problems = []
    if start < today:
        problems.append(_("始まりの日は今日以後にしてください。済んだ日は変えられません。"))
    if end is None:
        problems.append(_("終わりの日を入れてください。"))
    elif end <= start:
        problems.append(_("終わりの日は始まりの日以後にしてください。"))
    return problems
