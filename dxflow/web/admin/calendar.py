"""閉庁日カレンダー: the city's closed and open days of a fiscal year, entered by hand."""

from collections.abc import Callable
from datetime import date

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from dxflow.calendars.fiscal import fiscal_year_of
from dxflow.calendars.wareki import wareki_date
from dxflow.errors import Conflict, Invalid
from dxflow.services.administration.closing_days import changing, days
from dxflow.services.administration.closing_days.changing import Done
from dxflow.services.administration.closing_days.days import Meaning
from dxflow.services.administration.imports.days import day_of, why_no_day
from dxflow.services.packs.city_days import CLOSED
from dxflow.services.people.access import needs_role
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.admin import Entry
from dxflow.web.calendar import asked_for

blueprint = Blueprint("calendar_admin", __name__)

ENTRY = Entry(
    "calendar_admin.index", _("閉庁日カレンダー"),
    _("市の閉庁日と臨時の開庁日を入れる。期日の計算が従う。"), "calendar-days", 410,
)  # fmt: skip
FIELDS = ("first", "last", "kind", "name", "reason")

Page = str | tuple[str, int] | Answer


@blueprint.get("/admin/calendar")
@needs_role("admin")
def index() -> str:
    """Show a fiscal year with what was entered, and the form."""
    return _page({}, {})


@blueprint.post("/admin/calendar")
@needs_role("admin")
def add() -> Page:
    """Enter a day or a span of days."""
    typed = {field: request.form.get(field, "").strip() for field in FIELDS}
    first = day_of(typed["first"])
    last = day_of(typed["last"]) if typed["last"] else first
    wrong = {
        field: why_no_day(typed[field], _("2026-10-01 か 令和8年10月1日 の形で入力してください。"))
        for field, day in (("first", first), ("last", last))
        if day is None and (typed[field] or field == "first")
    }
    if wrong or first is None or last is None:
        return _page(typed, wrong), 422

    def act() -> Done:
        meaning = Meaning(typed["kind"], typed["name"])
        return changing.add(
            current.site(), current.actor(), first, last, meaning, typed["reason"]
        )  # fmt: skip

    return _done(act, first, typed)


@blueprint.post("/admin/calendar/<day>")
@needs_role("admin")
def change(day: str) -> Page:
    """Change what an entered day is."""
    which, typed = _which(day), {name: request.form.get(name, "") for name in FIELDS}
    meaning = Meaning(typed["kind"], typed["name"])
    return _done(
        lambda: changing.change(
            current.site(), current.actor(), which, meaning, typed["reason"].strip()
        ),
        which,
    )


@blueprint.post("/admin/calendar/<day>/remove")
@needs_role("admin")
def remove(day: str) -> Page:
    """Take an entered day back."""
    which, reason = _which(day), request.form.get("reason", "").strip()
    return _done(
        lambda: changing.remove(current.site(), current.actor(), which, which, reason), which
    )


def told(done: Done) -> None:
    """Say on the next page what was changed, and what it leaves as it is."""
    if not done.changes:
        flash(_("変わったところはありません。"), "info")
        return
    flash(
        _("{n} 日を変えました。これから計算する期日から効きます。", n=len(done.changes)), "success"
    )
    if done.due:
        flash(
            _(
                "閉庁日にした日が期日の作業や期限が {n} 件あります。これらの期日は変わりません。",
                n=done.due,
            ),
            "warning",
        )


def _done(act: Callable[[], Done], day: date, typed: dict[str, str] | None = None) -> Page:
    """Do an act and go back to the day's year, or say on the page why it was refused.

    `typed` is what stands in the form for new days; a day's own form is filled from its row.
    """
    try:
        done = act()
    except Invalid as refused:
        wrong = {field: texts[0] for field, texts in refused.fields.items()}
        return _page(typed or {}, wrong, None if typed else wareki_date(day)), 422
    except Conflict as refused:
        return _page(typed or {}, {"": refused.message}), 409
    told(done)
    return redirect(url_for("calendar_admin.index", year=fiscal_year_of(day)), 303)


def _page(typed: dict[str, str], wrong: dict[str, str], of_day: str | None = None) -> str:
    own = wrong if of_day is None else {}
    return render_template(
        "admin/calendar/index.html",
        year=asked_for(),
        kinds=list(days.kind_words().items()),
        typed={field: typed.get(field, "") for field in FIELDS}
        | {"kind": typed.get("kind") or CLOSED},
        wrong=own,
        errors=[
            {
                "id": f"f-{field}" if field in own and field else "",
                "label": of_day or "",
                "message": message,
            }
            for field, message in wrong.items()
        ],
    )


def _which(text: str) -> date:
    day = day_of(text)
    if day is None:
        abort(404)
    return day
