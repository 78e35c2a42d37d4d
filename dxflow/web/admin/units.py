"""組織と職: the units as a tree on a chosen day, one unit's page, and what may be done there."""

from collections.abc import Callable
from datetime import date

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from dxflow.errors import Conflict, DxflowError, Invalid, NotFound
from dxflow.services.administration.imports.days import day_of, why_no_day
from dxflow.services.administration.units import post_acts, post_page, tree, unit_acts, unit_page
from dxflow.services.administration.units.post_acts import PostText
from dxflow.services.administration.units.rules import StillNeeded
from dxflow.services.administration.units.unit_acts import UnitText
from dxflow.services.people.access import needs_role
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.admin import Entry
from dxflow.web.case import attachment

blueprint = Blueprint("units_admin", __name__)

ENTRY = Entry(
    "units_admin.index", _("組織と職"),
    _("部・課・係と職を、日付を決めて見る、作る、変える、廃止する。"), "building-2", 220,
)  # fmt: skip
STATUS_OF_KIND = {"conflict": 409, "not_found": 404}
CSV = "text/csv; charset=utf-8"

Page = str | tuple[str, int]


@blueprint.get("/admin/units")
@needs_role("admin")
def index() -> str:
    """Show the tree as of the day of the address."""
    day, q = shown_day(), request.args.get("q", "").strip()
    return render_template(
        "admin/units/tree.html",
        found=tree.tree(current.site(), current.actor(), day, q),
        q=q,
        today=current.site().today(),
    )


@blueprint.get("/admin/units.csv")
@needs_role("admin")
def as_csv() -> Response:
    """Hand out the units of all times."""
    return attachment(tree.units_to_csv(current.site(), current.actor()), CSV, "units.csv")


@blueprint.get("/admin/posts.csv")
@needs_role("admin")
def posts_as_csv() -> Response:
    """Hand out the posts of all times."""
    return attachment(tree.posts_to_csv(current.site(), current.actor()), CSV, "posts.csv")


@blueprint.get("/admin/units/new")
@needs_role("admin")
def new() -> str:
    """Ask for a new unit."""
    return _new(None)


@blueprint.post("/admin/units/new")
@needs_role("admin")
def create() -> Page | Answer:
    """Make a unit."""
    site, by, form = current.site(), current.actor(), request.form
    try:
        day = posted_day("since")
        key = unit_acts.create(
            site, by, form.get("key", ""), _unit_text(), day, form.get("reason", "")
        )
    except (Invalid, Conflict) as refused:
        return _new(refused), STATUS_OF_KIND.get(refused.kind, 422)
    flash(_("組織を登録しました。"), "success")
    return redirect(url_for("units_admin.show", key=key, on=day.isoformat()), 303)


@blueprint.get("/admin/unit/<key>")
@needs_role("admin")
def show(key: str) -> str:
    """Show one unit as of the day of the address."""
    return _unit(key, None)


@blueprint.post("/admin/unit/<key>/change")
@needs_role("admin")
def change(key: str) -> Page | Answer:
    """Rename the unit, or move it below another, from a day on."""

    def act(day: date) -> str:
        changed = unit_acts.change(
            current.site(), current.actor(), key, _unit_text(), day, **_seen_and_reason()
        )
        return _("組織の変更を登録しました。") if changed else _("変わったところはありません。")

    return _done(key, "change", act)


@blueprint.post("/admin/unit/<key>/close")
@needs_role("admin")
def close(key: str) -> Page | Answer:
    """Close the unit on a day."""

    def act(day: date) -> str:
        unit_acts.close(current.site(), current.actor(), key, day, **_seen_and_reason())
        return _("組織の廃止を登録しました。")

    return _done(key, "close", act)


@blueprint.post("/admin/unit/<key>/keep")
@needs_role("admin")
def keep(key: str) -> Page | Answer:
    """Take a planned closing back."""

    def act(_day: date) -> str:
        unit_acts.close(current.site(), current.actor(), key, None, **_seen_and_reason())
        return _("廃止の予定を取り消しました。")

    return _done(key, "close", act)


@blueprint.post("/admin/unit/<key>/posts")
@needs_role("admin")
def create_post(key: str) -> Page | Answer:
    """Make a post in the unit."""
    form = request.form
    typed = PostText(
        form.get("title", ""), key, form.get("kind", ""), frozenset(form.getlist("roles"))
    )

    def act(day: date) -> str:
        post_acts.create(
            current.site(), current.actor(), form.get("key", ""), typed, day,
            form.get("reason", ""),
        )  # fmt: skip
        return _("職を登録しました。")

    return _done(key, "post", act)


def shown_day() -> date:
    """Return the day a page is asked for, today when it names none."""
    return day_of(request.args.get("on", "")) or current.site().today()


def posted_day(name: str) -> date:
    """Return the day of a posted field, today when it is empty. Raises Invalid."""
    text = request.form.get(name, "").strip()
    if not text:
        return current.site().today()
    day = day_of(text)
    if day is None:
        message = why_no_day(text, _("日付は 2026-04-01 か 令和8年4月1日 の形で指定してください。"))
        raise Invalid(message, {name: [message]})
    return day


def _unit_text() -> UnitText:
    form = request.form
    return UnitText(form.get("name", ""), form.get("kind", ""), form.get("parent", ""))


def _seen_and_reason() -> dict[str, str]:
    return {"seen": request.form.get("seen", ""), "reason": request.form.get("reason", "")}


def _done(key: str, form: str, act: Callable[[date], str]) -> Page | Answer:
    """Do something to a unit and show it on the day of the act, or say why it was refused."""
    try:
        day = posted_day("day")
        message = act(day)
    except (Invalid, Conflict) as refused:
        return _unit(key, refused, form), STATUS_OF_KIND.get(refused.kind, 422)
    flash(message, "success")
    try:
        unit_page.page(current.site(), current.actor(), key, day)
    except NotFound:  # it had not begun, and now it never will
        return redirect(url_for("units_admin.index", on=day.isoformat()), 303)
    return redirect(url_for("units_admin.show", key=key, on=day.isoformat()), 303)


def _unit(key: str, refused: DxflowError | None, failed: str = "") -> str:
    site, by = current.site(), current.actor()
    found = unit_page.page(site, by, key, shown_day())
    return render_template(
        "admin/units/unit.html",
        found=found,
        known_roles=post_page.known_roles(site, by),
        **refusal(refused, failed),
    )


def refusal(refused: DxflowError | None, failed: str) -> dict[str, object]:
    """Return what a page says of an act that was refused: words, links, and what was typed."""
    fields = refused.fields if isinstance(refused, Invalid) else {}
    needed = refused if isinstance(refused, StillNeeded) else None
    message = refused.message if refused else ""
    return {
        "refused": needed.lead if needed else message,
        "blockers": needed.blockers if needed else (),
        "errors": {name: texts[0] for name, texts in fields.items()},
        "failed": failed,
        "typed": request.form,
        "today": current.site().today(),
    }


def _new(refused: DxflowError | None) -> str:
    site, by = current.site(), current.actor()
    day = shown_day()
    return render_template(
        "admin/units/new.html",
        choices=unit_page.choices(site, by, day),
        parent=request.args.get("parent", ""),
        day=day,
        **refusal(refused, "new" if refused else ""),
    )
