"""Leave a line for groups of people, delivered by a job once the act is committed."""

from typing import Any

from dxflow.services.acts.act import Act
from dxflow.services.acts.notices import leave_notice
from dxflow.services.commands import payload as read


def notify(act: Act, payload: dict[str, Any], element: str) -> dict[str, Any]:
    """Defer a notice to `groups` with `message`; a step that is pulled back takes it along."""
    groups = sorted(act.addressed(read.texts(payload, "groups")))
    if groups:
        leave_notice(act, groups, read.text(payload, "message", required=True), element)
    return {}
