"""Targets that are a change from something measured: 前年度比+5%, R7年度比3割減, 基準値比+50件."""

import unicodedata
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from dxflow.calendars.fiscal import fiscal_label, parse_fiscal_year
from dxflow.kpi.parsing import CellKind, parse_cell
from dxflow.texts import gettext as _

_YEAR_BEFORE = frozenset({"前年度", "前年", "前年度末", "前年度実績", "前年度の実績"})
_BASELINE = frozenset({"基準値", "基準年度", "基準年", "現状値", "現状"})
_MARKS = ("比", "から", "より")
_POINTS = frozenset({"ポイント", "pt", "%ポイント", "パーセントポイント"})
_PLACES = Decimal("0.0001")


@dataclass(frozen=True)
class Relative:
    """A target as people wrote it (`str` of it), read as a change from a base.

    `amount` is added to the base; with `percent` it is that share of the base. `base_year` None:
    the fiscal year before the target's.
    """

    written: str
    amount: Decimal
    percent: bool
    base_year: int | None = None

    def base_for(self, year: int) -> int:
        """Return the fiscal year whose value is the base of the target of a year."""
        return year - 1 if self.base_year is None else self.base_year

    def figure(self, base: Decimal) -> Decimal:
        """Return the target that follows from a base, to four decimals."""
        exact = base + base * self.amount / 100 if self.percent else base + self.amount
        fine = exact.quantize(_PLACES, rounding=ROUND_HALF_UP)
        return fine.quantize(Decimal(1)) if fine == fine.to_integral_value() else fine.normalize()

    def __str__(self) -> str:
        return self.written


def parse_relative(text: str, unit: str, baseline_year: int | None = None) -> Relative | None:
    """Read a cell as a relative target, None when it names no base.

    For a measure in percent `+5%` is five points, `0.5割増` a share. Raises ValueError with a
    sentence when it names a base and the change cannot be read.
    """
    written = text.strip()
    base, change = _split(unicodedata.normalize("NFKC", written).replace(" ", ""))
    if not base:
        return None
    base_year = _base_year(base, written, baseline_year)
    cell = parse_cell(change)
    if (
        cell.kind is not CellKind.NUMBER
        or cell.value is None
        or not (cell.signed or cell.value < 0)
    ):
        raise ValueError(
            _(
                "「{text}」の増減が読めません。「前年度比+5%」「前年度比+50件」「R7年度比3割減」"
                "のように、基準のあとに増減を書いてください。",
                text=written,
            )
        )
    plain_unit = unicodedata.normalize("NFKC", unit).strip()
    share = cell.unit == "%" and (plain_unit != "%" or "割" in change)
    if (
        not share
        and cell.unit not in {"", plain_unit}
        and not (plain_unit == "%" and cell.unit in _POINTS)
    ):
        raise ValueError(
            _(
                "「{text}」の単位（{found}）が指標の単位（{unit}）と違います。"
                "単位をそろえるか、割合なら % で書いてください。",
                text=written,
                found=cell.unit,
                unit=unit or "―",
            )
        )
    if share and cell.value <= -100:
        raise ValueError(_("「{text}」は、減らす割合が 100% 以上です。", text=written))
    return Relative(written, cell.value, share, base_year)


def _split(plain: str) -> tuple[str, str]:
    """Return base and change; the base may stand in front or in brackets behind."""
    inner = plain[:-1].rpartition("(") if plain.endswith(")") else ("", "", "")
    if inner[1] and _bare(inner[2]):
        return _bare(inner[2]), inner[0]
    for mark in _MARKS:
        before, found, after = plain.partition(mark)
        if found and _named(before):
            return _named(before), after.removeprefix("で").lstrip(":")
    for word in ("前年度", "前年"):
        if plain.startswith(word) and plain[len(word) : len(word) + 1] in ("+", "-", "▲", "△"):
            return word, plain[len(word) :]
    return "", ""


def _bare(text: str) -> str:
    return _named(next((text.removesuffix(mark) for mark in _MARKS if text.endswith(mark)), ""))


def _named(text: str) -> str:
    """Return the base that a text names, "" when it names none."""
    base = text.removeprefix("対")
    if base in _YEAR_BEFORE or base in _BASELINE:
        return base
    try:
        parse_fiscal_year(_year_of(base))
    except ValueError:
        return ""
    return base


def _year_of(base: str) -> str:
    for ending in ("の実績", "実績", "の値", "末"):
        base = base.removesuffix(ending)
    return base


def _base_year(base: str, written: str, baseline_year: int | None) -> int | None:
    if base in _YEAR_BEFORE:
        return None
    if base not in _BASELINE:
        return parse_fiscal_year(_year_of(base))
    if baseline_year is None:
        raise ValueError(
            _(
                "「{text}」の基準になる基準値の年度がありません。基準年度を選んでください。",
                text=written,
            )
        )
    return baseline_year


def not_known(target: Relative, year: int) -> str:
    """Say what a relative target waits for."""
    return _("{base}の値が入ると決まります", base=fiscal_label(target.base_for(year)))
