"""What a sub-body approved goes up to the body above it (会議 → 本部)."""

from dataclasses import dataclass
from enum import StrEnum

from dxflow.committee.voting import Choice


class Referral(StrEnum):
    """How it comes on the agenda above: by itself, or chosen by the secretariat."""

    AUTO = "auto"
    SECRETARIAT = "secretariat"


@dataclass(frozen=True)
class Concluded:
    """The round before: its body, the body above that one, and what was resolved ("" for nothing)."""

    body: str
    parent: str
    resolution: str


def refers(before: Concluded | None, convened: str) -> bool:
    """Return whether a body is convened because one below it has approved the case."""
    return (
        before is not None
        and before.parent == convened
        and before.resolution in (Choice.APPROVE, Choice.CONDITIONS)
    )
