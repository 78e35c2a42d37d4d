"""What goes into a step and what comes out of it, as plain values."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    from dxflow.decisions import Outcome


class Host(Protocol):
    """The world outside the process, given by the caller for one step."""

    def call(
        self, command: str, payload: dict[str, Any], element: str, branch: str
    ) -> dict[str, Any]:
        """Run a named command for the element and return its result.

        `branch` is where in the process the element was reached. A DxflowError raised here reaches
        the caller of the step unchanged.
        """
        ...


@dataclass(frozen=True)
class Environment:
    """Everything a step may know besides its state; nothing is read from elsewhere.

    `functions` are offered to every FEEL expression. `now` is aware. `lanes` maps a lane's name
    to FEEL giving a group or a list of groups. `step_budget` is the number of elements that may
    run by themselves in one step.
    """

    functions: Mapping[str, Callable[..., Any]]
    now: datetime
    host: Host
    lanes: Mapping[str, str] = field(default_factory=dict)
    step_budget: int = 500


@dataclass(frozen=True)
class OpenTask:
    """A user task that waits for a person.

    `process` is the id of the called process that the element is drawn in; `path` holds the ids
    of the call activities that lead to it, the top process's first. `groups` and `due` (UTC) were
    computed when the task was reached. `variables` are those the task sees.
    """

    id: str
    element: str
    name: str
    process: str
    path: tuple[str, ...]
    lane: str
    form_key: str
    groups: tuple[str, ...]
    assignee: str | None
    due: datetime | None
    variables: dict[str, Any]


@dataclass(frozen=True)
class ArmedTimer:
    """A timer that waits; `due` is UTC. `interrupting` is true for intermediate events too."""

    id: str
    element: str
    due: datetime
    interrupting: bool


@dataclass(frozen=True)
class Visit:
    """A token reached, completed or was taken from an element, in this order of happening.

    A multi-instance activity is visited once, however many instances it has.
    """

    process: str
    element: str
    kind: Literal["entered", "completed", "cancelled"]
    path: tuple[str, ...]


@dataclass(frozen=True)
class Decided:
    """A decision was evaluated at a business rule task; `branch` is where that was reached."""

    element: str
    branch: str
    outcome: "Outcome"


@dataclass(frozen=True)
class Step:
    """What a step leaves behind.

    `state` is to be stored as it is (bytes). `tasks` and `timers` are all that are open after the
    step; `visits` and `decided` are what happened in it. `end_properties` are the properties of
    the end event that ended the top process. `variables` are the top process's, with what its
    open branches have changed. `active_path` leads from the first active element of the top
    process down to the innermost one, `active` are all those of the top process.
    """

    state: bytes
    tasks: tuple[OpenTask, ...]
    timers: tuple[ArmedTimer, ...]
    visits: tuple[Visit, ...]
    decided: tuple[Decided, ...]
    ended: bool
    end_properties: Mapping[str, str]
    variables: dict[str, Any]
    active_path: tuple[str, ...]
    active: tuple[str, ...] = ()
