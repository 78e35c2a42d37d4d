"""Decision tables (DMN 1.3 clause 8): rules, and what the hit policy makes of those that match."""

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any

from dxflow.decisions.errors import DecisionError
from dxflow.decisions.logic import Logic, failure, value_of
from dxflow.decisions.outcome import Cell, FiredRule, RuleView, TableView, Trace
from dxflow.feel import Environment, Expression, FeelError, UnaryTests, text_of
from dxflow.feel.library import BUILT_INS
from dxflow.feel.values import equal
from dxflow.texts import gettext as _


class HitPolicy(StrEnum):
    """What happens when several rules match (DMN 1.3 §8.2.10)."""

    UNIQUE = "UNIQUE"
    FIRST = "FIRST"
    PRIORITY = "PRIORITY"
    ANY = "ANY"
    COLLECT = "COLLECT"
    RULE_ORDER = "RULE ORDER"
    OUTPUT_ORDER = "OUTPUT ORDER"


#: The policies whose value is a list (unless COLLECT aggregates it).
MULTIPLE = frozenset({HitPolicy.COLLECT, HitPolicy.RULE_ORDER, HitPolicy.OUTPUT_ORDER})
AGGREGATIONS = {"SUM": "sum", "MIN": "min", "MAX": "max", "COUNT": "count"}


@dataclass(frozen=True)
class InputClause:
    """A column that is tested."""

    id: str
    label: str
    expression: Expression


@dataclass(frozen=True)
class OutputClause:
    """A column of results; `values` are its allowed values, the first weighing most."""

    id: str
    name: str
    label: str
    values: tuple[Any, ...]
    default: Expression | None

    def weight(self, value: Any) -> int:
        """Return the place of a value among the allowed ones; others come last."""
        places = (n for n, one in enumerate(self.values) if equal(one, value) is True)
        return next(places, len(self.values))


@dataclass(frozen=True)
class Rule:
    """A row: a test per input, an expression per output (None for an empty cell)."""

    id: str
    index: int
    tests: tuple[UnaryTests, ...]
    results: tuple[Expression | None, ...]
    cells: tuple[str, ...]
    annotation: str

    @cached_property
    def telling(self) -> tuple[tuple[int, UnaryTests], ...]:
        """The tests that any value does not simply pass, with their columns."""
        return tuple((n, test) for n, test in enumerate(self.tests) if test.tests)

    def matches(self, env: Environment, values: list[Any], trace: Trace) -> bool:
        """Tell whether every input passes its test; a test that cannot tell does not pass."""
        column = 0
        try:
            for column, test in self.telling:
                if test.holds(env, values[column]) is not True:
                    return False
        except FeelError as exc:
            raise failure(exc, trace, self.cells[column], self.id) from exc
        return True


@dataclass(frozen=True)
class TableLogic(Logic):
    """A decision table."""

    element: str
    policy: HitPolicy
    aggregation: str
    inputs: tuple[InputClause, ...]
    outputs: tuple[OutputClause, ...]
    rules: tuple[Rule, ...]

    def __post_init__(self) -> None:
        parts = self._expressions()
        names = frozenset(name for part in parts for name in part.certain_names)
        object.__setattr__(self, "needs", names)
        object.__setattr__(self, "called", frozenset(n for part in parts for n in part.called))

    def _expressions(self) -> list[Expression | UnaryTests]:
        found: list[Expression | UnaryTests | None] = [one.expression for one in self.inputs]
        found += [one.default for one in self.outputs]
        for rule in self.rules:
            found += [*rule.tests, *rule.results]
        return [one for one in found if one is not None]

    @property
    def canonical(self) -> Any:
        """Return everything but ids and spaces."""
        return {
            "table": [self.policy, self.aggregation],
            "inputs": [[one.label, one.expression.canonical] for one in self.inputs],
            "outputs": [
                [one.name, one.label, [text_of(value) for value in one.values], _text(one.default)]
                for one in self.outputs
            ],
            "rules": [
                [[t.canonical for t in rule.tests], [_text(r) for r in rule.results],
                 rule.annotation]
                for rule in self.rules
            ],
        }  # fmt: skip

    def evaluate(self, env: Environment, trace: Trace) -> Any:
        """Return the value the hit policy gives; the rules that fired go to the trace."""
        values = [value_of(one.expression, env, trace, one.id) for one in self.inputs]
        matched = []
        for rule in self.rules:
            if rule.matches(env, values, trace):
                matched.append(rule)
                if self.policy is HitPolicy.FIRST:
                    break
        if not matched:
            return self._without_match(env, trace, values)
        if self.policy is HitPolicy.UNIQUE and len(matched) > 1:
            raise self._overlap(matched, trace)
        rows = [(rule, self._results(rule, env, trace)) for rule in matched]
        chosen = self._chosen(rows, trace)
        trace.fired.extend(self._fired(rule, values, row, trace) for rule, row in chosen)
        return self._value([row for _rule, row in chosen])

    def _chosen(
        self, rows: list[tuple[Rule, list[Any]]], trace: Trace
    ) -> list[tuple[Rule, list[Any]]]:
        """Return the rows that count under the hit policy, in the order in which they count."""
        if self.policy is HitPolicy.ANY:
            for rule, row in rows[1:]:
                if equal(row, rows[0][1]) is not True:
                    raise self._disagreement(rows[0][0], rule, trace)
        if self.policy in (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER):
            rows = sorted(
                rows, key=lambda row: list(map(OutputClause.weight, self.outputs, row[1]))
            )
        return rows[:1] if self.policy is HitPolicy.PRIORITY else rows

    def _value(self, rows: list[list[Any]]) -> Any:
        """Return rows of results as the table's value."""
        if self.aggregation:
            return BUILT_INS[AGGREGATIONS[self.aggregation]].call([[row[0] for row in rows]])
        values = [self._row_value(row) for row in rows]
        return values if self.policy in MULTIPLE else values[0]

    def _row_value(self, row: list[Any]) -> Any:
        if len(self.outputs) == 1:
            return row[0]
        return {clause.name: value for clause, value in zip(self.outputs, row, strict=True)}

    def _results(self, rule: Rule, env: Environment, trace: Trace) -> list[Any]:
        cells = rule.cells[len(self.inputs) :]
        return [
            None if result is None else value_of(result, env, trace, cell, rule.id)
            for result, cell in zip(rule.results, cells, strict=True)
        ]

    def _without_match(self, env: Environment, trace: Trace, values: list[Any]) -> Any:
        """Return the default results; without them nothing, which UNIQUE does not allow."""
        if any(clause.default for clause in self.outputs):
            return self._value([[
                None if one.default is None else value_of(one.default, env, trace, one.id)
                for one in self.outputs
            ]])  # fmt: skip
        if self.policy is HitPolicy.UNIQUE:
            given = "、".join(
                f"{clause.label} = {text_of(value)}"
                for clause, value in zip(self.inputs, values, strict=True)
            )
            message = _("決定「{decision}」のどの行にも当てはまりません（{given}）。",
                        decision=trace.decision, given=given)  # fmt: skip
            raise DecisionError(message, trace.decision, element=self.element)
        if self.aggregation:
            return BUILT_INS[AGGREGATIONS[self.aggregation]].call([[]])
        return [] if self.policy in MULTIPLE else None

    def _overlap(self, matched: list[Rule], trace: Trace) -> DecisionError:
        numbers = "、".join(str(rule.index) for rule in matched)
        message = _("決定「{decision}」の {rules} 行目が同時に当てはまります。"
                    "当てはまる行を一つだけにしてください。",
                    decision=trace.decision, rules=numbers)  # fmt: skip
        return DecisionError(message, trace.decision, matched[1].id, self.element)

    def _disagreement(self, one: Rule, other: Rule, trace: Trace) -> DecisionError:
        message = _("決定「{decision}」の {one} 行目と {other} 行目が違う結果を出します。",
                    decision=trace.decision, one=one.index, other=other.index)  # fmt: skip
        return DecisionError(message, trace.decision, other.id, self.element)

    def _fired(self, rule: Rule, values: list[Any], row: list[Any], trace: Trace) -> FiredRule:
        inputs = zip(self.inputs, rule.tests, values, strict=True)
        outputs = zip(self.outputs, rule.results, row, strict=True)
        return FiredRule(
            trace.decision, rule.id, rule.index, rule.annotation,
            tuple(Cell(one.label, test.text.strip() or "-", text_of(v)) for one, test, v in inputs),
            tuple(Cell(one.label, _written(result), text_of(v)) for one, result, v in outputs),
        )  # fmt: skip

    @property
    def view(self) -> TableView:
        """The table as a page shows it."""
        return TableView(
            self.policy.value, self.aggregation,
            tuple(one.label for one in self.inputs), tuple(one.label for one in self.outputs),
            tuple(
                RuleView(
                    rule.id, rule.index, tuple(t.text.strip() or "-" for t in rule.tests),
                    tuple(map(_written, rule.results)),
                    rule.annotation,
                )
                for rule in self.rules
            ),
        )  # fmt: skip


def _written(expression: Expression | None) -> str:
    return "" if expression is None else expression.text.strip()


def _text(expression: Expression | None) -> str:
    return "null" if expression is None else expression.canonical
