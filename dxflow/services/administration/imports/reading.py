"""A file as rows: CSV in UTF-8 or CP932, or the first sheet of an Excel workbook."""

import csv
import hashlib
import io
import re
import unicodedata
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from dxflow.problems import Problem, Refused
from dxflow.services.administration.imports.formats import other_format
from dxflow.services.administration.imports.layouts import IMPORTED, Layout, recognised
from dxflow.texts import gettext as _
from dxflow.texts import translated

LARGEST_FILE = 10 * 1024 * 1024
#: A workbook of 20,000 lines unfolds to some 20 MiB; one that unfolds to more is not for here.
LARGEST_UNPACKED = 64 * 1024 * 1024
MOST_PARTS = 1_000
MOST_ROWS = 20_000
MOST_COLUMNS = 50

#: So many places that are no text are named.
MOST_PLACES = 50
#: What the codec makes of bytes that are no character of CP932, and of a city's own characters.
_NO_TEXT = re.compile("[\x80\xa0\ue000-\uf8ff\udc80-\udcff]")


@dataclass(frozen=True)
class Row:
    """A line of the file: its number (from 1) and its texts by column, stripped."""

    line: int
    values: dict[str, str]

    def text(self, column: str) -> str:
        """Return a text, "" when the column is not there."""
        return self.values.get(column, "")


@dataclass(frozen=True)
class Sheet:
    """What a file holds; `encoding` is utf-8, cp932 or xlsx, `digest` its SHA-256.

    `columns` are the layout's, in the order of the file; `titles` the headings as they are written.
    """

    name: str
    encoding: str
    digest: str
    rows: tuple[Row, ...]
    layout: Layout
    columns: tuple[str, ...]
    titles: tuple[str, ...] = ()

    def problem(self, column: str, message: str, row: Row, hint: str = "") -> Problem:
        """Return a problem with its line, its place in that line and the heading above it."""
        place = self.columns.index(column) + 1 if column in self.columns else 0
        heading = self.layout.headings[column]
        return Problem(column, message, self.name, row.line, place, heading, hint)


def read(content: bytes, name: str, among: Sequence[Layout] = IMPORTED) -> Sheet:
    """Return the rows of a file. Raises Refused with every problem of its form.

    Which of the layouts `among` it has is seen by its headings.
    """
    encoding, lines = _lines(content, name)
    layout, columns, titles, found = _rows(lines, name, among)
    rows = tuple(found)
    if not rows:
        raise _refused(name, _("取り込む行がありません。"), translated(layout.line))
    digest = hashlib.sha256(content).hexdigest()
    return Sheet(name, encoding, digest, rows, layout, tuple(columns), tuple(titles))


def headings(content: bytes, name: str) -> list[str]:
    """Return the headings of a file as they are written. Raises Refused when it is no table."""
    for _line, cells in _lines(content, name)[1]:
        texts = [unicodedata.normalize("NFC", cell).strip() for cell in cells]
        if any(texts):
            return texts
    raise _refused(name, _("見出しの行がありません。"))


def _lines(content: bytes, name: str) -> tuple[str, Iterator[tuple[int, list[str]]]]:
    """Return the encoding of a file and its lines. Raises Refused."""
    if len(content) > LARGEST_FILE:
        raise _refused(name, too_large(), _("分けて取り込む"))
    if other := other_format(content):
        raise _refused(
            name, _("{format} は取り込めません。", format=other), _("CSV か xlsx で保存し直す")
        )
    if content.startswith(b"PK\x03\x04"):
        return "xlsx", _workbook(content, name)
    encoding, text = _decoded(content, name)
    return encoding, _csv(text, name)


def too_large() -> str:
    """Return the sentence for a file above the limit."""
    return _("ファイルが大きすぎます（{n} MiB まで）。", n=LARGEST_FILE // (1024 * 1024))


def _refused(name: str, message: str, hint: str = "", line: int = 0, column: int = 0) -> Refused:
    return Refused([Problem("import", message, name, line, column, hint=hint)])


def _decoded(content: bytes, name: str) -> tuple[str, str]:
    """Return the encoding and the text. Raises Refused naming every place that is no text.

    Characters a city made for itself (外字) look different, or like nothing, everywhere else.
    """
    try:
        return "utf-8", content.decode("utf-8-sig")
    except UnicodeDecodeError:
        pass
    text = content.decode("cp932", "surrogateescape")
    problems = [
        _unreadable(text, found, name)
        for found, _n in zip(_NO_TEXT.finditer(text), range(MOST_PLACES), strict=False)
    ]
    if problems:
        raise Refused(problems)
    return "cp932", text


def _unreadable(text: str, found: re.Match[str], name: str) -> Problem:
    at = found.start()
    line = text.count("\n", 0, at) + 1
    column = at - (text.rfind("\n", 0, at) + 1) + 1
    written = found.group().encode("cp932", "surrogateescape")
    if len(written) > 1:
        message = _(
            "{n} 文字目の外字（{code}）は読めません。", n=column, code=written.hex().upper()
        )
        hint = _("その字を、どこでも使える字かかなに直す")
    else:
        message = _(
            "{n} 文字目に、文字として読めないバイト 0x{byte} があります。",
            n=column, byte=written.hex().upper(),
        )  # fmt: skip
        hint = _("UTF-8 か Shift_JIS の CSV で保存し直す")
    return Problem("import", message, name, line, column, hint=hint)


def _csv(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    line = 1
    try:
        for cells in reader:
            yield line, cells
            line = reader.line_num + 1
    except csv.Error:
        raise _refused(
            name, _("CSV の引用符が閉じていないか、崩れています。"), _("引用符を直す"), line
        ) from None


def _workbook(content: bytes, name: str) -> Iterator[tuple[int, list[str]]]:
    import openpyxl  # here, so that no start of a server waits for it

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            unpacked = sum(part.file_size for part in parts)
            if unpacked > LARGEST_UNPACKED or len(parts) > MOST_PARTS:
                raise _refused(name, _("広げると大きすぎるファイルです。"), _("CSV で保存する"))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(
                io.BytesIO(content), read_only=True, data_only=False, keep_links=False
            )
            lines = [
                (number, [_text(cell) for cell in cells])
                for number, cells in zip(
                    range(1, MOST_ROWS + 3),
                    book.worksheets[0].iter_rows(values_only=True, max_col=MOST_COLUMNS),
                    strict=False,
                )
            ]
            book.close()
    except Refused:
        raise
    # Whatever is wrong inside a workbook, the file is refused: openpyxl lets all kinds through.
    except Exception:
        raise _refused(name, _("Excel のファイルとして読めません。"), _("CSV で保存する")) from None
    yield from lines


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _rows(
    lines: Iterable[tuple[int, list[str]]], name: str, among: Sequence[Layout]
) -> tuple[Layout, list[str], list[str], Iterator[Row]]:
    """Return what the first line with anything in it says, and the rows below it."""
    written = (
        (line, texts)
        for line, cells in lines
        if any(texts := [unicodedata.normalize("NFC", cell).strip() for cell in cells])
    )
    line, texts = next(written, (0, []))
    layout = recognised(texts, among)
    columns = _columns(layout, texts, name, line) if texts else []
    return layout, columns, texts, _below(written, columns, name)


def _below(
    written: Iterable[tuple[int, list[str]]], columns: list[str], name: str
) -> Iterator[Row]:
    for count, (line, texts) in enumerate(written, start=1):
        if count > MOST_ROWS:
            raise _refused(
                name, _("行が多すぎます（{n} 行まで）。", n=MOST_ROWS), _("分ける"), line
            )
        if any(texts[len(columns) :]):
            raise _refused(name, _("見出しより列が多い行です。"), _("余分なコンマを消す"), line)
        yield Row(line, {key: text for key, text in zip(columns, texts, strict=False) if key})


def _columns(layout: Layout, texts: list[str], name: str, line: int) -> list[str]:
    headings = layout.headings
    known = "、".join(f"{title}({key})" for key, title in headings.items())
    columns = [layout.columns.get(text.casefold(), "") for text in texts]
    hint = _("使える見出し: {known}", known=known)
    problems = [
        Problem("column", _("知らない見出し「{text}」です。", text=text), name, line, at, hint=hint)
        for at, (text, column) in enumerate(zip(texts, columns, strict=True), start=1)
        if text and not column and text.casefold() not in layout.ignored
    ]
    problems += [
        Problem("column", _("見出し「{text}」が二度あります。", text=headings[key]), name, line)
        for key in headings
        if columns.count(key) > 1
    ]
    problems += [
        Problem(
            "column", _("見出し「{text}」がありません。", text=headings[key]), name, line, hint=hint
        )
        for key in layout.required
        if key not in columns
    ]
    if problems:
        raise Refused(problems)
    return columns
