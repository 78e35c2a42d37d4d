"""What clients sent and what was acknowledged: the other half of every check."""

import json
import threading
from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

#: How the complaint about a request without an answer begins.
SLOW = "no answer within"
ACKNOWLEDGED, REFUSED, OPEN = "acknowledged", "refused", "open"


@dataclass
class Sent:
    """One request as a client means it, however often it had to be sent.

    `kind` is start, complete, claim, release, withdraw, pull-back, actual or draft; `lost` counts
    the times no answer came, `ended` says what came in the end. `mark` is how long the record of
    writes was when the answer arrived (power cut only).
    """

    kind: str
    person: str
    channel: str
    target: str = ""
    key: str = ""
    version: int | None = None
    intruder: bool = False
    text: str = ""
    lost: int = 0
    busy: int = 0
    ended: str = OPEN
    status: int = 0
    case: str = ""
    number: str = ""
    mark: int = 0
    seconds: float = 0.0


@dataclass
class Journal:
    """All requests of a run, and answers that no server may give."""

    sent: list[Sent] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    refusals: set[str] = field(default_factory=set)
    pairs: int = 0
    #: How many starts and completions were acknowledged so far.
    acts: int = 0
    #: Requests sent at the same moment: with one key, and with two for one task.
    same_key: list[list[Sent]] = field(default_factory=list)
    same_task: list[list[Sent]] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, one: Sent) -> Sent:
        """Remember a request before it is sent."""
        with self._lock:
            self.sent.append(one)
        return one

    def complain(self, text: str) -> None:
        """Remember an answer that is a violation by itself."""
        with self._lock:
            self.wrong.append(text)

    def busy(self, text: str) -> None:
        """Remember what a 503 said."""
        with self._lock:
            if len(self.refusals) < 100:
                self.refusals.add(text)

    def pair(self) -> None:
        """Count two requests that were sent at the same moment."""
        with self._lock:
            self.pairs += 1

    def acknowledge(self, one: Sent) -> None:
        """Remember that the answer to a request said yes."""
        one.ended = ACKNOWLEDGED
        if one.kind in ("start", "complete"):
            with self._lock:
                self.acts += 1

    def acknowledged(self, *kinds: str) -> list[Sent]:
        """Return what was acknowledged."""
        return [one for one in self.sent if one.ended == ACKNOWLEDGED and one.kind in kinds]

    def figures(self) -> dict[str, Any]:
        """Return the counts of a run."""
        ends = Counter(one.ended for one in self.sent)
        return {
            "sent": len(self.sent),
            "acknowledged": ends[ACKNOWLEDGED],
            "refused": ends[REFUSED],
            "unanswered": ends[OPEN],
            "retries after a lost answer": sum(one.lost for one in self.sent),
            "retries after 503": sum(one.busy for one in self.sent),
            "by kind": dict(
                sorted(Counter(o.kind for o in self.sent if o.ended == ACKNOWLEDGED).items())
            ),
        }

    def write(self, path: Path) -> None:
        """Write everything down, one JSON document a line."""
        lines = [json.dumps(asdict(one), ensure_ascii=False) for one in self.sent]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
