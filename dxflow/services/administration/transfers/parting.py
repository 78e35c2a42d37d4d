"""Sections that go on and hand a part of their work to another (分離): told on the line of the other.

A line of a unit names the section it takes over from (引継元). That section goes on with its posts
and its cases; which of its open cases go to the other is chosen one by one.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date

from dxflow.authority import timelines
from dxflow.authority.dividing import Split
from dxflow.authority.structure import Structure
from dxflow.calendars.wareki import wareki_date
from dxflow.problems import Problem
from dxflow.services.administration.imports.line_values import Refusal
from dxflow.services.administration.imports.reading import Row, Sheet
from dxflow.texts import gettext as _

COLUMN = "origin"

#: Units by the code or name that stands in a cell, None for one that is not there on the day.
Named = Callable[[str], dict[str, str | None]]


def parted(
    sheet: Sheet, before: Structure, after: Structure, named: Named, day: date
) -> tuple[tuple[Split, ...], list[Problem]]:
    """Return the sections that go on and those that take a part of their work over."""
    takers: dict[str, dict[str, Row]] = {}
    problems = []
    for row in sheet.rows:
        if not row.text(COLUMN):
            continue
        try:
            for origin in _origins(row, before, after, named, day):
                takers.setdefault(origin, {})[row.text("unit")] = row
        except Refusal as refused:
            problems.append(sheet.problem(refused.column, refused.message, row, refused.hint))
    problems += _circles(sheet, takers, after, day)
    return tuple(Split(origin, (origin, *rows)) for origin, rows in takers.items()), problems


def words(parts: Iterable[Split], after: Structure, day: date) -> list[str]:
    """Return in words which sections take a part of the work of which over."""
    return [
        _(
            "{unit}: 「{origin}」の仕事の一部を引き継ぐ",
            unit=_name(unit, after, day), origin=_name(one.unit, after, day),
        )
        for one in parts
        for unit in one.successors[1:]
    ]  # fmt: skip


def _origins(
    row: Row, before: Structure, after: Structure, named: Named, day: date
) -> list[str]:  # fmt: skip
    """Return the keys of the sections that a line takes over from. Raises Refusal."""
    unit = row.text("unit")
    if row.text("to"):
        raise Refusal(
            COLUMN,
            _("終わる組織は、ほかの課の仕事を引き継げません。"),
            _("引継元を空にするか、終了日を空にする"),
        )
    found = []
    for text, key in named(row.text(COLUMN)).items():
        if key == unit:
            raise Refusal(
                COLUMN,
                _("「{v}」の引継元に「{v}」自身が書いてあります。", v=text),
                _("仕事を渡す、ほかの課のコードを書く"),
            )
        if key is None or timelines.standing(before.units.get(key, ()), day) is None:
            raise _not_going_on(text, before, after, day)
        found.append(key)
    return list(dict.fromkeys(found))


def _not_going_on(text: str, before: Structure, after: Structure, day: date) -> Refusal:
    """Return why a section cannot hand a part of its work on."""
    for key, rows in before.units.items():
        old = timelines.standing(rows, day)
        if old is not None and text in (key, old.name):
            return Refusal(
                COLUMN,
                _("引継元「{v}」は {day} に終わります。", v=text, day=wareki_date(day)),
                _("終わる課の仕事は、その課の行の引継先に書く。続く課なら、その終了日を空にする"),
            )
    if timelines.standing(after.units.get(text, ()), day) is not None:
        return Refusal(
            COLUMN,
            _("引継元「{v}」は {day} に新しくできる組織です。", v=text, day=wareki_date(day)),
            _("前からある課のコードを書く"),
        )
    return Refusal(
        COLUMN,
        _("引継元「{v}」は {day} にはないか、一つに決まりません。", v=text, day=wareki_date(day)),
        _("その日も続いている課のコードを書く"),
    )


def _circles(
    sheet: Sheet, takers: Mapping[str, Mapping[str, Row]], after: Structure, day: date
) -> list[Problem]:
    """Return a problem for each line by which work would come back to where it was."""
    problems = []
    for origin, rows in takers.items():
        for unit, row in rows.items():
            if origin not in _reached(unit, takers):
                continue
            names = [_name(key, after, day) for key in (unit, origin)]
            message = _(
                "引継元をたどると元に戻ります（{units}）。", units=_("、").join(names)
            )  # fmt: skip
            hint = _("どちらが渡すかを決め、渡す側の行の引継元を空にする")
            problems.append(sheet.problem(COLUMN, message, row, hint))
    return problems


def _name(unit: str, after: Structure, day: date) -> str:
    standing = timelines.standing(after.units.get(unit, ()), day)
    return standing.name if standing else unit


def _reached(unit: str, takers: Mapping[str, Mapping[str, Row]]) -> set[str]:
    """Return the units that take over from a unit, and those that take over from them."""
    found: set[str] = set()
    waiting = [unit]
    while waiting:
        for key in takers.get(waiting.pop(), ()):
            if key not in found:
                found.add(key)
                waiting.append(key)
    return found
