"""Who did what on a case before: the ground for segregation of duties and for participation."""

from collections.abc import Collection
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, literal_column, select, union_all

from dxflow.authority.segregation import Involvement
from dxflow.db.base import table
from dxflow.db.prepared import Prepared
from dxflow.db.process import Submission, WorkItem
from dxflow.services import plain

DRAFT = "draft"
#: What a task carries out that says what somebody thinks of a decision document.
STAMPS = "command:document.stamp"
#: What the task of an opinion does when it is done: the listed ones ask for nothing else.
ASKED = frozenset({"command:opinion.record", "command:draft.read"})
#: What tasks do that say what somebody thinks.
SAYING = ASKED | {STAMPS}


_SUBMISSION = table(Submission)
_DRAFTERS = Prepared(
    select(_SUBMISSION.c.person_id)
    # the word itself, not a parameter: only so the index of drafts is used
    .where(
        _SUBMISSION.c.case_id == bindparam("case"), _SUBMISSION.c.act == literal_column("'draft'")
    )
    .distinct()
)


def drafters(tx: Connection, case_id: str) -> frozenset[str]:
    """Return who drafted a case over its whole history, acts pulled back included."""
    return frozenset(row.person_id for row in _DRAFTERS.all(tx, {"case": case_id}))


def involvement(tx: Connection, case_id: str, applicant: str) -> Involvement:
    """Return applicant and drafters over the whole history, acts pulled back included."""
    return Involvement(applicant, drafters(tx, case_id))


def latest(tx: Connection, case_id: str, form_keys: Collection[str]) -> dict[str, dict[str, Any]]:
    """Return the values last handed in with each of these forms of a case.

    The cost is that of the forms, however often they were handed in over the years.
    """
    keys = sorted(form_keys)
    if not keys:
        return {}
    values = {"case": case_id} | {f"form{number}": key for number, key in enumerate(keys)}
    return {row.form_key: plain.loads(row.body) for row in _latest(len(keys)).all(tx, values)}


def latest_of(tx: Connection, case_id: str, form_key: str, task: str) -> dict[str, Any] | None:
    """Return the values last handed in with a form in tasks of this very name, None without any.

    Where one form is asked for many matters at once, the name says which of them it was.
    """
    row = _LATEST_OF.first(tx, {"case": case_id, "form": form_key, "task": task})
    return None if row is None else plain.loads(row.body)


_LATEST_OF = Prepared(
    select(_SUBMISSION.c.body)
    .join(table(WorkItem), WorkItem.id == _SUBMISSION.c.work_item_id)
    .where(
        _SUBMISSION.c.case_id == bindparam("case"),
        _SUBMISSION.c.form_key == bindparam("form"),
        _SUBMISSION.c.superseded_at.is_(None),
        WorkItem.name == bindparam("task"),
    )
    .order_by(_SUBMISSION.c.at.desc(), _SUBMISSION.c.id.desc())
    .limit(1)
)


@cache
def _latest(number: int) -> Prepared:
    """Return the statement for so many forms: one step along the index for each."""
    each = (
        select(_SUBMISSION.c.form_key, _SUBMISSION.c.body)
        .where(
            _SUBMISSION.c.case_id == bindparam("case"),
            _SUBMISSION.c.form_key == bindparam(f"form{form}"),
            _SUBMISSION.c.superseded_at.is_(None),
        )
        .order_by(_SUBMISSION.c.at.desc(), _SUBMISSION.c.id.desc())
        .limit(1)
        .subquery(f"form_{form}")
        for form in range(number)
    )
    return Prepared(union_all(*(select(one.c.form_key, one.c.body) for one in each)))
