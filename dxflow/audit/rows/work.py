"""Compare open work with what the log says of it: who has a task, until when, and the stage of a case.

A step says of the tasks that it opens what their rows hold (`facts`); claims and releases say it by
themselves. What was written by an older version says less, and is judged by as much as it says.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from dxflow.audit import reading
from dxflow.audit.events import CASE_STREAM
from dxflow.audit.findings import Finding
from dxflow.audit.plain import moment_text
from dxflow.audit.rows.words import UNTOLD, Names, Place, gone, moment_words, record, unlike
from dxflow.texts import gettext as _
from dxflow.texts import translated

_STAGES = "SELECT id, number, stage FROM case_file"
_TASKS = "SELECT id, case_id, name, status, assignee_id, due_at FROM work_item"
#: After these, who has which task of a case is known again only where they say so.
_MAY_RELEASE = frozenset({"task.recalled", "committee.recusal_withdrawn"})


@dataclass(slots=True)
class _Task:
    place: Place
    name: str = ""
    due: object = UNTOLD
    assignee: object = UNTOLD


@dataclass(slots=True)
class WorkSaid:
    """What the log says of open work: gathered event by event, compared at the end."""

    tasks: dict[str, _Task] = field(default_factory=dict)
    completed: dict[str, Place] = field(default_factory=dict)
    #: case -> the key of its stage, and the event.
    stages: dict[str, tuple[str, Place]] = field(default_factory=dict)
    #: The words for a stage's key, where the log has both.
    stage_words: dict[str, str] = field(default_factory=dict)
    #: The tasks of the case whose events are passing, and whether the log knows its beginning.
    _here: dict[str, _Task] = field(default_factory=dict)
    _stream: str = ""
    _begun: bool = False

    def note(self, body: Mapping[str, Any], stream: str, seq: int) -> None:
        """Remember what an event says; one that was damaged says nothing."""
        if not stream.startswith(CASE_STREAM):
            return
        if stream != self._stream:
            self._stream, self._here, self._begun = stream, {}, False
        facts, thing, actor = body.get("facts"), body.get("object"), body.get("actor")
        self._begun = self._begun or body.get("type") in ("case.started", "case.begun")
        if not self._begun or not isinstance(thing, dict) or not isinstance(actor, dict):
            return
        said = facts if isinstance(facts, dict) else {}
        kind, place = str(body.get("type")), (stream, seq)
        if kind.startswith(("task.", "committee.")):
            self._note_task(kind, str(thing.get("id")), actor.get("person"), body, place)
        elif kind == "case.stage_changed":
            self._note_words(body, said)
        if kind == "case.stage_changed" or isinstance(said.get("stage"), str):
            self._note_stage(said.get("stage"), place)
        told = said.get("tasks")
        for key, values in told.items() if isinstance(told, dict) else ():
            if isinstance(values, dict):
                self._take(key, values, place)

    def _note_task(
        self, kind: str, task: str, person: object, body: Mapping[str, Any], place: Place
    ) -> None:
        facts = body.get("facts")
        says = isinstance(facts, dict) and "tasks" in facts
        if kind == "task.completed":
            self.completed[task] = place
        elif kind == "task.claimed":
            self._take(task, {"assignee": person}, place)
        elif kind == "task.released" and not body.get("changes"):
            self._take(task, {"assignee": None}, place)
        elif kind in ("task.released", "task.reassigned") and not says:
            self._take(task, {"assignee": UNTOLD}, place)
        elif kind in _MAY_RELEASE:
            if kind == "task.recalled":
                self.completed.pop(task, None)
            for one in () if says else self._here.values():
                one.assignee = UNTOLD

    def _take(self, task: str, values: Mapping[str, object], place: Place) -> None:
        known = self.tasks.get(task)
        if known is None:
            known = self.tasks[task] = _Task(place)
            self._here[task] = known
        known.place = place
        known.name = str(values.get("name", known.name))
        known.due = values.get("due", known.due)
        known.assignee = values.get("assignee", known.assignee)

    def _note_stage(self, stage: object, place: Place) -> None:
        case = place[0].removeprefix(CASE_STREAM)
        if isinstance(stage, str):
            self.stages[case] = (stage, place)
        else:
            self.stages.pop(case, None)

    def _note_words(self, body: Mapping[str, Any], said: Mapping[str, Any]) -> None:
        changes = body.get("changes")
        for one in changes if isinstance(changes, list) else ():
            if isinstance(one, dict) and one.get("field") == "stage":
                before = self.stages.get(self._stream.removeprefix(CASE_STREAM))
                if before is not None:
                    self.stage_words.setdefault(before[0], str(one.get("before")))
                self.stage_words.setdefault(str(said.get("stage")), str(one.get("after")))


def work_findings(connection: Connection, said: WorkSaid) -> Iterator[Finding]:
    """Compare the rows with what the log says of them; one pass over each table."""
    numbers: dict[str, str] = {}
    for case, number, stage in reading.rows(connection, _STAGES):
        numbers[case] = number
        told = said.stages.get(case)
        if told is not None and told[0] != stage:
            text = _(
                "案件 {number} の{what}が「{found}」になっていますが、記録では「{told}」です。",
                number=number,
                what=_("段階"),
                found=translated(said.stage_words.get(stage, stage)),
                told=translated(said.stage_words.get(told[0], told[0])),
            )
            yield record(told[1], text)
    yield from _task_findings(connection, said, numbers)


def _task_findings(
    connection: Connection, said: WorkSaid, numbers: Mapping[str, str]
) -> Iterator[Finding]:
    names = Names(connection)
    left = {task: one.place for task, one in said.tasks.items()} | said.completed
    for task, case, name, status, assignee, due in reading.rows(connection, _TASKS):
        left.pop(task, None)
        number, which = numbers.get(case, case), _("作業「{name}」", name=translated(name))
        if status == "cancelled" and task in said.completed:
            words = (_("取消し"), _("完了"))
            yield unlike(said.completed[task], number, which, _("状態"), words)
        known = said.tasks.get(task)
        if status != "open" or known is None:
            continue
        if known.assignee is not UNTOLD and known.assignee != assignee:
            words = (names.person(assignee), names.person(known.assignee))
            yield unlike(known.place, number, which, _("担当"), words)
        when = reading.moment(due)
        found = None if when is None else moment_text(when)
        if known.due is not UNTOLD and known.due != found:
            words = (moment_words(found), moment_words(known.due))
            yield unlike(known.place, number, which, _("期日"), words)
    for task, place in left.items():
        case = place[0].removeprefix(CASE_STREAM)
        name = said.tasks[task].name if task in said.tasks else ""
        which = _("作業「{name}」", name=translated(name)) if name else _("作業")
        yield gone(place, numbers.get(case, case), which)
