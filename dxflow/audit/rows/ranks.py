"""Compare the places of cases in the backlog, and which case they go on from, with the log."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from dxflow.audit.chain import case_stream
from dxflow.audit.events import CASE_STREAM
from dxflow.audit.findings import Finding
from dxflow.audit.reading import rows
from dxflow.audit.rows.words import Names, Place, gone, unknown, unlike
from dxflow.texts import gettext as _

_RANKS = (
    "SELECT r.case_id, c.number, r.place, r.reason, r.person_id FROM case_rank r"
    " JOIN case_file c ON c.id = r.case_id"
)
_PREVIOUS = (
    "SELECT c.id, c.number, COALESCE(p.number, c.previous_id) FROM case_file c"
    " LEFT JOIN case_file p ON p.id = c.previous_id"
)


@dataclass(slots=True)
class RankSaid:
    """What the log says: gathered event by event, compared at the end."""

    #: case -> place, reason and person of the place it was given last, and the event.
    placed: dict[str, tuple[tuple[str, str, str], Place]] = field(default_factory=dict)
    #: case -> the number of the case it goes on from, and the event.
    previous: dict[str, tuple[str | None, Place]] = field(default_factory=dict)

    def note(self, body: Mapping[str, Any], stream: str, seq: int) -> None:
        """Remember what an event says; one that was damaged says nothing."""
        kind, changes, actor = body.get("type"), body.get("changes"), body.get("actor")
        if kind not in ("case.ranked", "case.continued") or not isinstance(changes, list):
            return
        case, place = stream.removeprefix(CASE_STREAM), (stream, seq)
        after = {one.get("field"): one.get("after") for one in changes if isinstance(one, dict)}
        if kind == "case.continued":
            number = after.get("previous")
            self.previous[case] = (None if number is None else str(number), place)
        elif after.get("place") is None:
            self.placed.pop(case, None)
        else:
            person = actor.get("person") if isinstance(actor, dict) else None
            told = str(after["place"]), str(after.get("reason")), str(person)
            self.placed[case] = (told, place)


def rank_findings(connection: Connection, said: RankSaid) -> Iterator[Finding]:
    """Compare the rows with what the log says of them."""
    missing, names = dict(said.placed), Names(connection)
    for case, number, *held in rows(connection, _RANKS):
        told, place = missing.pop(case, (None, ("", 0)))
        if told is None:
            yield unknown((case_stream(case), 0), number, _("優先順位"))
            continue
        labels = _("順位"), _("理由"), _("決めた人")
        for what, found, wanted in zip(labels, held, told, strict=True):
            if str(found) != wanted:
                by = what == labels[-1]
                words = (names.person(found), names.person(wanted)) if by else (str(found), wanted)
                yield unlike(place, number, _("優先順位"), what, words)
    for case, number, before in rows(connection, _PREVIOUS):
        if case in missing:
            yield gone(missing[case][1], number, _("優先順位"))
        named, place = said.previous.get(case, (None, (case_stream(case), 0)))
        if before != named:
            words = before or _("なし"), named or _("なし")
            yield unlike(place, number, _("前年の案件"), _("番号"), words)
