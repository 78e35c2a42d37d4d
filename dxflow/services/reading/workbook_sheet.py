"""A sheet of an Excel workbook that is written row by row."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from dxflow.clock import TOKYO, local_date

_HEAD = PatternFill("solid", fgColor="FFE8F1FE")
_DAY = "yyyy-mm-dd"


class WorkbookSheet:
    """A sheet with headings that stay in view, written row by row."""

    def __init__(self, book: Workbook, title: str, columns: Sequence[tuple[str, int]]) -> None:
        self._sheet = book.create_sheet(title)
        self._sheet.freeze_panes = "B2"
        for place, (_label, width) in enumerate(columns, 1):
            self._sheet.column_dimensions[get_column_letter(place)].width = width
        self._rows = 1
        self._columns = len(columns)
        self._sheet.append([self._heading(label) for label, _width in columns])

    def add(self, values: Sequence[Any]) -> None:
        """Write a row: texts stay texts, numbers and days become such."""
        self._sheet.append([self._cell(value) for value in values])
        self._rows += 1

    def finish(self, *offered: DataValidation) -> None:
        """End the sheet; readers may filter by every column, and choose what is `offered`."""
        last = f"{get_column_letter(self._columns)}{self._rows}"
        self._sheet.auto_filter.ref = f"A1:{last}"
        for one in offered:
            self._sheet.data_validations.append(one)
        self._sheet.close()

    def _heading(self, label: str) -> WriteOnlyCell:
        cell = WriteOnlyCell(self._sheet, value=label)
        cell.font, cell.fill = Font(bold=True), _HEAD
        cell.alignment = Alignment(vertical="top", wrap_text=True)
        return cell

    def _cell(self, value: Any) -> WriteOnlyCell:
        if isinstance(value, str):
            cell = WriteOnlyCell(self._sheet, value=ILLEGAL_CHARACTERS_RE.sub("", value))
            cell.data_type = "s"  # what somebody typed is never a formula
            return cell
        if isinstance(value, datetime):
            cell = WriteOnlyCell(self._sheet, value=local_date(value.astimezone(TOKYO)))
            cell.number_format = _DAY
            return cell
        cell = WriteOnlyCell(self._sheet, value=value)
        if isinstance(value, int | Decimal):
            cell.number_format = "#,##0.##" if isinstance(value, Decimal) else "#,##0"
        return cell
