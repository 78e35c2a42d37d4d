"""Acting for somebody else in a task: whether it is allowed, and what is kept of it.

What was done for a person who was away is shown to them afterwards (後閲): a duty that only they
end, by reading it.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, insert

from dxflow.authority import claims
from dxflow.authority.segregation import Action, conflict
from dxflow.authority.standing_in import PERSONAL, StandIn, may_stand_in
from dxflow.db.base import table
from dxflow.db.prepared import Prepared
from dxflow.db.standing import StoodIn
from dxflow.services import plain
from dxflow.services.acts import vacancy
from dxflow.services.acts.act import Act
from dxflow.services.packs import store as packs
from dxflow.services.people.actor import Actor
from dxflow.texts import to_be_stored

_ADD = Prepared(insert(table(StoodIn)))


def may_act(
    actor: Actor,
    groups: Collection[str],
    assignee: str | None,
    meaning: str = "",
) -> bool:
    """Return whether a task offered to groups, perhaps assigned, is the actor's to do.

    `meaning` is its act for segregation of duties, where it has one.
    """
    if is_own(actor, groups, assignee):
        return True
    return stands_in(actor, groups, assignee, meaning) is not None


def is_own(actor: Actor, groups: Collection[str], assignee: str | None) -> bool:
    """Return whether a task is the actor's in their own right, not for somebody else."""
    taken = _taken_by(actor, groups, assignee)
    return claims.is_own(actor.person_id, actor.groups, groups, taken)


def stands_in(
    actor: Actor, groups: Collection[str], assignee: str | None, meaning: str
) -> StandIn | None:
    """Return for whom the actor may do a task, None when for nobody."""
    if not actor.stands_in or meaning in PERSONAL:
        return None
    taken = _taken_by(actor, groups, assignee)
    for group in sorted(groups):
        one = actor.stands_in.get(group)
        if one is not None and taken in (None, one.absent):
            return one
    return None


def _taken_by(actor: Actor, groups: Collection[str], assignee: str | None) -> str | None:
    return claims.in_force(actor.who, groups, assignee) if actor.who is not None else assignee


def of_task(
    act: Act, item: Any, groups: Collection[str], meaning: str, *, own: bool
) -> tuple[StandIn | None, str]:
    """Return for whom the actor does a task, and the sentence that allows it.

    None and nothing when it is their own; their own in place of a role that nobody holds says so.
    Raises NotAllowed with the reason.
    """
    if own:
        return None, vacancy.allows(act, groups)
    one = stands_in(act.actor, groups, item.assignee_id, meaning)
    if one is None:
        return None, ""
    action = Action(meaning) if meaning in packs.SEGREGATED else None
    forbidden = action is Action.DECIDE and act.pack.settings.rules.forbids_standing_in(
        plain.loads(item.variables), act.pack.functions(act.now, act.calendar())
    )
    may_stand_in(one, action, act.involved(), forbidden=forbidden).require()
    with to_be_stored():
        verdict = may_stand_in(one, action, act.involved())
    return one, verdict.reason


def require_uninvolved(act: Act, meaning: str) -> None:
    """Raise NotAllowed for an act that somebody may not do on their own matter."""
    if meaning in packs.SEGREGATED:
        conflict(Action(meaning), act.actor.person_id, act.involved()).require()


def write(act: Act, submission_id: str, task_id: str) -> None:
    """Keep that the act was done for somebody else, if it was."""
    one = act.standing
    if one is None:
        return
    asked = one.way.value in act.pack.settings.rules.later_reading
    act.writes.add(
        _ADD,
        {
            "submission_id": submission_id,
            "case_id": act.case_id,
            "work_item_id": task_id,
            "absent_id": one.absent or None,
            "post": one.post,
            "person_id": act.actor.person_id,
            "way": one.way.value,
            "at": act.now,
            "owner_id": one.absent if one.absent and asked else None,
        },
    )


def forget(act: Act, submission_id: str) -> None:
    """Forget that an act was done for somebody else: it was pulled back, nothing is left to read."""
    act.tx.execute(delete(StoodIn).where(StoodIn.submission_id == submission_id))
