"""Files of a case: listed, attached, replaced, withdrawn, handed out.

A file is handed out to be kept: never as a page of ours. Only what a browser shows without running
anything of it (images, PDF) may be opened in one, in a document that may do nothing else.
"""

from collections.abc import Callable

from flask import Blueprint, flash, redirect, request, url_for
from flask import Response as FileResponse
from werkzeug.wrappers import Response

from dxflow.attachments.serving import headers
from dxflow.errors import STATUS_OF_KIND, Conflict, Invalid, NotFound, Unavailable
from dxflow.services.attachments import attaching, withdrawing
from dxflow.services.attachments.attaching import Stored
from dxflow.services.attachments.incoming import Source
from dxflow.services.people.access import brings_files, signed_in
from dxflow.services.reading import attached
from dxflow.services.reading.attached import Handed
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.case import Typed, case_page, typed_again
from dxflow.web.posting import is_key

blueprint = Blueprint("attachments", __name__)


@blueprint.get("/cases/<ident:case_id>/attachments")
@signed_in
def index(case_id: str) -> str:
    """List the files of a case with all their versions."""
    return _page(case_id, Typed())


@blueprint.post("/cases/<ident:case_id>/attachments")
@brings_files
@signed_in
def attach(case_id: str) -> Response | tuple[str, int]:
    """Attach a new file."""
    return _bring(case_id, "new", lambda name, source: attaching.attach(
        current.site(), current.actor(), case_id, name, source
    ))  # fmt: skip


@blueprint.post("/cases/<ident:case_id>/attachments/<ident:attachment_id>")
@brings_files
@signed_in
def replace(case_id: str, attachment_id: str) -> Response | tuple[str, int]:
    """Set a new version over a file."""
    return _bring(case_id, attachment_id, lambda name, source: attaching.replace(
        current.site(), current.actor(), attachment_id, name, source
    ))  # fmt: skip


@blueprint.post("/cases/<ident:case_id>/attachments/<ident:attachment_id>/withdraw")
@signed_in
def withdraw(case_id: str, attachment_id: str) -> Response | tuple[str, int]:
    """Mark a file as withdrawn."""
    reason = request.form.get("reason", "")
    try:
        case_id = withdrawing.withdraw(current.site(), current.actor(), attachment_id, reason)
    except Invalid as refused:
        return _page(case_id, typed_again(f"{attachment_id}-out", reason, refused)), 422
    flash(_("取り下げました。ファイルは「取下げ」の印を付けて記録に残ります。"), "success")
    return redirect(url_for("attachments.index", case_id=case_id), 303)


@blueprint.get("/attachments/<ident:version_id>")
@signed_in
def download(version_id: str) -> FileResponse:
    """Hand a version of a file out, to be kept."""
    return _handed(attached.hand_out(current.site(), current.actor(), version_id))


@blueprint.get("/attachments/<ident:version_id>/view")
@signed_in
def view(version_id: str) -> FileResponse:
    """Show an image or a PDF in the browser."""
    found = attached.hand_out(current.site(), current.actor(), version_id)
    if not found.shown:
        raise NotFound(_("この種類のファイルは、ダウンロードして開いてください。"))
    return _handed(found, inline=True)


def _bring(
    case_id: str, form: str, take: Callable[[str, Source], Stored]
) -> Response | tuple[str, int]:
    upload = request.files.get("file")
    try:
        if upload is None or not upload.filename:
            message = _("ファイルを選んでください。")
            raise Invalid(message, {"file": [message]})
        stored = take(upload.filename, upload.stream)
    except Invalid as refused:
        return _page(case_id, typed_again(form, "", refused)), 422
    except (Conflict, Unavailable) as refused:
        said = typed_again(form, "", Invalid(refused.message))
        return _page(case_id, said), STATUS_OF_KIND[refused.kind]
    finally:
        if upload is not None:
            upload.close()
    flash(_("添付しました（第{n}版）。", n=stored.number), "success")
    return redirect(_onward(stored.case_id), 303)


def _onward(case_id: str) -> str:
    """Return where the person came from: the task they are at, else the files of the case."""
    task = request.form.get("task", "")
    if is_key(task):
        return url_for("task.show", task_id=task) + "#attachments"
    return url_for("attachments.index", case_id=case_id)


def _page(case_id: str, typed: Typed) -> str:
    found = attached.page(current.site(), current.actor(), case_id)
    task = request.form.get("task", "")
    return case_page(
        "attachments", found.head, found=found, typed=typed, task=task if is_key(task) else ""
    )


def _handed(found: Handed, *, inline: bool = False) -> FileResponse:
    given = headers(found.name, found.size, found.media, inline=inline)
    return FileResponse(found.pieces, headers=given)
