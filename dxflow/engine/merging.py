"""Bringing branches together: what each branch changed since they parted is kept.

Where two branches changed the same variable, the one that arrived later wins. Stock 3.2.0 merges
whole branches over each other, so that a branch which never touched a variable overwrites the
other's new value with the old one, and lists are mixed entry by entry.
"""

from collections.abc import Sequence
from typing import Any

from dxflow.engine.tree import Token
from dxflow.engine.values import same

Variables = dict[str, Any]


def merged(tokens: Sequence[Token]) -> Variables:
    """Return the variables of the tokens brought together; `tokens` in order of arrival."""
    if len(tokens) == 1:
        return dict(tokens[0].data)
    branches: dict[str, list[str]] = {}
    for token in tokens:
        _mark(token, branches)
    leaves = {token.id for token in tokens}
    return _fold(_end(tokens[0].workflow.task_tree, branches, leaves), branches, leaves)


def _mark(token: Token, branches: dict[str, list[str]]) -> None:
    """Note the way from the root to the token; a later token's way is put last everywhere."""
    child, parent = token, token.parent
    while parent is not None:
        ways = branches.setdefault(parent.id, [])
        if child.id in ways:
            ways.remove(child.id)
        ways.append(child.id)
        child, parent = parent, parent.parent


def _fold(fork: Token, branches: dict[str, list[str]], leaves: set[str]) -> Variables:
    """Return the variables at a fork with the changes of all its branches."""
    variables = dict(fork.data)
    for way in branches[fork.id]:
        end = _end(fork.workflow.tasks[way], branches, leaves)
        changed = end.data if end.id in leaves else _fold(end, branches, leaves)
        apply_changes(variables, fork.data, changed)
    return variables


def _end(token: Token, branches: dict[str, list[str]], leaves: set[str]) -> Token:
    """Return where a way ends or forks."""
    while token.id not in leaves and len(branches[token.id]) == 1:
        token = token.workflow.tasks[branches[token.id][0]]
    return token


def parted_from(token: Token, others: Sequence[Token]) -> Token:
    """Return the token at which the token's way parted from the nearest of the others'."""
    ways: set[str] = set()
    for other in others:
        step: Token | None = other
        while step is not None and step.id not in ways:
            ways.add(step.id)
            step = step.parent
    fork = token.parent
    while fork is not None and fork.id not in ways:
        fork = fork.parent
    return fork or token


class Leftovers:
    """What branches that have ended changed, as variable to value before and value after.

    It counts at the end of the level, unless the branch that goes on has changed the variable
    too. One entry for each variable, so that ended branches never pile up.
    """

    def __init__(self, changes: dict[str, tuple[Any, Any]] | None = None) -> None:
        self.changes = changes or {}

    def note(self, before: Variables, after: Variables) -> None:
        """Remember the differences between `before` and `after`."""
        for name, value in after.items():
            old = before.get(name, MISSING)
            if not same(old, value):
                self.changes[name] = (old, value)

    def brought_into(self, variables: Variables) -> Variables:
        """Return the variables with what is remembered."""
        result = dict(variables)
        for name, (old, new) in self.changes.items():
            if same(variables.get(name, MISSING), old):
                result[name] = new
        return result


MISSING = object()
"""Stands for the value of a variable that is not set."""


def apply_changes(variables: Variables, before: Variables, after: Variables) -> None:
    """Bring the differences between `before` and `after` into `variables`."""
    for name, value in after.items():
        if not same(before.get(name, MISSING), value):
            variables[name] = value
