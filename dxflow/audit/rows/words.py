"""How findings about rows speak: which thing, what of it, what is there, what the log says."""

from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection

from dxflow.audit.findings import Finding, FindingKind
from dxflow.audit.reading import rows
from dxflow.calendars.wareki import wareki_date, wareki_datetime
from dxflow.texts import gettext as _

Place = tuple[str, int]


class Untold:
    """What the log does not say, because an older version wrote it: it is not judged."""


UNTOLD = Untold()


@dataclass(slots=True)
class Names:
    """Names of people, units and posts, asked for once and only when something is to be said."""

    connection: Connection
    _known: dict[str, dict[str, str]] = field(default_factory=dict)

    def person(self, person: object) -> str:
        """Return the name of a person by their id, a word for nobody."""
        return self._of("SELECT id, name FROM person", person)

    def post(self, post: object) -> str:
        """Return the latest title of a post by its key."""
        return self._of("SELECT key, title FROM post ORDER BY valid_from", post)

    def group(self, group: object) -> str:
        """Return whom a group means, where it is a section, a post or a person."""
        kind, _colon, key = str(group).partition(":")
        if kind == "section":
            return self._of("SELECT key, name FROM unit ORDER BY valid_from", key)
        named = {"post": self.post, "user": self.person}.get(kind)
        return str(group) if named is None else named(key)

    def _of(self, statement: str, key: object) -> str:
        if not key:
            return _("なし")
        if statement not in self._known:
            found = rows(self.connection, statement)
            self._known[statement] = {str(one): str(name) for one, name in found}
        return self._known[statement].get(str(key), str(key))


def unlike(place: Place, number: str, which: str, what: str, words: tuple[str, str]) -> Finding:
    """Return that something of a case's task, condition or milestone is not what the log says.

    `words` are what is found and what the log says.
    """
    text = _(
        "案件 {number} の{which}の{what}が「{found}」になっていますが、記録では「{told}」です。",
        number=number,
        which=which,
        what=what,
        found=words[0],
        told=words[1],
    )
    return record(place, text)


def unknown(place: Place, number: str, which: str) -> Finding:
    """Return that the log knows nothing of something that a case has."""
    text = _("案件 {number} の{which}が、記録にありません。", number=number, which=which)
    return record(place, text)


def gone(place: Place, number: str, which: str) -> Finding:
    """Return that a case has not got something that the log tells of."""
    text = _(
        "案件 {number} の、記録にある{which}がありません（削除か書換え）。",
        number=number,
        which=which,
    )
    return record(place, text)


def record(place: Place, text: str) -> Finding:
    """Return a finding about a row, at the event that the row contradicts."""
    return Finding(FindingKind.RECORD, *place, text)


def day_words(day: object) -> str:
    """Return a day, from a row or from the log, as people read it; a word for none."""
    if day is None:
        return _("なし")
    try:
        return wareki_date(date.fromisoformat(str(day)))
    except ValueError:
        return str(day)


def moment_words(moment: object) -> str:
    """Return a moment, from a row or from the log, as people read it; a word for none."""
    if moment is None:
        return _("なし")
    try:
        return wareki_datetime(datetime.fromisoformat(str(moment)))
    except ValueError:
        return str(moment)
