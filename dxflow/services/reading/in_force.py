"""What has been handed in to a case and is in force: the last of each form, and what came before.

A form that many tasks ask for, each about a matter of its own, is in force once for each matter; a
form that judges, once for each person who did.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, select

from dxflow.db.identity import Person
from dxflow.db.process import Submission, WorkItem
from dxflow.services.acts import history
from dxflow.services.reading.case_opening import Opened


@dataclass(frozen=True)
class InForce:
    """A submission with its person's name.

    `matter` is the name of its task where that says what it is about, else empty. `earlier` are
    those whose place it took, the latest first, without what stands in them.
    """

    row: Row[Any]
    matter: str
    earlier: tuple[Row[Any], ...]


def in_force(opened: Opened) -> list[InForce]:
    """Return the submissions in force, the oldest first, in two queries."""
    rows = opened.tx.execute(
        select(
            Submission.id, Submission.form_key, Submission.act, Submission.person_id,
            Submission.post, Submission.at, Submission.element,
            WorkItem.name, WorkItem.process_key, Person.name.label("person_name"),
        )
        .outerjoin(WorkItem, WorkItem.id == Submission.work_item_id)
        .outerjoin(Person, Person.id == Submission.person_id)
        .where(Submission.case_id == opened.id, Submission.superseded_at.is_(None))
        .order_by(Submission.at.desc(), Submission.id.desc())
    )  # fmt: skip
    alike: dict[tuple[str, str, str], list[Any]] = {}
    for row in rows:
        whose = "" if row.act == history.DRAFT else row.person_id
        alike.setdefault((row.form_key, matter_of(opened, row), whose), []).append(row)
    whole = _whole(opened, [last.id for last, *_before in alike.values()])
    return [
        InForce(whole[last.id], matter, tuple(before))
        for (_form, matter, _whose), (last, *before) in reversed(alike.items())
    ]


def matter_of(opened: Opened, row: Any) -> str:
    """Return the name of the task of a submission where it says what it is about, else nothing.

    `row` has the element of the submission, and name and process of its work item, if it has one.
    """
    about = row.name and opened.pack.is_about(row.process_key, row.element)
    return str(row.name) if about else ""


def _whole(opened: Opened, wanted: Sequence[str]) -> dict[str, Row[Any]]:
    rows = opened.tx.execute(
        select(Submission.__table__, Person.name.label("person_name"))
        .outerjoin(Person, Person.id == Submission.person_id)
        .where(Submission.id.in_(wanted))
    )
    return {row.id: row for row in rows}
