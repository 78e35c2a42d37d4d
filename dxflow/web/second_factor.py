"""One's own second factor at login: set up, with codes in reserve, and given up again."""

from collections.abc import Callable

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from dxflow.errors import STATUS_OF_KIND, Conflict, Invalid
from dxflow.services.people import one_time_codes, second_factor
from dxflow.services.people.access import signed_in
from dxflow.texts import gettext as _
from dxflow.web import current, qr

blueprint = Blueprint("second_factor", __name__)


@blueprint.get("/account/second-factor")
@signed_in
def show() -> str:
    """Show whether one has a second factor, and how to set it up or give it up."""
    return _page()


@blueprint.post("/account/second-factor/begin")
@signed_in
def begin() -> Response:
    """Begin to set up an app."""

    def act() -> Response:
        second_factor.begin(current.site(), current.actor(), _typed("current"))
        return redirect(url_for("second_factor.show"), 303)

    return _done("begin", act)


@blueprint.post("/account/second-factor/confirm")
@signed_in
def confirm() -> Response:
    """Let the app count; the codes in reserve are on this answer only."""
    return _done(
        "confirm",
        lambda: _once(second_factor.confirm(current.site(), current.actor(), _typed("code"))),
    )


@blueprint.post("/account/second-factor/reserve")
@signed_in
def renew() -> Response:
    """Make fresh codes in reserve, which are on this answer only."""
    return _done(
        "renew",
        lambda: _once(
            second_factor.renew_reserve(
                current.site(), current.actor(), _typed("current"), _typed("code")
            )
        ),
    )


@blueprint.post("/account/second-factor/off")
@signed_in
def turn_off() -> Response:
    """Give up the second factor."""

    def act() -> Response:
        second_factor.turn_off(current.site(), current.actor(), _typed("current"), _typed("code"))
        flash(_("二段階認証をやめました。次からは、パスワードだけでログインします。"), "success")
        return redirect(url_for("second_factor.show"), 303)

    return _done("off", act)


def _typed(name: str) -> str:
    return request.form.get(name, "")


def _done(form: str, act: Callable[[], Response]) -> Response:
    """Do something, or say at the form that was sent why it was refused."""
    try:
        return act()
    except (Invalid, Conflict) as refused:
        fields = refused.fields if isinstance(refused, Invalid) else {}
        errors = {name: texts[0] for name, texts in fields.items()} or {"": refused.message}
        return make_response(_page(form, errors), STATUS_OF_KIND[refused.kind])


def _once(fresh: list[str]) -> Response:
    actor = current.actor()
    page = render_template(
        "second_factor/reserve.html", codes=fresh, name=actor.name, username=actor.username,
        at=current.site().now(),
    )  # fmt: skip
    return make_response(page)


def _page(form: str = "", errors: dict[str, str] | None = None) -> str:
    state = second_factor.state(current.site(), current.actor())
    title = _("認証アプリで読み取る QR コード")
    return render_template(
        "second_factor/page.html",
        state=state,
        forced=current.actor().lacks_second_factor,
        picture=Markup(qr.svg(state.address, title)) if state.address else "",  # noqa: S704
        groups=one_time_codes.grouped(state.secret),
        form=form,
        errors=errors or {},
    )
