"""Compare absences and deputies with what the log says of them: who, for what, and which days.

Entries name them by their days, which no two of a person share; no id is needed to pair them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from dxflow.audit import reading
from dxflow.audit.findings import Finding
from dxflow.audit.rows.words import Names, Place, day_words, record
from dxflow.texts import gettext as _

_ABSENCES = "SELECT person_id, valid_from, valid_to FROM absence ORDER BY valid_from"
_DELEGATIONS = (
    "SELECT giver_id, deputy_id, post, valid_from, valid_to, ended_at FROM delegation"
    " ORDER BY valid_from"
)

#: Deputy and post; both are empty for an absence, a post is empty for every post.
What = tuple[str, str]


@dataclass(slots=True)
class _Span:
    """Days from `begin` that the log tells of; `ends` are the ends that it gave them, the last counts.

    A transfer that is taken back gives a deputy's end back without a word: any of them may stand.
    """

    what: What
    begin: str
    ends: list[str]
    place: Place


@dataclass(slots=True)
class StandingSaid:
    """What the log says of absences and deputies: gathered event by event, compared at the end."""

    absences: dict[str, list[_Span]] = field(default_factory=lambda: defaultdict(list))
    deputies: dict[str, list[_Span]] = field(default_factory=lambda: defaultdict(list))
    #: How often a giver's delegation was ended by hand: by deputy, post and first day; "" where an
    #: older version did not say which of them.
    ended: dict[str, Counter[tuple[What, str]]] = field(
        default_factory=lambda: defaultdict(Counter)
    )

    def note(self, body: Mapping[str, Any], stream: str, seq: int) -> None:
        """Remember what an event says; one that was damaged says nothing."""
        kind, thing, changes = str(body.get("type")), body.get("object"), body.get("changes")
        if not kind.startswith(("absence.", "delegation.")) or not isinstance(thing, dict):
            return
        told = {one.get("field"): one for one in changes or () if isinstance(one, dict)}
        person, place = str(thing.get("id")), (stream, seq)
        begin, end = told.get("valid_from", {}), told.get("valid_to", {})
        if kind == "absence.entered":
            span = _Span(("", ""), str(begin.get("after")), [str(end.get("after"))], place)
            self.absences[person].append(span)
        elif kind == "absence.ended":
            self._end_absence(person, end, place)
        else:
            side = "after" if kind == "delegation.granted" else "before"
            what = (
                str(told.get("deputy", {}).get(side)),
                str(told.get("post", {}).get(side) or ""),
            )
            if kind == "delegation.granted":
                span = _Span(what, str(begin.get("after")), [str(end.get("after"))], place)
                self.deputies[person].append(span)
            else:
                self._end_deputy(person, what, begin.get("before"), end.get("after"))

    def _end_absence(self, person: str, end: Mapping[str, Any], place: Place) -> None:
        for span in self.absences[person]:
            if span.ends[-1] == str(end.get("before")):
                span.ends, span.place = [str(end.get("after"))], place
                if span.ends[-1] <= span.begin:  # taken back before it began
                    self.absences[person].remove(span)
                return

    def _end_deputy(self, person: str, what: What, begin: object, end: object) -> None:
        if end is None:
            self.ended[person][what, str(begin or "")] += 1
            return
        for span in self.deputies[person]:
            if span.what[0] == what[0] and begin in (None, span.begin):
                span.ends.append(str(end))


@dataclass(frozen=True, slots=True)
class _Row:
    what: What
    begin: str
    end: str
    ended: bool = False


def standing_findings(connection: Connection, said: StandingSaid) -> Iterator[Finding]:
    """Compare the rows with what the log says of them; one pass over each table."""
    names = Names(connection)
    away: dict[str, list[_Row]] = defaultdict(list)
    for person, begin, end in reading.rows(connection, _ABSENCES):
        away[person].append(_Row(("", ""), str(begin), str(end)))
    given: dict[str, list[_Row]] = defaultdict(list)
    for giver, deputy, post, begin, end, ended in reading.rows(connection, _DELEGATIONS):
        row = _Row((deputy, post), str(begin), str(end), ended is not None)
        given[giver].append(row)
    for person in sorted(said.absences.keys() | away.keys()):
        yield from _spans(names, person, away.get(person, ()), said.absences.get(person, ()))
    for person in sorted(said.deputies.keys() | given.keys()):
        rows, told = given.get(person, ()), said.deputies.get(person, ())
        yield from _spans(names, person, rows, told)
        yield from _ended(names, person, rows, told, said.ended.get(person, Counter()))


def _spans(
    names: Names, person: str, rows: Sequence[_Row], told: Sequence[_Span]
) -> Iterator[Finding]:
    left, extra = list(told), []
    for row in rows:
        same = (
            one
            for one in left
            if (one.what, one.begin) == (row.what, row.begin) and row.end in one.ends
        )
        known = next(same, None)
        if known is None:
            extra.append(row)
        else:
            left.remove(known)
    name = names.person(person)
    for row in extra:
        found = _words(names, row.what, row.begin, row.end)
        if left:
            span = left.pop(0)
            wanted = _words(names, span.what, span.begin, span.ends[-1])
            text = _("{name} さんの{found}は、記録では{told}です。",
                     name=name, found=found, told=wanted)  # fmt: skip
            yield record(span.place, text)
        else:
            text = _("{name} さんの{what}が、記録にありません。", name=name, what=found)
            yield record(("sys:admin", 0), text)
    for span in left:
        wanted = _words(names, span.what, span.begin, span.ends[-1])
        text = _("記録にある {name} さんの{what}がありません（削除）。", name=name, what=wanted)
        yield record(span.place, text)


def _ended(
    names: Names, person: str, rows: Sequence[_Row], told: Sequence[_Span],
    ended: Counter[tuple[What, str]],
) -> Iterator[Finding]:  # fmt: skip
    exact = all(begin for _what, begin in ended)
    found, wanted = Counter[object](), Counter[object]()
    for row in rows:
        found[_which(row, exact=exact)] += row.ended
    for (what, begin), times in ended.items():
        wanted[(what, begin) if exact else what[0]] += times
    for row in rows:
        which = _which(row, exact=exact)
        if found[which] != wanted[which]:
            found[which] = wanted[which]  # said once
            place = next((one.place for one in told if one.what == row.what), ("sys:admin", 0))
            text = _("{name} さんの{what}が解除されたかどうかが、記録と違います。",
                     name=names.person(person),
                     what=_words(names, row.what, row.begin, row.end))  # fmt: skip
            yield record(place, text)


def _which(row: _Row, *, exact: bool) -> object:
    """Return by what the log names a delegation that ended: an older version names only the deputy."""
    return (row.what, row.begin) if exact else row.what[0]


def _words(names: Names, what: What, begin: str, end: str) -> str:
    """Return an absence or a deputy as people read them, the last day counted."""
    try:
        last = str(date.fromisoformat(end) - timedelta(1))
    except ValueError:
        last = end
    days = {"start": day_words(begin), "last": day_words(last)}
    if not what[0]:
        return _("不在（{start}から{last}まで）", **days)
    deputy = names.person(what[0])
    if what[1]:
        return _(
            "「{deputy}」さんへの代理（{post}、{start}から{last}まで）",
            deputy=deputy, post=names.post(what[1]), **days,
        )  # fmt: skip
    return _("「{deputy}」さんへの代理（{start}から{last}まで）", deputy=deputy, **days)
