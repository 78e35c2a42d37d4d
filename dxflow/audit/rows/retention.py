"""Compare until when cases are kept, and what was disposed of, with what the log says of it.

A case that ended before entries said until when it is kept is not judged until an entry does.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from dxflow.audit.chain import case_stream
from dxflow.audit.events import CASE_STREAM
from dxflow.audit.findings import Finding
from dxflow.audit.reading import rows
from dxflow.audit.rows.words import Names, Place, day_words, gone, record, unknown, unlike
from dxflow.texts import gettext as _

_KEPT = "SELECT id, number, kept_until FROM case_file"
_DISPOSALS = (
    "SELECT d.case_id, c.number, d.proposer_id, d.approver_id, d.files, d.bytes, d.openings,"
    " d.forms, d.documents FROM disposal d"
    " JOIN case_file c ON c.id = d.case_id"
)

#: What the changes of an event call the columns of `_DISPOSALS`, in their order.
_COUNTED = ("files", "size", "openings", "forms", "documents")


@dataclass(slots=True)
class RetentionSaid:
    """What the log says: gathered event by event, compared at the end."""

    #: case -> the last day on which it is kept (None for good), and the event that says so.
    kept: dict[str, tuple[object, Place]] = field(default_factory=dict)
    #: case -> who proposed and who approved its disposal, how much went, and the event.
    disposed: dict[str, tuple[tuple[str, str], tuple[object, ...], Place]] = field(
        default_factory=dict
    )

    def note(self, body: Mapping[str, Any], stream: str, seq: int) -> None:
        """Remember what an event says; one that was damaged says nothing."""
        facts, actor = body.get("facts"), body.get("actor")
        if not stream.startswith(CASE_STREAM) or not isinstance(facts, dict):
            return
        case = stream.removeprefix(CASE_STREAM)
        if "kept_until" in facts:
            self.kept[case] = (facts["kept_until"], (stream, seq))
        if body.get("type") == "retention.disposed" and isinstance(actor, dict):
            people = str(facts.get("proposer")), str(actor.get("person"))
            self.disposed[case] = (people, _amounts(body.get("changes")), (stream, seq))


def retention_findings(connection: Connection, said: RetentionSaid) -> Iterator[Finding]:
    """Compare the rows with what the log says of them."""
    numbers: dict[str, str] = {}
    for case, number, until in rows(connection, _KEPT):
        told, place = said.kept.get(case, (None, ("", 0)))
        if case in said.disposed:
            numbers[case] = number
        found = None if until is None else str(until)
        if case in said.kept and found != told:
            words = _until(found), _until(told)
            yield unlike(place, number, _("保存期間"), _("終わり"), words)
    missing, names = dict(said.disposed), Names(connection)
    for case, number, proposer, approver, *amounts in rows(connection, _DISPOSALS):
        known = missing.pop(case, None)
        if known is None:
            yield unknown((case_stream(case), 0), number, _("廃棄"))
        elif known[0] != (proposer, approver):
            text = _(
                "案件 {number} の廃棄簿では {found} が発案し承認したことになっていますが、"
                "記録では {told} です。",
                number=number,
                found=_("、").join(map(names.person, (proposer, approver))),
                told=_("、").join(map(names.person, known[0])),
            )
            yield record(known[2], text)
        elif known[1] != tuple(amounts):
            words = (_numbers(amounts), _numbers(known[1]))
            yield unlike(known[2], number, _("廃棄簿の行"), _("件数"), words)
    for case, (_people, _amount, place) in missing.items():
        yield gone(place, numbers.get(case, case), _("廃棄簿の行"))


def _amounts(changes: object) -> tuple[object, ...]:
    """Return how much an event says has gone; what it does not speak of was none."""
    found = {
        one.get("field"): one.get("before")
        for one in (changes if isinstance(changes, list) else ())
        if isinstance(one, dict)
    }
    return tuple(found.get(name, 0) for name in _COUNTED)


def _numbers(amounts: Iterable[object]) -> str:
    return _("、").join(map(str, amounts))


def _until(day: object) -> str:
    return _("永年") if day is None else day_words(day)
