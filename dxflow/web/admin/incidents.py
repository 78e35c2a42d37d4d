"""障害: what failed, tried again without doing anything twice, resolved with a note."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dxflow.errors import Invalid
from dxflow.services.operations import incident_acts, incident_groups, unattended
from dxflow.services.operations.case_choice import OPERATORS
from dxflow.services.people.access import needs_role
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.admin import Entry
from dxflow.web.inbox import page_number

blueprint = Blueprint("incidents_admin", __name__)

ENTRY = Entry(
    "incidents_admin.index", _("障害"),
    _("止まった処理を見て、原因を確かめ、もう一度試し、解消する。"), "triangle-alert", 120,
)  # fmt: skip
PER_PAGE = 50


@blueprint.get("/admin/incidents")
@needs_role(*OPERATORS)
def index() -> str:
    """List incidents by cause and place, open ones unless the address says otherwise."""
    site, actor = current.site(), current.actor()
    status = request.args.get("status", "open")
    chosen = "" if status == "all" else status
    choices = [
        {
            "label": label,
            "url": url_for("incidents_admin.index", status=key),
            "current": key == status,
        }
        for key, label in (("open", _("未解消")), ("resolved", _("解消済み")), ("all", _("すべて")))
    ]
    return render_template(
        "admin/incidents/list.html",
        page=incident_groups.listed(site, actor, chosen, page_number(), PER_PAGE),
        stuck=unattended.stuck(site, actor),
        choices=choices,
        address_of=lambda number: url_for("incidents_admin.index", status=status, page=number),
    )


@blueprint.get("/admin/incidents/<ident:incident_id>")
@needs_role(*OPERATORS)
def show(incident_id: str) -> str:
    """Show an incident."""
    return _one(incident_id)


@blueprint.post("/admin/incidents/<ident:incident_id>/retry")
@needs_role(*OPERATORS)
def retry(incident_id: str) -> Response:
    """Put a dead job back into the queue, or try whether a person's step would go through."""
    tried = incident_acts.retry(current.site(), current.actor(), incident_id)
    worked = tried.queued or tried.works
    flash(tried.message, "success" if worked else "error" if tried.works is False else "info")
    return redirect(url_for("incidents_admin.show", incident_id=incident_id), 303)


@blueprint.post("/admin/incidents/<ident:incident_id>/close")
@needs_role(*OPERATORS)
def close(incident_id: str) -> Response | tuple[str, int]:
    """Resolve an incident."""
    note = request.form.get("note", "")
    try:
        incident_acts.close(current.site(), current.actor(), incident_id, note)
    except Invalid as refused:
        return _one(incident_id, note=note, error=refused.message), 422
    flash(_("解消済みにしました。"), "success")
    return redirect(url_for("incidents_admin.index"), 303)


@blueprint.get("/admin/incidents/<ident:incident_id>/together")
@needs_role(*OPERATORS)
def together(incident_id: str) -> str:
    """Show every incident of the same cause at the same place."""
    return _together(incident_id)


@blueprint.post("/admin/incidents/<ident:incident_id>/together/retry")
@needs_role(*OPERATORS)
def retry_together(incident_id: str) -> str:
    """Try all of them again, and say what came of each."""
    tried = incident_groups.retry(current.site(), current.actor(), incident_id)
    return _together(incident_id, tried=tried)


@blueprint.post("/admin/incidents/<ident:incident_id>/together/close")
@needs_role(*OPERATORS)
def close_together(incident_id: str) -> Response | tuple[str, int]:
    """Resolve all of them with one note."""
    note = request.form.get("note", "")
    try:
        done = incident_groups.close(current.site(), current.actor(), incident_id, note)
    except Invalid as refused:
        return _together(incident_id, note=note, error=refused.message), 422
    flash(_("{n}件の障害を解消済みにしました。", n=done), "success")
    return redirect(url_for("incidents_admin.index"), 303)


def _together(
    incident_id: str,
    tried: incident_groups.TriedTogether | None = None,
    note: str = "",
    error: str = "",
) -> str:
    found = incident_groups.cause(
        current.site(), current.actor(), incident_id, page_number(), PER_PAGE
    )
    return render_template(
        "admin/incidents/together.html",
        found=found,
        tried=tried,
        note=note,
        error=error,
        address_of=lambda number: url_for(
            "incidents_admin.together", incident_id=incident_id, page=number
        ),
    )


def _one(incident_id: str, note: str = "", error: str = "") -> str:
    return render_template(
        "admin/incidents/one.html",
        found=incident_groups.cause(current.site(), current.actor(), incident_id, 1, 1),
        note=note,
        error=error,
    )
