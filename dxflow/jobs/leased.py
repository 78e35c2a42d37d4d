"""A job in the hands of one worker."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Leased:
    """A job in the hands of one worker until its lease runs out, or its transaction ends."""

    id: str
    kind: str
    key: str
    payload: dict[str, Any]
    case_id: str | None
    attempts: int
    fence: int
