"""What goes to others with a transfer: tasks, duties, and cases that change their section."""

from sqlalchemy import Connection

from dxflow.authority.affairs import Able
from dxflow.authority.dividing import heirs_of, stored
from dxflow.services import plain
from dxflow.services.administration.transfers import case_events
from dxflow.services.administration.transfers.rehearsing import Rehearsed

#: Who has taken a task, and whom it is offered to.
Task = tuple[str | None, list[str]]


def tasks(found: Rehearsed) -> dict[str, tuple[Task, Task]]:
    """Return the tasks that change: (assignee, groups) before and after."""
    if found.will is None:
        raise AssertionError
    able = Able(found.will, found.affairs.closed)
    changed = {}
    for old, new in zip(found.underway.affairs.tasks, found.affairs.tasks, strict=True):
        released = new.assignee is not None and not able.holds(new)
        whose = None if released else new.assignee
        if (old.assignee, old.groups) != (whose, new.groups):
            changed[old.id] = (
                (old.assignee, sorted(old.groups)), (whose, sorted(new.groups)),
            )  # fmt: skip
    return changed


def duties(found: Rehearsed) -> dict[str, tuple[str, str]]:
    """Return the duties that go to others: owner before and after."""
    return {
        old.id: (old.owner, new.owner)
        for old, new in zip(found.underway.affairs.duties, found.affairs.duties, strict=True)
        if old.owner != new.owner
    }


def led(found: Rehearsed) -> dict[str, tuple[str, str]]:
    """Return the open cases that change their section: the unit that led each, the one that does."""
    if found.will is None:
        raise AssertionError
    return {
        case: (unit, heir)
        for unit, cases in found.affairs.cases.items()
        for case in cases
        for heir in (found.affairs.given.get(case) or found.will.heir(unit),)
        if heir != unit
    }


def heirs(tx: Connection, found: Rehearsed) -> dict[str, tuple[str, str]]:
    """Return what given cases keep of who does the work of the old section: before and after."""
    if found.was is None or found.will is None:
        raise AssertionError
    given = found.given.cases
    before = case_events.heirs_of(tx, given)
    changed = {}
    for case, (unit, heir) in given.items():
        new = heirs_of(found.was, found.will, unit, heir)
        if before[case]:
            new = stored(plain.loads(before[case])).after(new)
        changed[case] = (before[case], plain.dumps(new.kept()))
    return changed
