"""引き受け: who has taken a task that is offered to several, and when that counts no longer."""

from collections.abc import Collection

from dxflow.authority.directory import Directory


def in_force(who: Directory, offered: Collection[str], assignee: str | None) -> str | None:
    """Return who has taken a task on the directory's date; None when nobody has, or lost the right.

    Taking a task gives no right to it: it lapses with the post, section or role from which the
    right came. A task that is offered to no group is its assignee's alone.
    """
    if assignee is None or not offered:
        return assignee
    return assignee if any(assignee in who.holders(group) for group in offered) else None


def is_own(
    person: str, groups: Collection[str], offered: Collection[str], taken_by: str | None
) -> bool:
    """Return whether a task is a person's in their own right.

    `groups` are the person's on this date, `offered` those of the task, `taken_by` is who has it.
    """
    if taken_by is not None and taken_by != person:
        return False
    return not frozenset(groups).isdisjoint(offered) if offered else taken_by == person
