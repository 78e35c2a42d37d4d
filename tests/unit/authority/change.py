"""A small city before and after a change of its organisation: a department of three sections."""

from datetime import date

from dxflow.authority.affairs import Affairs, Task
from dxflow.authority.directory import Directory
from dxflow.authority.moves import Move, MoveKind, moved
from dxflow.authority.organisation import Holding, Post, Unit
from dxflow.authority.rehearsal import Change, Hole, Matter, Rehearsal, rehearse
from dxflow.authority.segregation import Involvement
from dxflow.authority.structure import Structure

BEGIN, APRIL = date(2020, 4, 1), date(2027, 4, 1)
POSTS = ("head-a", "head-b", "head-c", "staff-a", "staff-b", "staff-c", "chief")
PEOPLE = tuple(f"p{number}" for number in range(8))
NOBODY = Involvement("nobody")
NOTHING = Affairs()


def structure(holdings=()) -> Structure:
    units = {"dept": (Unit("dept", "部", None, "department", valid_from=BEGIN),)}
    posts = {"chief": (Post("chief", "部長", "dept", "department_head", valid_from=BEGIN),)}
    for key in "abc":
        units[key] = (Unit(key, f"{key}課", "dept", valid_from=BEGIN),)
        posts[f"head-{key}"] = (Post(f"head-{key}", "課長", key, "section_head", valid_from=BEGIN),)
        posts[f"staff-{key}"] = (Post(f"staff-{key}", "主事", key, "staff", valid_from=BEGIN),)
    return Structure(units, posts, tuple(holdings))


def with_posts(of: Structure, *posts: Post) -> Structure:
    """Return the structure with further posts, or others of the same keys."""
    return Structure(of.units, {**of.posts, **{one.key: (one,) for one in posts}}, of.holdings)


def with_units(of: Structure, *units: Unit) -> Structure:
    """Return the structure with further units, or others of the same keys."""
    return Structure({**of.units, **{one.key: (one,) for one in units}}, of.posts, of.holdings)


def directory(of: Structure, affairs: Affairs = NOTHING, named=()) -> Directory:
    return Directory(
        [row for rows in of.units.values() for row in rows],
        [row for rows in of.posts.values() for row in rows],
        of.holdings, APRIL,
        delegations=affairs.delegations.values(), ranks=affairs.ranks, successions=named,
    )  # fmt: skip


def held(person: str, post: str, *, concurrent: bool = False) -> Holding:
    return Holding(person, post, concurrent, valid_from=BEGIN)


def after(of: Structure, *moves: Move) -> Structure:
    done = moved(of, moves, APRIL)
    assert done.troubles == ()
    return Structure(of.units, of.posts, done.holdings)


def main(person: str, post: str, line: int = 2) -> Move:
    return Move(person, MoveKind.MAIN, post, line)


def leave(person: str, line: int = 3) -> Move:
    return Move(person, MoveKind.LEAVE, line=line)


def rehearsed(of: Structure, affairs: Affairs, *moves: Move, named=()) -> Rehearsal:
    return rehearse(
        directory(of, affairs), directory(after(of, *moves), affairs, named), affairs
    )  # fmt: skip


def about(matter: Matter, found: Rehearsal) -> list[Change | Hole]:
    """Return what was found about a matter: changes, then holes."""
    return [one for one in (*found.changes, *found.holes) if one.matter is matter]


def ended(of: Structure, *keys: str) -> Structure:
    """Return the structure with posts or units that are gone on the day, and their holders too."""
    units = {key: rows for key, rows in of.units.items() if key not in keys}
    posts = {key: rows for key, rows in of.posts.items() if key not in keys}
    return Structure(units, posts, tuple(one for one in of.holdings if one.post not in keys))


def compared(
    before: Structure, then: Structure, affairs: Affairs = NOTHING, named=(), later=None
) -> Rehearsal:
    """Rehearse one structure against another; `later` are the affairs as they will be."""
    return rehearse(
        directory(before, affairs), directory(then, later or affairs, named), affairs, later
    )


def task(groups, assignee=None, action=None, involved=NOBODY, key="t") -> Task:
    return Task(key, "case", frozenset(groups), assignee, action, involved, "a")


#: head-a is held by p0, head-b by p1, head-c by p2, staff-a by p3 and so on; the chief is p6.
FULL = structure(held(f"p{number}", post) for number, post in enumerate(POSTS))
