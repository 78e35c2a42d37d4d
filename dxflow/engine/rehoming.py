"""Where the tokens of a running instance would stand in another version of their processes.

Every token is looked up by the id of its element, or by the one it is mapped to. What has no
place there is a blocker; all of them are gathered before anything is refused.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dxflow.engine import soundness
from dxflow.engine.calls import Call, Embedded
from dxflow.engine.events import Guard, TimerBoundary
from dxflow.engine.expressions import Expression
from dxflow.engine.gateways import Parallel
from dxflow.engine.multi import Instances
from dxflow.engine.nodes import ProcessSpec
from dxflow.engine.tree import WAITING, Token
from dxflow.texts import gettext as _

Place = tuple[str, str]
"""Process id and element id."""

_INSTANCE, _GUARD = "[]", "(!)"


@dataclass(frozen=True)
class Blocker:
    """Why an instance cannot move; `process` and `element` are those of the old version."""

    process: str
    element: str
    message: str


@dataclass
class Homes:
    """New specifications of the levels (by caller's id, "" on top) and nodes (by token id).

    A token without node is not taken along: a timer on a boundary that is no longer drawn.
    `mapping` is what was asked for. `arms` are new names of the branches that tokens waiting at a join came along.
    """

    mapping: Mapping[Place, Place]
    levels: dict[str, Any] = field(default_factory=dict)
    nodes: dict[str, Any] = field(default_factory=dict)
    arms: dict[str, str] = field(default_factory=dict)
    blockers: dict[Place, Blocker] = field(default_factory=dict)

    def block(self, token: Token, message: str) -> None:
        """Note a blocker; one for each element is enough."""
        process, element = token.workflow.process, element_of(token.task_spec)
        self.blockers.setdefault((process, element), Blocker(process, element, message))


def element_of(node: Any) -> str:
    """Return the id of the element a node belongs to."""
    name: str = node.name
    return name.removesuffix(_GUARD).removesuffix(_INSTANCE)


def guard_of(node: Any) -> str:
    """Return the name of the node at which the timers of an activity are armed."""
    return f"{element_of(node)}{_GUARD}"


def find_homes(top: Any, specs: Mapping[str, Any], mapping: Mapping[Place, Place]) -> Homes:
    """Look for the place of every token of an instance in the specifications of a version."""
    homes = Homes(mapping)
    homes.levels[""] = specs.get(top.spec.name)
    for level in top.levels():
        caller = level.parent_task_id or ""
        if caller not in homes.levels:
            continue  # its caller has no place, which is told already
        spec = homes.levels[caller]
        if spec is None:
            _no_process(homes, level)
            continue
        search = _Search(homes, spec)
        for token in level.tasks.values():
            search.home(token, specs)
        if not homes.blockers:
            _check_branches(homes, level, spec, search)
    return homes


def _no_process(homes: Homes, level: Any) -> None:
    for token in level.open_tokens():
        message = _("プロセス「{process}」が新しい版にありません。", process=level.spec.name)
        homes.block(token, message)


class _Search:
    """Looks for homes in the specification of one level."""

    def __init__(self, homes: Homes, spec: ProcessSpec) -> None:
        self.homes = homes
        self.spec = spec

    def counterpart(self, node: Any) -> Any:
        """Return the node of the new level an old node became, or None."""
        name: str = node.name
        if name.startswith("("):
            return self.spec.task_specs.get(name)
        element = element_of(node)
        place = (node._wf_spec.process, element)
        process, there = self.homes.mapping.get(place, (self.spec.process, element))
        if process != self.spec.process:
            return None
        return self.spec.task_specs.get(there + name[len(element) :])

    def home(self, token: Token, specs: Mapping[str, Any]) -> None:
        """Find the home of a token and of the level it waits for."""
        node, found = token.task_spec, self.counterpart(token.task_spec)
        if found is not None and not self._same_activity(node, found):
            found = None
        if isinstance(node, Guard) and found is None:
            # nothing is armed there any more; the fork stays where its activity stands
            found = self.counterpart(self._guarded(node))
        elif found is None and _armed_only(token):
            return
        elif found is None:
            self.homes.block(token, _no_counterpart(token))
            return
        elif token.unfinished or len(token.children) > 1:
            self._compare(token, node, found)
        self.homes.nodes[token.id] = found
        if isinstance(found, Call | Embedded) and token.unfinished:
            self.homes.levels[token.id] = specs.get(found.spec)

    def _same_activity(self, old: Any, new: Any) -> bool:
        """Return whether a timer on a boundary sits on the same activity as before."""
        if not (isinstance(old, TimerBoundary) and isinstance(new, TimerBoundary)):
            return True
        found = self.counterpart(old._wf_spec.task_specs[old.attached_to])
        return found is not None and found.name == new.attached_to

    def _guarded(self, guard: Guard) -> Any:
        return guard._wf_spec.task_specs[element_of(guard)]

    def _compare(self, token: Token, old: Any, new: Any) -> None:
        if type(old) is not type(new):
            self.homes.block(token, _("新しい版では要素の種類が違います。"))
        elif isinstance(old, Instances) and _instances(old) != _instances(new):
            self.homes.block(
                token, _("繰り返しの途中です。新しい版では繰り返しの対象や集め方が違います。")
            )
        elif token._state == WAITING and isinstance(old, Parallel):
            self._arm(token, old, new)
        elif _forked(token) and len(old.following) != len(new.following):
            self.homes.block(token, _("並行する枝の途中です。新しい版では枝の数が違います。"))

    def _arm(self, token: Token, old: Parallel, new: Parallel) -> None:
        arm = new_arm(self, old, new, token.internal_data["from"])
        if arm is None:
            self.homes.block(token, _("合流を待っています。新しい版では合流する枝が違います。"))
        else:
            self.homes.arms[token.id] = arm


def new_arm(search: _Search, old: Parallel, new: Parallel, arm: str) -> str | None:
    """Return the name of the branch of the new join that a branch of the old one became."""
    if old.needed.total() != new.needed.total():
        return None
    source = old._wf_spec.task_specs[arm]
    found = search.counterpart(source)
    if found is not None and found.name in new.needed:
        return str(found.name)
    for node in (source, *soundness.before(source)):
        found = search.counterpart(node)
        if found is not None:
            arms = soundness.arms_reached(found, new)
            return next(iter(arms)) if len(arms) == 1 else None
    return None


def _instances(node: Instances) -> tuple[object, ...]:
    """Return what must be the same for an activity that has begun its instances."""
    return (
        node.collection.text, node.element_variable, node.sequential, node.output_collection,
        text(node.output_element), type(node.instance),
    )  # fmt: skip


def text(expression: Expression | None) -> str:
    """Return the text of an expression, "" for none."""
    return "" if expression is None else expression.text


def _forked(token: Token) -> bool:
    """Return whether the ways of branches part here for good; a guard only arms timers."""
    spec = token.task_spec
    return not (token.unfinished or isinstance(spec, Guard) or spec.name == "(start)")


def _armed_only(token: Token) -> bool:
    spec = token.task_spec
    return bool(spec.is_timer) and not (spec.visible or token.children)


def _no_counterpart(token: Token) -> str:
    if token.unfinished:
        return _(
            "新しい版に同じ要素がありません。"
            "どの要素で続けるかを「手順の対応付け」（計画のファイルでは [map]）で選んでください。"
        )
    return _("並行する枝の途中です。枝の分かれた要素が新しい版にありません。")


def branch_tokens(level: Any) -> Iterator[Token]:
    """Yield the tokens that stand for the branches of a level."""
    for token in level.open_tokens():
        spec = token.task_spec
        if spec.instance_of is None and not (spec.is_timer and not spec.visible):
            yield token


def _check_branches(homes: Homes, level: Any, spec: ProcessSpec, search: _Search) -> None:
    """Refuse what could never end in the new version though it could in the old one."""
    tokens = list(branch_tokens(level))
    before = Counter(_mark(token, token.task_spec.name, None) for token in tokens)
    after = Counter(
        _mark(token, homes.nodes[token.id].name, homes.arms.get(token.id)) for token in tokens
    )
    if not soundness.can_always_end(level.spec, before):
        return
    again = [token for token in tokens if _splits_again(token, search, homes)]
    if again or not soundness.can_always_end(spec, after):
        for token in again or tokens:
            homes.block(
                token, _("並行する枝の途中です。新しい版では枝の分かれ方か合流が違います。")
            )


def _mark(token: Token, name: str, arm: str | None) -> soundness.Mark:
    waits = token._state == WAITING and isinstance(token.task_spec, Parallel)
    return (name, arm or token.internal_data["from"]) if waits else (name, "")


def _splits_again(token: Token, search: _Search, homes: Homes) -> bool:
    """Return whether the token would meet the fork again before the branches come together."""
    old, new = token.task_spec, homes.nodes[token.id]
    fork = token.parent
    while fork is not None:
        there = homes.nodes.get(fork.id)
        met = _forked(fork) and there is not None and soundness.meets(new, there)
        if met and not soundness.meets(old, fork.task_spec):
            return True
        fork = fork.parent
    return False
