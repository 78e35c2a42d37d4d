"""One post's page: who holds it, what waits at it, and what may be done with it."""

from collections.abc import Callable
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from dxflow.errors import Conflict, DxflowError, Invalid, NotFound
from dxflow.services.administration.units import post_acts, post_page
from dxflow.services.administration.units.post_acts import PostText
from dxflow.services.people.access import needs_role
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.admin.units import STATUS_OF_KIND, Page, posted_day, refusal, shown_day

blueprint = Blueprint("posts_admin", __name__)


@blueprint.get("/admin/post/<key>")
@needs_role("admin")
def show(key: str) -> str:
    """Show one post as of the day of the address."""
    return _post(key, None)


@blueprint.post("/admin/post/<key>/change")
@needs_role("admin")
def change(key: str) -> Page | Answer:
    """Rename the post, move it, or give it other roles, from a day on."""
    form = request.form
    typed = PostText(
        form.get("title", ""), form.get("unit", ""), form.get("kind", ""),
        frozenset(form.getlist("roles")),
    )  # fmt: skip

    def act(day: date) -> str:
        changed = post_acts.change(
            current.site(), current.actor(), key, typed, day,
            seen=form.get("seen", ""), reason=form.get("reason", ""),
        )  # fmt: skip
        return _("職の変更を登録しました。") if changed else _("変わったところはありません。")

    return _done(key, "change", act)


@blueprint.post("/admin/post/<key>/close")
@needs_role("admin")
def close(key: str) -> Page | Answer:
    """Close the post on a day; say who does what still waits at it."""

    def act(day: date) -> str:
        left = post_acts.close(
            current.site(), current.actor(), key, day,
            seen=request.form.get("seen", ""), reason=request.form.get("reason", ""),
        )  # fmt: skip
        if not left:
            return _("職の廃止を登録しました。")
        people = _("、").join(sorted({name for task in left for name in task.people}))
        return _(
            "職の廃止を登録しました。届いている作業 {n} 件は次の人が行えます: {people}",
            n=len(left), people=people,
        )  # fmt: skip

    return _done(key, "close", act)


@blueprint.post("/admin/post/<key>/keep")
@needs_role("admin")
def keep(key: str) -> Page | Answer:
    """Take a planned closing back."""

    def act(_day: date) -> str:
        post_acts.close(
            current.site(), current.actor(), key, None,
            seen=request.form.get("seen", ""), reason=request.form.get("reason", ""),
        )  # fmt: skip
        return _("廃止の予定を取り消しました。")

    return _done(key, "close", act)


def _done(key: str, form: str, act: Callable[[date], str]) -> Page | Answer:
    try:
        day = posted_day("day")
        message = act(day)
    except (Invalid, Conflict) as refused:
        return _post(key, refused, form), STATUS_OF_KIND.get(refused.kind, 422)
    flash(message, "success")
    try:
        post_page.page(current.site(), current.actor(), key, day)
    except NotFound:  # it had not begun, and now it never will
        return redirect(url_for("units_admin.index", on=day.isoformat()), 303)
    return redirect(url_for("posts_admin.show", key=key, on=day.isoformat()), 303)


def _post(key: str, refused: DxflowError | None, failed: str = "") -> str:
    return render_template(
        "admin/units/post.html",
        found=post_page.page(current.site(), current.actor(), key, shown_day()),
        **refusal(refused, failed),
    )
