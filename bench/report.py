"""Figures, the table of them, and the file they are written to."""

import json
import unicodedata
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One measured value and, where there is one, what it should be.

    `ratio` is value / baseline; both are None where nothing compares.
    """

    name: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None
    conditions: str = ""
    goal: str = ""


def table(figures: Iterable[Figure]) -> str:
    """Return the figures as a text for people."""
    rows = [("measured", "value", "unit", "baseline", "ratio", "goal", "conditions")]
    for one in figures:
        baseline = "" if one.baseline is None else _short(one.baseline)
        ratio = "" if one.ratio is None else f"{one.ratio:.3f}"
        rows.append(
            (one.name, _short(one.value), one.unit, baseline, ratio, one.goal, one.conditions)
        )
    widths = [max(_width(row[column]) for row in rows) for column in range(6)]
    return "\n".join(_line(row, widths) for row in rows)


def write(figures: Iterable[Figure], conditions: str, path: Path) -> None:
    """Write the figures as JSON, each with the conditions of the whole run."""
    listed = [
        asdict(one) | {"conditions": "; ".join(filter(None, [one.conditions, conditions]))}
        for one in figures
    ]
    path.write_text(json.dumps(listed, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _line(row: tuple[str, ...], widths: list[int]) -> str:
    cells = []
    for column, width in enumerate(widths):
        space = " " * (width - _width(row[column]))
        left = column in (0, 2, 5)
        cells.append(row[column] + space if left else space + row[column])
    return "  ".join([*cells, row[6]]).rstrip()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)


def _short(value: float) -> str:
    if value >= 1000 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.2f}" if value < 100 else f"{value:.1f}"
