"""Who did what on a case before: the ground for segregation of duties and for participation."""

from typing import Any

from sqlalchemy import Connection, select

from dxflow.authority.segregation import Involvement
from dxflow.db.process import Submission
from dxflow.services import plain

DRAFT = "draft"


def involvement(tx: Connection, case_id: str, applicant: str) -> Involvement:
    """Return applicant and drafters over the whole history, acts pulled back included."""
    drafters = tx.execute(
        select(Submission.person_id)
        .where(Submission.case_id == case_id, Submission.act == DRAFT)
        .distinct()
    ).scalars()
    return Involvement(applicant, frozenset(drafters))


def latest(tx: Connection, case_id: str) -> dict[str, dict[str, Any]]:
    """Return the values of the latest submission of every form of a case, by form key."""
    rows = tx.execute(
        select(Submission.form_key, Submission.body)
        .where(Submission.case_id == case_id, Submission.superseded_at.is_(None))
        .order_by(Submission.at, Submission.id)
    )
    return {row.form_key: plain.loads(row.body) for row in rows}
