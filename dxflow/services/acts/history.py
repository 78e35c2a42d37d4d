"""Who did what on a case before: the ground for segregation of duties and for participation."""

from typing import Any

from sqlalchemy import Connection, bindparam, select

from dxflow.authority.segregation import Involvement
from dxflow.db.base import table
from dxflow.db.process import Submission
from dxflow.services import plain

DRAFT = "draft"


_SUBMISSION = table(Submission)
_DRAFTERS = (
    select(_SUBMISSION.c.person_id)
    .where(_SUBMISSION.c.case_id == bindparam("case"), _SUBMISSION.c.act == DRAFT)
    .distinct()
)


def drafters(tx: Connection, case_id: str) -> frozenset[str]:
    """Return who drafted a case over its whole history, acts pulled back included."""
    return frozenset(tx.execute(_DRAFTERS, {"case": case_id}).scalars())


def involvement(tx: Connection, case_id: str, applicant: str) -> Involvement:
    """Return applicant and drafters over the whole history, acts pulled back included."""
    return Involvement(applicant, drafters(tx, case_id))


def latest(tx: Connection, case_id: str) -> dict[str, dict[str, Any]]:
    """Return the values of the latest submission of every form of a case, by form key."""
    rows = tx.execute(
        select(Submission.form_key, Submission.body)
        .where(Submission.case_id == case_id, Submission.superseded_at.is_(None))
        .order_by(Submission.at, Submission.id)
    )
    return {row.form_key: plain.loads(row.body) for row in rows}
