"""人と職の取込み: a file is checked and shown in words, then the same file is written."""

from datetime import date

from flask import Blueprint, Response, render_template, request
from werkzeug.exceptions import BadRequest

from dxflow.errors import Conflict
from dxflow.problems import Problem, Refused
from dxflow.services.administration.imports import importing
from dxflow.services.administration.imports.checking import Plan
from dxflow.services.administration.imports.days import day_of
from dxflow.services.administration.imports.reading import HEADINGS
from dxflow.services.people.access import needs_role
from dxflow.texts import gettext as _
from dxflow.web import current, uploads
from dxflow.web.admin import Entry

blueprint = Blueprint("imports_admin", __name__)

ENTRY = Entry(
    "imports_admin.index", _("人と職の取込み"),
    _("CSV か Excel のファイルを確かめてから、まとめて登録する。"), "upload", 50,
)  # fmt: skip


@blueprint.get("/admin/import")
@needs_role("admin")
def index() -> str:
    """Ask for a file."""
    return _page()


@blueprint.get("/admin/import/template.csv")
@needs_role("admin")
def template() -> Response:
    """Give an empty file with the headings."""
    return uploads.csv_file(uploads.csv_text([list(HEADINGS.values())]), "dxflow-people.csv")


@blueprint.post("/admin/import")
@needs_role("admin")
def check() -> str | tuple[str, int]:
    """Show what an uploaded file would change, or everything that is wrong with it."""
    effective = day_of(request.form.get("effective", "")) or current.site().today()
    try:
        content, name = uploads.received("dxflow org import")
        plan = importing.preview(current.site(), current.actor(), content, name, effective)
    except Refused as refused:
        return _page(effective, problems=refused.problems), 422
    if plan.problems:
        return _page(effective, problems=tuple(plan.problems)), 422
    return _page(effective, plan=plan, name=name, content=uploads.carrying(content))


@blueprint.post("/admin/import/apply")
@needs_role("admin")
def apply() -> str | tuple[str, int]:
    """Write the previewed file; the one-time passwords are on this answer only."""
    effective = day_of(request.form.get("effective", ""))
    content, name = uploads.carried()
    if effective is None:
        raise BadRequest
    digest = request.form.get("digest", "")
    try:
        done = importing.apply(current.site(), current.actor(), content, name, effective, digest)
    except Refused as refused:
        return _page(effective, problems=refused.problems), 422
    except Conflict as refused:
        return _page(effective, problems=(Problem("file", refused.message),)), 409
    head = [_("利用者名"), _("最初のパスワード")]
    secrets = uploads.csv_text([head, *([one.username, one.password] for one in done.accounts)])
    return render_template("admin/import/done.html", done=done, secrets=secrets)


@blueprint.post("/admin/import/passwords.csv")
@needs_role("admin")
def passwords() -> Response:
    """Give the passwords of the page before back as a file; the server does not keep them."""
    return uploads.csv_file(request.form.get("secrets", ""), "dxflow-passwords.csv")


def _page(
    effective: date | None = None,
    *,
    problems: tuple[Problem, ...] = (),
    plan: Plan | None = None,
    name: str = "",
    content: str = "",
) -> str:
    return render_template(
        "admin/import/index.html",
        effective=effective or current.site().today(),
        problems=problems,
        plan=plan,
        name=name,
        content=content,
    )
