"""Whether a case left a task alone since a program read it at an earlier version of the case.

The version counts the acts on the whole case, and two members of a committee read their tasks at
the same one. What the log tells of the acts since then decides: only what others did on tasks of
their own leaves a task as it was read. Whatever is not known to do so counts as a change.
"""

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import bindparam, select

from dxflow.db.audit import AuditEvent
from dxflow.db.base import table
from dxflow.db.prepared import Prepared
from dxflow.errors import Conflict
from dxflow.services.acts import history
from dxflow.services.acts.act import Act
from dxflow.services.acts.surroundings import Surroundings
from dxflow.services.packs import store as packs
from dxflow.texts import gettext as _

#: The variable in which a form reads what was handed in before, by form.
SUBMITTED = "submitted"
#: How many entries are looked back at: enough for a large committee that votes at once.
LOOK_BACK = 100
_COMPLETED = "task.completed"
#: What is done on a task and touches no other one.
_ON_A_TASK = frozenset({"task.claimed", "task.released", _COMPLETED})
#: What somebody says by completing a task, and opening a file: nothing else changes with it.
_SAYING = frozenset(
    {"committee.voted", "opinion.recorded", "draft.read", "document.stamped", "file.viewed"}
)
#: Meanings of tasks that judge by all that the others have handed in.
_ON_WHAT_OTHERS_SAID = frozenset({"conclude", "decide"})

_EVENT = table(AuditEvent)
_LATEST = Prepared(
    select(_EVENT.c.body)
    .where(_EVENT.c.stream == bindparam("stream"))
    .order_by(_EVENT.c.seq.desc())
    .limit(LOOK_BACK)
)


class PageOutdated(Conflict):
    """The case has moved on since the page was opened; the task may still be done."""


def require(act: Act, around: Surroundings, version: int | None) -> None:
    """Raise PageOutdated unless the task is what it was at a version of its locked case.

    None asks nothing. The version of the case itself is answered without looking into the log.
    """
    if version is None or version == act.version:
        return
    if any(_touches(act, around, event) for event in _since(act, version)):
        raise PageOutdated(
            _("画面を開いたあとに案件が変わりました。内容を確かめて、もう一度送ってください。")
        )


def _since(act: Act, version: int) -> Iterator[dict[str, Any] | None]:
    """Yield what happened after a version, the latest first; None when that is not known.

    Only the last entry of an act bears the version it led to.
    """
    for row in _LATEST.all(act.tx, {"stream": act.head.stream}):
        event = json.loads(row.body)
        led_to = event.get("version")
        if led_to is not None and led_to <= version:
            if led_to < version:
                yield None  # a version that the case never had
            return
        yield event
    yield None


def _touches(act: Act, around: Surroundings, event: dict[str, Any] | None) -> bool:
    item = around.task
    if event is None or item.id in event.get("facts", {}).get("tasks", {}):
        return True
    kind = event["type"]
    if kind == "committee.evaluated":
        return any(f"post:{seat}" in around.work[item.id] for seat in _seats(event))
    if kind not in _ON_A_TASK:
        return kind not in _SAYING
    if event["object"]["id"] == item.id:
        return True
    return kind == _COMPLETED and _reads(act.pack, item, event.get("form"))


def _seats(event: dict[str, Any]) -> list[str]:
    return [one["after"] for one in event.get("changes", ()) if one["field"] == "post"]


def _reads(pack: packs.Pack, item: Any, form_digest: str | None) -> bool:
    """Return whether a task is filled from, or rests upon, a form that was handed in elsewhere."""
    form, meaning = pack.form(item.form_key), pack.act_of(item.process_key, item.element)
    return (
        meaning in _ON_WHAT_OTHERS_SAID
        or form.asks_for(SUBMITTED)
        or (meaning == history.DRAFT and form.digest == form_digest)
    )
