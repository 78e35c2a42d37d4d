"""The decisions of one file and how they use each other (DMN 1.3 clause 6)."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from dxflow.decisions.errors import DecisionError
from dxflow.decisions.logic import FunctionLogic, Logic, failure
from dxflow.decisions.outcome import Outcome, TableView, Trace
from dxflow.decisions.table import TableLogic
from dxflow.feel import Environment, FeelError
from dxflow.texts import gettext as _

_NO_FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {}


@dataclass(frozen=True)
class Knowledge:
    """A business knowledge model: a function that decisions and other such models may call."""

    id: str
    variable: str
    logic: FunctionLogic
    knowledge: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Decision:
    """One decision; `decisions` and `knowledge` are the ids of what it requires.

    Others see its value under `variable` and under its name and id.
    """

    id: str
    name: str
    variable: str
    logic: Logic
    decisions: tuple[str, ...]
    knowledge: tuple[str, ...]
    line: int

    @property
    def table(self) -> TableView | None:
        """The decision table for a page; None when the decision is no table."""
        return self.logic.view if isinstance(self.logic, TableLogic) else None


@dataclass(frozen=True)
class DecisionModel:
    """The decisions of a file, by id. Immutable; shared between threads."""

    file: str
    decisions: Mapping[str, Decision]
    knowledge: Mapping[str, Knowledge] = field(default_factory=dict)

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of what the decisions mean: the same whoever wrote the file, and how."""
        meaning = [
            [one.id, one.name, one.variable, one.logic.canonical, sorted(one.decisions),
             sorted(one.knowledge)]
            for _id, one in sorted(self.decisions.items())
        ] + [
            [one.id, one.variable, one.logic.canonical, sorted(one.knowledge)]
            for _id, one in sorted(self.knowledge.items())
        ]  # fmt: skip
        text = json.dumps(meaning, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def needs(self, decision_id: str) -> frozenset[str]:
        """Return the variables that a decision and all it requires read from outside."""
        needed: set[str] = set()
        for decision in self._order(decision_id):
            models = [self.knowledge[one] for one in self._all_knowledge(decision.knowledge)]
            provided = {name for one in decision.decisions for name in self._labels(one)}
            functions = {model.variable for model in models}
            needed |= decision.logic.needs - provided - functions
            needed |= frozenset(n for model in models for n in model.logic.needs) - functions
        return frozenset(needed)

    def called(self, decision_id: str) -> frozenset[str]:
        """Return the functions that a decision and all it requires call, built-in ones too."""
        called: set[str] = set()
        for decision in self._order(decision_id):
            models = [self.knowledge[one] for one in self._all_knowledge(decision.knowledge)]
            names = decision.logic.called.union(*(model.logic.called for model in models))
            called |= names - {model.variable for model in models}
        return frozenset(called)

    def evaluate(
        self,
        decision_id: str,
        inputs: Mapping[str, Any],
        functions: Mapping[str, Callable[..., Any]] = _NO_FUNCTIONS,
    ) -> Outcome:
        """Make a decision, and first the ones it requires.

        Raises DecisionError when there is no such decision, or it cannot be made.
        """
        decision = self._decision(decision_id)
        trace = Trace()
        env = Environment(inputs, functions)
        made: dict[str, Any] = {}
        for one in self._order(decision_id):
            made[one.id] = self._make(one, env, trace, made)
        value = made[decision_id]
        given = {name: inputs.get(name) for name in sorted(self._asked[decision_id])}
        return Outcome(decision.id, decision.name, value, tuple(trace.fired), given)

    @cached_property
    def _asked(self) -> dict[str, frozenset[str]]:
        return {decision_id: self.needs(decision_id) for decision_id in self.decisions}

    def _decision(self, decision_id: str) -> Decision:
        if decision_id not in self.decisions:
            message = _("決定「{decision}」はありません。", decision=decision_id)
            raise DecisionError(message, decision_id)
        return self.decisions[decision_id]

    def _labels(self, decision_id: str) -> tuple[str, str, str]:
        required = self.decisions[decision_id]
        return required.id, required.name, required.variable

    def _order(self, decision_id: str) -> list[Decision]:
        """Return a decision and all it requires, each once and after what it requires itself."""
        order: dict[str, Decision] = {}
        waiting = [(self._decision(decision_id), False)]
        while waiting:
            decision, complete = waiting.pop()
            if complete:
                order[decision.id] = decision
            elif decision.id not in order:
                waiting.append((decision, True))
                waiting += [(self.decisions[one], False) for one in reversed(decision.decisions)]
        return list(order.values())

    def _make(
        self, decision: Decision, env: Environment, trace: Trace, made: Mapping[str, Any]
    ) -> Any:
        """Return a decision's value, given the values of those it requires."""
        trace.decision = decision.id
        inner = self._with_knowledge(decision.knowledge, env, trace)
        if decision.decisions:
            inner = inner.inner(
                {label: made[one] for one in decision.decisions for label in self._labels(one)}
            )
        try:
            return decision.logic.evaluate(inner, trace)
        except FeelError as exc:  # a bound of the evaluation was passed between expressions
            raise failure(exc, trace, decision.id) from exc

    def _with_knowledge(self, ids: tuple[str, ...], env: Environment, trace: Trace) -> Environment:
        """Return an environment in which the required knowledge models can be called."""
        if not ids:
            return env
        known: dict[str, Any] = {}
        inner = env.inner(known)
        for one in self._all_knowledge(ids):
            model = self.knowledge[one]
            known[model.variable] = model.logic.evaluate(inner, trace)
        return inner

    def _all_knowledge(self, ids: tuple[str, ...]) -> list[str]:
        found: list[str] = []
        waiting = list(ids)
        while waiting:
            one = waiting.pop()
            if one not in found:
                found.append(one)
                waiting.extend(self.knowledge[one].knowledge)
        return found
