"""The list of measures as a table to be kept: one line for each measure and fiscal year.

As CSV (UTF-8 with byte order mark) or as an Excel workbook; that it was taken is an event. As open
data it has only what is being measured, of cases that everybody inside may read, without internal
numbers, and each line says under which licence of its pack it stands.
"""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from typing import IO, Any

from sqlalchemy import Connection, select

from dxflow import audit
from dxflow.audit.export import guarded
from dxflow.calendars.fiscal import fiscal_label
from dxflow.calendars.periods import period_label
from dxflow.db.case import Case
from dxflow.errors import Invalid
from dxflow.kpi.measures import Target
from dxflow.kpi.relative import Relative
from dxflow.kpi.scale import ARROW
from dxflow.kpi.years import YearLine, by_year
from dxflow.services.packs import store as packs
from dxflow.services.packs.settings.publishing import OpenData
from dxflow.services.people import events
from dxflow.services.people.actor import Actor
from dxflow.services.reading import kpi_cases, kpis
from dxflow.services.reading.exporting import pieces, require_few
from dxflow.services.reading.kpis import KpiRow
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

FORMATS = ("csv", "xlsx")
MOST_CASES = 20_000
#: Who may take the table as open data: whoever publishes for the city.
PUBLISHERS = ("secretariat", "cio")
_PART = 200

Cell = str | Decimal | None


@dataclass(frozen=True)
class Wanted:
    """Which measures: of a status, of a lead section, of a case; empty means all."""

    status: str = ""
    unit: str = ""
    case_id: str = ""
    open_data: bool = False


def may_publish(site: Site, actor: Actor) -> bool:
    """Return whether the actor may take the table as open data, and a pack has a licence for it."""
    if not actor.has_role(*PUBLISHERS):
        return False
    with site.database.read() as tx:
        return bool(_licences(site, tx))


def export(site: Site, actor: Actor, wanted: Wanted, form: str) -> Iterator[bytes]:
    """Note the export, then return the file piece by piece, in one of FORMATS.

    Raises NotAllowed for open data unless the actor publishes, Invalid for another format or
    status, for too many cases, and for open data without a licence in any pack.
    """
    if form not in FORMATS:
        message = _("形式は {choices} のどれかです。", choices="、".join(FORMATS))
        raise Invalid(message, {"format": [message]})
    if wanted.status and wanted.status not in kpis.ORDER:
        message = _("status は {words} のいずれかです。", words="、".join(kpis.ORDER))
        raise Invalid(message, {"status": [message]})
    if wanted.open_data:
        actor.require_role(*PUBLISHERS)
    with site.database.read() as tx:
        licences = _licences(site, tx) if wanted.open_data else {}
        if wanted.open_data and not licences:
            message = _(
                "オープンデータの利用条件が決められていません。"
                "pack.toml の [open_data] に licence を書いて、新しい版を公開してください。"
            )
            raise Invalid(message, {"open_data": [message]})
        cases = kpi_cases.every(
            site, tx, actor, wanted.unit, wanted.case_id, published=wanted.open_data
        )
    require_few(len(cases), MOST_CASES)
    _record(site, actor, wanted, form, len(cases))
    lines = _lines(site, actor, wanted, cases, licences)
    columns = _columns(open_data=wanted.open_data)
    return _csv(columns, lines) if form == "csv" else _workbook(columns, lines, licences)


def _licences(site: Site, tx: Connection) -> dict[str, OpenData]:
    """Return the licence of each pack that publishes, as its version in force has it."""
    settings = [pack.settings for pack in packs.current(site, tx)]
    return {one.key: one.open_data for one in settings if one.open_data.licence}


def _record(site: Site, actor: Actor, wanted: Wanted, form: str, cases: int) -> None:
    with site.database.write() as tx:
        number = tx.execute(
            select(Case.number).where(Case.id == wanted.case_id)
        ).scalar_one_or_none()
        events.record_configuration(
            site, tx, actor, "kpi.exported", audit.Subject("system", "dxflow"),
            *_changes(wanted, form, cases, number),
        )  # fmt: skip


def _changes(wanted: Wanted, form: str, cases: int, number: str | None) -> list[audit.Change]:
    changes = [
        audit.Change("format", mark("形式"), None, form),
        audit.Change("cases", mark("案件の数"), None, cases),
        audit.Change("status", mark("状況"), None, wanted.status or None),
        audit.Change("unit", mark("担当課"), None, wanted.unit or None),
        audit.Change("case", mark("案件"), None, number),
        audit.Change("open_data", mark("オープンデータ"), None, wanted.open_data or None),
    ]
    return [one for one in changes if one.after is not None]


def _lines(
    site: Site, actor: Actor, wanted: Wanted, cases: Sequence[str], licences: Mapping[str, OpenData]
) -> Iterator[list[Cell]]:
    for start in range(0, len(cases), _PART):
        part = cases[start : start + _PART]
        with site.database.read() as tx:
            rows = kpis.of_cases(site, tx, actor, part)
        for row in rows:
            if wanted.status and row.status != wanted.status:
                continue
            if wanted.open_data and (row.status == kpis.PLANNED or row.pack not in licences):
                continue
            for line in by_year(row.measure, row.tracked.actuals):
                yield _cells(row, line, licences.get(row.pack), open_data=wanted.open_data)


def _columns(*, open_data: bool) -> tuple[tuple[str, int], ...]:
    inside = () if open_data else ((_("番号"), 20),)
    outside = ((_("利用条件"), 40), (_("出典"), 16)) if open_data else ((_("状況"), 14),)
    return (
        *inside, (_("件名"), 44), (_("担当課"), 18), (_("指標"), 34), (_("単位"), 8),
        (_("向き"), 12), (_("数え方"), 16), (_("段階"), 30), (_("基準値"), 14),
        (_("基準年度"), 12), (_("年度"), 12), (_("西暦の年度"), 10), (_("目標"), 14),
        (_("目標の書き方"), 20), (_("実績"), 14), (_("実績の期間"), 18), (_("判定"), 10), *outside,
    )  # fmt: skip


def _cells(row: KpiRow, line: YearLine, licence: OpenData | None, *, open_data: bool) -> list[Cell]:
    measure = row.measure
    met = {True: _("達成"), False: _("未達成"), None: ""}[line.met]
    base = measure.baseline if measure.baseline is not None else measure.baseline_note
    base_year = fiscal_label(measure.baseline_year) if measure.baseline_year else ""
    shared: list[Cell] = [
        row.case_title, row.lead, measure.name, measure.unit,
        "" if measure.scale else measure.direction.label,
        "" if measure.scale else measure.aggregation.label,
        ARROW.join(measure.scale), base, base_year, fiscal_label(line.year), str(line.year),
        _figure(line.figure), line.asked.written if isinstance(line.asked, Relative) else "",
        line.actual, period_label(line.period) if line.period else "", met,
    ]  # fmt: skip
    if open_data and licence is not None:
        return [*shared, licence.licence, licence.attribution]
    return [row.case_number, *shared, row.status_name]


def _figure(figure: Target | None) -> Cell:
    """Return a target that is known; one that is not stands in the next column as it was written."""
    return None if isinstance(figure, Relative) else figure


def _csv(columns: Sequence[tuple[str, int]], lines: Iterator[list[Cell]]) -> Iterator[bytes]:
    yield "\ufeff".encode() + _line([label for label, _width in columns])
    for line in lines:
        yield _line(line)


def _line(cells: Sequence[Cell]) -> bytes:
    """Return a line of CSV: numbers as they are, no text that a spreadsheet takes for a formula."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow([_plain(one) for one in cells])
    return buffer.getvalue().encode("utf-8", errors="replace")


def _plain(cell: Cell) -> str:
    if isinstance(cell, Decimal):
        return format(cell, "f")
    return "" if cell is None else guarded(str(cell))


def _workbook(
    columns: Sequence[tuple[str, int]],
    lines: Iterator[list[Cell]],
    licences: Mapping[str, OpenData],
) -> Iterator[bytes]:
    yield from pieces(partial(_write, columns, lines, licences))


def _write(
    columns: Sequence[tuple[str, int]],
    lines: Iterator[list[Cell]],
    licences: Mapping[str, OpenData],
    file: IO[Any],
) -> None:
    from openpyxl import Workbook  # here: Excel's library is slow to read in

    from dxflow.services.reading.workbook_sheet import WorkbookSheet

    book = Workbook(write_only=True)
    sheet = WorkbookSheet(book, _("指標"), columns)
    try:
        for line in lines:
            sheet.add(line)
    finally:  # also where reading fails: a sheet is a file that must be ended
        sheet.finish()
    if licences:
        terms = WorkbookSheet(book, _("利用条件"), ((_("利用条件"), 80), (_("出典"), 24)))
        for one in dict.fromkeys(licences.values()):
            terms.add((one.licence, one.attribution))
        terms.finish()
    book.save(file)
