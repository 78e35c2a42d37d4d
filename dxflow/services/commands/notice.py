"""Leave a line for groups of people, delivered by a job once the act is committed."""

from typing import Any

from dxflow.jobs import queue
from dxflow.services.acts.act import Act
from dxflow.services.commands import payload as read


def notify(act: Act, payload: dict[str, Any], element: str) -> dict[str, Any]:
    """Defer a notice to `groups` with `message`; a step that is pulled back takes it along."""
    groups = sorted(act.addressed(read.texts(payload, "groups")))
    if groups:
        queue.defer(
            act.tx,
            act.now,
            kind="notice.deliver",
            key=f"{act.case_id}:{act.version + 1}:{element}",
            case_id=act.case_id,
            payload={
                "case_id": act.case_id,
                "groups": groups,
                "message": read.text(payload, "message", required=True),
            },
        )
    return {}
