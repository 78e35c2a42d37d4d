"""The backlog as an Excel workbook: every column of the page, and why a place was set."""

from collections.abc import Iterator

from openpyxl import Workbook

from dxflow.services.reading.backlog import Ranked
from dxflow.services.reading.exporting import pieces
from dxflow.services.reading.workbook_sheet import WorkbookSheet
from dxflow.texts import gettext as _


def workbook(ranked: Ranked) -> Iterator[bytes]:
    """Yield the workbook of a list, piece by piece."""
    book = Workbook(write_only=True)
    columns = [
        (_("順位"), 8), (_("番号"), 20), (_("件名"), 44), (_("担当課"), 18), (_("段階"), 16),
        *((label, 18) for label in ranked.columns),
        (_("決めた順位"), 12), (_("理由"), 40), (_("決めた人"), 14), (_("決めた日"), 12),
    ]  # fmt: skip
    sheet = WorkbookSheet(book, _("優先順位"), columns)
    for one in ranked.entries:
        by = one.set
        sheet.add(
            (
                one.place, one.number, one.title, one.lead, one.stage, *one.answers,
                by.place if by else None, by.reason if by else "", by.by if by else "",
                by.at if by else None,
            )
        )  # fmt: skip
    sheet.finish()
    yield from pieces(book.save)
