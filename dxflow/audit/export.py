"""Hand the log out: JSON Lines, byte for byte what was hashed, and CSV for spreadsheets.

JSON Lines is the authoritative form: every line is a body, its SHA-256 with a leading zero byte
is the leaf hash. CSV is for reading, one line per changed field; a cell that a spreadsheet would
take for a formula gets a leading apostrophe (OWASP, CSV injection).
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping

from sqlalchemy import Connection

from dxflow.audit.describe import ChangeLine, Entry
from dxflow.clock import TOKYO
from dxflow.texts import gettext as _

_BOM = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NOTHING = ChangeLine("", "", "", "")


def bodies(connection: Connection, *, stream: str = "") -> Iterator[str]:
    """Yield the stored bodies in the order they were written, of one stream or of all."""
    mark = "?" if connection.dialect.paramstyle == "qmark" else "%s"
    order = " ORDER BY id"
    select = "SELECT body FROM audit_event"
    options = {"stream_results": True, "max_row_buffer": 1000}
    if stream:
        result = connection.exec_driver_sql(
            f"{select} WHERE stream = {mark}{order}", (stream,), execution_options=options
        )
    else:
        result = connection.exec_driver_sql(select + order, execution_options=options)
    for (body,) in result:
        yield body


def to_jsonl(found: Iterable[str]) -> Iterator[bytes]:
    """Yield one line of JSON Lines per body; a canonical body holds no line feed of its own."""
    for body in found:
        yield body.encode("utf-8") + b"\n"


def to_csv(entries: Iterable[Entry], names: Mapping[str, str] | None = None) -> Iterator[bytes]:
    """Yield a CSV file in UTF-8 with byte order mark, first line the headings.

    `names` gives names to the ids of people, posts and cases; ids without one stay.
    """
    yield _BOM.encode("utf-8") + _csv_line(_headings())
    for entry in entries:
        for change in entry.changes or (_NOTHING,):
            yield _csv_line(_cells(entry, change, names or {}))


def guarded(cell: str) -> str:
    """Return a cell that no spreadsheet takes for a formula."""
    return "'" + cell if cell.startswith(_FORMULA) else cell


def _headings() -> list[str]:
    return [
        _("日時"), _("種類"), _("人"), _("職"), _("代理の相手"), _("権限"), _("経路"),
        _("対象"), _("対象の番号"), _("案件"), _("結果"), _("理由"),
        _("項目"), _("変更前"), _("変更後"), _("系列"), _("連番"), _("ハッシュ値"),
    ]  # fmt: skip


def _cells(entry: Entry, change: ChangeLine, names: Mapping[str, str]) -> list[str]:
    def named(key: str) -> str:
        return names.get(key, key)

    return [
        entry.at.astimezone(TOKYO).strftime("%Y-%m-%d %H:%M:%S") if entry.at.year > 1 else "",
        entry.label, named(entry.person), named(entry.post), named(entry.on_behalf_of),
        entry.authority, entry.channel, entry.kind, entry.object_id, named(entry.case_id),
        _("拒否") if entry.denied else _("実行"), entry.reason,
        change.label or change.field, change.before, change.after,
        entry.stream, str(entry.seq), entry.hash,
    ]  # fmt: skip


def _csv_line(cells: list[str]) -> bytes:
    buffer = io.StringIO(newline="")
    csv.writer(buffer).writerow([guarded(cell) for cell in cells])
    return buffer.getvalue().encode("utf-8", errors="replace")
