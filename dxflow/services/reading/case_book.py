"""Cases as an Excel workbook for departments: one sheet of cases, one of their measures.

The sheets are written row by row and read in chunks, so that a workbook of many cases costs no
more memory than one of few; how many may be asked for at once is limited.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import partial
from typing import IO, Any

from openpyxl import Workbook
from sqlalchemy import Connection

from dxflow.calendars.fiscal import fiscal_label, fiscal_year_of
from dxflow.calendars.periods import period_label, period_start
from dxflow.kpi.measures import format_value
from dxflow.services.people.actor import Actor
from dxflow.services.reading import case_list, kpis
from dxflow.services.reading.case_list import CaseRow, Filters
from dxflow.services.reading.exporting import pieces, require_few
from dxflow.services.reading.kpis import KpiRow
from dxflow.services.reading.workbook_sheet import WorkbookSheet
from dxflow.services.site import Site
from dxflow.texts import gettext as _

MOST_CASES = 20_000


def workbook(site: Site, actor: Actor, filters: Filters) -> Iterator[bytes]:
    """Yield the workbook of the cases a list shows, piece by piece.

    Raises Invalid for filters that make no sense, and when they leave more than MOST_CASES.
    """
    with site.database.read() as tx:
        require_few(case_list.total(site, tx, actor, filters), MOST_CASES)
        yield from pieces(partial(_write, site, tx, actor, filters))


def _write(site: Site, tx: Connection, actor: Actor, filters: Filters, file: IO[bytes]) -> None:
    book = Workbook(write_only=True)
    cases, measures = _case_sheet(book), _measure_sheet(book)
    year = fiscal_year_of(actor.on)
    try:
        for part in case_list.every(site, tx, actor, filters):
            for case in part:
                cases.add(_case_cells(case))
            for measure in kpis.of_cases(site, tx, actor, [case.id for case in part]):
                measures.add(_measure_cells(measure, year))
    finally:  # also where reading fails: the sheets are files that must be ended
        cases.finish()
        measures.finish()
    book.save(file)


def _case_sheet(book: Workbook) -> WorkbookSheet:
    return WorkbookSheet(
        book,
        _("案件"),
        (
            (_("番号"), 20), (_("件名"), 44), (_("状態"), 10), (_("段階"), 16),
            (_("担当課"), 18), (_("提案者"), 14), (_("年度"), 12), (_("金額（円）"), 14),
            (_("次の期限"), 12), (_("期限超過"), 10), (_("提出日"), 12), (_("更新日"), 12),
        ),
    )  # fmt: skip


def _case_cells(row: CaseRow) -> Sequence[Any]:
    return (
        row.number, row.title, row.status_name,
        row.stage_name if row.status == "running" else "",
        row.lead, row.applicant, fiscal_label(row.fiscal_year), row.amount,
        row.due_at, _("超過") if row.late else "", row.started_at, row.updated_at,
    )  # fmt: skip


def _measure_sheet(book: Workbook) -> WorkbookSheet:
    return WorkbookSheet(
        book,
        _("指標"),
        (
            (_("番号"), 20), (_("件名"), 44), (_("担当課"), 18), (_("指標"), 34), (_("単位"), 8),
            (_("基準値"), 14), (_("今年度の目標"), 16), (_("最後の実績"), 14), (_("実績の期間"), 18),
            (_("状況"), 14), (_("未入力の期間"), 12),
        ),
    )  # fmt: skip


def _measure_cells(row: KpiRow, year: int) -> Sequence[Any]:
    measure = row.measure
    last = max(row.tracked.actuals, key=lambda one: period_start(one.period), default=None)
    return (
        row.case_number, row.case_title, row.lead, measure.name, measure.unit,
        _value(measure.baseline) or measure.baseline_note, _value(row.achievement.targets.get(year)),
        _value(last.value) if last else None, period_label(last.period) if last else "",
        row.status_name, row.missing or None,
    )  # fmt: skip


def _value(value: Any) -> Any:
    return value if value is None or isinstance(value, Decimal) else format_value(value)
