"""Moving a running instance from one version of its processes to another.

Nothing runs and nobody is asked again: every token is put onto the new version's element of the
same id, or of the one it is mapped to, with the variables it has. What the new version says
otherwise about an open task or a timer is worked out anew, as of when the task was reached where
that is known: candidates, due date, form. Whatever is unchanged keeps what was computed then.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from dxflow.engine.activities import NOTED, UserActivity
from dxflow.engine.codec import dump, load
from dxflow.engine.prune import prune
from dxflow.engine.rehoming import Blocker, Homes, Place, element_of, find_homes, guard_of, text
from dxflow.engine.runtime import Instance
from dxflow.engine.step import Environment, Step
from dxflow.engine.tree import COMPLETED, READY, WAITING, Token
from dxflow.engine.workflow import TopWorkflow
from dxflow.errors import Conflict, DxflowError
from dxflow.texts import gettext as _

if TYPE_CHECKING:
    from dxflow.engine.compile import Definitions


class NotMigratable(Conflict):
    """The instance cannot move to the other version; `blockers` are all reasons."""

    def __init__(self, blockers: tuple[Blocker, ...]) -> None:
        self.blockers = blockers
        reasons = " / ".join(f"{one.process}/{one.element}: {one.message}" for one in blockers)
        super().__init__(_("新しい版へ移れません。{reasons}", reasons=reasons))


@dataclass(frozen=True)
class TimerChange:
    """A timer that is not as it was: newly armed, armed anew by a changed rule, or dropped."""

    element: str
    what: Literal["armed", "rearmed", "dropped"]
    before: datetime | None
    after: datetime | None


@dataclass(frozen=True)
class Migrated:
    """Where an instance stands before and after; tasks keep their ids.

    `before` holds the state as it was given, `after` the state to store.
    """

    before: Step
    after: Step
    timers: tuple[TimerChange, ...]

    @property
    def state(self) -> bytes:
        """Return the state to store."""
        return self.after.state


def migrated(
    old: "Definitions", new: "Definitions", state: bytes, mapping: Mapping[Place, Place],
    env: Environment, *, old_lanes: Mapping[str, str] | None = None,
    reached: Mapping[str, Environment] | None = None,
) -> Migrated:  # fmt: skip
    """Return the instance moved from one version's definitions to another's.

    `mapping` maps elements (process, element) whose id has changed. `env` is the new version's,
    `old_lanes` are the lanes of the old one (the same when left out). `reached` gives, by task id,
    the environment as of when an open task was reached; without it a changed rule counts from now.

    Raises NotMigratable with every blocker, and StateUnreadable.
    """
    top = load(old.specs, state, env)
    before = Instance(top).view(state)
    if top.completed:
        raise NotMigratable((Blocker(top.process, "", _("すでに終わっています。")),))
    homes = find_homes(top, new.specs, mapping)
    if homes.blockers:
        raise NotMigratable(tuple(homes.blockers.values()))
    lanes = env.lanes if old_lanes is None else old_lanes
    moving = _Moving(new.specs, homes, env, lanes, reached or {})
    after = moving.move(top)
    prune(after)
    step = Instance(after).view(dump(after))
    _verify(new, before, step, env)
    return Migrated(before, step, tuple(moving.timers))


def _verify(new: "Definitions", before: Step, after: Step, env: Environment) -> None:
    """Make sure that what is stored can be read again and nobody's task got lost."""
    again = load(new.specs, after.state, env)
    prune(again)
    if dump(again) != after.state or {t.id for t in before.tasks} != {t.id for t in after.tasks}:
        reason = _("移した状態を読み直すと違うものになります。")
        raise NotMigratable((Blocker("", "", reason),))


class _Moving:
    """Makes the instance of the new version out of the old one's tokens."""

    def __init__(
        self, specs: Mapping[str, Any], homes: Homes, env: Environment,
        old_lanes: Mapping[str, str], reached: Mapping[str, Environment],
    ) -> None:  # fmt: skip
        self.specs = specs
        self.homes = homes
        self.env = env
        self.old_lanes = old_lanes
        self.reached = reached
        self.timers: list[TimerChange] = []
        self.moved: dict[str, Token] = {}

    def move(self, old: TopWorkflow) -> TopWorkflow:
        """Return the new instance. Raises NotMigratable when a new expression fails."""
        top = TopWorkflow(self.homes.levels[""], self.specs, self.env)
        failed: list[Blocker] = []
        for level in old.levels():
            caller = level.parent_task_id
            target = top.called(self.moved[caller]) if caller else top
            target.leftovers = level.leftovers
            for token in level.tasks.values():
                try:
                    self._move_token(token, target)
                except DxflowError as wrong:
                    element = element_of(token.task_spec)
                    failed.append(Blocker(level.process, element, str(wrong)))
            target.task_tree = next(iter(target.tasks.values()))
        if failed:
            raise NotMigratable(tuple(failed))
        top.last_end = self._last_end(old, top)
        top.env = self.env
        return top

    def _last_end(self, old: TopWorkflow, top: TopWorkflow) -> Any:
        """Return the end event reached last where it is still drawn; the next one replaces it."""
        return None if old.last_end is None else top.spec.task_specs.get(old.last_end.name)

    def _move_token(self, old: Token, level: Any) -> None:
        node = self.homes.nodes.get(old.id)
        if node is None:
            if old._state == WAITING:
                due = old.task_spec.due(old)
                self.timers.append(TimerChange(old.task_spec.bpmn_id, "dropped", due, None))
            return
        parent = self.moved[old._parent] if old._parent else None
        added = self._added_timers(old, node)
        if parent is not None and added:
            parent = self._guard(old, node, parent, level)
            for timer in added:
                self._arm(timer, parent, old, level)
        token = Token(level, node, parent, old._state, old.id)
        token.data = dict(old.data)
        token.internal_data = dict(old.internal_data)
        self.moved[old.id] = token
        if old.id in self.homes.arms:
            token.internal_data["from"] = self.homes.arms[old.id]
        if old._state == READY and isinstance(node, UserActivity):
            self._renew(old, token)
        elif old._state == WAITING and node.is_timer:
            self._rearm(old, token)

    def _added_timers(self, old: Token, node: Any) -> list[Any]:
        """Return the timers that only the new version has on the boundary of an open activity."""
        if not old.unfinished or node.instance_of is not None or node.is_timer:
            return []
        known = {self._name(old, guard) for guard in old.task_spec.guards}
        boundary = (node._wf_spec.task_specs[guard] for guard in sorted(node.guards))
        return [timer for timer in boundary if timer.name not in known]

    def _name(self, old: Token, guard: str) -> str:
        """Return what a timer of the old boundary is called in the new version."""
        place = (old.workflow.process, guard)
        found: Place = self.homes.mapping.get(place, place)
        return found[1]

    def _guard(self, old: Token, node: Any, parent: Token, level: Any) -> Token:
        """Return the token under which the activity and the timers on its boundary hang."""
        spec = node._wf_spec.task_specs[guard_of(node)]
        if parent.task_spec is spec:
            return parent
        guard = Token(level, spec, parent, COMPLETED)
        guard.data = dict(old.data)
        return guard

    def _arm(self, timer: Any, guard: Token, old: Token, level: Any) -> None:
        token = Token(level, timer, guard, WAITING)
        token.data = dict(old.data)
        self._arm_as_of(token, self.reached.get(old.id, self.env))
        self.timers.append(TimerChange(timer.bpmn_id, "armed", None, timer.due(token)))

    def _arm_as_of(self, token: Token, env: Environment) -> None:
        token.workflow.top_workflow.env = env
        token.task_spec.event_definition.arm(token)

    def _rearm(self, old: Token, token: Token) -> None:
        """Arm a timer anew when its rule has changed, from its first start where that is known."""
        was, rule = old.task_spec.event_definition, token.task_spec.event_definition
        if was.value.text == rule.value.text:
            return
        before = was.planned(old)
        env = self._start_of(old)
        if env is None:
            env = self.env if before.anchor is None else replace(self.env, now=before.anchor)
        self._arm_as_of(token, env)
        planned = rule.planned(token)
        again = planned.after(self.env.now) if planned.due <= self.env.now else None
        if again is not None:
            rule.keep(token, again)
        after = token.task_spec.due(token)
        self.timers.append(TimerChange(token.task_spec.bpmn_id, "rearmed", before.due, after))

    def _start_of(self, old: Token) -> Environment | None:
        """Return the environment as of when the activity with this timer was reached."""
        beside = old.parent.children if old.parent else ()
        known = (self.reached.get(one.id) for one in beside)
        return next((env for env in known if env is not None), None)

    def _renew(self, old: Token, token: Token) -> None:
        """Work out what the new version says otherwise about an open task."""
        was, offer, notes = old.task_spec.offer, token.task_spec.offer, token.internal_data
        top = token.workflow.top_workflow
        top.env = self.reached.get(old.id, self.env)
        made = {key: notes.pop(key, None) for key in NOTED}
        if _candidates(was, self.old_lanes) != _candidates(offer, self.env.lanes):
            made["groups"] = token.task_spec._groups(token)
        if was.assignee is None and offer.assignee is not None:
            made["assignee"] = token.task_spec._assignee(token, offer.assignee)
        if text(was.due) != text(offer.due) and offer.due is not None:
            made["due"] = token.task_spec._due(token, offer.due)
        notes["groups"] = made["groups"]
        if offer.assignee is not None:
            notes["assignee"] = made["assignee"]
        if offer.due is not None:
            notes["due"] = made["due"]
        for key, before, now in (
            ("about", was.about, offer.about),
            ("called", was.called, offer.called),
        ):
            if now is not None:
                kept = made[key] if text(before) == text(now) else None
                notes[key] = kept or token.task_spec._words(token, now)


def _candidates(offer: Any, lanes: Mapping[str, str]) -> str:
    return text(offer.candidate_groups) or lanes.get(offer.lane, "")
