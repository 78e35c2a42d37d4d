"""Files that are no table at all, known by how they begin, so that the refusal can name them."""

import io
import zipfile

from dxflow.texts import gettext as _

_WORKBOOK = "xl/workbook.xml"
_ZIP = b"PK\x03\x04"


def other_format(content: bytes) -> str:
    """Return what a file is instead of a CSV or an xlsx workbook, "" when nothing tells."""
    known = (
        ((b"%PDF",), "PDF"),
        ((b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*"), _("画像")),
        ((b"\xd0\xcf\x11\xe0",), _("古い形式の Excel か Word（.xls・.doc）")),
        ((b"\x1f\x8b", b"7z\xbc\xaf", b"Rar!"), _("圧縮ファイル")),
    )
    for beginnings, name in known:
        if content.startswith(beginnings):
            return name
    if content.startswith(_ZIP):
        return "" if _is_workbook(content) else _("圧縮ファイル（ZIP）か、ほかの Office のファイル")
    text = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text.startswith((b"{", b"[")):
        return "JSON"
    return "HTML・XML" if text.startswith(b"<") else ""


def _is_workbook(content: bytes) -> bool:
    """Return whether an archive is a workbook; one that cannot be opened is left to the reader."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _WORKBOOK in archive.namelist()
    except zipfile.BadZipFile:
        return True
