"""Logging in and out."""

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from dxflow.errors import NotLoggedIn, Throttled
from dxflow.services.people import accounts
from dxflow.services.people.access import public, signed_in
from dxflow.texts import gettext as _
from dxflow.web import current, security

blueprint = Blueprint("login", __name__)

LONGEST_NAME = 200


@blueprint.get("/login")
@public
def form() -> str | Response:
    """Show the login page; whoever is logged in goes on."""
    target = security.safe_next(request.args.get("next"))
    if current.visitor() is not None:
        return redirect(target, 303)
    return render_template("login.html", target=target, username="", error="")


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
    except NotLoggedIn as refusal:
        return _again(name, target, refusal.message, 401)
    except Throttled as refusal:
        answer = _again(name, target, refusal.message, 429)
        answer.headers["Retry-After"] = str(refusal.retry_after)
        return answer
    security.begin_session(login)
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


def _again(name: str, target: str, error: str, status: int) -> Response:
    page = render_template(
        "login.html", target=target, username=name, error=error or _("ログインできません。")
    )
    return make_response(page, status)
