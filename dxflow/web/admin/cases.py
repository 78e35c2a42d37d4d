"""案件の運用: running cases listed, suspended, resumed, cancelled, their tasks given to others."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dxflow.errors import Invalid
from dxflow.services.operations import case_acts, case_choice, case_sheet, reassigning, unattended
from dxflow.services.operations.case_choice import OPERATORS, CaseFilters
from dxflow.services.people.access import needs_role
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.admin import Entry
from dxflow.web.inbox import page_number

blueprint = Blueprint("cases_admin", __name__)

ENTRY = Entry(
    "cases_admin.index", _("案件の運用"),
    _("一時停止、再開、取消し、担当の変更。動けない作業を見つける。"), "pause", 130,
)  # fmt: skip
PER_PAGE = 50


@blueprint.get("/admin/cases")
@needs_role(*OPERATORS)
def index() -> str:
    """List running cases, those that rest longest first."""
    return _list({})


@blueprint.post("/admin/cases")
@needs_role(*OPERATORS)
def several() -> Response | tuple[str, int]:
    """Suspend or resume the chosen cases."""
    site, actor = current.site(), current.actor()
    reason = request.form.get("reason", "")
    operations: dict[str, Callable[[str], str]] = {
        "suspend": lambda case: case_acts.suspend(site, actor, case, reason),
        "resume": lambda case: case_acts.resume(site, actor, case, reason),
    }
    operation = operations.get(request.form.get("_act", ""))
    try:
        if operation is None:
            raise Invalid(_("操作を選んでください。"), {"case": [_("操作を選んでください。")]})
        outcomes = case_acts.on_several(site, actor, request.form.getlist("case"), operation)
    except Invalid as refused:
        return _list(_errors(refused)), 422
    done = sum(not one.refusal for one in outcomes)
    if done:
        flash(_("{n} 件を処理しました。", n=done), "success")
    for one in outcomes:
        if one.refusal:
            flash(one.refusal, "warning")
    return redirect(url_for("cases_admin.index", **_given()), 303)


@blueprint.get("/admin/cases/<ident:case_id>")
@needs_role(*OPERATORS)
def show(case_id: str) -> str:
    """Show where a case stands and what may be done with it."""
    return _one(case_id, "", {})


@blueprint.post("/admin/cases/<ident:case_id>/suspend")
@needs_role(*OPERATORS)
def suspend(case_id: str) -> Response | tuple[str, int]:
    """Stop the case for a while."""
    try:
        case_acts.suspend(current.site(), current.actor(), case_id, _reason())
    except Invalid as refused:
        return _one(case_id, "suspend", _errors(refused)), 422
    return _back(case_id, _("一時停止しました。"))


@blueprint.post("/admin/cases/<ident:case_id>/resume")
@needs_role(*OPERATORS)
def resume(case_id: str) -> Response:
    """Let the case go on."""
    case_acts.resume(current.site(), current.actor(), case_id, _reason())
    return _back(
        case_id, _("再開しました。止めている間に来た期限は、これから一度だけ処理されます。")
    )


@blueprint.get("/admin/cases/<ident:case_id>/cancel")
@needs_role(*OPERATORS)
def ask_to_cancel(case_id: str) -> str:
    """Show what cancelling would close, and ask for the reason."""
    return _ask(case_id, {})


@blueprint.post("/admin/cases/<ident:case_id>/cancel")
@needs_role(*OPERATORS)
def cancel(case_id: str) -> Response | tuple[str, int]:
    """End the case for good."""
    try:
        case_acts.cancel(current.site(), current.actor(), case_id, _reason(), _version())
    except Invalid as refused:
        return _ask(case_id, _errors(refused)), 422
    return _back(case_id, _("案件を取り消しました。"))


@blueprint.post("/admin/cases/<ident:case_id>/tasks/<ident:task_id>")
@needs_role(*OPERATORS)
def reassign(case_id: str, task_id: str) -> Response | tuple[str, int]:
    """Give a task to somebody else."""
    username = request.form.get("username", "").strip()
    to = f"user:{username}" if username else request.form.get("to", "")
    site, actor = current.site(), current.actor()
    try:
        reassigning.reassign(site, actor, task_id, to, _reason(), _version())
    except Invalid as refused:
        return _one(case_id, task_id, _errors(refused)), 422
    return _back(case_id, _("担当を変えました。前の担当と新しい担当にお知らせが届きます。"))


def _list(errors: dict[str, str]) -> str:
    site, actor = current.site(), current.actor()
    given = _given()
    version = given.get("version", "")
    filters = CaseFilters(
        q=given.get("q", ""),
        standing=given.get("standing", ""),
        element=given.get("element", ""),
        unit=given.get("unit", ""),
        pack=given.get("pack", ""),
        version=int(version) if version.isascii() and version.isdigit() else None,
    )
    return render_template(
        "admin/cases/list.html",
        page=case_choice.running(site, actor, filters, page_number(), PER_PAGE),
        unattended=unattended.unattended(site, actor, 1, PER_PAGE),
        filters=filters,
        given=given,
        errors=errors,
        reason=request.form.get("reason", ""),
        chosen=set(request.form.getlist("case")),
        address_of=lambda number: url_for("cases_admin.index", **given, page=number),
    )


def _one(case_id: str, failed: str, errors: dict[str, str]) -> str:
    """Show a case; `failed` names the form that comes back: suspend, or a task's id."""
    found = case_sheet.sheet(current.site(), current.actor(), case_id)
    return render_template(
        "admin/cases/one.html",
        sheet=found,
        failed=failed,
        errors=errors,
        typed=request.form,
        proposed=request.args.get("to", ""),
    )


def _ask(case_id: str, errors: dict[str, str]) -> str:
    found = case_sheet.sheet(current.site(), current.actor(), case_id)
    return render_template("admin/cases/cancel.html", sheet=found, errors=errors, reason=_reason())


def _back(case_id: str, said: str) -> Response:
    flash(said, "success")
    return redirect(url_for("cases_admin.show", case_id=case_id), 303)


def _reason() -> str:
    return request.form.get("reason", "")


def _version() -> int | None:
    text = request.form.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _given() -> dict[str, Any]:
    known = ("q", "standing", "pack", "version", "element", "unit")
    return {key: request.args[key].strip() for key in known if request.args.get(key, "").strip()}


def _errors(refused: Invalid) -> dict[str, str]:
    return {name: " ".join(texts) for name, texts in refused.fields.items()} or {
        "reason": refused.message
    }
