"""Dropping what can no longer influence a process, so that its age does not matter.

Kept of each level are the root, the tokens that are still somewhere, and the places where the
ways to two of them part: their variables are what changes are counted against when branches come
together. Everything between is removed and the kept tokens hang directly below one another.
History for people lives in the rows of work items and the audit log, not here.
"""

from typing import Any

from dxflow.engine.tree import Token


def prune(top: Any) -> None:
    """Prune every level of an instance that rests."""
    for level in top.levels():
        if not level.completed:
            _prune_level(level)


def _prune_level(level: Any) -> None:
    tasks: dict[str, Token] = level.tasks
    root = level.task_tree
    below: dict[str | None, list[str]] = {}
    for token in reversed(list(tasks.values())):  # children come after their parents
        kept = below.pop(token.id, [])
        kept.reverse()
        if token.unfinished or len(kept) > 1 or token is root:
            _hang(tasks, token, kept)
            kept = [token.id]
        else:
            del tasks[token.id]
        below.setdefault(token._parent, []).extend(kept)
    if len(root._children) < 2:
        root.data = {}


def _hang(tasks: dict[str, Token], token: Token, children: list[str]) -> None:
    token._children = children
    for child in children:
        tasks[child]._parent = token.id
