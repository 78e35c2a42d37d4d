"""Whether a case was disposed of (廃棄): from then on nothing is added to it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from dxflow.db.retention import Disposal
from dxflow.errors import Conflict
from dxflow.texts import gettext as _


def is_disposed(tx: Connection, case_id: str) -> bool:
    """Return whether a case was disposed of."""
    found = tx.execute(select(Disposal.case_id).where(Disposal.case_id == case_id))
    return found.first() is not None


def require_kept(tx: Connection, case: Mapping[str, Any]) -> None:
    """Raise Conflict for a case, by the values of its row, that was disposed of."""
    if case["ended_at"] is not None and is_disposed(tx, case["id"]):
        raise Conflict(_("案件 {number} は廃棄されています。", number=case["number"]))
