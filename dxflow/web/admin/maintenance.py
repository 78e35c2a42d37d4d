"""保守: announce it, begin it, end it."""

from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from dxflow.calendars.given import OutOfRange, given_moment
from dxflow.clock import TOKYO
from dxflow.errors import Invalid
from dxflow.services.administration import logins
from dxflow.services.people import maintenance
from dxflow.services.people.access import needs_role
from dxflow.services.people.maintenance import Maintenance
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.admin import Entry

blueprint = Blueprint("admin_maintenance", __name__)
ENTRY = Entry(
    "admin_maintenance.index",
    _("保守"),
    _("予告を全員に出し、時刻になったら閲覧だけにします。"),
    "wrench",
    430,
)


@blueprint.get("/admin/maintenance")
@needs_role("admin")
def index() -> str:
    """Show what is announced, and the form."""
    return _page({}, {})


@blueprint.post("/admin/maintenance")
@needs_role("admin")
def announce() -> Answer | str | tuple[str, int]:
    """Announce a maintenance; one that would begin at once is asked for first."""
    typed = {name: request.form.get(name, "").strip() for name in ("message", "start", "until")}
    before = maintenance.current(current.site())
    try:
        given = typed["message"], _moment(typed, "start"), _moment(typed, "until")
        planned = maintenance.checked(current.site(), current.actor(), *given)
        now = current.site().now()  # not earlier than the start that an empty field means
        at_once = planned.active(now)
        begun = before is not None and before.active(now)
        if at_once and not begun and request.form.get("sure") != "yes":
            return _page(typed, {}, asked=True)
        planned = maintenance.announce(current.site(), current.actor(), *given)
    except Invalid as exc:
        return _page(typed, exc.fields), 422
    flash(_announced(before, planned, current.site().now()), "success")
    return redirect(url_for("admin_maintenance.index"), 303)


@blueprint.post("/admin/maintenance/end")
@needs_role("admin")
def end() -> Answer:
    """End it."""
    if maintenance.end(current.site(), current.actor()):
        flash(_("保守を終えました。"), "success")
    else:
        flash(_("保守の予定はありません。"), "info")
    return redirect(url_for("admin_maintenance.index"), 303)


def _page(typed: dict[str, str], wrong: dict[str, list[str]], *, asked: bool = False) -> str:
    """Show the page; `asked`: what was typed would begin at once, and waits for a yes."""
    planned = maintenance.current(current.site())
    typed = typed or _written(planned)
    return render_template(
        "admin/maintenance.html",
        planned=planned,
        active=planned is not None and planned.active(current.site().now()),
        typed=typed,
        asked=asked,
        others=_others() if asked else 0,
        wrong={name: "".join(texts) for name, texts in wrong.items()},
        errors=[
            {"id": f"f-{name}", "label": "", "message": text}
            for name, texts in wrong.items()
            for text in texts
        ],
    )


def _others() -> int:
    """Return how many other logins are open, whose people could not go on."""
    return logins.to_be_ended(
        current.site(), current.actor(), "session", current.reference(), per_page=1
    ).total


def _announced(before: Maintenance | None, planned: Maintenance, now: datetime) -> str:
    if planned.active(now) and not (before and before.active(now)):
        return _("保守を始めました。")
    return _("保守の予定を変えました。") if before else _("保守を予告しました。")


def _written(planned: Maintenance | None) -> dict[str, str]:
    """Return what is announced as it would be typed, to be changed."""
    if planned is None:
        return {}
    moments = {"start": planned.start, "until": planned.until}
    return {"message": planned.message} | {
        name: at.astimezone(TOKYO).strftime("%Y-%m-%dT%H:%M") for name, at in moments.items() if at
    }


def _moment(typed: dict[str, str], name: str) -> datetime | None:
    if not typed[name]:
        return None
    try:
        return given_moment(typed[name])
    except OutOfRange as refused:
        message = str(refused)
    except ValueError:
        message = _("日時は 2026-04-01T18:00 の形で指定してください。")
    raise Invalid(message, {name: [message]})
