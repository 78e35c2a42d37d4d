"""What was answered in a form, over many cases, as an Excel workbook: a row for each answer.

Lists of the form have sheets of their own, a row for each row. Fields with personal data are left
out: whoever needs them reads them where they belong.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import IO, Any

from openpyxl import Workbook
from sqlalchemy import ColumnElement, Connection, Row, Select, func, select
from sqlalchemy.orm import aliased

from dxflow import audit, forms
from dxflow.clock import TOKYO
from dxflow.db.case import Case, Measure, Milestone
from dxflow.db.identity import Person, Unit
from dxflow.db.process import Submission, WorkItem
from dxflow.errors import Invalid
from dxflow.forms import FieldFact, FormDefinition
from dxflow.services import plain
from dxflow.services.packs import store as packs
from dxflow.services.people import events, naming, organisation
from dxflow.services.people.actor import Actor
from dxflow.services.reading import answer_forms, case_list, form_words
from dxflow.services.reading.case_list import Filters
from dxflow.services.reading.exporting import pieces, require_few
from dxflow.services.reading.submitted import step_name
from dxflow.services.reading.workbook_sheet import WorkbookSheet
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark, translated

MOST_ANSWERS = 20_000
CHUNK = 200
#: Kinds that stand in no column: their own fields do, or they show what stands elsewhere.
_WHOLE = frozenset({"group", "list", "table"})
#: The longest name of a sheet, and what may not stand in one.
_SHEET_NAME, _NOT_IN_NAMES = 31, str.maketrans(dict.fromkeys("[]:*?/\\'", "・"))

#: By names of their own: whether a case may be seen is asked of the same tables.
_ANSWER, _TASK = aliased(Submission), aliased(WorkItem)


@dataclass(frozen=True)
class Part:
    """The fields of one sheet: those of the form itself, or those of a list at `path`."""

    path: str
    title: str
    fields: tuple[FieldFact, ...]


def workbook(site: Site, actor: Actor, form: str, filters: Filters) -> Iterator[bytes]:
    """Yield the workbook of a form's answers in the cases a list shows, piece by piece.

    The log holds that it was taken. Raises Invalid for a form that is not offered, for filters that
    make no sense, and when there are more than MOST_ANSWERS.
    """
    title = dict(answer_forms.offered(site)).get(form)
    if title is None:
        message = _("様式を一覧から選んでください。")
        raise Invalid(message, {"form": [message]})
    with site.database.read() as tx:
        found = _in_force(form, case_list.condition(site, tx, actor, filters))
        count = tx.execute(found.with_only_columns(func.count())).scalar_one()
    require_few(count, MOST_ANSWERS)
    _record(site, actor, title, filters, count)
    with site.database.read() as tx:
        found = _in_force(form, case_list.condition(site, tx, actor, filters))
        yield from pieces(_Writer(site, tx, actor, form, found).write)


def _in_force(form: str, which: ColumnElement[bool]) -> Select[str]:
    """Return the pack versions of the answers in force, one row for each answer."""
    return (
        select(_ANSWER.pack_digest)
        .join_from(_ANSWER, Case, Case.id == _ANSWER.case_id)
        .where(_ANSWER.form_key == form, _ANSWER.superseded_at.is_(None), which)
    )


def _with_case(found: Select[str]) -> Select[*tuple[Any, ...]]:
    """Return answers with what they belong to, by case; `newest` is 1 for a task's last one."""
    newest = func.row_number().over(
        partition_by=(_ANSWER.case_id, _ANSWER.element, _TASK.name),
        order_by=(_ANSWER.at.desc(), _ANSWER.id.desc()),
    )
    return (
        found.with_only_columns(
            Case.number, Case.title, Case.lead_unit, _ANSWER.case_id, _ANSWER.element,
            _ANSWER.pack_digest, _ANSWER.body, _ANSWER.at, Person.name.label("person"),
            _TASK.name.label("task"), newest.label("newest"),
        )
        .outerjoin(_TASK, _TASK.id == _ANSWER.work_item_id)
        .outerjoin(Person, Person.id == _ANSWER.person_id)
        .order_by(Case.created_at.desc(), Case.id, _ANSWER.at.desc(), _ANSWER.id.desc())
    )  # fmt: skip


def _record(site: Site, actor: Actor, title: str, filters: Filters, count: int) -> None:
    changes = [
        audit.Change("form", mark("様式"), None, title),
        audit.Change("answers", mark("回答の数"), None, count),
        audit.Change("q", mark("ことば"), None, filters.q or None),
        audit.Change("status", mark("状態"), None, filters.status or None),
        audit.Change("stage", mark("段階"), None, filters.stage or None),
        audit.Change("unit", mark("担当課"), None, filters.unit or None),
        audit.Change("fiscal_year", mark("年度"), None, filters.fiscal_year),
    ]
    with site.database.write() as tx:
        events.record_configuration(
            site, tx, actor, "form.exported", audit.Subject("system", "dxflow"),
            *(one for one in changes if one.after is not None),
        )  # fmt: skip


class _Writer:
    """Writes the answers of a form: columns are those of its newest version, then older ones."""

    def __init__(
        self, site: Site, tx: Connection, actor: Actor, form: str, found: Select[str]
    ) -> None:
        self._site, self._tx, self._form, self._found = site, tx, form, found
        self._who = organisation.directory(site, tx, actor.on)
        units = tx.execute(select(Unit.key).distinct()).scalars()  # those that have ended too
        self._names = naming.load(tx, self._who, units=units)
        self._words: dict[tuple[str, str], Any] = {}
        self._kept: dict[str, frozenset[str]] = {}

    def write(self, file: IO[bytes]) -> None:
        """Write all of them; a file without answers has the headings of the current version."""
        digests = self._tx.execute(self._found.distinct()).scalars()
        used = [packs.load(self._site, self._tx, one) for one in digests] or [
            one for one in packs.current(self._site, self._tx) if self._form in one.forms
        ]
        used.sort(key=lambda pack: -pack.version)
        parts = _parts([pack.form(self._form) for pack in used])
        book = Workbook(write_only=True)
        sheets = [_sheet(book, part, number) for number, part in enumerate(parts)]
        try:
            rows = self._tx.execute(_with_case(self._found), execution_options={"yield_per": CHUNK})
            for chunk in rows.partitions(CHUNK):
                self._add(chunk, parts, sheets)
        finally:  # also where reading fails: the sheets are files that must be ended
            for sheet in sheets:
                sheet.finish()
        book.save(file)

    def _add(
        self, rows: Sequence[Row[Any]], parts: Sequence[Part], sheets: Sequence[WorkbookSheet]
    ) -> None:
        named = _named_rows(self._tx, {row.case_id for row in rows}, parts)
        for row in rows:
            pack = packs.load(self._site, self._tx, row.pack_digest)
            if row.element in self._kept_in(pack):
                continue  # a task of an earlier version, whose answers were for some readers only
            values = forms.from_plain(pack.form(self._form), plain.loads(row.body))
            head = (row.number, row.title, self._names.unit(row.lead_unit))
            told = (
                pack.said(row.task) if row.task else step_name(pack, row.element),
                row.person or "", row.at, _("最新") if row.newest == 1 else "",
            )  # fmt: skip
            for part, sheet in zip(parts, sheets, strict=True):
                for number, entered in _entered(part, values):
                    cells = [
                        self._cell(pack, fact, _at(entered, fact.path, part.path), named)
                        for fact in part.fields
                    ]
                    sheet.add((*head, *told, *number, *cells))

    def _kept_in(self, pack: packs.Pack) -> frozenset[str]:
        if pack.digest not in self._kept:
            self._kept[pack.digest] = answer_forms.kept_tasks(pack)
        return self._kept[pack.digest]

    def _cell(self, pack: packs.Pack, fact: FieldFact, value: Any, named: Mapping[str, str]) -> Any:
        if value is None or isinstance(value, Decimal):
            return value
        if isinstance(value, bool):
            return _("はい") if value else _("いいえ")
        if isinstance(value, datetime):
            return _moment(value)
        if not isinstance(value, str | list):
            return value
        text = form_words.COMMA.join(map(str, value)) if isinstance(value, list) else value
        if fact.offered in ("measures", "milestones"):
            return form_words.each(text, lambda one: named.get(one, one))
        key = (pack.digest, fact.path)
        if key not in self._words:
            self._words[key] = (
                form_words.answered(fact, pack, {}, self._names)
                if fact.options or fact.offered
                else None
            )
        words = self._words[key]
        return words(text) if words else text


def _parts(versions: Sequence[FormDefinition]) -> list[Part]:
    """Return the sheets of a form's versions, the newest first: the form itself, then its lists."""
    title = translated(versions[0].title)
    facts: dict[str, FieldFact] = {}
    for version in versions:
        for fact in version.fields():
            facts.setdefault(fact.path, fact)
    lists = {path: fact for path, fact in facts.items() if fact.kind == "list"}
    columns: dict[str, list[FieldFact]] = {path: [] for path in ("", *lists)}
    for path, fact in facts.items():
        if fact.kind not in _WHOLE and not fact.pii:
            columns[_list_of(path, lists)].append(fact)
    return [
        Part(path, translated(lists[path].label) if path else title, tuple(fields))
        for path, fields in columns.items()
        if fields or not path
    ]


def _list_of(path: str, lists: Mapping[str, FieldFact]) -> str:
    """Return the path of the innermost list a field stands in, "" for one of the form itself."""
    within = [one for one in lists if path.startswith(f"{one}.")]
    return max(within, key=len, default="")


def _sheet(book: Workbook, part: Part, number: int) -> WorkbookSheet:
    name = part.title.translate(_NOT_IN_NAMES)
    taken = {one.casefold() for one in book.sheetnames}
    if name.casefold() in taken or len(name) > _SHEET_NAME:
        name = f"{name[: _SHEET_NAME - 4]} {number + 1}"
    columns = [
        (_("番号"), 20), (_("件名"), 44), (_("担当課"), 18), (_("作業"), 20), (_("提出者"), 14),
        (_("提出日"), 12), (_("最新"), 8),
    ]  # fmt: skip
    if part.path:
        columns.append((_("行"), 6))
    columns += [(_heading(fact), 24) for fact in part.fields]
    return WorkbookSheet(book, name, columns)


def _heading(fact: FieldFact) -> str:
    label, unit = translated(fact.label), translated(fact.unit)
    return _("{label}（{unit}）", label=label, unit=unit) if unit else label


def _entered(part: Part, values: Mapping[str, Any]) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Yield what a sheet's rows are made of: the form's values, or each row of its list."""
    if not part.path:
        yield (), values
        return
    found = _at(values, part.path, "")
    for number, row in enumerate(found if isinstance(found, list) else (), 1):
        yield (number,), row


def _at(values: Any, path: str, within: str) -> Any:
    """Return the value at a dotted path, which may go through groups."""
    inner = path.removeprefix(f"{within}.") if within else path
    for key in inner.split("."):
        values = values.get(key) if isinstance(values, Mapping) else None
    return values


def _moment(value: datetime) -> date | str:
    """Return a moment as a day where it is one, else written out: a cell of days has no hours."""
    local = value.astimezone(TOKYO)
    return local.date() if local.time() == time() else local.strftime("%Y-%m-%d %H:%M")


def _named_rows(tx: Connection, cases: set[str], parts: Sequence[Part]) -> dict[str, str]:
    """Return measures and milestones of cases by their ids, where a field names one."""
    asked = {fact.offered for part in parts for fact in part.fields}
    found: dict[str, str] = {}
    for name, rows in (("measures", Measure), ("milestones", Milestone)):
        if name in asked:
            query = select(rows.id, rows.name).where(rows.case_id.in_(sorted(cases)))
            found |= {row.id: row.name for row in tx.execute(query)}
    return found
