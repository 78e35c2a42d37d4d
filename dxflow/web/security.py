"""The outer door of the pages: sessions, declared access, CSRF, origin, headers.

Deny by default: an endpoint that does not declare who may call it answers nobody. The order is
login, then origin and CSRF token, then a password that must be changed, then a second factor that
is asked for and missing, then roles.
"""

import logging
from urllib.parse import quote, urlsplit

import flask_login
from flask import Flask, Response, current_app, redirect, request, session, url_for
from flask_wtf.csrf import CSRFProtect
from werkzeug.wrappers import Response as Answer

from dxflow.errors import NotAllowed, NotLoggedIn
from dxflow.services.attachments import limiting
from dxflow.services.people import access, accounts
from dxflow.services.people.accounts import Login
from dxflow.texts import gettext as _
from dxflow.web import current
from dxflow.web.current import Visitor

log = logging.getLogger("dxflow.web")

UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
#: Blueprints that log callers in by themselves (the REST API); CSRF is still asked of cookies.
GUARDED_ELSEWHERE = "dxflow.guarded_elsewhere"
_WHILE_PASSWORD_IS_OLD = frozenset({"account.password", "account.change_password", "login.leave"})
_WHILE_FACTOR_IS_MISSING = _WHILE_PASSWORD_IS_OLD | {
    "second_factor.show",
    "second_factor.begin",
    "second_factor.confirm",
}
#: Where the cookie keeps the reference of a login that waits for its code.
_HALF = "half"

POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HSTS = "max-age=31536000; includeSubDomains"
#: Files of the program carry their digest in the address and never change under it.
FOR_EVER = "public, max-age=31536000, immutable"

csrf = CSRFProtect()


def install(app: Flask) -> None:
    """Put the door in front of every endpoint of the application."""
    manager = flask_login.LoginManager()
    manager.session_protection = None
    manager.user_loader(_visitor_of)
    manager.init_app(app, add_context_processor=False)
    csrf.init_app(app)
    app.before_request(_guard)
    app.after_request(_with_headers)
    access.public(app.view_functions["static"])


def begin_session(login: Login) -> None:
    """Put a fresh login into the cookie; nothing of the session before it survives."""
    session.clear()
    session["_user_id"] = login.reference


def begin_half_login(reference: str) -> None:
    """Put a login that waits for its code into the cookie: nobody is logged in by it."""
    session.clear()
    session[_HALF] = reference


def half_login() -> str:
    """Return the reference of the login that this browser has half finished, "" for none."""
    return str(session.get(_HALF, ""))


def session_was() -> bool:
    """Return whether the browser still names a session, which may have ended on the server."""
    return "_user_id" in session


def end_session() -> None:
    """Forget the login in the browser."""
    session.clear()


def safe_next(target: str | None) -> str:
    """Return a local path to go on to; the inbox for anything that might lead elsewhere."""
    home = url_for("inbox.index")
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return home
    if "\\" in target or not target.isprintable():
        return home
    parts = urlsplit(target)
    return home if parts.scheme or parts.netloc else target


def to_login() -> Answer:
    """Return the way to the login page and back to this page."""
    return redirect(login_url(), 303)


def login_url() -> str:
    """Return the address of the login page that leads back to this page."""
    return f"{url_for('login.form')}?next={quote(way_back(), safe='/')}"


def from_own_page() -> bool:
    """Return whether the browser says that one of our own pages sent this."""
    return request.headers.get("Origin") == _own_origin()


def way_back() -> str:
    """Return the local path of this page; for what can only be sent, of the page it is sent from."""
    if request.method in ("GET", "HEAD"):
        return request.full_path.rstrip("?")
    adapter = current_app.url_map.bind_to_environ(request.environ)
    return request.path if "GET" in adapter.allowed_methods(request.path) else "/"


def _visitor_of(reference: str) -> Visitor | None:
    if "Authorization" in request.headers:
        return None  # who brings a token is nobody else beside it
    try:
        actor = accounts.actor_of_session(current.site(), reference, current.request_id())
    except NotLoggedIn:
        return None
    return Visitor(actor, reference)


def _guard() -> Answer | None:
    if request.endpoint is None:
        return None
    declared = access.declared(current_app.view_functions[request.endpoint])
    if request.blueprint in current_app.extensions[GUARDED_ELSEWHERE]:
        if "Authorization" not in request.headers and current.visitor() is not None:
            _take_files(declared)
            _require_own_page()
        return None
    if declared is None:
        log.error("endpoint %s does not declare who may call it", request.endpoint)
        raise NotAllowed(_("この画面は使えません。"))
    actor = None if declared.public else current.actor()
    if declared.most and actor is not None and declared.permits(actor):
        # Before anything is read of the body, and for nobody else.
        request.max_content_length = request.max_form_memory_size = declared.most
    if actor is not None:
        _take_files(declared)
    _require_own_page()
    if actor is None:
        return None
    if actor.must_change_password and request.endpoint not in _WHILE_PASSWORD_IS_OLD:
        return redirect(url_for("account.password"), 303)
    if actor.lacks_second_factor and request.endpoint not in _WHILE_FACTOR_IS_MISSING:
        return redirect(url_for("second_factor.show"), 303)
    declared.require(actor)
    return None


def _take_files(declared: access.Access | None) -> None:
    """Have the body hold a file, which goes to the disk as it comes, not into memory."""
    if declared is not None and declared.files:
        request.max_content_length = limiting.largest_request(current.site().settings)


def _require_own_page() -> None:
    """Refuse an act that was not sent from one of our own pages."""
    if request.method not in UNSAFE:
        return
    origin = request.headers.get("Origin")
    site_of_fetch = request.headers.get("Sec-Fetch-Site", "same-origin")
    foreign = origin != _own_origin() if origin else site_of_fetch not in ("same-origin", "none")
    if foreign:
        raise NotAllowed(_("別のサイトからの操作は受け付けません。"))
    csrf.protect()


def _own_origin() -> str:
    scheme = "https" if current.site().settings.https else request.scheme
    return f"{scheme}://{request.host}"


def _with_headers(response: Response) -> Response:
    caching = "no-store"
    if request.endpoint == "static" and response.status_code == 200:
        caching = FOR_EVER if "v" in request.args else "no-cache"
    ours = {"X-Request-Id": current.request_id(), "Cache-Control": caching}
    if current.site().settings.https:
        ours["Strict-Transport-Security"] = HSTS
    headers = response.headers
    # Put together at once: asking for each by its name goes through all of them every time.
    theirs = [(name, value) for name, value in headers if name not in ours]
    given = {name.lower() for name, _value in theirs}
    missing = [(name, value) for name, value in HEADERS.items() if name.lower() not in given]
    headers[:] = [*theirs, *missing, *ours.items()]
    return response
