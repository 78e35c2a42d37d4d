"""Runs processes: compile once, then one step after the other on stored states.

The only room that knows SpiffWorkflow.
"""

from dxflow.engine.branches import done_again
from dxflow.engine.codec import waiting
from dxflow.engine.compile import Definition, Definitions, compile_definition
from dxflow.engine.errors import BudgetExceeded, StateUnreadable, StepFailed, TaskNotReady
from dxflow.engine.migrate import Migrated, NotMigratable, TimerChange, migrated
from dxflow.engine.playing import Answer, Played, play
from dxflow.engine.rehoming import Blocker, Place
from dxflow.engine.runtime import (
    Instance,
    cancel,
    complete,
    fire_timers,
    move_timers,
    pass_over,
    peek,
    start,
    take_in,
)
from dxflow.engine.step import (
    ArmedTimer,
    Decided,
    Environment,
    Host,
    OpenTask,
    Step,
    Visit,
)
from dxflow.engine.timers import next_start

__all__ = [
    "Answer", "ArmedTimer", "Blocker", "BudgetExceeded", "Decided", "Definition", "Definitions",
    "Environment", "Host", "Instance", "Migrated", "NotMigratable", "OpenTask", "Place", "Played",
    "StateUnreadable", "Step", "StepFailed", "TaskNotReady", "TimerChange", "Visit", "cancel",
    "compile_definition", "complete", "done_again", "fire_timers", "migrated", "move_timers",
    "next_start", "pass_over", "peek", "play", "start", "take_in", "waiting",
]  # fmt: skip
