"""The sentences that explain how a measure stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from dxflow.calendars.fiscal import fiscal_label
from dxflow.kpi.due import OwedPeriod
from dxflow.kpi.measures import Actual, Measure, Target, format_value, rounded
from dxflow.kpi.relative import Relative
from dxflow.kpi.relative import not_known as waits_for
from dxflow.texts import gettext as _


def status_label(status: str) -> str:
    """Return the Japanese word for a status."""
    return {
        "achieved": _("達成"),
        "on_track": _("順調"),
        "behind": _("やや遅れ"),
        "at_risk": _("達成が危うい"),
        "no_data": _("実績なし"),
        "unknown": _("判定待ち"),
        "overdue": _("期限を過ぎて未達成"),
    }[status]


def no_data() -> str:
    """Say that nothing was measured."""
    return _("実績がまだ入力されていません。")


def no_target(latest: Actual) -> str:
    """Say that there is nothing to compare with."""
    return _(
        "{period}の実績があります。目標値がないため、達成は判定しません。", period=latest.label
    )


def not_known(measure: Measure, latest: Actual, target: Relative, year: int) -> str:
    """Say that the target cannot be put into figures yet, and what it waits for."""
    return _(
        "{period}の実績は{value}です。目標「{target}」（{year}）は{waits}。達成はまだ判定しません。",
        period=latest.label,
        value=format_value(latest.value, measure.unit),
        target=target.written,
        year=fiscal_label(year),
        waits=waits_for(target, year),
    )


def with_missing(reason: str, late: Sequence[OwedPeriod]) -> str:
    """Say after a reason which values are overdue; the reason alone when none."""
    return _("{one}{other}", one=reason, other=_missing(late)) if late else reason


def _missing(late: Sequence[OwedPeriod]) -> str:
    periods = _("、").join(one.label for one in late[:3])
    if len(late) > 3:
        return _("{periods}ほか{count}期の実績が未入力です。", periods=periods, count=len(late) - 3)
    return _("{periods}の実績が未入力です。", periods=periods)


@dataclass(frozen=True)
class Step:
    """A value in words against the step that a year aims at."""

    measure: Measure
    latest: Actual
    target: Target
    target_year: int

    def reached(self) -> str:
        """Say that the last step is done."""
        return _("{period}に「{value}」に達しました。", **self._parts)

    def missed(self) -> str:
        """Say that the last step was not done in time."""
        return _(
            "目標「{target}」（{year}）に達しないまま期限を過ぎました。{period}は「{value}」です。",
            **self._parts,
        )

    def late(self) -> str:
        """Say that a year's step was not done by its end."""
        return _("{year}の目標「{target}」に対して、{period}は「{value}」です。", **self._parts)

    def under_way(self) -> str:
        """Say where things stand on the way to a step."""
        return _("目標「{target}」（{year}）に向けて、{period}は「{value}」です。", **self._parts)

    @property
    def _parts(self) -> dict[str, str]:
        return {
            "period": self.latest.label,
            "value": format_value(self.latest.value, self.measure.unit),
            "target": format_value(self.target, self.measure.unit),
            "year": fiscal_label(self.target_year),
        }


@dataclass(frozen=True)
class Figures:
    """The numbers of a judgement, put into sentences."""

    measure: Measure
    latest: Actual
    value: Decimal
    target: Decimal
    target_year: int
    expected: Decimal | None

    def achieved(self) -> str:
        """Say that the target is reached."""
        return _(
            "{actual}は、目標{target}（{year}）に達しています。",
            actual=self._actual,
            target=self._number(self.target),
            year=fiscal_label(self.target_year),
        )

    def overdue(self) -> str:
        """Say that the target was missed."""
        return _(
            "目標{target}（{year}）に達しないまま期限を過ぎました。{actual}です。",
            actual=self._actual,
            target=self._number(self.target),
            year=fiscal_label(self.target_year),
        )

    def without_path(self) -> str:
        """Say that there is no path to compare with yet."""
        return _(
            "{actual}です。途中の見込みがないため、遅れは判定しません（目標{target}、{year}）。",
            actual=self._actual,
            target=self._number(self.target),
            year=fiscal_label(self.target_year),
        )

    def on_track(self) -> str:
        """Say that the value lies on the path."""
        return _("{actual}で、見込み{expected}に沿っています。", **self._compared)

    def behind(self, part: Decimal) -> str:
        """Say that the value lags a little."""
        return _(
            "{actual}で、見込み{expected}にやや遅れています（{part}％）。",
            part=_percent(part),
            **self._compared,
        )

    def at_risk(self, part: Decimal) -> str:
        """Say that the value lags so far that the target is in danger."""
        return _(
            "{actual}で、見込み{expected}に大きく遅れています（{part}％）。",
            part=_percent(part),
            **self._compared,
        )

    @property
    def _actual(self) -> str:
        if self.measure.aggregation.adds_up:
            return _(
                "{period}までの年度内の合計{value}",
                period=self.latest.label,
                value=format_value(self.value, self.measure.unit),
            )
        return _(
            "{period}の実績{value}",
            period=self.latest.label,
            value=format_value(self.value, self.measure.unit),
        )

    @property
    def _compared(self) -> dict[str, str]:
        expected = self.expected if self.expected is not None else self.target
        return {"actual": self._actual, "expected": self._number(expected)}

    def _number(self, value: Decimal) -> str:
        return format_value(value, self.measure.unit, self.measure.places)


def _percent(part: Decimal) -> str:
    return f"{rounded(part * 100, 0):f}"
