"""Who concludes for a committee in an organisation that is to be: its presiding rule is asked there.

An open conclusion is offered to the seat that presided when the votes were counted. When that seat
loses its holder, the next in order concludes (`meetings.concluding` hands the task on), so that a
rehearsal must not take it for one that nobody can do.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, select

from dxflow.authority.affairs import Task
from dxflow.authority.directory import Directory
from dxflow.authority.segregation import Action
from dxflow.committee.sitting import Matter
from dxflow.db.case import Case, Deliberation
from dxflow.db.meeting import Meeting, MeetingMatter
from dxflow.services import plain
from dxflow.services.acts import presiding
from dxflow.services.packs import store as packs
from dxflow.services.site import Site


def followed(site: Site, tx: Connection, tasks: Collection[Task]) -> Iterator[Task]:
    """Give open tasks; those that conclude a round go by the rule of who presides on the day.

    What was given to others than the chair stays with them, as it does in the meeting's own job.
    """
    rounds = _rounds(tx) if any(one.action is Action.CONCLUDE for one in tasks) else {}
    present = _present(tx, rounds)
    for task in tasks:
        round_ = rounds.get(task.case) if task.action is Action.CONCLUDE else None
        if round_ is None:
            yield task
            continue
        body = packs.load(site, tx, round_.pack_digest).settings.bodies.get(round_.body)
        counted = presiding.counted_for(round_) or ""
        chairs = {presiding.group(seat) for seat in (counted, round_.chair)}
        if body is None or len(task.groups) != 1 or not task.groups <= chairs:
            yield task
            continue
        seats = frozenset(plain.loads(round_.seats))
        there = seats & present[task.case] if task.case in present else seats
        barred = task.involved.persons
        yield replace(task, follows=_rule(body.chair_roles, there, counted, barred))


def _rule(
    roles: Iterable[str], there: frozenset[str], before: str, barred: frozenset[str]
) -> Callable[[Directory, frozenset[str]], frozenset[str]]:
    order = tuple(roles)

    def concludes(who: Directory, closed: frozenset[str]) -> frozenset[str]:
        found = presiding.among(who, order, there, before, barred, closed)
        return frozenset({presiding.group(found.seat)})

    return concludes


def _rounds(tx: Connection) -> dict[str, Any]:
    """Return the last round of each running case whose votes are counted and not concluded."""
    rows = tx.execute(
        select(
            Deliberation.case_id, Deliberation.body, Deliberation.seats, Deliberation.chair,
            Deliberation.result, Case.pack_digest,
        )
        .join(Case, Case.id == Deliberation.case_id)
        .where(
            Deliberation.resolution.is_(None), Deliberation.result != "{}",
            Case.status == "running",
        )
        .order_by(Deliberation.round)
    )  # fmt: skip
    return {row.case_id: row for row in rows}


def _present(tx: Connection, cases: Iterable[str]) -> dict[str, frozenset[str]]:
    """Return the seats that were in the room where a meeting closed the vote, by case."""
    if not cases:
        return {}
    rows = tx.execute(
        select(MeetingMatter.case_id, MeetingMatter.present)
        .join(Meeting, Meeting.id == MeetingMatter.meeting_id)
        .where(
            MeetingMatter.status == Matter.CLOSED.value, Meeting.written.is_(False),
            MeetingMatter.case_id.in_(
                select(Deliberation.case_id).where(Deliberation.resolution.is_(None))
            ),
        )
    )  # fmt: skip
    return {row.case_id: frozenset(plain.loads(row.present)) for row in rows}
