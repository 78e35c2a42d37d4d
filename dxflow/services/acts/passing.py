"""後閲 for a reviewer who was away (regime A): the place is passed over, the duty to read stays open.

The duty is a row like that of what was done for somebody who was away: it ends by reading alone,
and a transfer hands it over.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Select, delete, insert, select

from dxflow import audit
from dxflow.authority.route import Stop
from dxflow.authority.standing_in import PASSED_OVER
from dxflow.db.document import Stamp
from dxflow.db.standing import StoodIn
from dxflow.services.acts.act import Act
from dxflow.texts import mark


def over(
    act: Act, document: str, places: Iterable[tuple[Mapping[str, Any], Stop]]
) -> list[audit.Change]:
    """Open the duty to read for everybody whose place is passed over; return what the log says.

    `places` are the rows of stamps, each with its stop.
    """
    passed = [(stamp, stop) for stamp, stop in places if stop.away]
    if not passed:
        return []
    act.tx.execute(
        insert(StoodIn),
        [
            {
                "submission_id": act.new_id() if number else stamp["id"],
                "case_id": act.case_id, "work_item_id": document, "absent_id": person,
                "post": stop.post, "person_id": "", "way": PASSED_OVER, "at": act.now,
                "owner_id": person,
            }
            for stamp, stop in passed
            for number, person in enumerate(stop.away)
        ],
    )  # fmt: skip
    return [
        audit.Change(
            "passed_over",
            mark("不在のため飛ばした回議"),
            None,
            [stamp["title"] for stamp, _stop in passed],
        ),
        audit.Change(
            "owed_by",
            mark("後閲する人"),
            None,
            [who for _stamp, stop in passed for who in stop.away],
        ),
    ]


def forget(act: Act, documents: Select[Any]) -> None:
    """Forget the duties to read documents whose drawing up is pulled back."""
    drawn = select(Stamp.document_id).where(Stamp.document_id.in_(documents))
    act.tx.execute(
        delete(StoodIn).where(
            StoodIn.case_id == act.case_id,
            StoodIn.way == PASSED_OVER,
            StoodIn.work_item_id.in_(drawn),
        )
    )
