"""A cell as people type it, read into a typed value.

`1,234件`, `約６，０００千円`, `△5.2%`, `+50件`, `3割減`, `1件以上`, `45.3 → 37日`, `30(人/年)`,
`5万人`, `新規事業のためなし`, `一部導入`. Read by walking over the characters once. What looks like
a number but cannot be read as one is refused with a sentence, never guessed; other words stay text.
"""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from dxflow.texts import gettext as _


class CellKind(StrEnum):
    """What a cell holds."""

    NUMBER = "number"
    CHANGE = "change"
    NONE = "none"
    TEXT = "text"


@dataclass(frozen=True)
class Cell:
    """A typed cell. `text` is what was typed, trimmed.

    number: `value` with `unit`. change: from `value` to `to`. none: no value, `text` says why.
    `about`: marked 約. `signed`: written as a change (+50件, 3割減). `bound`: 以上 or 以下 as
    `at_least`, `at_most`, else empty. `note`: what stood in brackets behind.
    """

    kind: CellKind
    text: str
    value: Decimal | None = None
    unit: str = ""
    to: Decimal | None = None
    about: bool = False
    signed: bool = False
    bound: str = ""
    note: str = ""


_WIDE = str.maketrans("０１２３４５６７８９．，＋－−‐％（）／\u3000", "0123456789.,+---%()/ ")
_ARROWS = ("→", "⇒", "->")
_ABOUT = ("約", "およそ", "概ね", "おおむね")
_MINUS = ("△", "▲", "-", "マイナス")
_NOTHING = frozenset({"", "-", "--", "―", "—", "ー", "なし", "無し", "無", "未定", "該当なし"})
_POWERS = {"億": 8, "万": 4, "千": 3}
_BOUNDS = {"以上": "at_least", "以下": "at_most"}
_LARGEST_DIGITS = 18


def parse_cell(text: str) -> Cell:
    """Read a cell. Raises ValueError with a sentence when a number in it cannot be read."""
    typed = text.strip()
    plain = typed.translate(_WIDE).strip()
    if _is_nothing(plain):
        return Cell(CellKind.NONE, typed)
    for arrow in _ARROWS:
        before, found, after = plain.partition(arrow)
        if found and _starts_number(before) and _starts_number(after):
            return _change(typed, before, after)
    if not _starts_number(plain):
        return Cell(CellKind.TEXT, typed)
    return _number(typed, plain)


def read_decimal(text: str) -> Decimal:
    """Return the bare number typed, with separators or in full width.

    Raises ValueError when there is none, or anything beside it.
    """
    cell = parse_cell(text)
    if cell.kind is not CellKind.NUMBER or cell.value is None or cell.unit or cell.bound:
        raise ValueError(_("「{text}」は数値ではありません。", text=text.strip()))
    return cell.value


def _is_nothing(plain: str) -> bool:
    bare = plain.strip("() ")
    return bare in _NOTHING or bare.endswith(("のためなし", "のため無し", "につきなし"))


def _starts_number(plain: str) -> bool:
    rest = plain.strip()
    for mark in (*_ABOUT, "+", *_MINUS):
        rest = rest.removeprefix(mark).lstrip()
    return rest[:1].isdigit() and rest[:1].isascii()


def _change(typed: str, before: str, after: str) -> Cell:
    first, second = _number(typed, before.strip()), _number(typed, after.strip())
    if first.unit and first.unit != second.unit:
        raise ValueError(
            _(
                "「{text}」は前後の単位が違います（{a}、{b}）。",
                text=typed,
                a=first.unit,
                b=second.unit,
            )
        )
    return Cell(
        CellKind.CHANGE,
        typed,
        first.value,
        second.unit,
        to=second.value,
        about=first.about or second.about,
        note=second.note,
    )


def _number(typed: str, plain: str) -> Cell:
    rest, about = _without_prefix(plain, _ABOUT)
    rest, plus = _without_prefix(rest, ("+",))
    rest, minus = _without_prefix(rest, _MINUS)
    digits = _leading(rest)
    value = _decimal(digits, typed)
    unit, note = _unit_and_note(rest[len(digits) :].strip())
    unit, bound = _bound(unit)
    unit, falling, rising = _falling(unit)
    value, unit = _scaled(value, unit)
    if _has_second_number(unit):
        raise ValueError(_("「{text}」に数が二つ以上あります。", text=typed))
    if (plus and (minus or falling)) or (minus and (falling or rising)):
        raise ValueError(_("「{text}」は増減の向きが読み取れません。", text=typed))
    negative = minus != falling
    return Cell(
        CellKind.NUMBER,
        typed,
        -value if negative else value,
        unit,
        about=about,
        signed=plus or falling or rising,
        bound=bound,
        note=note,
    )


def _without_prefix(text: str, marks: tuple[str, ...]) -> tuple[str, bool]:
    for mark in marks:
        if text.startswith(mark):
            return text.removeprefix(mark).lstrip(), True
    return text, False


def _leading(text: str) -> str:
    """Return the digits, points and commas that a text begins with."""
    end = 0
    while end < len(text) and (text[end] in ".," or "0" <= text[end] <= "9"):
        end += 1
    return text[:end]


def _decimal(digits: str, typed: str) -> Decimal:
    whole, point, fraction = digits.partition(".")
    groups = whole.split(",")
    grouped = len(groups) == 1 or (
        1 <= len(groups[0]) <= 3 and all(len(group) == 3 for group in groups[1:])
    )
    if not grouped or not all(groups) or (point and not fraction.isdigit()):
        raise ValueError(
            _("「{text}」の数字の区切りが正しくありません（例: 1,234.5）。", text=typed)
        )
    if len(whole) + len(fraction) > _LARGEST_DIGITS:
        raise ValueError(_("「{text}」は桁が多すぎます。", text=typed))
    return Decimal("".join(groups) + point + fraction)


def _unit_and_note(rest: str) -> tuple[str, str]:
    """Split `件 (注)` into unit and note; a bracket with a slash belongs to the unit."""
    if not rest.endswith(")") or "(" not in rest:
        return rest, ""
    unit, _bracket, note = rest[:-1].partition("(")
    if not unit.strip() and "/" in note:
        return note.strip(), ""
    return unit.strip(), note.strip()


def _bound(unit: str) -> tuple[str, str]:
    for word, name in _BOUNDS.items():
        if unit.endswith(word):
            return unit.removesuffix(word).strip(), name
    return unit, ""


def _falling(unit: str) -> tuple[str, bool, bool]:
    """Return the unit without a word of change, and whether that says less or more."""
    for word in ("削減", "減少", "減"):
        if unit.endswith(word):
            return unit.removesuffix(word).strip(), True, False
    for word in ("増加", "増"):
        if unit.endswith(word):
            return unit.removesuffix(word).strip(), False, True
    return unit, False, False


def _has_second_number(unit: str) -> bool:
    """Return whether digits stand in a unit otherwise than in km2 or 人/100世帯."""
    if any(mark in unit for mark in "~～〜"):
        return True
    return any(
        sign.isdigit() and not (before.isascii() and (before.isalnum() or before == "/"))
        for before, sign in zip(" " + unit, unit, strict=False)
    )


def _scaled(value: Decimal, unit: str) -> tuple[Decimal, str]:
    """Resolve 割 and 万, 億, 千 before a unit; amounts of money keep theirs (6,000千円)."""
    if unit == "割":
        return value * 10, "%"
    power = _POWERS.get(unit[:1])
    if power is None or unit.endswith("円"):
        return value, unit
    shifted = value.scaleb(power)
    whole = shifted == shifted.to_integral_value()
    return shifted.quantize(Decimal(1)) if whole else shifted, unit[1:].strip()
