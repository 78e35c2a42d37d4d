"""A transfer of personnel (人事異動) as what it does to the posts people hold, from one day on.

A move to a new main post ends the one held before; posts held beside it (兼務) stay until a move
ends them, and a post that is ended ends whoever holds it. Nothing is decided here about work.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum

from dxflow.authority import timelines
from dxflow.authority.organisation import Holding
from dxflow.authority.structure import Structure


class MoveKind(StrEnum):
    """What a line of a transfer orders."""

    MAIN = "main"
    CONCURRENT = "concurrent"
    RELEASE = "release"
    LEAVE = "leave"


@dataclass(frozen=True)
class Move:
    """One order: a person gets a post, is released from one, or leaves. `line` is where it stands.

    `closes`: whoever leaves cannot log in any more. `opens`: whoever comes back can again.
    """

    person: str
    kind: MoveKind
    post: str = ""
    line: int = 0
    closes: bool = False
    opens: bool = False


class TroubleKind(StrEnum):
    """Why an order cannot be carried out."""

    TWICE = "twice"
    """The same person is ordered twice to the same, or to two main posts."""
    NOT_THERE = "not_there"
    """The post is not there on the day."""
    NOT_HELD = "not_held"
    """The person is released from a post they do not hold before, or leaves without having one."""
    PLANNED = "planned"
    """A post is planned for the person from the day on, or later: it would overlap, or not end."""
    NO_POST = "no_post"
    """The person would be left without any post, and no line says that they leave."""


@dataclass(frozen=True)
class Trouble:
    """What is wrong with an order; `line` 0 when no line orders it."""

    kind: TroubleKind
    person: str
    post: str
    line: int


@dataclass(frozen=True)
class Moved:
    """The holdings of all times after a transfer, and what is wrong with it."""

    holdings: tuple[Holding, ...]
    troubles: tuple[Trouble, ...]


def moved(structure: Structure, moves: Iterable[Move], day: date) -> Moved:
    """Return the holdings of a structure after moves on a day; its posts are those of afterwards."""
    orders: dict[str, list[Move]] = defaultdict(list)
    for move in moves:
        orders[move.person].append(move)
    held: dict[str, list[Holding]] = defaultdict(list)
    for holding in structure.holdings:
        held[holding.person].append(holding)
    there = {key for key, rows in structure.posts.items() if timelines.standing(rows, day)}
    kept: list[Holding] = []
    troubles: list[Trouble] = []
    for person in dict.fromkeys((*held, *orders)):
        rows = held[person]
        found = _of_person(rows, orders[person], day, there)
        kept += found.holdings
        troubles += found.troubles
    return Moved(tuple(kept), tuple(troubles))


def _of_person(
    rows: Sequence[Holding], orders: Sequence[Move], day: date, there: set[str]
) -> Moved:
    troubles = [*_twice(orders), *_impossible(rows, orders, day, there)]
    wrong = {one.line for one in troubles}
    valid = [move for move in orders if move.line not in wrong]
    main = next((move for move in valid if move.kind is MoveKind.MAIN), None)
    beside = {move.post for move in valid if move.kind is MoveKind.CONCURRENT}
    released = {move.post for move in valid if move.kind is MoveKind.RELEASE}
    leaves = any(move.kind is MoveKind.LEAVE for move in valid)
    kept: list[Holding] = []
    over = before = False
    for row in rows:
        if not (row.valid_from < day and (row.valid_to is None or row.valid_to > day)):
            kept.append(row)
            over |= row.valid_on(day)
            continue
        before = True
        same = main is not None and row.post == main.post and not row.concurrent
        replaced = main is not None and not same and (not row.concurrent or row.post == main.post)
        if leaves or replaced or row.post in released or row.post not in there:
            kept.append(replace(row, valid_to=day))
            continue
        kept.append(row)
        over = True
        if same:
            main = None
        beside.discard(row.post)
    person = rows[0].person if rows else orders[0].person
    if main is not None:
        kept.append(Holding(person, main.post, valid_from=day))
    kept += [Holding(person, post, concurrent=True, valid_from=day) for post in sorted(beside)]
    left = before and not leaves and not over and main is None and not beside
    if left and not troubles:
        line = orders[0].line if orders else 0
        troubles.append(Trouble(TroubleKind.NO_POST, person, "", line))
    return Moved(tuple(kept), tuple(troubles))


def _twice(orders: Sequence[Move]) -> list[Trouble]:
    found = []
    posts: set[str] = set()
    main = left = False
    for move in orders:
        to_main, leaves = move.kind is MoveKind.MAIN, move.kind is MoveKind.LEAVE
        if left or move.post in posts or (to_main and main) or (leaves and posts):
            found.append(Trouble(TroubleKind.TWICE, move.person, move.post, move.line))
        if leaves:
            left = True
            continue
        posts.add(move.post)
        main = main or to_main
    return found


def _impossible(
    rows: Sequence[Holding], orders: Sequence[Move], day: date, there: set[str]
) -> list[Trouble]:
    held = {row.post for row in rows if row.valid_from < day and row.valid_on(day)}
    later = [row for row in rows if row.valid_from >= day]
    coming = {row.post for row in later}
    main_coming = not all(row.concurrent for row in later)
    found = []
    for move in orders:
        kind = None
        if move.kind in (MoveKind.MAIN, MoveKind.CONCURRENT):
            if move.post not in there:
                kind = TroubleKind.NOT_THERE
            elif move.post in coming or (move.kind is MoveKind.MAIN and main_coming):
                kind = TroubleKind.PLANNED
        elif move.kind is MoveKind.RELEASE and move.post not in held:
            kind = TroubleKind.PLANNED if move.post in coming else TroubleKind.NOT_HELD
        elif move.kind is MoveKind.LEAVE:
            kind = TroubleKind.PLANNED if coming else None if held else TroubleKind.NOT_HELD
        if kind is not None:
            found.append(Trouble(kind, move.person, move.post, move.line))
    return found
