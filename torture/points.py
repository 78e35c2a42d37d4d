"""Named points at which a server process kills itself: installed by `torture.serve` only.

Nothing of the program knows of them. Each point wraps one function of the program from outside.
"""

import os
import signal
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy.engine.default import DefaultDialect

from dxflow.audit import log as audit_log
from dxflow.db import prepared
from dxflow.jobs import queue
from dxflow.services.acts import numbering
from dxflow.services.acts.act import Act

#: What each kind of process may die at, with what it means.
WEB = {
    "before-commit": "all is written, nothing committed",
    "after-commit": "committed, not answered",
    "amid-audit": "a system event is written, its head is not",
    "amid-writes": "one statement of an act is sent, the others are not (SQLite)",
    "before-finish": "work items are written, events and version are not",
    "numbered": "the number is taken, the case is not there",
    "before-answer": "the answer is made, not sent",
}
WORKER = {
    "before-commit": WEB["before-commit"],
    "after-commit": WEB["after-commit"],
    "amid-audit": WEB["amid-audit"],
    "deferred": "one of several due timers is in the queue",
    "leased": "between lease and work",
    "stopped": "stopped between lease and work for longer than the lease, then it goes on",
    "worked": "after the work, before the job is finished",
    "finished": "the job is finished, nothing committed",
}


def arm(point: str, number: int, log: Path) -> None:
    """Let the process die by SIGKILL at the `number`th time it comes to `point`.

    At the point `stopped` it is stopped instead, for whoever started it to let it go on.
    """
    left = [number]
    guard = threading.Lock()

    def reach(name: str) -> None:
        if name != point:
            return
        with guard:
            left[0] -= 1
            if left[0] != 0:
                return
        note = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.write(note, f"{name}\n".encode())
        os.close(note)
        os.kill(os.getpid(), signal.SIGSTOP if name == "stopped" else signal.SIGKILL)

    _wrap(DefaultDialect, "do_commit", before=lambda: reach("before-commit"),
          after=lambda _result: reach("after-commit"))  # fmt: skip
    _wrap(audit_log, "_execute", after=lambda _result: reach("amid-audit"))
    if point == "amid-writes":
        _after_a_write(lambda: reach("amid-writes"))
    _wrap(Act, "finish", before=lambda: reach("before-finish"))
    _wrap(numbering, "next_number", after=lambda _result: reach("numbered"))
    _wrap(queue, "defer", after=lambda _result: reach("deferred"))
    _wrap(queue, "lease", after=lambda job: reach("leased") if job is not None else None)
    # a timer that fired meanwhile leaves nothing to do; a notice would be left once more
    _wrap(
        queue, "lease",
        after=lambda job: reach("stopped") if job and job.kind == "notice.deliver" else None,
    )  # fmt: skip
    _wrap(queue, "finish", before=lambda: reach("worked"), after=lambda _result: reach("finished"))
    if point == "before-answer":
        from dxflow.web import app

        _wrap(app, "_log_request", after=lambda _result: reach("before-answer"))


def _after_a_write(reached: Callable[[], object]) -> None:
    """Call after each statement that changes something and is sent the prepared way."""
    inner = prepared._run

    def run(tx: Any, cursor: Any, listeners: Any, text: str, *rest: Any, **how: Any) -> None:
        inner(tx, cursor, listeners, text, *rest, **how)
        if not text.startswith(("SELECT", "WITH RECURSIVE")):
            reached()

    prepared._run = run


def _nothing(*_ignored: object) -> None:
    return


def _wrap(
    owner: Any,
    name: str,
    before: Callable[[], object] = _nothing,
    after: Callable[[Any], object] = _nothing,
) -> None:
    inner = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        before()
        result = inner(*args, **kwargs)
        after(result)
        return result

    setattr(owner, name, wrapped)
