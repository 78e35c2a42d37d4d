"""Who may read what was said of a case on its way (回議・合議の意見) besides those it was said to.

That an opinion was given, by whom and when is no secret; what it says may be one. Whoever is on the
way of a case (its applicant, whoever acted on it or has work on it) reads it at once, as do those
who keep and check the record.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class OpinionReaders(StrEnum):
    """Who reads opinions: whoever reads the case, only its way, or everybody once it is decided."""

    READERS = "readers"
    ROUTE = "route"
    DECIDED = "decided"


@dataclass(frozen=True)
class OpinionReader:
    """What a reader is to a case. `near`: on its way, or one who keeps and checks the record.

    `decided_at`: when it was last decided for good, None before; `ended`: nothing more is decided.
    """

    near: bool
    decided_at: datetime | None
    ended: bool


def reads_opinion(rule: OpinionReaders, reader: OpinionReader, given_at: datetime) -> bool:
    """Return whether somebody who reads a case also reads an opinion given on it at a moment."""
    if reader.near or rule is OpinionReaders.READERS:
        return True
    if rule is OpinionReaders.ROUTE:
        return False
    return reader.ended or (reader.decided_at is not None and given_at <= reader.decided_at)
