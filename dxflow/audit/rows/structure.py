"""Compare units and posts with what the log says of them: names, kinds, places and days.

Every change says all rows of its unit or post as they are from then on (`facts`). Of those that
only an older version has changed, the names that the log ever gave them are known.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from dxflow.audit import reading
from dxflow.audit.findings import Finding
from dxflow.audit.plain import plain
from dxflow.audit.rows.words import Place, day_words, record
from dxflow.texts import gettext as _

STREAM = "sys:admin"
_ROWS = {
    "unit": "SELECT key, name, kind, parent, valid_from, valid_to FROM unit",
    "post": "SELECT key, title, unit, kind, roles, valid_from, valid_to FROM post",
}
_NAME = {"unit": "name", "post": "title"}

#: The values of a row in the order of the log: the name first, the days last.
Held = list[object]


@dataclass(slots=True)
class StructureSaid:
    """What the log says of units and posts: gathered event by event, compared at the end."""

    #: (unit or post, key) -> its rows after the last event, and that event.
    rows: dict[tuple[str, str], tuple[list[Held], Place]] = field(default_factory=dict)
    #: (unit or post, key) -> every name it was given since it began, and the last event about it.
    names: dict[tuple[str, str], tuple[set[str], Place]] = field(default_factory=dict)

    def note(self, body: Mapping[str, Any], stream: str, seq: int) -> None:
        """Remember what an event says; one that was damaged says nothing."""
        thing, changes, facts = body.get("object"), body.get("changes"), body.get("facts")
        kind, _dot, what = str(body.get("type")).partition(".")
        if kind not in _ROWS or not isinstance(thing, dict):
            return
        place = (stream, seq)
        for one in changes if isinstance(changes, list) else ():
            if isinstance(one, dict) and one.get("field") == _NAME[kind] and one.get("after"):
                self._name(kind, str(thing.get("id")), what, str(one["after"]), place)
        says = facts if isinstance(facts, dict) else {}
        for of in _ROWS:
            told = says.get(of)
            for key, rows in told.items() if isinstance(told, dict) else ():
                if isinstance(rows, list):
                    self.rows[of, key] = ([one for one in rows if isinstance(one, list)], place)

    def _name(self, kind: str, key: str, what: str, name: str, place: Place) -> None:
        known = self.names.get((kind, key))
        if known is None and what != "created":
            return  # its beginning is older than the log: what it was called then is not known
        names = known[0] if known else set[str]()
        names.add(name)
        self.names[kind, key] = (names, place)


def structure_findings(connection: Connection, said: StructureSaid) -> Iterator[Finding]:
    """Compare the rows with what the log says of them; one pass over each table."""
    left = dict(said.rows)
    for kind, statement in _ROWS.items():
        found: dict[str, list[Held]] = defaultdict(list)
        for key, *values in reading.rows(connection, statement):
            found[key].append(_held(kind, values))
        for key, rows in found.items():
            told = left.pop((kind, key), None)
            known = said.names.get((kind, key))
            if told is not None:
                yield from _unlike(kind, rows, *told)
            elif known is not None:
                for row in rows:
                    if row[0] not in known[0]:
                        yield _renamed(kind, row[0], "・".join(sorted(known[0])), known[1])
    for (kind, _key), (rows, place) in left.items():
        if rows:
            text = (
                _("記録にある組織「{name}」がありません（削除）。", name=rows[-1][0])
                if kind == "unit"
                else _("記録にある職「{name}」の登録がありません（削除）。", name=rows[-1][0])
            )
            yield record(place, text)


def _unlike(
    kind: str, rows: Sequence[Held], told: Sequence[Held], place: Place
) -> Iterator[Finding]:
    by_day = {str(row[-2]): row for row in told}
    for row in rows:
        wanted = by_day.pop(str(row[-2]), None)
        if wanted == row:
            continue
        if wanted is None or wanted[1:] != row[1:]:
            text = (
                _("組織「{name}」の種別、上位の組織か期間（{day}から）が、記録と違います。",
                  name=row[0], day=day_words(row[-2]))
                if kind == "unit"
                else _("職「{name}」の所属、種別、役割か期間（{day}から）が、記録と違います。",
                       name=row[0], day=day_words(row[-2]))
            )  # fmt: skip
            yield record(place, text)
        if wanted is not None and wanted[0] != row[0]:
            yield _renamed(kind, row[0], wanted[0], place)
    for wanted in by_day.values():
        text = (
            _("組織「{name}」の、記録にある期間（{day}から）がありません。",
              name=wanted[0], day=day_words(wanted[-2]))
            if kind == "unit"
            else _("職「{name}」の、記録にある期間（{day}から）がありません。",
                   name=wanted[0], day=day_words(wanted[-2]))
        )  # fmt: skip
        yield record(place, text)


def _renamed(kind: str, found: object, told: object, place: Place) -> Finding:
    text = (
        _("組織の名前が「{found}」になっていますが、記録では「{told}」です。",
          found=found, told=told)
        if kind == "unit"
        else _("職の名前が「{found}」になっていますが、記録では「{told}」です。",
               found=found, told=told)
    )  # fmt: skip
    return record(place, text)


def _held(kind: str, values: Sequence[Any]) -> Held:
    """Return the values of a row as the log writes them."""
    name, *middle, begin, end = values
    if kind == "post":
        middle[-1] = sorted(str(middle[-1] or "").split())
    kept = [str(plain(one)) if isinstance(one, str) else one for one in (name, *middle)]
    return [*(one or None for one in kept), str(begin), None if end is None else str(end)]
