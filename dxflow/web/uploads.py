"""Files that come with a form, and that travel on with its confirmation."""

import base64
import binascii
import csv
import io

from flask import Response, request
from werkzeug.exceptions import BadRequest

from dxflow.audit.export import guarded
from dxflow.problems import Problem, Refused
from dxflow.services.administration.imports.reading import LARGEST_FILE, too_large
from dxflow.texts import gettext as _

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
#: The form around an uploaded file. A previewed file travels with the confirmation as base64.
AROUND = 512 * 1024
LARGEST_UPLOAD = LARGEST_FILE + AROUND
LARGEST_CONFIRMATION = LARGEST_FILE * 4 // 3 + AROUND


def received() -> tuple[bytes, str]:
    """Return the uploaded file and its name. Raises Refused."""
    content, name = b"", ""
    if upload := request.files.get("file"):
        content, name = upload.read(LARGEST_FILE + 1), upload.filename or ""
        upload.close()
    if not content:
        raise Refused([Problem("file", _("ファイルを選んでください。"))])
    if len(content) > LARGEST_FILE:
        raise Refused([Problem("file", too_large())])
    return content, name


def carried() -> tuple[bytes, str]:
    """Return the file that a confirmation carries, and its name. Raises BadRequest."""
    try:
        content = base64.b64decode(request.form.get("content", ""), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest from None
    return content, request.form.get("name", "")


def carrying(content: bytes) -> str:
    """Return a file as text for a hidden field, which a form carries without growing further."""
    return base64.urlsafe_b64encode(content).decode()


def csv_text(rows: list[list[str]]) -> str:
    """Return rows as CSV whose cells no spreadsheet takes for formulas."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([guarded(cell) for cell in row] for row in rows)
    return out.getvalue()


def csv_file(text: str, name: str) -> Response:
    """Return CSV as a file that Excel opens, and that nobody keeps on the way."""
    return file(("\ufeff" + text).encode(), "text/csv", name)


def file(content: bytes, mimetype: str, name: str) -> Response:
    """Return a file to be kept by whoever asked, and by nobody on the way."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, mimetype=mimetype, headers=headers)
