"""Small files of every kind, as the programs people use would write their beginnings."""

import io
import zipfile

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 32
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 512


def packed(**entries: bytes) -> bytes:
    """Return a ZIP with these entries; `__` in a name stands for a slash."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in entries.items():
            archive.writestr(name.replace("__", "/"), body)
    return out.getvalue()


def workbook(**more: bytes) -> bytes:
    """Return something that begins as Excel's files do."""
    entries = {"[Content_Types].xml": b"<Types/>", "xl__workbook.xml": b"<workbook/>"}
    return packed(**entries, **more)


def open_document() -> bytes:
    """Return a spreadsheet as LibreOffice writes it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", "<x/>")
    return out.getvalue()
