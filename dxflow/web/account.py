"""One's own account: the password, the post one acts in, and how one gets mail."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dxflow.errors import Invalid
from dxflow.services.people import accounts, mail_choices, second_step
from dxflow.services.people import registry as people
from dxflow.services.people.access import signed_in
from dxflow.services.people.actor import READS_ALL
from dxflow.texts import gettext as _
from dxflow.web import current, security

blueprint = Blueprint("account", __name__)


@blueprint.get("/password")
@signed_in
def password() -> str:
    """Show the page on which one changes one's password."""
    return _page({})


@blueprint.post("/password")
@signed_in
def change_password() -> Response:
    """Change one's password; every session ends, and this browser gets a fresh one."""
    actor, new = current.actor(), request.form.get("password", "")
    if new != request.form.get("repeat", ""):
        return make_response(_page({"repeat": [_("新しいパスワードと一致しません。")]}), 422)
    try:
        people.change_own_password(current.site(), actor, request.form.get("current", ""), new)
    except Invalid as refusal:
        return make_response(_page(refusal.fields or {"password": [refusal.message]}), 422)
    security.begin_session(second_step.open_anew(current.site(), actor))
    flash(_("パスワードを変えました。ほかの端末のログインは終わりました。"), "success")
    return redirect(url_for("inbox.index"), 303)


@blueprint.post("/acting-post")
@signed_in
def act_as() -> Response:
    """Choose the post one acts in."""
    actor, post = current.actor(), request.form.get("post", "")
    chosen = next((held for held in actor.posts if held.key == post), None)
    if chosen is not None:
        accounts.choose_post(current.site(), current.reference(), actor, post)
        flash(_("「{post}」として操作します。", post=chosen.title), "success")
    return redirect(url_for("inbox.index"), 303)


@blueprint.get("/account/mail")
@signed_in
def mail() -> str:
    """Show how one gets mail."""
    return _mail_page("")


@blueprint.post("/account/mail")
@signed_in
def choose_mail() -> Response:
    """Choose how one gets mail."""
    choice, weekly = request.form.get("choice", ""), request.form.get("weekly") == "yes"
    try:
        mail_choices.choose(current.site(), current.actor(), choice, weekly=weekly)
    except Invalid as refusal:
        return make_response(_mail_page(refusal.message), 422)
    flash(_("メールの受け取り方を保存しました。"), "success")
    return redirect(url_for("account.mail"), 303)


def _mail_page(error: str) -> str:
    actor = current.actor()
    return render_template(
        "mail.html",
        wish=mail_choices.of_person(current.site(), actor),
        ways=mail_choices.ways(),
        weekly=actor.has_role(*READS_ALL),
        error=error,
    )


def _page(errors: dict[str, list[str]]) -> str:
    return render_template(
        "password.html",
        errors={name: texts[0] for name, texts in errors.items()},
        forced=current.actor().must_change_password,
        username=current.actor().username,
    )
