"""Logging in and out; whoever has a second factor brings its code on a page of its own."""

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dxflow.errors import CodeNeeded, NotLoggedIn, Throttled
from dxflow.services.people import accounts, half_logins, second_step
from dxflow.services.people.access import public, signed_in
from dxflow.services.people.accounts import Login
from dxflow.texts import gettext as _
from dxflow.web import current, returning, security

blueprint = Blueprint("login", __name__)

LONGEST_NAME = 200


@blueprint.get("/login")
@public
def form() -> str | Response:
    """Show the login page; whoever is logged in goes on."""
    target = security.safe_next(request.args.get("next"))
    if current.visitor() is not None:
        return redirect(target, 303)
    return render_template(
        "login.html", target=target, username="", error="", kept=None, ended=security.session_was()
    )


@blueprint.post("/login")
@public
def enter() -> Response:
    """Log in and go on to where the person wanted to go."""
    name = "".join(c for c in request.form.get("username", "") if c.isprintable())[:LONGEST_NAME]
    target = security.safe_next(request.form.get("next"))
    try:
        login = accounts.log_in(
            current.site(),
            name,
            request.form.get("password", ""),
            request.remote_addr or "",
            current.request_id(),
        )
    except CodeNeeded as half:
        security.begin_half_login(half.reference)
        if returning.carried() is not None:  # too long for an address
            return _code_page(target)
        return redirect(url_for("login.code", next=target), 303)
    except NotLoggedIn as refusal:
        return _again(name, target, refusal.message, 401)
    except Throttled as refusal:
        return _later(_again(name, target, refusal.message, 429), refusal)
    return _entered(login, target)


@blueprint.get("/login/code")
@public
def code() -> Response:
    """Ask for the code behind a right password."""
    target = security.safe_next(request.args.get("next"))
    if current.visitor() is not None:
        return redirect(target, 303)
    if not half_logins.waits(current.site(), security.half_login()):
        return redirect(url_for("login.form", next=target), 303)
    return _code_page(target)


@blueprint.post("/login/code")
@public
def bring_code() -> Response:
    """Log in with the code behind a right password."""
    target = security.safe_next(request.form.get("next"))
    half, typed = security.half_login(), request.form.get("code", "")
    try:
        origin = request.remote_addr or ""
        login = second_step.complete(current.site(), half, typed, origin, current.request_id())
    except second_step.HalfLoginEnded as refusal:
        return _again("", target, refusal.message, 401)
    except NotLoggedIn as refusal:
        return _code_page(target, refusal.message, 401)
    except Throttled as refusal:
        return _later(_code_page(target, refusal.message, 429), refusal)
    return _entered(login, target)


def _entered(login: Login, target: str) -> Response:
    """Begin the session in the browser and go on to where the person wanted to go."""
    carried = returning.carried()
    security.begin_session(login)
    if carried is not None and (shown := _put_back(login.reference, carried)) is not None:
        return shown
    return redirect(url_for("account.password") if login.must_change_password else target, 303)


@blueprint.post("/logout")
@signed_in
def leave() -> Response:
    """End the session here and on the server."""
    accounts.log_out(current.site(), current.reference())
    security.end_session()
    return redirect(url_for("login.goodbye"), 303)


@blueprint.get("/goodbye")
@public
def goodbye() -> str | Response:
    """Say that the session has ended."""
    if current.visitor() is not None:
        return redirect(url_for("inbox.index"), 303)
    return render_template("goodbye.html")


def _put_back(reference: str, carried: returning.Kept) -> Response | None:
    """Put what was typed before the login back into its form; return a page where that cannot be."""
    site = current.site()
    by = accounts.actor_of_session(site, reference, current.request_id())
    if by is None:
        return None
    try:
        returning.put_back(by, carried)
    except returning.NotPutBack as why:
        if not why.own:
            flash(_("書いた内容は入力欄に戻していません。{why}", why=why.why), "warning")
            return None
        page = render_template(
            "not_put_back.html", why=why.why, typed=returning.texts_of(carried),
            target=security.safe_next(request.form.get("next")),
        )  # fmt: skip
        return make_response(page, 409)
    flash(
        _("ログインの前に書いた内容を、入力欄に戻しました（下書き）。まだ提出していません。"),
        "success",
    )
    return None


def _later(answer: Response, refusal: Throttled) -> Response:
    answer.headers["Retry-After"] = str(refusal.retry_after)
    return answer


def _code_page(target: str, error: str = "", status: int = 200) -> Response:
    page = render_template("login_code.html", target=target, error=error, kept=returning.carried())
    return make_response(page, status)


def _again(name: str, target: str, error: str, status: int) -> Response:
    page = render_template(
        "login.html",
        target=target,
        username=name,
        error=error or _("ログインできません。"),
        kept=returning.carried(),
        ended=False,
    )
    return make_response(page, status)
