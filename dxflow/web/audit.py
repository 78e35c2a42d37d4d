"""監査ログ: search, one event in full, export, verification; for CIO and auditors."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound as NoPage
from werkzeug.wrappers import Response as Redirect

from dxflow.errors import Invalid
from dxflow.services.people.access import needs_role
from dxflow.services.reading import audit_log, verification
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.case import attachment
from dxflow.web.inbox import page_number
from dxflow.web.posting import day_in

blueprint = Blueprint("audit", __name__)

PER_PAGE = 20
FILTERS = ("person", "case", "type", "since", "until")
MIMETYPES: Mapping[str, str] = MappingProxyType(
    {
        "csv": "text/csv; charset=utf-8",
        "jsonl": "application/x-ndjson",
        "xes": "application/xml",
        "ocel2": "application/json",
    }
)
#: Ids of events have at most so many digits.
LONGEST_ID = 18


@blueprint.get("/audit")
@needs_role(*audit_log.ROLES)
def index() -> str | tuple[str, int]:
    """Show the log under the filters of the address."""
    site, actor, given = current.site(), current.actor(), _given()
    errors: dict[str, str] = {}
    page = None
    try:
        page = audit_log.search(site, actor, _filters(given), page_number(), PER_PAGE)
    except Invalid as refused:
        errors = {name: " ".join(texts) for name, texts in refused.fields.items()}
    text = render_template(
        "audit/list.html",
        page=page,
        given=given,
        value=_value_of(given),
        errors=errors,
        types=audit_log.types(),
        address_of=lambda number: url_for("audit.index", **given, page=number),
    )
    return (text, 422) if errors else text


@blueprint.get("/audit/events/<event_id>")
@needs_role(*audit_log.ROLES)
def event(event_id: str) -> str:
    """Show one event with its exact text and its hashes."""
    if not (event_id.isascii() and event_id.isdigit() and len(event_id) <= LONGEST_ID):
        raise NoPage
    proof = audit_log.event(current.site(), current.actor(), int(event_id))
    return render_template("audit/event.html", proof=proof, line=proof.line, entry=proof.line.entry)


@blueprint.get("/audit/export.<form>")
@needs_role(*audit_log.ROLES)
def export(form: str) -> Response:
    """Hand out what the filters let through."""
    if form not in MIMETYPES:
        raise NoPage
    parts = audit_log.export(current.site(), current.actor(), _filters(_given()), form)
    name = "audit.ocel2.json" if form == "ocel2" else f"audit.{form}"
    return attachment(parts, MIMETYPES[form], name)


@blueprint.post("/audit/verify")
@needs_role(*audit_log.ROLES)
def verify() -> str:
    """Verify the whole log and show the report."""
    report = verification.verify(current.site(), current.actor())
    return render_template("audit/report.html", report=report)


@blueprint.get("/audit/checkpoints")
@needs_role(*audit_log.ROLES)
def checkpoints() -> str:
    """List the checkpoints of the log, with the key by which they are checked."""
    return _checkpoints({})


@blueprint.post("/audit/checkpoints/alarm")
@needs_role(*audit_log.ROLES)
def acknowledge() -> Redirect | tuple[str, int]:
    """End the alarm of a torn log, with what is known of it."""
    number, reason = request.form.get("number", ""), request.form.get("reason", "")
    if not (number.isascii() and number.isdigit() and len(number) <= LONGEST_ID):
        raise NoPage
    try:
        verification.acknowledge(current.site(), current.actor(), int(number), reason)
    except Invalid as refused:
        errors = {name: " ".join(texts) for name, texts in refused.fields.items()}
        return _checkpoints(errors), 422
    flash(_("確認済みにしました。"), "success")
    return redirect(url_for("audit.checkpoints"), 303)


def _checkpoints(errors: Mapping[str, str]) -> str:
    site, actor = current.site(), current.actor()
    found, key = verification.checkpoints(site, actor, page_number(), PER_PAGE)
    return render_template(
        "audit/checkpoints.html",
        page=found,
        key=key,
        alarm=verification.alarm(site, actor),
        errors=errors,
        folder=site.settings.checkpoint_place,
        address_of=lambda number: url_for("audit.checkpoints", page=number),
    )


def _given() -> dict[str, Any]:
    return {
        name: request.args[name].strip() for name in FILTERS if request.args.get(name, "").strip()
    }


def _value_of(given: Mapping[str, str]) -> Callable[[str], str]:
    return lambda name: given.get(name, "")


def _filters(given: Mapping[str, str]) -> audit_log.Filters:
    return audit_log.Filters(
        person=given.get("person", ""),
        case=given.get("case", ""),
        type=given.get("type", ""),
        since=day_in(given, "since"),
        until=day_in(given, "until"),
    )
