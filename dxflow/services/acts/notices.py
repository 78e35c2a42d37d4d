"""Notices that an act leaves about its case."""

from collections.abc import Iterable

from dxflow.jobs import queue
from dxflow.services.acts.act import Act


def leave_notice(act: Act, groups: Iterable[str], message: str, subject: str) -> None:
    """Defer a notice about the case to groups; the same act leaves one for each subject."""
    queue.defer(
        act.tx,
        act.now,
        kind="notice.deliver",
        key=f"{act.case_id}:{act.version + 1}:{subject}",
        case_id=act.case_id,
        payload={"case_id": act.case_id, "groups": sorted(groups), "message": message},
    )
