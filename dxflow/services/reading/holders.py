"""Who has a task, in words: their names where they are few, who is away, and who may stand in."""

from collections.abc import Sequence
from dataclasses import dataclass

from dxflow.authority.segregation import Action
from dxflow.authority.standing_in import PERSONAL
from dxflow.services import plain
from dxflow.services.people.naming import Names
from dxflow.services.reading.case_opening import Opened, OpenItem
from dxflow.texts import gettext as _

#: A group with so few people is shown with their names.
NAMED = 2


@dataclass(frozen=True)
class Having:
    """Who has a task by a group: (name, whether away) of a few holders, and who may stand in."""

    people: tuple[tuple[str, bool], ...] = ()
    instead: tuple[str, ...] = ()


def persons_having(opened: Opened, items: Sequence[OpenItem]) -> set[str]:
    """Return the persons whose names are needed to say who has some tasks."""
    wanted = {item.assignee_id for item in items if item.assignee_id}
    for item in items:
        for group in item.groups:
            holders = opened.who.holders(group)
            wanted |= holders if len(holders) <= NAMED or group.startswith("user:") else set()
            wanted |= _instead(opened, item, group, holders)
    return wanted


def having(opened: Opened, item: OpenItem, group: str, names: Names) -> Having:
    """Return who has a task that is offered to a group: whoever took it, else the group's people."""
    away = opened.who.standing.away
    if item.assignee_id:
        return Having(((names.person(item.assignee_id), item.assignee_id in away),))
    holders = opened.who.holders(group)
    if not holders or len(holders) > NAMED:
        return Having()
    return Having(
        tuple(sorted((names.person(one), one in away) for one in holders)),
        tuple(sorted(names.person(one) for one in _instead(opened, item, group, holders))),
    )


def holder_of(opened: Opened, item: OpenItem, names: Names) -> str:
    """Return who has a task, in words: the person who took it, or the groups it is offered to."""
    if item.assignee_id:
        return names.person(item.assignee_id)
    words = (_group_words(opened, item, group, names) for group in item.groups)
    return _("、").join(dict.fromkeys(words))


def _group_words(opened: Opened, item: OpenItem, group: str, names: Names) -> str:
    label = names.group(group)
    found = having(opened, item, group, names)
    if group.startswith("user:") or not found.people:
        return label
    people = _("・").join(
        _("{name} 不在", name=name) if gone else name for name, gone in found.people
    )
    if found.instead:
        return _(
            "{post}（{people}、代わり {stand_ins}）",
            post=label, people=people, stand_ins=_("・").join(found.instead),
        )  # fmt: skip
    return _("{post}（{people}）", post=label, people=people)


def _instead(opened: Opened, item: OpenItem, group: str, holders: frozenset[str]) -> frozenset[str]:
    """Return who may act for a group whose members are all away; nobody for what only they may."""
    standing = opened.who.standing
    if not holders or not holders <= set(standing.away) or _only_they(opened, item):
        return frozenset()
    return standing.persons_for(group) - {opened.case["applicant_id"]}


def _only_they(opened: Opened, item: OpenItem) -> bool:
    """Return whether a task is done by its holder alone: a vote, or what the pack keeps for them."""
    if item.act in PERSONAL:
        return True
    return item.act == Action.DECIDE and opened.pack.settings.rules.forbids_standing_in(
        plain.loads(item.variables),
        opened.pack.functions(opened.site.now(), opened.calendars.of(opened.pack)),
    )
