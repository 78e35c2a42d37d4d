"""Work for a role within a section that nobody holds there: its head has it, and the log says so."""

from collections.abc import Collection

from dxflow import audit
from dxflow.authority.roles_within import group_of, unit_and_role
from dxflow.services.acts.act import Act
from dxflow.services.people import naming
from dxflow.texts import gettext as _
from dxflow.texts import mark, to_be_stored


def tell(act: Act, work_item: str, groups: Collection[str]) -> None:
    """Record that work is offered to a head because nobody holds the role it is for."""
    vacant = _vacant(act, groups)
    if not vacant:
        return
    who = act.directory()
    added = [one for one in sorted(groups) if not unit_and_role(one)]
    changes = []
    for unit, role in vacant:
        group = group_of(role, unit)
        head = [f"head:{who.roles_within.instead(unit)}"] if who.holders(group) else added
        changes.append(audit.Change("holder", mark("担当"), [group], head))
    act.record("task.fell_to_head", *changes, subject=audit.Subject("task", work_item, act.case_id))


def allows(act: Act, groups: Collection[str]) -> str:
    """Return the sentence that lets the actor do work that is theirs only as the head's; else ""."""
    mine = act.actor.groups.intersection(groups)
    vacant = _vacant(act, mine)
    if not vacant or len(vacant) < len(mine):
        return ""
    names = naming.load(act.tx, act.directory())
    with to_be_stored():
        words = _("、").join(names.role_within(unit, role) for unit, role in vacant)
        return _("{role}がいないため、長として。", role=words)


def _vacant(act: Act, groups: Collection[str]) -> list[tuple[str, str]]:
    """Return the roles within units that nobody holds, of those that groups are for."""
    within = [(group, found) for group in sorted(groups) if (found := unit_and_role(group))]
    if not within:
        return []
    who = act.directory()
    return [found for group, found in within if not who.is_held(group)]
