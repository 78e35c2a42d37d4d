"""通知とメール: how mail goes out, a mail to try it, and what became of each message."""

from dataclasses import asdict

from flask import Blueprint, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dxflow.config import ConfigRefused
from dxflow.errors import Invalid
from dxflow.services.administration import mail_trial, outgoing
from dxflow.services.people import mail_choices, mail_settings
from dxflow.services.people.access import needs_role
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.admin import Entry
from dxflow.web.inbox import page_number

blueprint = Blueprint("admin_notifications", __name__)
ENTRY = Entry(
    "admin_notifications.index",
    _("通知とメール"),
    _("メールサーバーを決め、試し、送れなかったメールを確かめる。"),
    "mail",
    420,
)


@blueprint.get("/admin/notifications")
@needs_role("admin")
def index() -> str:
    """Show the settings."""
    return _page({}, {})


@blueprint.post("/admin/notifications")
@needs_role("admin")
def change() -> Response | tuple[str, int]:
    """Change the settings."""
    site, by = current.site(), current.actor()
    before = mail_settings.stored(site)
    raw = {name: request.form.get(name, "") for name in asdict(before)}
    try:
        changed = mail_settings.change(site, by, mail_settings.typed(before, raw))
    except Invalid as refusal:
        return _page(raw, refusal.fields), 422
    if changed:
        flash(_("メールの設定を保存しました。"), "success")
    else:
        flash(_("変わったところはありません。"), "info")
    return redirect(url_for("admin_notifications.index"), 303)


@blueprint.post("/admin/notifications/try")
@needs_role("admin")
def try_out() -> Response | tuple[str, int]:
    """Send a mail to try the settings, and say what the server answered."""
    address = request.form.get("address", "")
    try:
        tried = mail_trial.send(current.site(), current.actor(), address)
    except (Invalid, ConfigRefused) as refusal:
        return _page({"address": address}, {"address": [refusal.message]}), 422
    flash(tried.sentence, "success" if tried.taken else "error")
    return redirect(url_for("admin_notifications.index"), 303)


@blueprint.get("/admin/notifications/outgoing")
@needs_role("admin")
def messages() -> str:
    """List messages, the latest first."""
    site, by = current.site(), current.actor()
    state = request.args.get("state", "")
    stands = outgoing.stands(site, by)
    choices = [
        {
            "label": label,
            "url": url_for("admin_notifications.messages", state=key or None),
            "current": key == state,
            "count": count,
        }
        for key, label, count in (
            ("", _("すべて"), sum(stands.counts.values())),
            ("troubled", _("送れなかった・結果不明"), stands.troubled),
            ("waiting", _("送信待ち"), stands.counts.get("waiting", 0)),
            ("sent", _("送信済み"), stands.counts.get("sent", 0)),
        )
    ]
    return render_template(
        "admin/notifications/outgoing.html",
        page=outgoing.listed(site, by, state, page_number()),
        stands=stands,
        choices=choices,
        troubled=outgoing.TROUBLED,
        kind_name=outgoing.kind_name,
        state_name=outgoing.state_name,
        address_of=lambda number: url_for(
            "admin_notifications.messages", state=state or None, page=number
        ),
    )


@blueprint.post("/admin/notifications/outgoing/<ident:mail_id>/resend")
@needs_role("admin")
def resend(mail_id: str) -> Response:
    """Have a message sent again."""
    outgoing.resend(current.site(), current.actor(), mail_id)
    flash(_("もう一度送ります。"), "success")
    return redirect(url_for("admin_notifications.messages", state="troubled"), 303)


@blueprint.post("/admin/notifications/outgoing/<ident:mail_id>/close")
@needs_role("admin")
def close(mail_id: str) -> Response:
    """Take note of a message that did not go out."""
    outgoing.close(current.site(), current.actor(), mail_id)
    flash(_("確認済みにしました。"), "success")
    return redirect(url_for("admin_notifications.messages", state="troubled"), 303)


def _page(typed: dict[str, str], wrong: dict[str, list[str]]) -> str:
    site, actor = current.site(), current.actor()
    settings = mail_settings.stored(site)
    values = {name: _typed_as(value) for name, value in asdict(settings).items()}
    file_wrong = ""
    try:
        password = bool(site.settings.mail_password())
    except ConfigRefused as refusal:
        password, file_wrong = False, refusal.message
    return render_template(
        "admin/notifications/index.html",
        settings=settings,
        typed={"address": mail_choices.of_person(site, actor).address} | values | typed,
        errors={name: texts[0] for name, texts in wrong.items()},
        password=password,
        file=site.settings.mail_password_place,
        file_wrong=file_wrong,
        stands=outgoing.stands(site, actor),
        securities=[(key, mail_settings.shown(key)) for key in mail_settings.SECURITY],
        ways=mail_choices.ways(),
    )


def _typed_as(value: object) -> str:
    return {True: "yes", False: ""}[value] if isinstance(value, bool) else str(value)
