"""One step of a history: what the database said before and after it, and what follows from that.

The names are those of the standard pack's process.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from dxflow.db.case import Case
from dxflow.db.process import Submission, WorkItemGroup
from tests.machine.people import People, Register
from tests.machine.pictures import ORGANISATION, Picture, fresh

DRAFTING = frozenset(
    {"project_sheet", "small_sheet", "bpr_analysis", "revise_idea", "supplement_idea"}
)
PERSONAL = frozenset({"verdict", "conclude", "reconvene"})
JUDGING = PERSONAL | {
    "head_approval", "triage", "sheet_approval", "review", "agree_in_turn", "agree_together",
    "decide",
}  # fmt: skip
#: How a case ends whose conditions nobody owes any more.
ENDED_EARLY = frozenset({"withdrawn", "cancelled", "recalled"})
SETTLED = frozenset({"approve", "conditions", "reject"})
SEAT_ROLE, CHAIRS = "committee-member", ("committee-chair", "committee-deputy")
MOST_DAYS = timedelta(31)
#: The authority table of the standard pack, written out once more: row and kind of post.
ROWS = (
    (lambda amount, route, high: high, "第1号", "mayor"),
    (lambda amount, route, high: amount >= 50_000_000, "第2号", "mayor"),
    (lambda amount, route, high: amount >= 10_000_000, "第3号", "deputy_mayor"),
    (lambda amount, route, high: amount >= 1_000_000, "第4号", "department_head"),
    (lambda amount, route, high: route == "initiative", "第5号", "department_head"),
    (lambda amount, route, high: True, "第6号", "section_head"),
)


@dataclass
class Step:
    """A step: the pictures around it and the day; what follows from them is found once."""

    before: Picture
    now: Picture
    today: date
    register: Register
    #: Work that transfers left as it was, with a reason: listed holes.
    left: set[str] = field(default_factory=set)
    #: Posts that somebody gave up otherwise than by a transfer, in this step or before it.
    given_up: set[str] = field(default_factory=set)
    #: Tasks that nobody can do since then: listed holes too.
    vacant: set[str] = field(default_factory=set)
    #: The tasks that the product itself lists as nobody's, asked only where it matters.
    listed: Callable[[], set[str]] = set
    #: Whether the worker has done all that it does by itself.
    settled: bool = False

    @cached_property
    def people(self) -> tuple[People, ...]:
        """Return who is who now and, where the step changed it, before: an act may be of either."""
        now = self.register.on(self.now, self.today)
        was = People(self.before, self.today) if self._moved else now
        return (now,) if was is now else (now, was)

    @cached_property
    def _moved(self) -> bool:
        return any(self.before.of(model) != self.now.of(model) for model in ORGANISATION)

    def people_on(self, day: date) -> tuple[People, ...]:
        """Return who is who on a day, as it was known now and before."""
        if day == self.today:
            return self.people
        now = self.register.on(self.now, day)
        return (now, People(self.before, day)) if self._moved else (now,)

    @cached_property
    def involved(self) -> dict[str, set[str]]:
        """Return applicant and drafters of each case, over its whole history."""
        found = {key: {row.applicant_id} for key, row in self.now.of(Case).items()}
        for row in self.now.of(Submission).values():
            if row.work_item_id is None or row.element in DRAFTING:
                found.setdefault(row.case_id, set()).add(row.person_id)
        return found

    def involved_before(self, given: Any) -> set[str]:
        """Return who was involved in a case when a submission was made, without it."""
        found = {self.now.of(Case)[given.case_id].applicant_id}
        return found | {
            row.person_id
            for row in self.now.of(Submission).values()
            if row.case_id == given.case_id and row.id != given.id
            and (row.work_item_id is None or row.element in DRAFTING)
        }  # fmt: skip

    @cached_property
    def given(self) -> list[Any]:
        """Return what was handed in."""
        return list(fresh(self.before, self.now, Submission))

    @cached_property
    def events(self) -> list[tuple[str, dict[str, Any]]]:
        """Return the events of the step with their bodies."""
        return [(row.type, json.loads(row.body)) for row in self.now.events]

    def event(self, kind: str, **wanted: Any) -> dict[str, Any] | None:
        """Return the event of a kind with these values, None when there is none."""
        for found, body in self.events:
            said = {**body["actor"], **body["object"], **fields(body)}
            if found == kind and all(said.get(key) == value for key, value in wanted.items()):
                return said | {"reason": body.get("reason") or said.get("reason")}
        return None

    def groups(self, item: str) -> set[str]:
        """Return whom a task is offered to."""
        return self._groups.get(item, set())

    @cached_property
    def _groups(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for item, group in self.now.of(WorkItemGroup):
            found.setdefault(item, set()).add(group)
        return found


def fields(body: dict[str, Any]) -> dict[str, Any]:
    """Return what an event says changed, as it is afterwards."""
    return {one["field"]: one.get("after") for one in body.get("changes", ())}
