"""A running instance as bytes and back; the format is ours and has a version.

`[version, process, last end event, names, levels]`, written as JSON. `names` lists the level and
node names that occur; everything else refers to them by position, so that a process definition or
a SpiffWorkflow which names its nodes otherwise is noticed at once. A level is `[name, caller,
variables, completed, rows, leftovers]`; a row is `[id, parent row, state, node, notes, changed]`
with the variables as the difference to the parent row's. Store the bytes untouched: a
JSON column of a database reorders keys and rewrites numbers.
"""

from collections.abc import Mapping
from typing import Any

import orjson

from dxflow.engine.errors import StateUnreadable
from dxflow.engine.merging import MISSING
from dxflow.engine.step import Environment
from dxflow.engine.tree import FINISHED, READY, Token
from dxflow.engine.values import NotStorable, decode, encode
from dxflow.engine.workflow import TopWorkflow
from dxflow.texts import gettext as _

VERSION = 1

Names = dict[str, int]
"""Names and their numbers, in the order in which they are first used."""

_DAMAGES = (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError)


def dump(top: TopWorkflow) -> bytes:
    """Return the state of an instance that rests. Raises StateUnreadable for foreign values."""
    names: Names = {}
    end = top.last_end.name if top.last_end is not None else ""
    try:
        levels = [_level(level, names) for level in top.levels()]
        return orjson.dumps([VERSION, top.spec.name, end, list(names), levels])
    except (NotStorable, orjson.JSONEncodeError) as wrong:
        raise StateUnreadable(str(wrong)) from wrong


def _number(names: Names, name: str) -> int:
    return names.setdefault(name, len(names))


def _level(level: Any, names: Names) -> list[Any]:
    caller = level.parent_task_id or 0
    variables = encode(level.data) if level.completed else 0
    rows = [] if level.completed else _rows(level, names)
    written = [_number(names, level.spec.name), caller, variables, int(level.completed), rows]
    changes = {} if level.completed else level.leftovers.changes
    left = [[name, _maybe(old), encode(new)] for name, (old, new) in changes.items()]
    return [*written, left] if left else written


def _maybe(value: Any) -> list[Any]:
    """Write a value that may be missing as a list of one or none."""
    return [] if value is MISSING else [encode(value)]


def _rows(level: Any, names: Names) -> list[list[Any]]:
    position: dict[str, int] = {}
    rows = []
    tasks: dict[str, Token] = level.tasks
    for token in tasks.values():
        position[token.id] = len(position)
        parent = tasks.get(token._parent) if token._parent else None
        changed = _changed({} if parent is None else parent.data, token.data)
        notes = encode(token.internal_data) if token.internal_data else 0
        row = [
            token.id,
            -1 if parent is None else position[parent.id],
            token._state,
            _number(names, token.task_spec.name),
        ]
        rows.append([*row, notes, changed] if changed else [*row, notes] if notes else row)
    return rows


def _changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Return what to write of `after`.

    Values never change in place, so identity tells; no variable is ever taken away.
    """
    return {
        key: encode(value) for key, value in after.items() if before.get(key, MISSING) is not value
    }


def load(specs: Mapping[str, Any], state: bytes, env: Environment) -> TopWorkflow:
    """Return the instance a state stands for. Raises StateUnreadable."""
    try:
        version, process, end, names, levels = orjson.loads(state)
    except (orjson.JSONDecodeError, TypeError, ValueError) as wrong:
        raise StateUnreadable(_("形式が違います。")) from wrong
    if version != VERSION:
        raise StateUnreadable(_("形式の版 {version} を知りません。", version=version))
    if process not in specs:
        raise StateUnreadable(_("プロセス「{process}」がありません。", process=process))
    try:
        top = TopWorkflow(specs[process], specs, env)
        _fill(top, levels[0], names)
        for written in levels[1:]:
            caller = _caller(top, written[1])
            _fill(top.called(caller), written, names)
        top.last_end = top.spec.task_specs[end] if end else None
    except _DAMAGES as wrong:
        cause = _("定義と合わないか、壊れています（{why}）。", why=repr(wrong))
        raise StateUnreadable(cause) from wrong
    return top


def waiting(state: bytes) -> dict[str, bool]:
    """Return the ids of the tokens that are somewhere, without the definitions that they run by.

    Each with whether it waits for a person: in a state that rests everything else that could go on
    has gone on. Raises StateUnreadable.
    """
    try:
        version, _process, _end, _names, levels = orjson.loads(state)
        if version != VERSION:
            raise StateUnreadable(_("形式の版 {version} を知りません。", version=version))
        return {
            row[0]: bool(row[2] & READY)
            for level in levels if not level[3]
            for row in level[4] if not row[2] & FINISHED
        }  # fmt: skip
    except (orjson.JSONDecodeError, *_DAMAGES) as wrong:
        raise StateUnreadable(_("形式が違います。")) from wrong


def _caller(top: TopWorkflow, token_id: str) -> Token:
    for level in top.levels():
        if token_id in level.tasks:
            found: Token = level.tasks[token_id]
            return found
    raise KeyError(token_id)


def _fill(level: Any, written: list[Any], names: list[str]) -> None:
    name, _caller_id, variables, completed, rows, *left = written
    if names[name] != level.spec.name:
        raise ValueError(names[name])
    level.completed = bool(completed)
    level.data = decode(variables) if completed else {}
    for variable, old, new in left[0] if left else ():
        level.leftovers.changes[variable] = (decode(old[0]) if old else MISSING, decode(new))
    nodes = level.spec.task_specs
    order: list[Token] = []
    for row in rows:
        order.append(_token(level, row, nodes[names[row[3]]], order))
    if order:
        level.task_tree = order[0]


def _token(level: Any, row: list[Any], node: Any, order: list[Token]) -> Token:
    token_id, parent, state, _node, notes, changed = (*row, 0, 0)[:6]
    token = Token(level, node, order[parent] if parent >= 0 else None, state, token_id)
    if notes:
        token.internal_data = decode(notes)
    if changed:
        token.data.update((key, decode(value)) for key, value in changed.items())
    return token
