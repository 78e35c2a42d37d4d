"""Play a process in memory, without a database: what happens, as far as it comes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from dxflow.engine.errors import BudgetExceeded, StepFailed
from dxflow.engine.expressions import Place, stored
from dxflow.engine.runtime import Instance, new_top
from dxflow.engine.step import ArmedTimer, Decided, Environment, OpenTask, Visit
from dxflow.texts import gettext as _

if TYPE_CHECKING:
    from dxflow.engine.compile import Definitions

End = Literal["ended", "waiting", "failed", "too_many_steps"]


@dataclass(frozen=True)
class Answer:
    """What is handed in at a user task: values, and the key of the pressed button."""

    values: Mapping[str, Any]
    outcome: str = ""


@dataclass(frozen=True)
class Called:
    """A service task ran its command with this payload."""

    element: str
    command: str
    payload: Mapping[str, Any]


@dataclass(frozen=True)
class Played:
    """How far a process came. `how` says why it stopped, `why` is a sentence where it failed.

    `end` are the properties of the end event that was reached. After a failure `variables` are
    empty: the step that failed has left none.
    """

    visits: tuple[Visit, ...]
    called: tuple[Called, ...]
    decided: tuple[Decided, ...]
    tasks: tuple[OpenTask, ...]
    timers: tuple[ArmedTimer, ...]
    variables: Mapping[str, Any]
    how: End
    end: Mapping[str, str]
    why: str = ""


class _Answering:
    """The world outside: every command answers what it was given to answer, else nothing."""

    def __init__(self, results: Mapping[str, Mapping[str, Any]]) -> None:
        self.results = results
        self.called: list[Called] = []

    def call(
        self, command: str, payload: dict[str, Any], element: str, branch: str
    ) -> dict[str, Any]:
        self.called.append(Called(element, command, payload))
        return dict(self.results.get(element, {}))


def play(
    definitions: "Definitions",
    process_id: str,
    variables: Mapping[str, Any],
    answers: Mapping[str, Sequence[Answer]],
    results: Mapping[str, Mapping[str, Any]],
    *,
    functions: Mapping[str, Any],
    lanes: Mapping[str, str],
    now: datetime,
    most_steps: int,
    at: str = "",
) -> Played:
    """Start a process and go on as far as the answers reach.

    `answers` are handed in at the user tasks with these element ids, one after the other; where
    they are used up the process waits. `results` are what service tasks answer, by element id.
    Timers do not fire: it is always `now`. `at` is the start event, where it is not the first.
    Raises NotFound for an unknown process or start event.
    """
    host = _Answering(results)
    env = Environment(functions, now, host, lanes, most_steps)
    top = new_top(definitions, process_id, env, at)
    instance, left = Instance(top), {key: iter(given) for key, given in answers.items()}
    how: End = "waiting"
    why = ""
    try:
        top.begin(stored(dict(variables), Place(process_id, ""), _("開始時の変数")), at)
        instance.run()
        while (found := _next(instance, left)) is not None:
            task, answer = found
            instance.complete(task.id, dict(answer.values), answer.outcome)
    except BudgetExceeded as exc:
        how, why = "too_many_steps", exc.message
    except StepFailed as exc:
        how, why = "failed", exc.message
    if why:
        visits, decided = tuple(top.visits), tuple(top.decided)
        return Played(visits, tuple(host.called), decided, (), (), {}, how, {}, why)
    step = instance.view(b"")
    return Played(
        step.visits, tuple(host.called), step.decided, step.tasks, step.timers, step.variables,
        "ended" if step.ended else how, step.end_properties,
    )  # fmt: skip


def _next(
    instance: Instance, left: Mapping[str, Iterator[Answer]]
) -> tuple[OpenTask, Answer] | None:
    """Return the first open task that there is an answer for, with the answer."""
    for task in instance.view(b"").tasks:
        if task.element in left and (answer := next(left[task.element], None)) is not None:
            return task, answer
    return None
