"""The cells of a measure's row as people type them: baseline, target, targets of several years.

Each reader returns typed values or raises ValueError with a sentence that says how to mend it.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation

from dxflow.calendars.fiscal import fiscal_label, parse_fiscal_year
from dxflow.kpi.measures import Aggregation, Direction, Target, checked
from dxflow.kpi.parsing import Cell, CellKind, parse_cell
from dxflow.kpi.relative import parse_relative
from dxflow.kpi.scale import step_of
from dxflow.texts import gettext as _

_YEAR = r"(?:FY|R|H|令和|平成)?(?:元|\d{1,4})(?:年度)?"
_LINE = re.compile(rf"({_YEAR})(?:\s*[~〜-]\s*({_YEAR}))?(?:\s*[:=]\s*|\s+)(\S.*)")
_MOST_YEARS = 20
_LONGEST_NOTE = 64


@dataclass(frozen=True)
class Column:
    """What a cell is read for: the unit, way and counting of its measure, or its scale."""

    unit: str
    direction: Direction = Direction.UP
    aggregation: Aggregation = Aggregation.LEVEL
    scale: Sequence[str] = ()
    baseline: Decimal | str | None = None
    baseline_year: int | None = None


def read_baseline(text: str, column: Column) -> tuple[Decimal | str | None, str]:
    """Return a baseline and, where there is none, what was written instead of it."""
    typed = text.strip()
    if parse_none(typed):
        return None, typed[:_LONGEST_NOTE]
    if column.scale:
        return step_of(column.scale, typed), ""
    cell = _parsed(typed, column)
    if cell.kind is not CellKind.NUMBER or cell.signed or cell.value is None:
        raise ValueError(
            _(
                "基準値「{text}」は数ではありません。ないときは空欄にするか、"
                "「新規事業のためなし」のように書いてください。",
                text=typed,
            )
        )
    _require_unit(cell, column)
    return _number(cell.value), ""


def parse_none(text: str) -> bool:
    """Return whether a cell says that there is no value."""
    try:
        return parse_cell(text).kind is CellKind.NONE
    except ValueError:
        return False


def read_target(text: str, column: Column) -> Target:
    """Return a target: a number, a step of the scale, or a change from something measured."""
    typed = text.strip()
    if not typed:
        raise ValueError(_("目標値を入力してください。"))
    if column.scale:
        return step_of(column.scale, typed)
    relative = parse_relative(typed, column.unit, column.baseline_year)
    if relative is not None:
        return relative
    cell = _parsed(typed, column)
    if cell.kind is CellKind.CHANGE:
        raise ValueError(
            _("「{text}」には値が二つあります。基準値と目標値に分けて書いてください。", text=typed)
        )
    if cell.kind is not CellKind.NUMBER or cell.value is None:
        raise ValueError(
            _(
                "目標「{text}」は数ではありません。数か「前年度比+5%」のように書いてください。"
                "「完了」のようなことばで測るときは、測る値に段階を選んでください。",
                text=typed,
            )
        )
    _require_plain(cell, column)
    return _number(cell.value)


def stored_target(text: str, column: Column) -> Target:
    """Return a target as it was stored: the way of every reading, so numbers come first."""
    if column.scale:
        return text
    try:
        return Decimal(text)
    except InvalidOperation:
        return read_target(text, column)


def read_yearly(text: str, column: Column) -> dict[int, Target]:
    """Return the targets of lines such as `R8 30件`, `R9〜R11 前年度比+50件`, by fiscal year."""
    found: dict[int, Target] = {}
    for line in text.splitlines():
        plain = unicodedata.normalize("NFKC", line).strip()
        if not plain:
            continue
        first, last, cell = _line(plain, line.strip())
        for year in range(first, last + 1):
            if year in found:
                raise ValueError(_("{year}の目標が二度書かれています。", year=fiscal_label(year)))
            found[year] = read_target(cell, column)
    return dict(sorted(found.items()))


def _line(plain: str, typed: str) -> tuple[int, int, str]:
    parts = _LINE.fullmatch(plain)
    unreadable = ValueError(
        _(
            "「{text}」が読めません。一行に一つ、「R8 30件」「R9〜R11 前年度比+50件」のように、"
            "年度、空白、目標の順に書いてください。",
            text=typed,
        )
    )
    if parts is None:
        raise unreadable
    try:
        first = parse_fiscal_year(parts[1])
        last = parse_fiscal_year(parts[2]) if parts[2] else first
    except ValueError:
        raise unreadable from None
    if not first <= last < first + _MOST_YEARS:
        raise ValueError(
            _(
                "「{text}」の年度の範囲が逆か、長すぎます（{most}年まで）。",
                text=typed,
                most=_MOST_YEARS,
            )
        )
    return first, last, parts[3]


def _require_plain(cell: Cell, column: Column) -> None:
    """Raise ValueError for a number that does not fit its measure."""
    if cell.signed and column.aggregation is not Aggregation.INCREMENT:
        raise ValueError(
            _(
                "「{text}」は何に対する増減か分かりません。「前年度比{text}」「R7年度比{text}」"
                "のように、基準を付けて書いてください。"
                "増えた分だけを年度ごとに測るなら、数え方を「前年度からの増減」にします。",
                text=cell.text,
            )
        )
    bounds = {"at_least": Direction.DOWN, "at_most": Direction.UP}
    if cell.bound and bounds[cell.bound] is column.direction:
        raise ValueError(
            _("「{text}」が、目指す向き「{direction}」と合いません。どちらかを直してください。",
              text=cell.text, direction=column.direction.label)
        )  # fmt: skip
    _require_unit(cell, column)
    delta = _delta(cell)
    base = column.baseline if isinstance(column.baseline, Decimal) else None
    if delta is not None and base is not None and base + delta != cell.value:
        raise ValueError(
            _("「{text}」の値と増減が、基準値 {base} と合いません。どれかを直してください。",
              text=cell.text, base=format(base, "f"))
        )  # fmt: skip


def _parsed(typed: str, column: Column) -> Cell:
    """Return a cell that may be written with the unit as the measure has it: 万人, 割, 時間（月）."""
    cell = parse_cell(typed)
    plain, unit = unicodedata.normalize("NFKC", typed), unicodedata.normalize("NFKC", column.unit)
    if unit and _plain_unit(cell.unit) != _plain_unit(unit) and plain.endswith(unit):
        bare = parse_cell(plain.removesuffix(unit))
        if bare.kind is CellKind.NUMBER and not bare.unit:
            return replace(bare, text=typed)
    return cell


def _delta(cell: Cell) -> Decimal | None:
    """Return the change that stands in brackets behind a level: 20件（5件増）."""
    try:
        inner = parse_cell(cell.note) if cell.note else None
    except ValueError:
        return None
    same_unit = inner is not None and inner.signed and inner.unit in {"", cell.unit}
    return inner.value if inner is not None and same_unit else None


def _require_unit(cell: Cell, column: Column) -> None:
    found, unit = _plain_unit(cell.unit), _plain_unit(column.unit)
    per_year = found.endswith("/年")
    if per_year and column.aggregation is not Aggregation.PER_YEAR:
        raise ValueError(
            _(
                "「{text}」は一年あたりの数です。数え方を「年度ごとの合計」にしてください。",
                text=cell.text,
            )
        )
    if found and found.removesuffix("/年") not in {unit, unit.removesuffix("/年")}:
        raise ValueError(
            _(
                "「{text}」の単位（{found}）が指標の単位（{unit}）と違います。"
                "どちらかにそろえてください。",
                text=cell.text,
                found=found,
                unit=column.unit or "―",
            )
        )


def _plain_unit(unit: str) -> str:
    return unicodedata.normalize("NFKC", unit).replace(" ", "").strip("()")


def _number(value: Decimal) -> Decimal:
    checked(value)
    return value


def as_written(target: Target) -> str:
    """Return a target as it is stored and as people wrote it."""
    return format(target, "f") if isinstance(target, Decimal) else str(target)
