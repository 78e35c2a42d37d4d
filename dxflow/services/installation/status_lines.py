"""What is said of the installation: lines with a state, those that need care first, then by group."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dxflow.texts import gettext as _
from dxflow.texts import mark

GOOD, CARE, BAD = "good", "care", "bad"
_WORST_FIRST = (BAD, CARE, GOOD)
#: What a line is about, by the beginning of its key; what is not named here comes last.
_GROUPS = (
    (mark("自動処理と通知"), ("workers", "timers", "start", "jobs", "incidents", "mail")),
    (mark("データとバックアップ"), ("backup", "database", "disk", "scanner")),
    (mark("監査の記録"), ("audit", "verified", "checkpoint", "clock")),
    (mark("保守と利用"), ("maintenance", "receivers", "transfer", "sessions")),
    (mark("プログラムと手続き"), ("program", "schema", "pack", "uptime")),
)


@dataclass(frozen=True)
class Line:
    """One matter: `state` is good, care or bad; `advice` says what to do, '' when nothing."""

    key: str
    label: str
    state: str
    value: str
    advice: str = ""


@dataclass(frozen=True)
class Status:
    """Everything at a moment, in the order in which it is read."""

    at: datetime
    lines: tuple[Line, ...]

    @property
    def worst(self) -> str:
        """Return the worst state of any line."""
        states = {line.state for line in self.lines}
        return next((state for state in _WORST_FIRST if state in states), GOOD)

    @property
    def troubled(self) -> tuple[Line, ...]:
        """Return what is not good, the worst first."""
        return tuple(line for line in self.lines if line.state != GOOD)

    @property
    def groups(self) -> tuple[tuple[str, tuple[Line, ...]], ...]:
        """Return what is good, by what it is about: (title, lines)."""
        good = [line for line in self.lines if line.state == GOOD]
        titles = [_(title) for title, _keys in _GROUPS] + [_("そのほか")]
        found = ((title, _of_group(good, number)) for number, title in enumerate(titles))
        return tuple((title, lines) for title, lines in found if lines)


def in_order(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Return what is wrong, then what needs care, then the rest; each by what it is about."""
    return tuple(sorted(lines, key=lambda line: (_WORST_FIRST.index(line.state), _place(line))))


def word(state: str) -> str:
    """Return the word for a state."""
    return {GOOD: _("良好"), CARE: _("注意"), BAD: _("異常")}[state]


def _of_group(lines: Iterable[Line], number: int) -> tuple[Line, ...]:
    return tuple(line for line in lines if _place(line)[0] == number)


def _place(line: Line) -> tuple[int, int]:
    """Return the number of the line's group, and of its place in it."""
    begins = line.key.partition("-")[0]
    for number, (_title, keys) in enumerate(_GROUPS):
        if begins in keys:
            return number, keys.index(begins)
    return len(_GROUPS), 0
