"""Kinds of files: by the ending of the name, and by what the bytes say; both must agree.

A file whose bytes are something else than its name says is refused. Programs, HTML and SVG are in
no kind at all: they can be attached under no setting.
"""

import codecs
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import IO

from dxflow.texts import gettext as _

_HEAD = 1024
_BLOCK = 1 << 16
#: What an archive may hold at most: entries, bytes unpacked, and how often its own size.
MOST_ENTRIES, MOST_UNPACKED, MOST_TIMES = 10_000, 1 << 30, 200
#: The beginning of what would run in a browser, whatever the name says.
_ACTIVE = (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<svg", b"<?xml", b"<iframe")


class LyingType(ValueError):
    """The bytes are not what the name says; the message is for people."""


@dataclass(frozen=True)
class Kind:
    """A kind of file. `media` is what it is served as, `shown`: a browser may show it safely."""

    ending: str
    media: str
    check: Callable[[IO[bytes], bytes], bool]
    shown: bool = False


def kind_of(ending: str) -> Kind | None:
    """Return the kind for an ending (small letters, no dot), None for one that nobody may send."""
    return KINDS.get(ending)


def require_true(kind: Kind, file: IO[bytes]) -> None:
    """Raise LyingType unless the bytes of a file are of the kind its name says."""
    file.seek(0)
    head = file.read(_HEAD)
    try:
        fits = bool(head) and kind.check(file, head)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, RuntimeError):
        fits = False
    finally:
        file.seek(0)
    if not fits:
        raise LyingType(
            _(
                "ファイルの中身が、名前の「.{ending}」の形式になっていません（実際は{found}）。"
                "元のアプリで「.{ending}」として保存し直すか、実際の形式に合った名前にして"
                "添付してください。",
                ending=kind.ending,
                found=_what(head),
            )
        )


def _begins(*signatures: bytes) -> Callable[[IO[bytes], bytes], bool]:
    return lambda _file, head: head.startswith(signatures)


def _webp(_file: IO[bytes], head: bytes) -> bool:
    return head.startswith(b"RIFF") and head[8:12] == b"WEBP"


def _office(part: str) -> Callable[[IO[bytes], bytes], bool]:
    """Return a check for a document of Microsoft Office without macros."""

    def check(file: IO[bytes], head: bytes) -> bool:
        if not head.startswith(b"PK\x03\x04"):
            return False
        with zipfile.ZipFile(file) as archive:
            names = set(archive.namelist())
            macros = any(name.lower().endswith("vbaproject.bin") for name in names)
            return _is_bounded(archive) and {"[Content_Types].xml", part} <= names and not macros

    return check


def _open_document(media: str) -> Callable[[IO[bytes], bytes], bool]:
    def check(file: IO[bytes], head: bytes) -> bool:
        if head[30:38] != b"mimetype":
            return False
        with zipfile.ZipFile(file) as archive:
            entry = archive.getinfo("mimetype")
            return (
                _is_bounded(archive)
                and entry.file_size == len(media)
                and archive.read(entry) == media.encode()
            )

    return check


def _archive(file: IO[bytes], head: bytes) -> bool:
    if not head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return False
    with zipfile.ZipFile(file) as archive:
        return _is_bounded(archive)


def _is_bounded(archive: zipfile.ZipFile) -> bool:
    """Return whether an archive says to unpack to something sensible; nothing is unpacked here."""
    entries = archive.infolist()
    unpacked, packed = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
    return (
        len(entries) <= MOST_ENTRIES
        and unpacked <= MOST_UNPACKED
        and unpacked <= max(1 << 20, packed * MOST_TIMES)
    )


def _text(file: IO[bytes], head: bytes) -> bool:
    """Return whether the whole file is text: UTF-8, UTF-16 with its mark, or CP932 of Windows."""
    begun = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if begun.startswith(_ACTIVE) or head.startswith((b"%PDF-", b"PK\x03\x04", b"MZ")):
        return False
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _reads(file, "utf-16", zeros=True)
    return _reads(file, "utf-8-sig") or _reads(file, "cp932")


def _reads(file: IO[bytes], encoding: str, *, zeros: bool = False) -> bool:
    file.seek(0)
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        while block := file.read(_BLOCK):
            if not zeros and b"\x00" in block:
                return False
            decoder.decode(block)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    return True


def _what(head: bytes) -> str:
    """Return what a file looks like, in words."""
    begun = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    known: Mapping[tuple[bytes, ...], str] = {
        (b"%PDF-",): "PDF",
        (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"II*\x00", b"MM\x00*"): _("画像"),
        (b"PK",): _("ZIP か、別の種類・マクロ付き・壊れた Office の文書"),
        (b"\xd0\xcf\x11\xe0",): _("古い Office などの文書か、暗号化された文書"),
        (b"MZ", b"\x7fELF", b"#!"): _("プログラム"),
    }
    if not head:
        return _("空のファイル")
    for signatures, words in known.items():
        if head.startswith(signatures):
            return words
    return _("ウェブページか XML") if begun.startswith(_ACTIVE) else _("別の形式")


_OFFICE = "application/vnd.openxmlformats-officedocument."
_OPEN = "application/vnd.oasis.opendocument."
_OLE = _begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_JPEG = _begins(b"\xff\xd8\xff")
_TIFF = _begins(b"II*\x00", b"MM\x00*")

#: Every kind a site may allow, by ending.
KINDS: Mapping[str, Kind] = {
    one.ending: one
    for one in (
        Kind("pdf", "application/pdf", _begins(b"%PDF-"), shown=True),
        Kind("png", "image/png", _begins(b"\x89PNG\r\n\x1a\n"), shown=True),
        Kind("jpg", "image/jpeg", _JPEG, shown=True),
        Kind("jpeg", "image/jpeg", _JPEG, shown=True),
        Kind("gif", "image/gif", _begins(b"GIF87a", b"GIF89a"), shown=True),
        Kind("webp", "image/webp", _webp, shown=True),
        Kind("tif", "image/tiff", _TIFF),
        Kind("tiff", "image/tiff", _TIFF),
        Kind("xlsx", f"{_OFFICE}spreadsheetml.sheet", _office("xl/workbook.xml")),
        Kind("docx", f"{_OFFICE}wordprocessingml.document", _office("word/document.xml")),
        Kind("pptx", f"{_OFFICE}presentationml.presentation", _office("ppt/presentation.xml")),
        Kind("ods", f"{_OPEN}spreadsheet", _open_document(f"{_OPEN}spreadsheet")),
        Kind("odt", f"{_OPEN}text", _open_document(f"{_OPEN}text")),
        Kind("odp", f"{_OPEN}presentation", _open_document(f"{_OPEN}presentation")),
        Kind("csv", "text/csv", _text),
        Kind("txt", "text/plain", _text),
        Kind("zip", "application/zip", _archive),
        Kind("xls", "application/vnd.ms-excel", _OLE),
        Kind("doc", "application/msword", _OLE),
        Kind("ppt", "application/vnd.ms-powerpoint", _OLE),
        Kind("jtd", "application/octet-stream", _OLE),
    )
}
#: Allowed unless the site says otherwise. Archives hide what is in them, the old formats of Office
#: may carry macros: a site that wants them names them.
DEFAULT = (
    "pdf", "xlsx", "docx", "pptx", "ods", "odt", "odp", "csv", "txt", "png", "jpg", "jpeg", "gif",
    "webp", "tif", "tiff",
)  # fmt: skip
