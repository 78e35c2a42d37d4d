"""How a measure stands: its value against the path and the target, with a status and its reason.

Numbers are judged at the end of the last period measured, not today: a late report does not make
a measure look worse. Statuses:

achieved   the last target is reached (for kept values and yearly sums: at the end of its time)
on_track   at least 90 % of the way that should lie behind by then
behind     at least 70 % of it
at_risk    less than that
no_data    nothing measured yet
unknown    measured, but the target is a change from something that is not measured yet
overdue    the last target's time is over and it was not reached

Rates are percent with one decimal, half up: the part done of the way from the baseline to the
target; without a baseline (and for sums) the value's share of the target, the target's share of
the value where lower is better. They may be negative or above 100. A target that is a change
counts from its own base. On a scale of words the steps are counted; a measure is behind when it is
one step short of the last target whose year has ended, at risk when it is more.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from dxflow.calendars.business_days import BusinessCalendar
from dxflow.calendars.fiscal import fiscal_year_end
from dxflow.calendars.periods import parse_period, period_end
from dxflow.kpi import words
from dxflow.kpi.due import GRACE_DAYS, OwedPeriod, due_date, missing, owed
from dxflow.kpi.measures import Actual, Aggregation, Direction, Measure, Target, Value, rounded
from dxflow.kpi.path import (
    Anchor,
    expected_value,
    in_order,
    share_of_year,
    start_of,
    value_as_of,
)
from dxflow.kpi.relative import Relative
from dxflow.kpi.settling import settled


class Status(StrEnum):
    """How a measure stands."""

    ACHIEVED = "achieved"
    ON_TRACK = "on_track"
    BEHIND = "behind"
    AT_RISK = "at_risk"
    NO_DATA = "no_data"
    UNKNOWN = "unknown"
    OVERDUE = "overdue"

    @property
    def label(self) -> str:
        """Return the Japanese word."""
        return words.status_label(self.value)


@dataclass(frozen=True)
class Thresholds:
    """The parts of the way, 1 being all of it, from which a measure is on track or behind."""

    on_track: Decimal = Decimal("0.9")
    behind: Decimal = Decimal("0.7")


@dataclass(frozen=True)
class Achievement:
    """The judgement of one measure on a day.

    `value` is what was judged: the latest level or step, or the sum of the latest year so far.
    `expected` lies on the path at that time. `target` of `target_year` is the one that `rate`
    refers to, in figures if what it starts from is known; `targets` are all of them so. `owed` are
    ended periods without a value, `missing` those of them past their due date.
    """

    status: Status
    reason: str
    latest: Actual | None
    value: Value | None
    expected: Decimal | None
    target: Target | None
    target_year: int | None
    rate: Decimal | None
    owed: tuple[OwedPeriod, ...]
    missing: tuple[OwedPeriod, ...]
    targets: Mapping[int, Target] = field(default_factory=dict)


def assess(
    measure: Measure,
    actuals: Sequence[Actual],
    day: date,
    calendar: BusinessCalendar,
    since: date | None = None,
    grace: int = GRACE_DAYS,
    thresholds: Thresholds | None = None,
) -> Achievement:
    """Judge a measure on a day. `since` is the first day from which it is to be measured.

    Of several actuals of one period the last counts. Periods may be of any length.
    """
    owing = owed(measure, actuals, day, calendar, since, grace)
    measure = settled(measure, actuals)
    ordered = in_order(actuals)
    latest = ordered[-1] if ordered else None
    year = parse_period(latest.period).fiscal_year if latest else None
    goal = measure.target_for(year) if year is not None else None
    over = _time_over(measure, latest, day, calendar, grace)
    judged = _Judged(measure, ordered, latest, goal, over, thresholds or Thresholds())
    status, reason = judged.status()
    late = missing(owing, day)
    return Achievement(
        status=status,
        reason=words.with_missing(reason, late),
        latest=latest,
        value=judged.value,
        expected=None if judged.expected is None else rounded(judged.expected, measure.places),
        target=goal[1] if goal else None,
        target_year=goal[0] if goal else None,
        rate=None if judged.rate is None else rounded(judged.rate * 100, 1),
        owed=owing,
        missing=late,
        targets=measure.targets,
    )


def meets(measure: Measure, value: Decimal, target: Decimal) -> bool:
    """Return whether a number reaches a target in the measure's direction."""
    if measure.direction is Direction.DOWN:
        return value <= target
    if measure.direction is Direction.KEEP:
        return abs(value - target) <= measure.tolerance
    return value >= target


def achievement_rate(
    measure: Measure, value: Decimal, target: Decimal, base: Decimal | None
) -> Decimal:
    """Return the part of the target that a value makes, 1 being all of it.

    `base` is where the way began, None when there is no such place. Where no way leads from it to
    the target, a value that meets the target counts as 1 and is compared as a share otherwise.
    """
    if measure.direction is Direction.KEEP:
        return _kept(measure, value, target)
    if base is not None and (
        target < base if measure.direction is Direction.DOWN else target > base
    ):
        return (value - base) / (target - base)
    if base is not None and meets(measure, value, target):
        return Decimal(1)
    above, below = (target, value) if measure.direction is Direction.DOWN else (value, target)
    if below == 0 or (above < 0) != (below < 0):
        return Decimal(1 if meets(measure, value, target) else 0)
    share = above / below
    return 1 / share if below < 0 and share != 0 else share


def _kept(measure: Measure, value: Decimal, target: Decimal) -> Decimal:
    stray = abs(value - target) - measure.tolerance
    if stray <= 0:
        return Decimal(1)
    return max(Decimal(0), 1 - stray / abs(target)) if target else Decimal(0)


def _time_over(
    measure: Measure, latest: Actual | None, day: date, calendar: BusinessCalendar, grace: int
) -> bool:
    """Return whether the last target's time has ended and its last value is in or overdue."""
    last = measure.last_period
    if last is None or day <= period_end(last):
        return False
    measured = latest is not None and period_end(latest.period) >= period_end(last)
    return measured or day > due_date(last, calendar, grace)


@dataclass(frozen=True)
class _Judged:
    measure: Measure
    actuals: list[Actual]
    latest: Actual | None
    goal: tuple[int, Target] | None
    over: bool
    thresholds: Thresholds

    @cached_property
    def value(self) -> Value | None:
        if self.latest is None or isinstance(self.latest.value, str):
            return self.latest.value if self.latest else None
        return value_as_of(self.measure, self.actuals, self.latest.period)

    @cached_property
    def expected(self) -> Decimal | None:
        if self.latest is None or not self.measure.is_number:
            return None
        if self.goal is not None and isinstance(self.goal[1], Relative):
            return None
        return expected_value(self.measure, period_end(self.latest.period), self.actuals)

    def base(self, start: Anchor | None) -> Decimal | None:
        """Return where the way to the target began, for the part of the year measured."""
        if self.measure.aggregation is Aggregation.INCREMENT:
            return Decimal(0)
        if self.measure.aggregation.adds_up and self.measure.direction is not Direction.DOWN:
            return Decimal(0)
        if self.goal and self.goal[0] in self.measure.bases:
            value = self.measure.bases[self.goal[0]][1]
        elif start is None:
            return None
        else:
            value = start[1]
        return value * self.share if self.measure.aggregation.adds_up else value

    @property
    def share(self) -> Decimal:
        """Return how much of the year the latest period completes."""
        return share_of_year(period_end(self.latest.period)) if self.latest else Decimal(0)

    @cached_property
    def rate(self) -> Decimal | None:
        value, target = self.value, self.goal[1] if self.goal else None
        if isinstance(value, str) and isinstance(target, str):
            rank = self.measure.rank
            return achievement_rate(
                self.measure, rank(value), rank(target), rank(self.measure.baseline)
            )
        if not isinstance(value, Decimal) or not isinstance(target, Decimal):
            return None
        if self.measure.aggregation.adds_up and self.measure.direction is Direction.DOWN:
            target *= self.share
        return achievement_rate(self.measure, value, target, self.base(start_of(self.measure)))

    def status(self) -> tuple[Status, str]:
        if self.latest is None or self.value is None:
            return Status.NO_DATA, words.no_data()
        if self.goal is None:
            return Status.ON_TRACK, words.no_target(self.latest)
        (year, target), last_year = self.goal, self.measure.target_years[-1]
        for open_year in (year, *([last_year] if self.over else [])):
            waiting = self.measure.targets[open_year]
            if isinstance(waiting, Relative):
                return Status.UNKNOWN, words.not_known(
                    self.measure, self.latest, waiting, open_year
                )
        if isinstance(self.value, Decimal) and isinstance(target, Decimal):
            return self._by_number(self.latest, self.value, target, year)
        return self._by_steps(self.latest, self.value, target, year)

    def _by_steps(
        self, latest: Actual, value: Value, target: Target, year: int
    ) -> tuple[Status, str]:
        measure = self.measure
        said = words.Step(measure, latest, target, year)
        if measure.rank(value) >= measure.rank(measure.targets[measure.target_years[-1]]):
            return Status.ACHIEVED, said.reached()
        if self.over:
            return Status.OVERDUE, said.missed()
        ended = [y for y in measure.targets if fiscal_year_end(y) <= period_end(latest.period)]
        due = measure.targets[max(ended)] if ended else measure.baseline
        short = measure.rank(due) - measure.rank(value)
        if short <= 0:
            return Status.ON_TRACK, said.under_way()
        late = words.Step(measure, latest, due or "", max(ended)) if ended else said
        return Status.BEHIND if short == 1 else Status.AT_RISK, late.late()

    def _by_number(
        self, latest: Actual, value: Decimal, target: Decimal, year: int
    ) -> tuple[Status, str]:
        measure = self.measure
        said = words.Figures(measure, latest, value, target, year, self.expected)
        last_year = measure.target_years[-1]
        final = measure.numbers.get(last_year)
        if (
            final is not None
            and meets(measure, value, final)
            and self._may_be_final(latest, last_year)
        ):
            return Status.ACHIEVED, said.achieved()
        if self.over:
            return Status.OVERDUE, said.overdue()
        part = self._part_of_path(value)
        if part is None:
            return Status.ON_TRACK, said.without_path()
        if part >= self.thresholds.on_track:
            return Status.ON_TRACK, said.on_track()
        if part >= self.thresholds.behind:
            return Status.BEHIND, said.behind(part)
        return Status.AT_RISK, said.at_risk(part)

    def _may_be_final(self, latest: Actual, last_year: int) -> bool:
        """Return whether reaching the last target now settles it.

        A rising or falling level is settled when reached; a kept value at the end of its time; a
        yearly sum in the last year, one that must stay low only when that year is complete.
        """
        complete = period_end(latest.period) >= fiscal_year_end(last_year)
        in_last_year = parse_period(latest.period).fiscal_year >= last_year
        if self.measure.direction is Direction.KEEP:
            return complete
        if self.measure.aggregation.adds_up:
            falling = self.measure.direction is Direction.DOWN
            return complete if falling else in_last_year
        return True

    def _part_of_path(self, value: Decimal) -> Decimal | None:
        """Return which part of the way that should lie behind does; None without a path."""
        if self.expected is None:
            return None
        start = start_of(self.measure, self.actuals)
        return achievement_rate(self.measure, value, self.expected, self.base(start))
