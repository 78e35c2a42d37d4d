"""版の移行: running cases moved to another version of their pack, looked at first, and back."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dxflow.errors import Invalid
from dxflow.services.operations import (
    migration_list,
    migration_plans,
    migration_preview,
    migrations,
    versions,
)
from dxflow.services.operations.case_choice import OPERATORS
from dxflow.services.operations.migration_plans import Plan
from dxflow.services.packs.listing import installed
from dxflow.services.people.access import needs_role
from dxflow.texts import gettext as _
from dxflow.texts import translated
from dxflow.web import current
from dxflow.web.admin import Entry
from dxflow.web.inbox import page_number

blueprint = Blueprint("migrations_admin", __name__)

ENTRY = Entry(
    "migrations_admin.index", _("版の移行"),
    _("進行中の案件を、同じ手続きの直した版へ移す。先に確かめ、元に戻せる。"), "arrow-right-left", 320,
)  # fmt: skip
PER_PAGE = 50
#: What the names of the mapping's fields begin with; `process/element` follows.
MAP = "map:"


@blueprint.get("/admin/migrations")
@needs_role(*OPERATORS)
def index() -> str:
    """List batches, and ask for the version to move to."""
    return _list("")


@blueprint.get("/admin/migrations/plan")
@needs_role(*OPERATORS)
def plan() -> str | tuple[str, int]:
    """Show what moving to the chosen version would do to each case."""
    return _planned(request.args)


@blueprint.post("/admin/migrations")
@needs_role(*OPERATORS)
def begin() -> Response | str | tuple[str, int]:
    """Begin a batch with the chosen cases, or with all."""
    site, actor = current.site(), current.actor()
    cases = [] if request.form.get("_act") == "all" else request.form.getlist("case")
    try:
        found = _plan(request.form)
        if not cases and request.form.get("_act") != "all":
            raise Invalid(_("移す案件を選んでください。"))
        batch = migrations.begin(site, actor, found, cases)
    except Invalid as refused:
        return _planned(request.form, refused.message)
    flash(_("移行を始めました。案件ごとに順に移します。"), "success")
    return _to(batch)


@blueprint.get("/admin/migrations/<ident:batch>")
@needs_role(*OPERATORS)
def show(batch: str) -> str:
    """Show what came of a batch."""
    found, page = migration_list.one(
        current.site(), current.actor(), batch, page_number(), PER_PAGE
    )
    return render_template(
        "admin/migrations/one.html",
        batch=found,
        page=page,
        pending=sum(found.counts.get(name, 0) for name in migration_list.PENDING),
        name_of=migration_list.outcome_name,
        address_of=lambda number: url_for("migrations_admin.show", batch=batch, page=number),
    )


@blueprint.post("/admin/migrations/<ident:batch>/stop")
@needs_role(*OPERATORS)
def stop(batch: str) -> Response:
    """Leave the cases that wait as they are."""
    if migrations.stop(current.site(), current.actor(), batch):
        flash(_("移行を中止しました。移し終えた案件はそのままです。"), "success")
    else:
        flash(_("移行はもう終わっていて、中止する案件がありません。"), "warning")
    return _to(batch)


@blueprint.post("/admin/migrations/<ident:batch>/revert")
@needs_role(*OPERATORS)
def revert(batch: str) -> Response:
    """Put the moved cases back, or the one named by the button."""
    case = request.form.get("case", "")
    tried = migrations.revert(current.site(), current.actor(), batch, [case] if case else [])
    if tried:
        flash(_("{n} 件を元の版に戻します。", n=tried), "success")
    else:
        flash(_("戻せる案件がありません。"), "warning")
    return _to(batch)


def _to(batch: str) -> Response:
    return redirect(url_for("migrations_admin.show", batch=batch), 303)


def _list(error: str) -> str:
    site, actor = current.site(), current.actor()
    rows = installed(site)
    offered = [
        (
            f"{row.key}:{row.version}",
            _(
                "第{n}版（{status}） {title}",
                title=translated(row.title),
                n=row.version,
                status=versions.status_name(row.status),
            ),
        )
        for row in rows
    ]
    published = (f"{row.key}:{row.version}" for row in rows if row.status == versions.CURRENT)
    return render_template(
        "admin/migrations/list.html",
        versions=offered,
        published=next(published, ""),
        page=migration_list.listed(site, actor, page_number(), PER_PAGE),
        name_of=migration_list.outcome_name,
        error=error,
        address_of=lambda number: url_for("migrations_admin.index", page=number),
    )


def _plan(given: Any) -> Plan:
    """Return the plan in the fields of a form. Raises Invalid."""
    pack, _colon, version = given.get("to", "").rpartition(":")
    number = int(version) if version.isascii() and version.isdigit() and len(version) < 7 else None
    mapping = {
        name.removeprefix(MAP): value.strip()
        for name, value in given.items()
        if name.startswith(MAP) and value.strip()
    }
    return migration_plans.check(current.site(), current.actor(), pack, number, mapping)


def _planned(given: Any, error: str = "") -> str | tuple[str, int]:
    site, actor = current.site(), current.actor()
    try:
        found = _plan(given)
    except Invalid as refused:
        return _list(refused.message), 422
    page = migration_preview.preview_page(site, actor, found, page_number(), PER_PAGE)
    mapped = {MAP + "/".join(old): "/".join(new) for old, new in found.mapping.items()}
    status = {(row.key, row.version): row.status for row in installed(site)}
    kept: dict[str, Any] = {"to": f"{found.pack}:{found.version}", **mapped}
    shown = render_template(
        "admin/migrations/plan.html",
        plan=found,
        page=page,
        kept=kept,
        choices=migration_plans.choices(
            site, actor, found, migration_preview.unmapped(page.entries)
        ),
        prefix=MAP,
        error=error,
        status=status[found.pack, found.version],
        status_name=versions.status_name,
        movable=sum(not one.blockers for one in page.entries),
        address_of=lambda number: url_for("migrations_admin.plan", **kept, page=number),
    )
    return (shown, 422) if error else shown
