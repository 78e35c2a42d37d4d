"""The accounts of those who leave: closed with the transfer, opened again by undoing it, recorded."""

from collections.abc import Iterator

from dxflow.db.identity import Person
from tests.machine.pictures import changed
from tests.machine.steps import Step


def who_leaves_is_closed(step: Step) -> Iterator[str]:
    """8. Whom a transfer leaves without a post cannot log in any more; every turn is in the log."""
    kinds = {kind for kind, _body in step.events}
    for was, row in changed(step.before, step.now, Person):
        if row is None:
            yield f"the account {was.id} is gone"
        elif was.status != row.status:
            kind = "person.reactivated" if row.status == "active" else "person.deactivated"
            if step.event(kind, id=row.id, status=row.status) is None:
                yield f"the account {row.id} became {row.status} without an entry"
            if row.epoch <= was.epoch:
                yield f"logins of the account {row.id}, now {row.status}, go on"
    now, before = step.people[0], step.people[-1]
    if "transfer.applied" in kinds:
        for person in sorted(before.active & now.active):
            if before.posts_of(person) and not now.posts_of(person):
                yield f"{person} has left and can still log in"
    if "transfer.undone" in kinds and (closed := before.active - now.active):
        yield f"taking a transfer back closed {sorted(closed)}"
