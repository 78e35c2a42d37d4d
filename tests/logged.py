"""What the log says of a case, as tests ask it."""

from typing import Any

from sqlalchemy import select

from dxflow.db.audit import AuditEvent
from dxflow.services import plain
from tests.factories import City


def events(city: City, case: str, kind: str) -> list[dict[str, Any]]:
    """Return the case's events of a kind, oldest first."""
    with city.site.database.read() as tx:
        rows = tx.execute(
            select(AuditEvent.body)
            .where(AuditEvent.case_id == case, AuditEvent.type == kind)
            .order_by(AuditEvent.id)
        ).scalars()
        return [plain.loads(body) for body in rows]


def changes(event: dict[str, Any]) -> dict[str, Any]:
    """Return what an event says things have become, by field."""
    return {one["field"]: one["after"] for one in event["changes"]}
