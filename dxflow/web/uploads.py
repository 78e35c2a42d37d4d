"""Files that come with a form, and that travel on with its confirmation."""

import base64
import binascii
import csv
import io

from flask import Response, request
from werkzeug.exceptions import BadRequest

from dxflow.problems import Problem, Refused
from dxflow.texts import gettext as _

#: A previewed file travels with the confirmation, within the largest request; larger by command.
LARGEST = 1024 * 1024


def received(command: str) -> tuple[bytes, str]:
    """Return the uploaded file and its name. Raises Refused; `command` takes larger ones."""
    content, name = b"", ""
    if upload := request.files.get("file"):
        content, name = upload.read(LARGEST + 1), upload.filename or ""
        upload.close()
    if not content:
        raise Refused([Problem("file", _("ファイルを選んでください。"))])
    if len(content) > LARGEST:
        message = _(
            "画面では 1 MiB までです。大きなファイルは {command} で取り込んでください。",
            command=command,
        )
        raise Refused([Problem("file", message)])
    return content, name


def carried() -> tuple[bytes, str]:
    """Return the file that a confirmation carries, and its name. Raises BadRequest."""
    try:
        content = base64.b64decode(request.form.get("content", ""), validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest from None
    return content, request.form.get("name", "")


def carrying(content: bytes) -> str:
    """Return a file as text for a hidden field."""
    return base64.b64encode(content).decode()


def csv_text(rows: list[list[str]]) -> str:
    """Return rows as CSV."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue()


def csv_file(text: str, name: str) -> Response:
    """Return CSV as a file that Excel opens, and that nobody keeps on the way."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response("\ufeff" + text, mimetype="text/csv", headers=headers)
