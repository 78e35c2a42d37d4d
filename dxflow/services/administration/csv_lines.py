"""Lines of CSV files as spreadsheets read them: UTF-8, with cells that are no formulas."""

import csv
import io
from collections.abc import Iterable

from dxflow.audit.export import guarded

#: Stands before the first line, so that spreadsheets take the file for UTF-8.
MARK = "\ufeff".encode()


def csv_line(cells: Iterable[str]) -> bytes:
    """Return one line with its end."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow([guarded(cell) for cell in cells])
    return buffer.getvalue().encode("utf-8", errors="replace")
