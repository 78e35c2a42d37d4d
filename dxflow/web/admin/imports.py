"""取込み: a file of people, units or posts is checked and shown in words, then written."""

import base64
import binascii
import csv
import io
from datetime import date

from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import BadRequest

from dxflow.errors import Conflict, Invalid, NotFound
from dxflow.problems import Problem, Refused
from dxflow.services.administration.imports import importing
from dxflow.services.administration.imports.checking import Plan
from dxflow.services.administration.imports.days import day_of
from dxflow.services.administration.imports.layouts import LAYOUTS, PEOPLE
from dxflow.services.administration.imports.reading import LARGEST_FILE
from dxflow.services.administration.imports.structuring import StructurePlan
from dxflow.services.people.access import needs_role
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.admin import Entry

blueprint = Blueprint("imports_admin", __name__)

ENTRY = Entry(
    "imports_admin.index", _("人・組織・職の取込み"),
    _("CSV か Excel のファイルを確かめてから、まとめて登録する。"), "upload", 50,
)  # fmt: skip
#: The form around an uploaded file. A previewed file travels with the confirmation as base64.
AROUND = 512 * 1024
LARGEST_UPLOAD = LARGEST_FILE + AROUND
LARGEST_CONFIRMATION = LARGEST_FILE * 4 // 3 + AROUND


@blueprint.get("/admin/import")
@needs_role("admin")
def index() -> str:
    """Ask for a file."""
    return _page()


@blueprint.get("/admin/import/template.csv")
@needs_role("admin")
def template() -> Response:
    """Give an empty file with the headings of what `what` names: people, units or posts."""
    layout = LAYOUTS.get(request.args.get("what", PEOPLE.what))
    if layout is None:
        raise NotFound(_("そのひな形はありません。"))
    return _download(_csv([list(layout.headings.values())]), f"dxflow-{layout.what}.csv")


@blueprint.post("/admin/import")
@needs_role("admin", most=LARGEST_UPLOAD)
def check() -> str | tuple[str, int]:
    """Show what an uploaded file would change, or everything that is wrong with it."""
    effective = day_of(request.form.get("effective", "")) or current.site().today()
    upload = request.files.get("file")
    content = upload.read(LARGEST_FILE + 1) if upload else b""
    name = (upload.filename or "") if upload else ""
    if not content:
        return _page(effective, problems=(Problem("file", _("ファイルを選んでください。")),)), 422
    try:
        plan = importing.preview(current.site(), current.actor(), content, name, effective)
    except Refused as refused:
        return _page(effective, problems=refused.problems), 422
    if plan.problems:
        return _page(effective, problems=tuple(plan.problems)), 422
    return _page(effective, plan=plan, name=name, content=_packed(content))


@blueprint.post("/admin/import/apply")
@needs_role("admin", most=LARGEST_CONFIRMATION)
def apply() -> str | tuple[str, int]:
    """Write the previewed file; the one-time passwords are on this answer only."""
    form, effective = request.form, day_of(request.form.get("effective", ""))
    try:
        content = base64.b64decode(form.get("content", ""), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadRequest from None
    if effective is None:
        raise BadRequest
    name, digest = form.get("name", ""), form.get("digest", "")
    site, by = current.site(), current.actor()
    try:
        done = importing.apply(
            site, by, content, name, effective, digest, reason=form.get("reason", "")
        )
    except Refused as refused:
        return _page(effective, problems=refused.problems), 422
    except Conflict as refused:
        return _page(effective, problems=(Problem("file", refused.message),)), 409
    except Invalid as refused:
        plan = importing.preview(site, by, content, name, effective)
        return _page(
            effective, plan=plan, name=name, content=_packed(content), refused=refused.message
        ), 422
    head = [_("利用者名"), _("最初のパスワード")]
    secrets = _csv([head, *([one.username, one.password] for one in done.accounts)])
    return render_template(
        "admin/import/done.html",
        done=done,
        structure=done.plan if isinstance(done.plan, StructurePlan) else None,
        secrets=secrets,
    )


@blueprint.post("/admin/import/passwords.csv")
@needs_role("admin")
def passwords() -> Response:
    """Give the passwords of the page before back as a file; the server does not keep them."""
    return _download(request.form.get("secrets", ""), "dxflow-passwords.csv")


def _page(
    effective: date | None = None,
    *,
    problems: tuple[Problem, ...] = (),
    plan: Plan | StructurePlan | None = None,
    name: str = "",
    content: str = "",
    refused: str = "",
) -> str:
    return render_template(
        "admin/import/index.html",
        effective=effective or current.site().today(),
        problems=problems,
        plan=plan,
        structure=plan if isinstance(plan, StructurePlan) else None,
        name=name,
        content=content,
        refused=refused,
        reason=request.form.get("reason", ""),
        largest=LARGEST_FILE // (1024 * 1024),
    )


def _packed(content: bytes) -> str:
    """Return a file as a text that a form carries without growing further."""
    return base64.urlsafe_b64encode(content).decode()


def _csv(rows: list[list[str]]) -> str:
    out = io.StringIO(newline="")
    csv.writer(out).writerows(rows)
    return out.getvalue()


def _download(text: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response("\ufeff" + text, mimetype="text/csv", headers=headers)
