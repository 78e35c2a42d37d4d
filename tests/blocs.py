"""A committee of the small city that decides several cases at once."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import select

from dxflow import forms
from dxflow.db.meeting import MeetingMatter
from dxflow.services.acts.task_forms import TaskForm
from dxflow.services.acts.tasks import Sent
from dxflow.services.meetings import agenda, blocs, session, together
from dxflow.services.meetings.blocs import Outcome
from tests.factories import City
from tests.sessions import attend, plan
from tests.walks import MEMBERS, to_committee

AYE: dict[str, Any] = {"reason": "効果が見込める"}


def fill(outcome: str, values: dict[str, Any]) -> Any:
    """Return what fills a form in with an outcome and values."""

    def filled(form: TaskForm) -> forms.Submission:
        return forms.submit_values(form.definition, values, outcome, form.context)

    return filled


def agenda_of(city: City, number: int) -> tuple[str, list[str], list[str]]:
    """Plan a meeting today with so many cases: the meeting, its cases, its matters."""
    cases = [to_committee(city) for _one in range(number)]
    meeting = plan(city)
    by = city.actor("secretariat")
    return meeting, cases, [agenda.add(city.site, by, meeting, case) for case in cases]


def begun(
    city: City, number: int, names: Iterable[str] = MEMBERS
) -> tuple[str, list[str], list[str]]:
    """Open a meeting today with so many cases on its agenda."""
    meeting, cases, matters = agenda_of(city, number)
    attend(city, meeting, names)
    session.begin(city.site, city.actor("secretariat"), meeting)
    return meeting, cases, matters


def voting(city: City, number: int) -> tuple[str, list[str], list[str]]:
    """Open a meeting and the vote on all its cases in one bloc, number 1."""
    meeting, cases, matters = begun(city, number)
    blocs.put_together(city.site, city.actor("cio"), meeting, matters)
    blocs.open_vote(city.site, city.actor("cio"), meeting, 1)
    return meeting, cases, matters


def vote(
    city: City, by: str, meeting: str, verdict: str = "approve", *, bloc: int = 1,
    matters: list[str] | None = None, key: str = "", **values: Any,
) -> Outcome:  # fmt: skip
    """Cast a member's ballot on a bloc."""
    sent = Sent(idempotency_key=key or None)
    how = fill(verdict, AYE | values)
    return together.vote(city.site, city.actor(by), meeting, bloc, matters, how, sent)


def conclude(
    city: City, by: str, meeting: str, outcome: str = "approve", *, bloc: int = 1,
    matters: list[str] | None = None, key: str = "", **values: Any,
) -> Outcome:  # fmt: skip
    """Have the chair conclude a bloc."""
    sent = Sent(idempotency_key=key or None)
    how = fill(outcome, {"reason": "賛成多数", **values})
    return together.conclude(city.site, city.actor(by), meeting, bloc, matters, how, sent)


def statuses(city: City, meeting: str) -> list[str]:
    """Return where the matters of a meeting stand, in their order."""
    query = select(MeetingMatter.status).where(MeetingMatter.meeting_id == meeting)
    with city.site.database.read() as tx:
        return list(tx.execute(query.order_by(MeetingMatter.place)).scalars())
