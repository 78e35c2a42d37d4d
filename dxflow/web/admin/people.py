"""利用者: people under filters, one person's page, and what administrators may do there."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from dxflow.errors import STATUS_OF_KIND, Conflict, DxflowError, Invalid, NotFound
from dxflow.services.administration import person_acts, persons, post_ends
from dxflow.services.people.access import needs_role
from dxflow.services.people.person_rows import Account
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.admin import Entry
from dxflow.web.case import attachment
from dxflow.web.inbox import page_number
from dxflow.web.posting import day_in

blueprint = Blueprint("people_admin", __name__)

ENTRY = Entry(
    "people_admin.index", _("利用者"),
    _("人を探し、職、パスワード、有効・無効を変える。"), "users", 210,
)  # fmt: skip
FILTERS = ("q", "unit", "role", "status", "factor")
PER_PAGE = 25

Page = str | tuple[str, int]


@blueprint.get("/admin/people")
@needs_role("admin")
def index() -> str:
    """List people under the filters of the address."""
    site, by, given = current.site(), current.actor(), _given()
    return render_template(
        "admin/people/list.html",
        page=persons.search(site, by, persons.Filters(**given), page_number(), PER_PAGE),
        choices=persons.choices(site, by),
        given=given,
        address_of=lambda number: url_for("people_admin.index", **given, page=number),
    )


@blueprint.get("/admin/people.csv")
@needs_role("admin")
def as_csv() -> Response:
    """Hand out the list under the same filters."""
    rows = persons.to_csv(current.site(), current.actor(), persons.Filters(**_given()))
    return attachment(rows, "text/csv; charset=utf-8", "people.csv")


@blueprint.get("/admin/people/new")
@needs_role("admin")
def new() -> str:
    """Ask for a new person."""
    return _new({}, {})


@blueprint.post("/admin/people/new")
@needs_role("admin")
def create() -> Page:
    """Make an account; the one-time password is on this answer only."""
    typed = {name: request.form.get(name, "") for name in ("username", "name", "email")}
    try:
        account = person_acts.create(current.site(), current.actor(), **typed)
    except Invalid as refused:
        return _new(typed, {name: texts[0] for name, texts in refused.fields.items()}), 422
    except Conflict as refused:
        return _new(typed, {"username": refused.message}), 409
    return _once(account, typed["name"])


@blueprint.get("/admin/people/<ident:person_id>")
@needs_role("admin")
def show(person_id: str) -> str:
    """Show one person with everything they hold."""
    return _person(person_id)


@blueprint.post("/admin/people/<ident:person_id>")
@needs_role("admin")
def change(person_id: str) -> Page | Answer:
    """Change name and address."""
    name, email = request.form.get("name", ""), request.form.get("email", "")

    def act() -> str:
        changed = person_acts.change(current.site(), current.actor(), person_id, name, email)
        return _("氏名とメールを保存しました。") if changed else _("変わったところはありません。")

    return _done(person_id, act)


@blueprint.get("/admin/people/<ident:person_id>/ask/<any(password, logins, close):act>")
@needs_role("admin")
def ask(person_id: str, act: str) -> str:
    """Say what resetting the password, ending the logins or closing the account would do."""
    site, by = current.site(), current.actor()
    found = persons.person(site, by, person_id)
    return render_template(
        "admin/people/ask.html", found=found, row=found.row, act=act,
        mine=person_id == by.person_id,
    )  # fmt: skip


@blueprint.post("/admin/people/<ident:person_id>/password")
@needs_role("admin")
def password(person_id: str) -> Page:
    """Give a one-time password, which is on this answer only."""
    site, by = current.site(), current.actor()
    try:
        account = person_acts.reset_password(site, by, person_id)
    except Invalid as refused:
        return _person(person_id, refused.message), 422
    return _once(account, persons.person(site, by, person_id).row.name)


@blueprint.get("/admin/people/<ident:person_id>/second-factor")
@needs_role("admin")
def ask_to_reset_factor(person_id: str) -> str:
    """Say what taking the second factor off somebody would do, and ask why."""
    return _factor(person_id)


@blueprint.post("/admin/people/<ident:person_id>/second-factor")
@needs_role("admin")
def reset_factor(person_id: str) -> Page | Answer:
    """Take the second factor off somebody who has lost the phone."""
    reason = request.form.get("reason", "")
    try:
        person_acts.reset_factor(current.site(), current.actor(), person_id, reason)
    except (Invalid, Conflict) as refused:
        return _factor(person_id, reason, refused.message), STATUS_OF_KIND[refused.kind]
    flash(_("二段階認証を解除しました。この人のログインは終わりました。"), "success")
    return redirect(url_for("people_admin.show", person_id=person_id), 303)


@blueprint.post("/admin/people/<ident:person_id>/status")
@needs_role("admin")
def status(person_id: str) -> Page | Answer:
    """Close the account, or open it again."""
    is_open = request.form.get("status") == "active"

    def act() -> str:
        person_acts.set_open(current.site(), current.actor(), person_id, is_open=is_open)
        return _("利用者を有効に戻しました。") if is_open else _("利用者を無効にしました。")

    return _done(person_id, act)


@blueprint.post("/admin/people/<ident:person_id>/posts")
@needs_role("admin")
def give_post(person_id: str) -> Page | Answer:
    """Give the person a post."""
    form = request.form

    def act() -> str:
        person_acts.give_post(
            current.site(), current.actor(), person_id, form.get("post", ""),
            day_in(form, "since"), day_in(form, "until"), concurrent=form.get("concurrent") == "yes",
        )  # fmt: skip
        return _("職に就けました。この人のログインは終わりました。")

    return _done(person_id, act)


@blueprint.get("/admin/people/<ident:person_id>/posts/end")
@needs_role("admin")
def ask_to_end_post(person_id: str) -> Page:
    """Say what the end of a post would take from the person and leave to others."""
    site, by, given = current.site(), current.actor(), request.args
    try:
        day = day_in(given, "day")
        ends = post_ends.of_person(site, by, person_id, given.get("post", ""), day)
    except (Invalid, NotFound) as refused:
        return _person(person_id, _words(refused)), STATUS_OF_KIND[refused.kind]
    found = persons.person(site, by, person_id)
    return render_template(
        "admin/people/ask_post.html", found=found, row=found.row, ends=ends,
        mine=person_id == by.person_id,
    )  # fmt: skip


@blueprint.post("/admin/people/<ident:person_id>/posts/end")
@needs_role("admin")
def end_post(person_id: str) -> Page | Answer:
    """End a post of the person."""
    form = request.form

    def act() -> str:
        person_acts.end_post(
            current.site(), current.actor(), person_id, form.get("post", ""), day_in(form, "day")
        )
        return _("職を終えました。この人のログインは終わりました。")

    return _done(person_id, act)


@blueprint.post("/admin/people/<ident:person_id>/logins")
@needs_role("admin")
def end_logins(person_id: str) -> Page | Answer:
    """End every login of the person."""

    def act() -> str:
        person_acts.end_logins(current.site(), current.actor(), person_id)
        return _("この人のログインをすべて終わらせました。")

    return _done(person_id, act)


def _done(person_id: str, act: Callable[[], str]) -> Page | Answer:
    """Do something to a person and go back to their page, or say there why it was refused."""
    try:
        message = act()
    except (Invalid, Conflict, NotFound) as refused:
        return _person(person_id, _words(refused)), STATUS_OF_KIND[refused.kind]
    flash(message, "success")
    return redirect(url_for("people_admin.show", person_id=person_id), 303)


def _words(refused: DxflowError) -> str:
    fields = refused.fields.values() if isinstance(refused, Invalid) else ()
    extra = [text for texts in fields for text in texts if text not in refused.message]
    return "\n".join([refused.message, *extra])


def _person(person_id: str, refused: str = "") -> str:
    site, by = current.site(), current.actor()
    found = persons.person(site, by, person_id)
    return render_template(
        "admin/people/person.html",
        found=found,
        row=found.row,
        refused=refused,
        mine=person_id == by.person_id,
        today=site.today(),
    )


def _factor(person_id: str, reason: str = "", error: str = "") -> str:
    found = persons.person(current.site(), current.actor(), person_id)
    return render_template(
        "admin/people/ask_factor.html", found=found, row=found.row, reason=reason, error=error
    )


def _new(typed: dict[str, str], errors: dict[str, str]) -> str:
    return render_template("admin/people/new.html", typed=typed, errors=errors)


def _once(account: Account, name: str) -> str:
    return render_template("admin/people/once.html", account=account, name=name)


def _given() -> dict[str, Any]:
    return {
        name: request.args[name].strip() for name in FILTERS if request.args.get(name, "").strip()
    }
