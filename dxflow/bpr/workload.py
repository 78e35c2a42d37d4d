"""Work volume (業務量) before and after a change, and what the change saves in a year.

Hours of a step = times a year × minutes × people ÷ 60, exact. Rounding, half up, happens once for
each figure shown: totals and rows to 0.1 hour, rates to 0.1 %, yen to whole yen. What is saved is
the difference of the two totals as shown, and its yen are reckoned from that, so that everybody
can check the sheet with a pocket calculator. Rows are rounded each by itself; their sum may differ
from the total by some tenths.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum

from dxflow.texts import gettext as _

TENTH = Decimal("0.1")
MOST_TIMES = Decimal(10) ** 9
MOST_MINUTES = Decimal(10) ** 5
MOST_PEOPLE = Decimal(10) ** 4
HIGHEST_COST = Decimal(10) ** 6


class Ecrs(StrEnum):
    """What becomes of a step: the four questions of improvement (ECRS), or nothing."""

    ELIMINATE = "eliminate"
    COMBINE = "combine"
    REARRANGE = "rearrange"
    SIMPLIFY = "simplify"
    KEEP = "keep"

    @property
    def label(self) -> str:
        """Return the Japanese word."""
        return {
            "eliminate": _("なくす"),
            "combine": _("まとめる"),
            "rearrange": _("入れ替える"),
            "simplify": _("簡単にする"),
            "keep": _("変えない"),
        }[self.value]


@dataclass(frozen=True)
class Step:
    """One step of the work: done so many times a year, so many minutes each, by so many people.

    Raises ValueError for a step without name and for numbers that are negative or absurd.
    """

    name: str
    actor: str
    yearly_count: Decimal
    minutes: Decimal
    people: Decimal = Decimal(1)
    ecrs: Ecrs | None = None

    def __post_init__(self) -> None:
        if not self.name.strip():
            raise ValueError(_("手順の名前を書いてください。"))
        bounds = (
            (self.yearly_count, MOST_TIMES),
            (self.minutes, MOST_MINUTES),
            (self.people, MOST_PEOPLE),
        )
        if not all(value.is_finite() and 0 <= value <= most for value, most in bounds):
            raise ValueError(
                _(
                    "「{step}」の件数・時間・人数は、0以上の無理のない数にしてください。",
                    step=self.name,
                )
            )

    @property
    def hours(self) -> Decimal:
        """Return the exact hours a year."""
        return self.yearly_count * self.minutes * self.people / 60


@dataclass(frozen=True)
class Row:
    """A step before and after. A side is None where the step does not exist.

    Hours are rounded to 0.1. `mark` is the one given to the step after, else before; without any,
    a step that is gone counts as eliminated and an unchanged one as kept, others have none.
    """

    name: str
    as_is: Step | None
    to_be: Step | None
    as_is_hours: Decimal
    to_be_hours: Decimal
    saved_hours: Decimal
    mark: Ecrs | None


@dataclass(frozen=True)
class Comparison:
    """Work volume before and after, in hours a year; `rate` is percent saved, None of nothing."""

    as_is_hours: Decimal
    to_be_hours: Decimal
    saved_hours: Decimal
    rate: Decimal | None
    saved_yen: Decimal
    unit_cost: Decimal
    rows: tuple[Row, ...]

    @property
    def saved_by_mark(self) -> dict[Ecrs, Decimal]:
        """Return the hours of the rows of each mark, marks without rows left out."""
        sums: dict[Ecrs, Decimal] = defaultdict(Decimal)
        for row in self.rows:
            if row.mark is not None:
                sums[row.mark] += row.saved_hours
        return {mark: sums[mark] for mark in Ecrs if mark in sums}


def total_hours(steps: Sequence[Step]) -> Decimal:
    """Return the hours a year of all steps, rounded to 0.1."""
    return _tenths(sum((step.hours for step in steps), Decimal(0)))


def compare(as_is: Sequence[Step], to_be: Sequence[Step], unit_cost: Decimal) -> Comparison:
    """Return what a change saves a year; `unit_cost` is yen an hour.

    Steps are matched by name, widths and blanks aside; of several steps of one name the first
    belongs to the first. Rows stand in the order of the work before, new steps after them. Saved
    hours and yen are negative when the change costs time. Raises ValueError for a unit cost that
    is negative or no number.
    """
    if not unit_cost.is_finite() or not 0 <= unit_cost <= HIGHEST_COST:
        raise ValueError(
            _("1時間当たりの単価は0以上{most}円以下にしてください。", most=f"{HIGHEST_COST:,f}")
        )
    before, after = total_hours(as_is), total_hours(to_be)
    saved = before - after
    return Comparison(
        as_is_hours=before,
        to_be_hours=after,
        saved_hours=saved,
        rate=_tenths(saved / before * 100) if before else None,
        saved_yen=(saved * unit_cost).quantize(Decimal(1), rounding=ROUND_HALF_UP),
        unit_cost=unit_cost,
        rows=_rows(as_is, to_be),
    )


def _rows(as_is: Sequence[Step], to_be: Sequence[Step]) -> tuple[Row, ...]:
    waiting: dict[str, list[Step]] = defaultdict(list)
    for step in to_be:
        waiting[_same(step.name)].append(step)
    rows = []
    for step in as_is:
        partners = waiting[_same(step.name)]
        rows.append(_row(step, partners.pop(0) if partners else None))
    left = {id(step) for steps in waiting.values() for step in steps}
    rows.extend(_row(None, step) for step in to_be if id(step) in left)
    return tuple(rows)


def _row(as_is: Step | None, to_be: Step | None) -> Row:
    before = _tenths(as_is.hours) if as_is else Decimal("0.0")
    after = _tenths(to_be.hours) if to_be else Decimal("0.0")
    named = as_is or to_be
    return Row(
        name=named.name.strip() if named else "",
        as_is=as_is,
        to_be=to_be,
        as_is_hours=before,
        to_be_hours=after,
        saved_hours=before - after,
        mark=_mark(as_is, to_be),
    )


def _mark(as_is: Step | None, to_be: Step | None) -> Ecrs | None:
    given = next((step.ecrs for step in (to_be, as_is) if step and step.ecrs), None)
    if given is not None:
        return given
    if to_be is None:
        return Ecrs.ELIMINATE
    unchanged = as_is is not None and (as_is.actor, as_is.hours) == (to_be.actor, to_be.hours)
    return Ecrs.KEEP if unchanged else None


def _same(name: str) -> str:
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def _tenths(value: Decimal) -> Decimal:
    return value.quantize(TENTH, rounding=ROUND_HALF_UP)
