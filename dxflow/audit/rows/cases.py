"""Compare what the rows of cases say with what the log says: state, amount, measures, stamps, tasks.

Each of these values was set by an act whose event names it. The last event that names a value
says what the row must hold; what the log never named (entries of older versions) is not judged.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Connection

from dxflow.audit.chain import case_stream
from dxflow.audit.findings import Finding, FindingKind
from dxflow.audit.plain import moment_text, plain
from dxflow.audit.reading import moment, rows
from dxflow.texts import gettext as _
from dxflow.texts import mark

_SYSTEM = "system"
_CASES = "SELECT id, number, title, status, amount, lead_unit FROM case_file"
_NUMBERS = "SELECT id, number FROM case_file"
_ACTUALS = "SELECT case_id, measure_id, period, value, person_id, superseded_at FROM actual"
_MEASURES = (
    "SELECT case_id, id, position, name, unit, direction, aggregation, frequency, baseline,"
    " baseline_year, scale, baseline_note FROM measure ORDER BY case_id, position"
)
_TARGETS = "SELECT measure_id, fiscal_year, value, reason, person_id FROM target"
_STAMPS = (
    "SELECT d.case_id, s.document_id, d.decided_at, s.part, s.title, s.person_id, s.outcome,"
    " s.remark, s.at FROM stamp s JOIN decision_document d ON d.id = s.document_id"
)
_DONE = "SELECT case_id, id, name, outcome, ended_by FROM work_item WHERE status = 'completed'"
_ENDED = ("completed", "rejected", "withdrawn", "stopped", "cancelled")
_STATUS = {
    "running": mark("進行中"), "completed": mark("完了"), "rejected": mark("不採択"),
    "recalled": mark("引戻し中"), "withdrawn": mark("取下げ"), "stopped": mark("中止"),
    "cancelled": mark("取消し"),
}  # fmt: skip
_HANDED_IN = frozenset({"case.started", "case.resubmitted", "task.completed"})

Place = tuple[str, int]


def sealed_measures(measures: Sequence[Sequence[object]]) -> str:
    """Return the SHA-256 (hex) of a case's measures, as the event of their registration has it.

    Each is (id, position, name, unit, direction, aggregation, frequency, baseline, its year,
    [(target year, value), …]), then its scale and what stands in place of a baseline, if any.
    """
    text = json.dumps([list(one) for one in measures], ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(slots=True)
class CaseSaid:
    """What the log says of the cases: gathered event by event, compared at the end."""

    #: (case, column) -> what it must hold, and the event that says so.
    values: dict[tuple[str, str], tuple[object, Place]] = field(default_factory=dict)
    #: (measure, period) -> the values recorded in their order: (value, person, event).
    actuals: dict[tuple[str, str], list[tuple[str, str, Place]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    #: measure -> the revisions of its targets: (year, value, reason, person, event).
    revised: dict[str, list[tuple[str, str, str, str, Place]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    #: case -> the hash of its measures or "", their names, and the event.
    registered: dict[str, tuple[str, list[str], Place]] = field(default_factory=dict)
    #: (document, place, person) -> outcome, remark and event of the stamp that stands there.
    stamped: dict[tuple[str, str, str], tuple[str, str, Place]] = field(default_factory=dict)
    #: case -> its stamps in their order, so that one that is pulled back can be taken out.
    _stamps_of: dict[str, list[tuple[str, str, str]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    decided: set[tuple[str, str, str, str]] = field(default_factory=set)
    #: (case, person, moment, outcome): who handed something in, "" for a moment whose clock was held
    #: and for the outcome of a proposal.
    handed_in: set[tuple[str, str, str, str]] = field(default_factory=set)
    #: task -> outcome and person of its last completion, and the event.
    completed: dict[str, tuple[str, str, Place]] = field(default_factory=dict)
    cases: set[str] = field(default_factory=set)

    def note(self, body: Mapping[str, Any], stream: str, seq: int) -> None:
        """Remember what an event says; one that was damaged says nothing."""
        kind, thing, actor = str(body.get("type")), body.get("object"), body.get("actor")
        if not isinstance(thing, dict) or not isinstance(actor, dict):
            return
        changes = body.get("changes")
        found = (
            [one for one in changes if isinstance(one, dict)] if isinstance(changes, list) else []
        )
        said = _Said(
            case=str(thing.get("case")), thing=str(thing.get("id")),
            person=str(actor.get("person") or _SYSTEM), changes=found, place=(stream, seq),
            after={str(one.get("field")): one.get("after") for one in reversed(found)},
        )  # fmt: skip
        if kind in _HANDED_IN:
            at = "" if body.get("clock") == "held" else str(body.get("at"))
            outcome = str(said.after.get("outcome")) if kind == "task.completed" else ""
            self.handed_in.add((said.case, said.person, at, outcome))
        area = kind.partition(".")[0]
        if area == "case":
            self._note_case(kind, said)
        elif area == "kpi":
            self._note_measure(kind, said, body.get("content"))
        elif area in ("document", "decision", "task"):
            self._note_work(kind, said)

    def _note_case(self, kind: str, said: "_Said") -> None:
        what, after = kind.partition(".")[2], said.after
        if kind in ("case.started", "case.begun", "case.resubmitted"):
            self.cases.add(said.case)
            self._set(said, "status", "running")
            self._set(said, "number", after.get("number"))
            self._set(said, "title", after.get("title"))
        elif kind == "case.renamed":
            self._set(said, "title", after.get("title"))
        elif kind == "case.amount_changed":
            self._set(said, "amount", after.get("amount"))
        elif kind == "case.units_changed" and "lead" in after:
            self._set(said, "lead_unit", after["lead"])
        elif what == "recalled" or what in _ENDED:
            self._set(said, "status", what)

    def _note_measure(self, kind: str, said: "_Said", content: object) -> None:
        if kind == "kpi.recorded" and said.changes:
            one = said.changes[0]
            key = (said.thing, str(one.get("field")))
            self.actuals[key].append((_number(one.get("after")), said.person, said.place))
        elif kind == "kpi.revised" and said.changes:
            one = said.changes[0]
            told = (str(one.get("field")), _number(one.get("after")), str(said.after.get("reason")))
            self.revised[said.thing].append((*told, said.person, said.place))
        elif kind == "kpi.registered":
            names = said.after.get("measures")
            known = [str(one) for one in names] if isinstance(names, list) else []
            digest = content if isinstance(content, str) else ""
            self.registered[said.case] = (digest, known, said.place)

    def _note_work(self, kind: str, said: "_Said") -> None:
        after = said.after
        if kind == "document.stamped":
            key = (said.thing, str(after.get("place")), said.person)
            told = (str(after.get("outcome")), str(after.get("remark") or ""))
            self.stamped[key] = (*told, said.place)
            self._stamps_of[said.case].append(key)
        elif kind == "decision.recorded":
            told = (str(after.get("outcome")), str(after.get("reason") or ""))
            self.decided.add((said.case, said.person, *told))
        elif kind == "task.completed":
            self.completed[said.thing] = (str(after.get("outcome")), said.person, said.place)
        elif kind == "task.recalled":
            mine = [key for key in self._stamps_of[said.case] if key[2] == said.person]
            if mine:
                self.stamped.pop(mine[-1], None)

    def _set(self, said: "_Said", column: str, value: object) -> None:
        if value is not None and not isinstance(value, dict):  # a personal value says nothing
            self.values[said.case, column] = (value, said.place)


@dataclass(frozen=True, slots=True)
class _Said:
    """An event, taken apart."""

    case: str
    thing: str
    person: str
    changes: list[dict[str, Any]]
    place: Place
    after: dict[str, Any]


def case_row_findings(connection: Connection, said: CaseSaid) -> Iterator[Finding]:
    """Compare the rows with what the log says of them; one pass over each table."""
    numbers = dict(tuple(row) for row in rows(connection, _NUMBERS))
    yield from _case_findings(connection, said)
    yield from _actual_findings(connection, said, numbers)
    yield from _target_findings(connection, said, numbers)
    yield from _stamp_findings(connection, said, numbers)
    for case, task, name, outcome, person in rows(connection, _DONE):
        told = said.completed.get(task)
        if told is None and case not in said.cases:
            continue
        if told is None or told[:2] != (str(outcome), str(person or _SYSTEM)):
            text = _(
                "案件 {number} の作業「{task}」を終えた人か結果が、記録と違うか、記録にありません。",
                number=numbers.get(case, case),
                task=name,
            )
            yield _finding(told[2] if told else (case_stream(case), 0), text)


def _case_findings(connection: Connection, said: CaseSaid) -> Iterator[Finding]:
    labels = {
        "title": _("件名"), "status": _("状態"), "amount": _("金額"), "lead_unit": _("担当課"),
        "number": _("番号"),
    }  # fmt: skip
    for case, number, title, status, amount, lead_unit in rows(connection, _CASES):
        held = {
            "number": number, "title": title, "status": status, "amount": amount,
            "lead_unit": lead_unit,
        }  # fmt: skip
        for column, value in held.items():
            told = said.values.get((case, column))
            if told is None and not (
                column == "amount" and value is not None and case in said.cases
            ):
                continue
            wanted, place = told or (None, (case_stream(case), 0))
            if _same(value, wanted):
                continue
            yield _finding(
                place,
                _(
                    "案件 {number} の{what}が「{found}」になっていますが、記録では「{told}」です。",
                    number=number,
                    what=labels[column],
                    found=_word(column, value),
                    told=_word(column, wanted),
                ),
            )


def _actual_findings(
    connection: Connection, said: CaseSaid, numbers: Mapping[str, str]
) -> Iterator[Finding]:
    left = {key: list(told) for key, told in said.actuals.items()}
    current = {key: told[-1] for key, told in said.actuals.items()}
    for case, measure, period, value, person, superseded in rows(connection, _ACTUALS):
        key, number = (measure, period), _number(value)
        found = next((one for one in left.get(key, ()) if one[:2] == (number, person)), None)
        live = current.pop(key, None) if superseded is None else None
        if found is not None:
            left[key].remove(found)
        if found is None or (superseded is None and (live is None or live[0] != number)):
            place = (live or found or ("", "", (case_stream(case), 0)))[2]
            yield _finding(
                place,
                _(
                    "案件 {number} の実績値（{period}）が「{value}」になっていますが、"
                    "記録と違うか、記録にありません。",
                    number=numbers.get(case, case),
                    period=period,
                    value=value,
                ),
            )
    gone = [one[2] for told in left.values() for one in told]
    gone += [one[2] for one in current.values() if one[2] not in gone]
    for place in sorted(gone):
        text = _("記録にある案件 {number} の実績値が、ないか、書き換えられています。",
                 number=_number_of(place, numbers))  # fmt: skip
        yield _finding(place, text)


def _target_findings(
    connection: Connection, said: CaseSaid, numbers: Mapping[str, str]
) -> Iterator[Finding]:
    first: dict[str, list[tuple[object, object]]] = defaultdict(list)
    later: dict[str, list[tuple[str, str, str, str]]] = defaultdict(list)
    for measure, year, value, reason, person in rows(connection, _TARGETS):
        if not reason:  # nobody revises a target without saying why
            first[measure].append((year, value))
        else:
            later[measure].append((str(year), _number(value), str(plain(reason)), person))
    cases: dict[str, list[Sequence[object]]] = defaultdict(list)
    for case, measure, *told, scale, note in rows(connection, _MEASURES):
        targets = sorted(first[measure], key=str)
        cases[case].append((measure, *told, targets, *filter(None, (scale, note))))
        wanted = said.revised.pop(measure, [])
        if sorted(one[:4] for one in wanted) != sorted(later[measure]):
            place = wanted[-1][4] if wanted else (case_stream(case), 0)
            yield _finding(place, _measures_text(numbers.get(case, case)))
    for case, (digest, names, place) in said.registered.items():
        found = cases.get(case, [])
        same = (
            sealed_measures(found) == digest
            if digest
            else [plain(str(one[2])) for one in found] == names
        )
        if not same:
            yield _finding(place, _measures_text(numbers.get(case, case)))


def _measures_text(number: str) -> str:
    return _("案件 {number} の指標か目標値が、記録と違います。", number=number)


def _stamp_findings(
    connection: Connection, said: CaseSaid, numbers: Mapping[str, str]
) -> Iterator[Finding]:
    left = dict(said.stamped)
    decided = set()
    for case, document, locked, part, title, person, outcome, remark, at in rows(
        connection, _STAMPS
    ):
        if locked is not None:
            decided.add(document)
        if at is None or person is None:
            continue
        told = left.pop((document, str(plain(title)), person), None)
        text = _("案件 {number} の決裁欄「{place}」の印が、記録と違うか、記録にありません。",
                 number=numbers.get(case, case), place=title)  # fmt: skip
        if told is not None:
            if told[:2] != (outcome, str(plain(remark))):
                yield _finding(told[2], text)
        elif not _known_stamp(said, case, part, (person, outcome, str(plain(remark))), at):
            yield _finding((case_stream(case), 0), text)
    for (document, title, _person), (_outcome, _remark, place) in left.items():
        if document in decided:
            text = _("案件 {number} の決裁欄「{place}」の、記録にある印がありません。",
                     number=_number_of(place, numbers), place=title)  # fmt: skip
            yield _finding(place, text)


def _known_stamp(
    said: CaseSaid, case: str, part: str, told: tuple[str, str, str], at: object
) -> bool:
    """Return whether a stamp without an entry of its own is the decision's, or a form's."""
    person, outcome, _remark = told
    if part in ("decide", "provisional"):
        return (case, *told) in said.decided
    when = moment(at)
    moments = ["", *([moment_text(when)] if when is not None else [])]
    return any(
        (case, person, one, said_so) in said.handed_in
        for one in moments
        for said_so in (outcome, "")
    )


def _number_of(place: Place, numbers: Mapping[str, str]) -> str:
    case = place[0].partition(":")[2]
    return numbers.get(case, case)


def _same(value: object, wanted: object) -> bool:
    if isinstance(value, str) and isinstance(wanted, str):
        return str(plain(value)).strip() == wanted.strip()
    return value == wanted


def _word(column: str, value: object) -> str:
    if column == "status" and value in _STATUS:
        return _(_STATUS[str(value)])
    return "" if value is None else str(value)


def _number(value: object) -> str:
    """Return a number as the log writes it, so that 1E+2 is 100; what is none stays text."""
    try:
        return format(Decimal(str(value)), "f")
    except InvalidOperation:
        return str(value)


def _finding(place: Place, text: str) -> Finding:
    return Finding(FindingKind.RECORD, *place, text)
