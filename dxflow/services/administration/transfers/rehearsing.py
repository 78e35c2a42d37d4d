"""A plan of a transfer rehearsed: what its files say, what changes hands, and which holes are left.

The files are read against the organisation as it is now, so that a rehearsal is never older than
the question.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from sqlalchemy import Connection

from dxflow.authority.affairs import Able, Affairs
from dxflow.authority.directory import Directory
from dxflow.authority.dividing import Given, Split, divided, given
from dxflow.authority.filling import (
    LEAVE,
    Fill,
    chosen_for_cases,
    filled,
    moves_of,
    ranked,
    successions_of,
)
from dxflow.authority.handing_on import handed_on
from dxflow.authority.moves import Move, MoveKind, moved
from dxflow.authority.proposals import Proposals
from dxflow.authority.rehearsal import Change, Hole, Matter, Rehearsal, rehearse
from dxflow.authority.structure import Structure, new_faults
from dxflow.authority.succession import Succession
from dxflow.authority.verdicts import person_key
from dxflow.problems import Problem
from dxflow.services.administration.imports.reading import Sheet
from dxflow.services.administration.transfers import orders, underway
from dxflow.services.administration.transfers.reorganising import reorganised
from dxflow.services.administration.transfers.underway import Underway
from dxflow.services.administration.units import post_page, rules, stored
from dxflow.services.people.person_rows import ADMIN_ROLE
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class Prospect:
    """The organisation of all times before and after; `problems` forbid all of it.

    `closing` are those who leave and whose accounts are closed, `opening` those who come back and
    whose accounts are opened again.
    """

    day: date
    before: Structure
    after: Structure
    successions: tuple[Succession, ...] = ()
    moves: tuple[Move, ...] = ()
    words: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    splits: tuple[Split, ...] = ()
    closing: frozenset[str] = frozenset()
    opening: frozenset[str] = frozenset()


@dataclass(frozen=True)
class HoleState:
    """A hole with what is proposed and what was chosen. `state` is open, filled, left, gone or old.

    gone: nothing is to be chosen any more. old: it was there before the transfer, and nobody chose
    anything for it.
    """

    hole: Hole
    proposals: tuple[str, ...]
    target: str
    reason: str
    state: str


@dataclass(frozen=True)
class Rehearsed:
    """What a plan does, with its fills. `base` is without them, `final` with them."""

    prospect: Prospect
    underway: Underway
    was: Directory | None = None
    will: Directory | None = None
    base: Rehearsal | None = None
    final: Rehearsal | None = None
    affairs: Affairs = field(default_factory=Affairs)
    holes: tuple[HoleState, ...] = ()
    given: Given = field(default_factory=Given)

    @property
    def open(self) -> tuple[HoleState, ...]:
        """Return the holes that stand in the way."""
        return tuple(one for one in self.holes if one.state == "open")

    @property
    def sound(self) -> bool:
        """Return whether the plan may be applied."""
        return not self.prospect.problems and not self.open

    @property
    def changes(self) -> tuple[Change, ...]:
        """Return what changes hands."""
        return self.final.changes if self.final else ()


#: How holes are filled: (target, reason) by the id of the hole.
Fills = Mapping[str, tuple[str, str]]


def rehearsed(
    site: Site, tx: Connection, sheets: Mapping[str, Sheet], fills: Fills, day: date
) -> Rehearsed:
    """Return what files and fills make of the organisation and of what is under way on a day."""
    before = stored.load(tx)
    now = underway.load(site, tx, day)
    roles = dict(post_page.role_choices(site, tx, before)) if sheets.keys() - {"transfers"} else {}
    chosen = [Fill(hole, target) for hole, (target, _reason) in fills.items()]
    first = _prospect(sheets, before, now, (), roles, day, site.today())
    if first.problems:
        return Rehearsed(first, now)
    was = directory(before, now, day)
    will = directory(first.after, now, day, first.successions)
    parts = given(first.splits, now.affairs.cases, chosen_for_cases(chosen))
    closed = (now.affairs.closed | first.closing) - first.opening
    base = rehearse(was, will, now.affairs, _moved_on(now.affairs, was, will, parts, closed))
    known = {one.id for one in base.holes}
    used = [fill for fill in chosen if fill.hole in known and _can_be(fill, first)]
    second = _prospect(sheets, before, now, used, roles, day, site.today())
    if second.problems:
        return Rehearsed(second, now)
    named = second.successions
    undivided = filled(now.affairs, used, day)
    will = directory(second.after, replace(now, affairs=undivided), day, named)
    affairs = _moved_on(undivided, was, will, parts, closed)
    final = rehearse(was, will, undivided, affairs)
    if final.lists:
        affairs = replace(affairs, ranks=ranked(affairs.ranks, dict(final.lists), day))
        will = directory(second.after, replace(now, affairs=affairs), day, named)
        final = replace(rehearse(was, will, undivided, affairs), lists=final.lists)
    problems = _no_administrator(was, will, now.affairs.closed, closed)
    states = _states(base, final, fills, Proposals(was, will, affairs))
    return Rehearsed(
        replace(second, problems=problems), now, was, will, base, final, affairs, states, parts
    )


def _moved_on(
    affairs: Affairs, was: Directory, will: Directory, parts: Given, closed: frozenset[str]
) -> Affairs:
    """Return what goes to others by rule or by choice: cases of a split section, later readings."""
    then = replace(affairs, closed=closed)
    return handed_on(divided(then, was, will, parts.cases), was, will)


def may_take(prospect: Prospect, person: str, post: str) -> bool:
    """Return whether somebody can be given a post that is a hole, beside what they hold then.

    Not whoever leaves, nor whoever is to have the post from a later day on.
    """
    leaves = any(one.person == person and one.kind is MoveKind.LEAVE for one in prospect.moves)
    also = Move(person, MoveKind.CONCURRENT, post, line=-1)
    return not leaves and not moved(prospect.after, [also], prospect.day).troubles


def _can_be(fill: Fill, prospect: Prospect) -> bool:
    """Return whether a choice still holds in a plan whose files may have changed since."""
    if fill.matter is not Matter.POST or fill.target == LEAVE:
        return True
    return may_take(prospect, person_key(fill.target), fill.key)


def directory(
    structure: Structure, now: Underway, day: date, named: Iterable[Succession] = ()
) -> Directory:
    """Return who is who on a day in a structure."""
    return Directory(
        [row for rows in structure.units.values() for row in rows],
        [row for rows in structure.posts.values() for row in rows],
        structure.holdings,
        day,
        absences=now.absences,
        delegations=now.affairs.delegations.values(),
        ranks=now.affairs.ranks,
        successions=(*now.successions, *named),
        role_words=now.role_words,
    )


def _prospect(
    sheets: Mapping[str, Sheet], before: Structure, now: Underway, fills: Sequence[Fill],
    roles: Mapping[str, str], day: date, today: date,
) -> Prospect:  # fmt: skip
    made = reorganised(sheets, before, roles, day, today)
    people = {name.casefold(): (key, words) for key, (name, words) in now.people.items()}
    known = orders.Known(people, before, made.after)
    sheet = sheets.get("transfers")
    ordered = orders.ordered(sheet, known, day) if sheet else orders.Ordered((), ())
    moves = (*ordered.moves, *moves_of(fills))
    done = moved(made.after, moves, day)
    problems = [*made.problems, *ordered.problems]
    # A line that cannot be read may be the one that gives somebody a post.
    troubles = [one for one in done.troubles if one.line or not problems]
    problems += orders.told(sheet or next(iter(sheets.values())), troubles, known, day)
    after = replace(made.after, holdings=done.holdings)
    if not problems:
        words = dict.fromkeys(rules.sentence(one, after) for one in new_faults(before, after))
        problems += [Problem("import", one) for one in words]
    problems.sort(key=lambda one: (one.file, one.line, one.column))
    return Prospect(
        day, before, after, (*made.successions, *successions_of(fills, day)), moves, made.words,
        tuple(problems), made.splits,
        frozenset(move.person for move in moves if move.closes) - now.affairs.closed,
        frozenset(move.person for move in moves if move.opens) & now.affairs.closed,
    )  # fmt: skip


def _no_administrator(
    was: Directory, will: Directory, were_closed: frozenset[str], closed: frozenset[str]
) -> tuple[Problem, ...]:
    group = f"role:{ADMIN_ROLE}"
    if Able(was, were_closed).members(group) and not Able(will, closed).members(group):
        hint = _("管理者の職に就く人の行を足すか、先に別の管理者を作る")
        return (Problem("import", _("システム管理者がいなくなります。"), hint=hint),)
    return ()


def _states(
    base: Rehearsal, final: Rehearsal, fills: Fills, proposals: Proposals
) -> tuple[HoleState, ...]:
    left = {one.id: one for one in final.holes}
    found = []
    for key, hole in {one.id: one for one in (*base.holes, *final.holes)}.items():
        target, reason = fills.get(key, ("", ""))
        if key not in left:
            state = "filled" if target and target != LEAVE else "gone"
        elif target == LEAVE:
            state = "left"
        else:
            state = "open" if hole.new else "old"
        found.append(HoleState(hole, proposals.of(hole), target, reason, state))
    return tuple(found)
