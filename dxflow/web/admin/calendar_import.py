"""閉庁日の取込み: a file of days is checked and shown, then written as it was shown."""

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from dxflow.errors import Conflict, Invalid
from dxflow.problems import Problem, Refused
from dxflow.services.administration.closing_days import days, importing
from dxflow.services.administration.closing_days.checking import LAYOUT, Plan
from dxflow.services.people.access import needs_role
from dxflow.texts import gettext as _
from dxflow.web import current, uploads
from dxflow.web.admin.calendar import told

blueprint = Blueprint("calendar_import_admin", __name__)

Page = str | tuple[str, int] | Answer


@blueprint.get("/admin/calendar/import")
@needs_role("admin")
def index() -> str:
    """Ask for a file."""
    return _page()


@blueprint.get("/admin/calendar/import/template.csv")
@needs_role("admin")
def template() -> Response:
    """Give a file with the headings and one line to write over."""
    example = ["2026-10-01", _("閉庁"), _("開港記念日")]
    rows = [list(LAYOUT.headings.values()), example]
    return uploads.csv_file(uploads.csv_text(rows), "dxflow-calendar.csv")


@blueprint.post("/admin/calendar/import")
@needs_role("admin", most=uploads.LARGEST_UPLOAD)
def check() -> Page:
    """Show what an uploaded file would change, or everything that is wrong with it."""
    try:
        content, name = uploads.received()
        plan = importing.preview(current.site(), current.actor(), content, name)
    except Refused as refused:
        return _page(problems=refused.problems), 422
    if plan.problems:
        return _page(problems=tuple(plan.problems)), 422
    return _page(plan=plan, name=name, content=uploads.carrying(content))


@blueprint.post("/admin/calendar/import/apply")
@needs_role("admin", most=uploads.LARGEST_CONFIRMATION)
def apply() -> Page:
    """Write the previewed file."""
    site, by = current.site(), current.actor()
    content, name = uploads.carried()
    reason, digest = request.form.get("reason", ""), request.form.get("digest", "")
    try:
        _plan, done = importing.apply(site, by, content, name, reason, digest)
    except Refused as refused:
        return _page(problems=refused.problems), 422
    except Conflict as refused:
        return _page(problems=(Problem("file", refused.message),)), 409
    except Invalid as refused:
        plan = importing.preview(site, by, content, name)
        carried = uploads.carrying(content)
        return _page(plan=plan, name=name, content=carried, wrong=refused.message), 422
    told(done)
    return redirect(url_for("calendar_admin.index"), 303)


def _page(
    *,
    problems: tuple[Problem, ...] = (),
    plan: Plan | None = None,
    name: str = "",
    content: str = "",
    wrong: str = "",
) -> str:
    return render_template(
        "admin/calendar/import.html",
        problems=problems,
        plan=plan,
        name=name,
        content=content,
        wrong=wrong,
        kinds=days.kind_words(),
    )
