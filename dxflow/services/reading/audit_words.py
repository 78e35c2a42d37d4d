"""The values of the audit log in words: buttons, units, posts, results of decision tables.

Labels are those of the pack version that the event itself names. A value that nothing is known of
stays as it was written; the exact text of an event is shown beside it, see audit_log.Proof.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import Connection, select, union_all

from dxflow import audit
from dxflow.calendars.wareki import wareki_date
from dxflow.db.case import Measure, Milestone
from dxflow.decisions.table import TableLogic
from dxflow.errors import NotFound
from dxflow.forms import FormDefinition
from dxflow.services import plain
from dxflow.services.packs import own_words
from dxflow.services.packs import store as packs
from dxflow.services.people.naming import Names
from dxflow.services.reading import submitted
from dxflow.services.reading.audit_tellers import ANYWHERE, TELLERS
from dxflow.services.reading.case_rulings import Words
from dxflow.services.reading.form_words import (
    COMMA,
    answered,
    asked,
    each,
    row_label,
)
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import source as told
from dxflow.texts import translated

#: Events whose changes are days: the field is the date, the values a kind with a name.
_DAYS = frozenset({"calendar.changed", "calendar.imported"})
_UNITS = frozenset({"lead", "related", "extend_unit"})
#: Fields that name a unit in events of this type only.
_UNITS_THERE = frozenset(
    {
        ("case.extended", "unit"), ("unit.created", "parent"), ("unit.changed", "parent"),
        ("post.created", "unit"), ("post.changed", "unit"), ("kpi.exported", "unit"),
        ("form.exported", "unit"),
    }
)  # fmt: skip
_POSTS = frozenset({"post", "seats", "recused"})
_PERSONS = frozenset(
    {
        ("meeting.attended", "person"),
        ("meeting.left", "person"),
        ("document.drawn", "owed_by"),
        ("committee.voted", "member"),
        ("committee.evaluated", "member"),
        ("retention.extended", "proposer"),
        ("retention.disposed", "proposer"),
    }
)


@dataclass(frozen=True)
class Source:
    """Where the words of an event come from: its pack version and its form, when known.

    `rows` names the measures and milestones of cases by their ids.
    """

    pack: packs.Pack | None = None
    form: FormDefinition | None = None
    rows: Mapping[str, str] = field(default_factory=dict)


def sources(site: Site, tx: Connection, bodies: Iterable[str]) -> list[Source]:
    """Return the source of each stored body; a damaged or foreign one has none."""
    events = [_read(body) for body in bodies]
    rows = _rows(tx, {value for event in events for value in _row_ids(event)})
    return [replace(_source(site, tx, event), rows=rows) for event in events]


def keys(entries: Iterable[audit.Entry]) -> tuple[set[str], set[str]]:
    """Return the keys of posts and of units that stand in the changes."""
    posts: set[str] = set()
    units: set[str] = set()
    for entry in entries:
        for change in entry.changes:
            found = {part for side in (change.before, change.after) for part in side.split(COMMA)}
            if change.field in _POSTS:
                posts |= found
            elif _is_unit(entry, change):
                units |= found
    return posts - {""}, units - {""}


def persons(entries: Iterable[audit.Entry]) -> list[str]:
    """Return the ids of persons that stand in the changes."""
    return [
        side
        for entry in entries
        for change in entry.changes
        if (entry.type, change.field) in _PERSONS
        for side in (change.before, change.after)
    ]


def worded(entry: audit.Entry, source: Source, names: Names) -> audit.Entry:
    """Return the entry with its changes in words."""
    return replace(entry, changes=tuple(_line(entry, one, source, names) for one in entry.changes))


def _read(body: str) -> Mapping[str, Any]:
    try:
        event = plain.loads(body)
    except ValueError:
        return {}
    return event if isinstance(event, dict) else {}


def _row_ids(event: Mapping[str, Any]) -> Iterator[str]:
    """Yield the ids of measures and milestones that stand in the rows of a form."""
    changes = event.get("changes")
    for change in changes if isinstance(changes, list) else ():
        if isinstance(change, dict) and str(change.get("field")).endswith(
            (".measure", ".milestone")
        ):
            yield from (str(change.get(side)) for side in ("before", "after") if change.get(side))


def _rows(tx: Connection, ids: set[str]) -> dict[str, str]:
    """Return the names behind ids: no query without ids."""
    if not ids:
        return {}
    known = select(Measure.id, Measure.name).where(Measure.id.in_(ids))
    more = select(Milestone.id, Milestone.name).where(Milestone.id.in_(ids))
    return {row.id: row.name for row in tx.execute(union_all(known, more))}


def _source(site: Site, tx: Connection, event: Mapping[str, Any]) -> Source:
    digest = event.get("definition")
    if not isinstance(digest, str) or not digest:
        return Source()
    try:
        pack = packs.load(site, tx, digest)
    except NotFound:
        return Source()
    wanted = event.get("form")
    return Source(pack, next((one for one in pack.forms.values() if one.digest == wanted), None))


def _is_unit(entry: audit.Entry, change: audit.ChangeLine) -> bool:
    return change.field in _UNITS or (entry.type, change.field) in _UNITS_THERE


def _line(
    entry: audit.Entry, change: audit.ChangeLine, source: Source, names: Names
) -> audit.ChangeLine:
    if entry.type == "timer.fired":
        timer = source.pack.said(told(change.label)) if source.pack else change.label
        return replace(change, label=_("期限"), after=timer)
    if entry.type in _DAYS:
        return _day(change)
    say = _teller(entry, change, source, names)
    said = replace(change, before=say(change.before), after=say(change.after)) if say else change
    label = change.label
    fact = asked(source.form, change.field)
    if source.pack is not None:
        own = fact is not None or entry.type == "decision_table.evaluated"
        stored, say = told(label), source.pack.said
        label = say(stored) if own else own_words.of_either(stored, say)
    return replace(said, label=row_label(source.form, change.field, label))


def _day(change: audit.ChangeLine) -> audit.ChangeLine:
    """Return the change of a day with date and kind in the reader's language."""
    try:
        label = wareki_date(date.fromisoformat(change.field))
    except ValueError:  # a damaged entry is shown as it is
        return change
    return replace(change, label=label, before=_kind(change.before), after=_kind(change.after))


def _kind(text: str) -> str:
    kind, bracket, name = text.partition("（")
    return f"{translated(kind)}{bracket}{name}"


def _teller(
    entry: audit.Entry, change: audit.ChangeLine, source: Source, names: Names
) -> Callable[[str], str] | None:
    """Return what puts a side of the change into words, None when it is to stay as it is."""
    field, pack, form = change.field, source.pack, source.form
    if entry.type == "decision_table.evaluated":
        return (lambda text: _result(text, field, pack, names)) if pack else None
    if entry.type == "task.completed" and field == "outcome":
        return (lambda text: submitted.outcome_words(form, text)[0]) if form else None
    if _is_unit(entry, change):
        return lambda text: each(text, names.unit)
    command = _BUTTONS.get((entry.type, field))
    if command is not None:
        return _pressed(source, command)
    fixed = TELLERS.get((entry.type, field))
    if fixed is not None:
        return fixed(pack, names)
    fact = asked(form, field)
    if fact is not None and pack is not None:
        return answered(fact, pack, source.rows, names)
    if field in _POSTS:
        return lambda text: each(text, names.post)
    if field == "element" and pack is not None:
        return lambda text: submitted.step_name(pack, text)
    if field in ANYWHERE:
        return ANYWHERE[field]
    in_words = field in _IN_WORDS or entry.type.startswith("committee.")
    return _stored(field, pack) if in_words else None


def _stored(field: str, pack: packs.Pack | None) -> Callable[[str], str]:
    """Return what says words that were stored: a stage is the pack's, others may be anybody's."""
    if pack is None:
        return translated
    return pack.said if field == "stage" else partial(own_words.of_either, say=pack.said)


def _result(text: str, decision: str, pack: packs.Pack, names: Names) -> str:
    """Return the result of a decision as "label: value" pairs, in the order of its table."""
    try:
        value = plain.loads(text)
    except ValueError:
        return text
    model = pack.decisions.get(decision)
    logic = model.decisions[decision].logic if model else None
    outputs = logic.outputs if isinstance(logic, TableLogic) else ()
    labels = {one.name: translated(one.label or one.name) for one in outputs}
    return _told(value, labels, Words(names, pack, {*labels}))


def _told(value: Any, labels: Mapping[str, str], words: Words) -> str:
    if isinstance(value, dict):
        order = [key for key in labels if key in value] + [k for k in value if k not in labels]
        return COMMA.join(
            f"{labels.get(key, key)}: {_told(value[key], {}, words)}" for key in order
        )
    if isinstance(value, list):
        return COMMA.join(_told(one, labels, words) for one in value) or _("（なし）")
    if isinstance(value, bool) or value is None:
        return words.value({True: "true", False: "false", None: "null"}[value])
    return words.value(str(value))


def _pressed(source: Source, command: str) -> Callable[[str], str]:
    """Return words for what a command was told: the label of the button that was pressed.

    Events of earlier versions name no form; then it is what the forms with it say.
    """
    forms: Sequence[FormDefinition] = (source.form,) if source.form else ()
    if not forms and source.pack is not None:
        forms = source.pack.forms_with(command)

    def say(text: str) -> str:
        found = {one.label for form in forms for one in form.outcomes if one.key == text}
        return "／".join(translated(one) for one in sorted(found)) or text

    return say


#: Fields that hold the key of a button, with the command that wrote them.
_BUTTONS = {
    ("opinion.recorded", "opinion"): "opinion.record",
    ("document.stamped", "outcome"): "document.stamp",
}
#: Fields whose values are stored as the words people see.
_IN_WORDS = frozenset(
    {
        "stage",
        "start",
        "status",
        "state",
        "duty",
        "authority_row",
        "row",
        "decider",
        "way",
        "dating",
        "place",
        "scan",
        "beside",
        "proposed",
    }
)
