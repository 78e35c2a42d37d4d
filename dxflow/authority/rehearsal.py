"""What a change of the organisation means for what is under way: what changes, and every hole.

Two directories of the same day are compared: the organisation as it would be without the change,
and with it. A hole is something that nobody could act on, lead, decide or own. It is listed whether
the change makes it or it was there before; only a new one stands in the way of a change.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from dxflow.authority.affairs import Able, Affairs, Body, Duty
from dxflow.authority.directory import Directory
from dxflow.authority.organisation import SECTION_KINDS, Post
from dxflow.authority.roles_within import unit_of_group
from dxflow.authority.standing_in import Delegation
from dxflow.authority.verdicts import person_key


class Matter(StrEnum):
    """What changes hands, or is left without any."""

    TASK = "task"
    POST = "post"
    SECTION = "section"
    UNIT = "unit"
    BODY = "body"
    ROUND = "round"
    KPI = "kpi"
    DUTY = "duty"
    DEPUTY = "deputy"
    LIST = "list"
    CASE = "case"


@dataclass(frozen=True)
class Change:
    """Who has something before and after, by the ids of persons; `note` names what else happens.

    Notes: released (somebody's claim ends), ended (a deputy's time ends), stays (a duty stays with
    a person who has moved), heir (it passes to the new holder of the post), stand-in (only those
    who stand in for an office can do it).
    """

    matter: Matter
    key: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class Hole:
    """Something nobody has. `new`: somebody had it before. `about` are the ids it concerns."""

    matter: Matter
    key: str
    new: bool
    about: tuple[str, ...] = field(default=(), compare=False)

    @property
    def id(self) -> str:
        """Return the name of the hole, the same in every rehearsal."""
        return f"{self.matter}:{self.key}"


@dataclass(frozen=True)
class Rehearsal:
    """All changes and holes; `released` are tasks whose claim ends, `ended` deputies' ids.

    `lists` are the lists of substitutes as they must read afterwards.
    """

    changes: tuple[Change, ...]
    holes: tuple[Hole, ...]
    released: tuple[str, ...] = ()
    ended: tuple[str, ...] = ()
    lists: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @property
    def new_holes(self) -> tuple[Hole, ...]:
        """Return the holes that the change makes."""
        return tuple(one for one in self.holes if one.new)


Found = Iterator[Change | Hole]


def rehearse(
    before: Directory, after: Directory, affairs: Affairs, then: Affairs | None = None
) -> Rehearsal:
    """Return what changes hands on the directories' day, and what nobody would have.

    `then` are the affairs as they will be: with the cases of a section that is split divided, and
    the accounts closed of those who leave.
    """
    return _Rehearsing(before, after, affairs, then or affairs).result()


class _Rehearsing:
    def __init__(
        self, before: Directory, after: Directory, affairs: Affairs, then: Affairs
    ) -> None:
        self._before, self._after, self._affairs, self._then = before, after, affairs, then
        self._had = Able(before, affairs.closed)
        self._has = Able(after, then.closed)
        #: Ended units without a successor: what waits there is one hole of the unit.
        self._lost: dict[str, list[str]] = {}

    def result(self) -> Rehearsal:
        found = [
            *self._posts(), *self._tasks(), *self._duties(), *self._bodies(), *self._rounds(),
            *self._kpis(), *self._deputies(), *self._lists(), *self._units(),
            *self._cases(),
        ]  # fmt: skip
        changes = tuple(one for one in found if isinstance(one, Change))
        return Rehearsal(
            changes,
            tuple(one for one in found if isinstance(one, Hole)),
            tuple(one.key for one in changes if one.note == "released"),
            tuple(one.key for one in changes if one.matter is Matter.DEPUTY and one.note),
            tuple(_lists_after(self._before, self._after)),
        )

    def _posts(self) -> Found:
        vacant: set[str] = set()
        posts = {**self._before.posts, **self._after.posts}
        for key, post in sorted(posts.items()):
            had, has = (able.members(f"post:{key}") for able in (self._had, self._has))
            if had != has:
                yield _change(Matter.POST, key, had, has)
            if key in self._after.posts and not has:
                yield Hole(Matter.POST, key, bool(had) or key not in self._before.posts)
                vacant |= {post.unit or ""} if self._leads(post) else set()
        for key, unit in sorted(self._after.units.items()):
            led = bool(self._had.members(f"head:{key}"))
            made = key not in self._before.units and unit.kind in SECTION_KINDS
            if (led or made) and key not in vacant and not self._has.members(f"head:{key}"):
                yield Hole(Matter.SECTION, key, new=True)

    def _leads(self, post: Post) -> bool:
        return post.kind in self._after.head_kinds

    def _tasks(self) -> Found:
        for old, task in zip(self._affairs.tasks, self._then.tasks, strict=True):
            had, has = self._had.doing(old), self._has.doing(task)
            released = task.assignee is not None and not self._has.holds(task)
            note = "released" if released else "" if self._has.offered(task) else "stand-in"
            if had != has or released:
                yield _change(Matter.TASK, task.id, had, has, note if has or released else "")
            if not has and not self._of_lost_units(task.groups, task.id):
                yield Hole(Matter.TASK, task.id, bool(had))

    def _duties(self) -> Found:
        for old, duty in zip(self._affairs.duties, self._then.duties, strict=True):
            had = self._had.members(old.owner) - old.barred
            has = self._has.members(duty.owner) - duty.barred
            moved = left_office(old, self._before, self._after)
            if had != has or moved:
                note = "" if not (has and moved) else "stays" if had == has else "heir"
                yield _change(Matter.DUTY, duty.id, had, has, note)
            if not has and not self._of_lost_units((duty.owner,), duty.id):
                yield Hole(Matter.DUTY, duty.id, bool(had))

    def _bodies(self) -> Found:
        for body in self._affairs.bodies:
            seats, chairs = _seats(self._after, body), _chairs(self._after, body)
            sat = _sitting(self._had, self._before, body)
            sits = _sitting(self._has, self._after, body)
            if sat != sits:
                yield _change(Matter.BODY, body.key, sat, sits)
            if not seats and not _seats(self._before, body):
                continue
            enough = _quorate(self._has, seats, body)
            presided = any(self._has.members(f"post:{chair}") for chair in chairs)
            if enough and presided:
                continue
            old_seats = _seats(self._before, body)
            had_both = _quorate(self._had, old_seats, body) and any(
                self._had.members(f"post:{chair}") for chair in _chairs(self._before, body)
            )
            empty = [seat for seat in seats if not self._has.members(f"post:{seat}")]
            yield Hole(Matter.BODY, body.key, had_both, tuple(empty))

    def _rounds(self) -> Found:
        for one in self._affairs.rounds:
            had, has = (
                [seat for seat in one.seats if able.members(f"post:{seat}")]
                for able in (self._had, self._has)
            )
            if len(has) < one.quorum:
                empty = tuple(seat for seat in one.seats if seat not in has)
                yield Hole(Matter.ROUND, one.case, len(had) >= one.quorum, empty)

    def _kpis(self) -> Found:
        for unit, tracked in sorted(self._affairs.tracked.items()):
            had = self._had.members(f"section:{unit}")
            for key, cases in self._parted(unit, tracked):
                group = f"section:{key}"
                has = self._has.members(group)
                if had != has:
                    yield _change(Matter.KPI, key, had, has)
                if not has and not self._of_lost_units((group,), *cases):
                    yield Hole(Matter.KPI, key, bool(had), tuple(cases))

    def _parted(self, unit: str, cases: Iterable[str]) -> list[tuple[str, list[str]]]:
        """Return cases of a section by the section that has them: itself, or those given to."""
        found: dict[str, list[str]] = {}
        for case in cases:
            found.setdefault(self._then.given.get(case, unit), []).append(case)
        return sorted(found.items())

    def _deputies(self) -> Found:
        for key, given in sorted(self._affairs.delegations.items()):
            if not given.valid_on(self._after.date):
                continue
            had, has = _meant(self._before, given), _meant(self._after, given)
            gone = given.deputy not in self._after.persons
            if had and (had != has or gone):
                yield _change(Matter.DEPUTY, key, {given.deputy}, set(), "ended")
            elif self._before.posts_of(given.deputy) != self._after.posts_of(given.deputy):
                yield _change(Matter.DEPUTY, key, {given.deputy}, {given.deputy})

    def _lists(self) -> Found:
        for post in sorted(self._after.posts):
            had, has = (
                _next_in_line(who, able, post)
                for who, able in ((self._before, self._had), (self._after, self._has))
            )
            if had != has:
                yield _change(Matter.LIST, post, had, has, keep_order=True)
            if had and not has:
                yield Hole(Matter.LIST, post, new=True)

    def _units(self) -> Found:
        """Say where the work of ended units goes; a unit without a successor that has any is a hole."""
        for unit in sorted(self._before.units.keys() - self._after.units.keys()):
            cases = self._affairs.cases.get(unit, ())
            heir = self._after.heir(unit)
            takers = [heir] * (heir != unit)
            takers += [key for key, _part in self._parted(unit, cases) if key != unit]
            yield Change(Matter.UNIT, unit, (unit,), tuple(dict.fromkeys(takers)))
            if heir == unit and cases:
                self._lost.setdefault(unit, []).extend(cases)
        for unit, about in sorted(self._lost.items()):
            yield Hole(Matter.UNIT, unit, unit in self._before.units, tuple(dict.fromkeys(about)))

    def _cases(self) -> Found:
        """Say which cases do not follow the first successor of their section."""
        led = {case: unit for unit, cases in self._affairs.cases.items() for case in cases}
        for case, unit in sorted(self._then.given.items()):
            yield Change(Matter.CASE, case, (led[case],), (unit,))

    def _of_lost_units(self, groups: Iterable[str], *about: str) -> bool:
        """Return whether all groups mean a unit that has ended without a successor, and note it."""
        units = [unit_of_group(group) for group in groups]
        lost = [
            unit
            for unit in units
            if unit
            and unit not in self._after.units
            and unit in self._before.units
            and self._after.heir(unit) == unit
        ]
        if not lost or len(lost) < len(units):
            return False
        for unit in lost:
            self._lost.setdefault(unit, []).extend(about)
        return True


def _change(
    matter: Matter, key: str, before: Iterable[str], after: Iterable[str], note: str = "",
    *, keep_order: bool = False,
) -> Change:  # fmt: skip
    had, has = tuple(before), tuple(after)
    if not keep_order:
        had, has = tuple(sorted(had)), tuple(sorted(has))
    return Change(matter, key, had, has, note)


def _meant(who: Directory, given: Delegation) -> set[str]:
    """Return the posts of the giver in which a deputy acts."""
    held = {post.key for post in who.posts_of(given.giver)}
    return held & {given.post} if given.post else held


def left_office(duty: Duty, before: Directory, after: Directory) -> bool:
    """Return whether the person who owes a duty has left the post it comes from."""
    if not duty.post or not duty.owner.startswith("user:"):
        return False
    person = person_key(duty.owner)
    had, has = (duty.post in {post.key for post in who.posts_of(person)} for who in (before, after))
    return had and not has


def _seats(who: Directory, body: Body) -> list[str]:
    return sorted(key for key, post in who.posts.items() if body.seat_role in post.roles)


def _chairs(who: Directory, body: Body) -> list[str]:
    roles = set(body.chair_roles)
    return sorted(key for key, post in who.posts.items() if roles & post.roles)


def _sitting(able: Able, who: Directory, body: Body) -> frozenset[str]:
    return frozenset[str]().union(*(able.members(f"post:{one}") for one in _seats(who, body)))


def _quorate(able: Able, seats: Sequence[str], body: Body) -> bool:
    members = sum(bool(able.members(f"post:{seat}")) for seat in seats)
    return members > 0 and members >= body.need(members)


def _next_in_line(who: Directory, able: Able, post: str) -> tuple[str, ...]:
    """Return the persons on a post's list of substitutes in its order."""
    places = who.standing.substitutes(post)
    return tuple(person for place in places for person in sorted(able.members(f"post:{place}")))


def _lists_after(before: Directory, after: Directory) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Give the lists that name a post that has ended, with its successor in its place if any."""
    for post in sorted(after.posts):
        places = after.standing.substitutes(post)
        if all(place in after.posts or place not in before.posts for place in places):
            continue
        kept = [
            one
            for place in places
            for one in (after.heir_of_post(place),)
            if one in after.posts and one != post
        ]
        yield post, tuple(dict.fromkeys(kept))
