"""取込み: a file of people, units or posts is checked and shown in words, then written."""

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
from dxflow.web import current, uploads
from dxflow.web.admin import Entry
from dxflow.web.admin.units import posted_day

blueprint = Blueprint("imports_admin", __name__)

ENTRY = Entry(
    "imports_admin.index", _("人・組織・職の取込み"),
    _("CSV か Excel のファイルを確かめてから、まとめて登録する。"), "upload", 240,
)  # fmt: skip


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
    headings = uploads.csv_text([list(layout.headings.values())])
    return uploads.csv_file(headings, f"dxflow-{layout.what}.csv")


@blueprint.post("/admin/import")
@needs_role("admin", most=uploads.LARGEST_UPLOAD)
def check() -> str | tuple[str, int]:
    """Show what an uploaded file would change, or everything that is wrong with it."""
    try:
        effective = posted_day("effective")
    except Invalid as wrong:
        return _page(problems=(Problem("import", wrong.message),)), 422
    try:
        content, name = uploads.received()
        plan = importing.preview(current.site(), current.actor(), content, name, effective)
    except Refused as refused:
        return _page(effective, problems=refused.problems), 422
    if plan.problems:
        return _page(effective, problems=tuple(plan.problems)), 422
    return _page(effective, plan=plan, name=name, content=uploads.carrying(content))


@blueprint.post("/admin/import/apply")
@needs_role("admin", most=uploads.LARGEST_CONFIRMATION)
def apply() -> str | tuple[str, int]:
    """Write the previewed file; the one-time passwords are on this answer only."""
    effective = day_of(request.form.get("effective", ""))
    content, name = uploads.carried()
    if effective is None:
        raise BadRequest
    digest = request.form.get("digest", "")
    site, by = current.site(), current.actor()
    try:
        done = importing.apply(
            site, by, content, name, effective, digest, reason=request.form.get("reason", "")
        )
    except Refused as refused:
        return _page(effective, problems=refused.problems), 422
    except Conflict as refused:
        return _page(effective, problems=(Problem("file", refused.message),)), 409
    except Invalid as refused:
        plan = importing.preview(site, by, content, name, effective)
        return _page(
            effective,
            plan=plan,
            name=name,
            content=uploads.carrying(content),
            refused=refused.message,
        ), 422
    head = [_("利用者名"), _("最初のパスワード")]
    secrets = uploads.csv_text([head, *([one.username, one.password] for one in done.accounts)])
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
    return uploads.csv_file(request.form.get("secrets", ""), "dxflow-passwords.csv")


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
