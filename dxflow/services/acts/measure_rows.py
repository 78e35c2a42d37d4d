"""The rows of a form's grid of measures, read cell by cell; what is wrong is said at its cell.

Keys of a row: name, unit, direction, aggregation, frequency, baseline, baseline_year, target,
target_year; `yearly` has targets of more years, one a line; `scale` is empty or `number` for a
measure in numbers, else a key of the pack's options `scales` or the steps themselves, and
`scale_words` are the steps where `scale` is `own`.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from dxflow.calendars.periods import Frequency, parse_frequency
from dxflow.errors import Invalid
from dxflow.forms import Option
from dxflow.kpi.cells import Column, as_written, read_baseline, read_target, read_yearly
from dxflow.kpi.measures import Aggregation, Direction, Measure, Target
from dxflow.kpi.parsing import CellKind, parse_cell
from dxflow.kpi.scale import DEFAULT, NUMBER, OWN, SCALES, parse_scale
from dxflow.texts import gettext as _

DIRECTIONS = {
    "increase": Direction.UP,
    "decrease": Direction.DOWN,
    "maintain": Direction.KEEP,
    "complete": Direction.COMPLETE,
}
COUNTINGS = {one.value: one for one in Aggregation}
#: Where the grid stands in forms, by which messages find their cell.
PATH = "kpis"

Read = TypeVar("Read")
Options = Mapping[str, Sequence[Option]]


def read_rows(rows: Sequence[Mapping[str, Any]], options: Options) -> list[Measure]:
    """Return the measures of a grid. Raises Invalid with every cell that cannot be read."""
    found: list[Measure] = []
    wrong: dict[str, list[str]] = {}
    for number, row in enumerate(rows):
        reader = _Row(row, options)
        measure = reader.measure()
        if measure is not None:
            found.append(measure)
        wrong |= {f"{PATH}[{number}].{key}": [text] for key, text in reader.wrong.items()}
    if wrong:
        first = next(iter(wrong))
        name = rows[int(first.removeprefix(f"{PATH}[").partition("]")[0])].get("name") or "?"
        raise Invalid(_("指標「{name}」: {why}", name=name, why=wrong[first][0]), wrong)
    return found


def trouble_in(options: Options, key: str, row: Mapping[str, Any]) -> str:
    """Return why a cell of a row cannot be read, "" when it can."""
    reader = _Row(row, options)
    reader.measure()
    return reader.wrong.get(key, "")


def scale_of(row: Mapping[str, Any], options: Options) -> tuple[str, ...]:
    """Return the steps that a row is measured on, empty for numbers. Raises ValueError.

    What is to be completed, without a list of steps and without a number, is on the usual one.
    """
    chosen = _text(row, "scale")
    if chosen == OWN:
        return parse_scale(_text(row, "scale_words"))
    if chosen in ("", NUMBER):
        completes = row.get("direction") == "complete" and not chosen
        return DEFAULT if completes and not _is_number(_text(row, "target")) else ()
    offered = {one.value: one.label for one in options.get(SCALES, ())}
    if chosen not in offered and len(chosen.split()) == 1 and chosen.isascii():
        raise ValueError(
            _("測る値「{value}」はこのパックにありません（{values}）。",
              value=chosen, values=_("、").join([NUMBER, *offered]))
        )  # fmt: skip
    return parse_scale(offered.get(chosen, chosen))


def _is_number(text: str) -> bool:
    try:
        return parse_cell(text).kind is CellKind.NUMBER
    except ValueError:
        return True  # a number that cannot be read is told of as one


class _Row:
    """One row being read; `wrong` has the message of each cell that cannot be."""

    def __init__(self, row: Mapping[str, Any], options: Options) -> None:
        self.row, self.options = row, options
        self.wrong: dict[str, str] = {}

    def measure(self) -> Measure | None:
        """Return the measure, None when something is wrong."""
        row = self.row
        scale = self.cell("scale", lambda: scale_of(row, self.options)) or ()
        direction = self.cell("direction", lambda: _choice(DIRECTIONS, row, "direction"))
        counting = self.cell(
            "aggregation", lambda: Aggregation(_text(row, "aggregation") or "level")
        )
        frequency = self.cell(
            "frequency", lambda: parse_frequency(_text(row, "frequency") or "year")
        )
        if self.wrong or direction is None or counting is None or frequency is None:
            return None
        if scale:
            direction, counting = Direction.COMPLETE, Aggregation.LEVEL
        year = self.cell("baseline_year", lambda: _year(row, "baseline_year"))
        column = Column("" if scale else _text(row, "unit"), direction, counting, scale, None, year)
        base = self.cell("baseline", lambda: read_baseline(_text(row, "baseline"), column))
        baseline, note = base or (None, "")
        if baseline is not None and year is None:
            self.wrong.setdefault("baseline_year", _("基準値の年度を選んでください。"))
        column = Column(column.unit, direction, counting, scale, baseline, year)
        targets = self.targets(column)
        if self.wrong:
            return None
        return self.cell(
            "target",
            lambda: Measure(
                name=_text(row, "name"), unit=column.unit, direction=direction,
                aggregation=counting, baseline=baseline, baseline_year=year, baseline_note=note,
                targets=targets, frequency=frequency or Frequency.YEAR, scale=scale,
            ),
        )  # fmt: skip

    def targets(self, column: Column) -> dict[int, Target]:
        """Return the targets of every year the row names."""
        yearly = self.cell("yearly", lambda: read_yearly(_text(self.row, "yearly"), column)) or {}
        target = self.cell("target", lambda: read_target(_text(self.row, "target"), column))
        year = self.cell("target_year", lambda: _year(self.row, "target_year"))
        if year is None:
            self.wrong.setdefault("target_year", _("目標年度を選んでください。"))
        elif target is not None:
            if year in yearly and as_written(yearly[year]) != as_written(target):
                self.wrong["yearly"] = _(
                    "目標年度の目標（{target}）と、途中の年度の目標（{other}）が違います。",
                    target=as_written(target),
                    other=as_written(yearly[year]),
                )
            if any(one > year for one in yearly):
                self.wrong["yearly"] = _("途中の年度の目標に、目標年度より後の年度があります。")
            yearly = {**yearly, year: target}
        return dict(sorted(yearly.items()))

    def cell(self, key: str, read: Callable[[], Read]) -> Read | None:
        """Return what a cell holds, None after noting what is wrong with it."""
        try:
            return read()
        except ValueError as exc:
            where = "scale_words" if key == "scale" and self.row.get(key) == OWN else key
            self.wrong.setdefault(where, str(exc))
            return None


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key)
    if isinstance(value, Decimal):
        return format(value, "f")
    return "" if value is None else str(value).strip()


def _choice(words: Mapping[str, Read], row: Mapping[str, Any], key: str) -> Read:
    word = _text(row, key) or next(iter(words))
    if word not in words:
        raise ValueError(
            _("{key} は {choices} のいずれかです。", key=key, choices=_("、").join(words))
        )
    return words[word]


def _year(row: Mapping[str, Any], key: str) -> int | None:
    text = _text(row, key)
    if not text:
        return None
    try:
        return int(Decimal(text))
    except (InvalidOperation, ValueError, OverflowError):
        raise ValueError(_("「{value}」は数ではありません。", value=text)) from None
