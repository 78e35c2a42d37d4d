"""The newest cases: each status is read from an index in its order, and no further than needed."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select, union_all

from dxflow.db.case import Case


def newest(which: ColumnElement[bool], statuses: Sequence[str], most: int) -> Select[Any]:
    """Return the ids of the newest cases in some statuses: the newest of each, then of all."""
    each = [
        select(Case.id, Case.created_at)
        .where(Case.status == status, which)
        .order_by(Case.created_at.desc(), Case.id.desc())
        .limit(most)
        .subquery()
        for status in statuses
    ]
    every = union_all(*(select(one) for one in each)).subquery()
    newest_first = (every.c.created_at.desc(), every.c.id.desc())
    return select(every.c.id).order_by(*newest_first).limit(most)
