"""The application: wiring only."""

import hashlib
import importlib
import importlib.util
import logging
import time
import uuid
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, g, request
from flask.sessions import SecureCookieSessionInterface
from jinja2 import StrictUndefined
from werkzeug.middleware.proxy_fix import ProxyFix

from dxflow.services.people.access import public
from dxflow.services.site import Site
from dxflow.web import closing, current, errors, filters, frame, security, tongue
from dxflow.web.admin import hub
from dxflow.web.posting import Identifier

if TYPE_CHECKING:
    from itsdangerous import URLSafeTimedSerializer

log = logging.getLogger("dxflow.web")

LARGEST_REQUEST = 2 * 1024 * 1024
MOST_PARTS = 5_000
#: The blueprints of the pages, each the module of the same name.
PAGES = (
    "tongue",
    "login",
    "account",
    "second_factor",
    "inbox",
    "task",
    "proposal",
    "mine",
    "case",
    "answers",
    "previous",
    "decision",
    "attachments",
    "kpi",
    "portfolio",
    "backlog",
    "digests",
    "calendar",
    "papers",
    "meetings",
    "blocs",
    "minutes",
    "evaluation",
    "seats",
    "audit",
    "notices",
    "standing",
)


class _Sessions(SecureCookieSessionInterface):
    """Signed cookies whose signer is made once an application, not twice a request."""

    def __init__(self) -> None:
        self._signer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> "URLSafeTimedSerializer | None":
        """Return what signs the cookies with the application's secret key."""
        if self._signer is None:
            self._signer = super().get_signing_serializer(app)
        return self._signer


class _Pages(Flask):
    """Flask whose functions are all plain ones: nothing needs to be asked of each at each call."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.session_interface = _Sessions()

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function itself; no page of ours is a coroutine."""
        return func


def create_app(site: Site, blueprints: Sequence[Blueprint] = ()) -> Flask:
    """Return the application of an installation.

    `blueprints` are served beside the pages and log callers in by themselves. Raises ConfigRefused
    when the secret key is missing or not safe.
    """
    app = _Pages(__name__)
    app.url_map.converters["ident"] = Identifier
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = False
    app.jinja_env.policies["json.dumps_kwargs"] = {"sort_keys": False}  # order carries meaning
    app.config.update(_settings(site))
    app.extensions[current.SITE] = site
    app.extensions[security.GUARDED_ELSEWHERE] = frozenset(one.name for one in blueprints)
    app.before_request(_begin)
    security.install(app)
    closing.install(app)
    errors.install(app)
    filters.install(app)
    for blueprint in (*_pages(), *blueprints):
        app.register_blueprint(blueprint)
    app.add_url_rule("/healthz", "healthz", healthz)
    frame.install(app, frame.served_pages(app.url_map))
    _pin_static_files(app)
    app.after_request(_log_request)
    if site.settings.proxies:
        hops = site.settings.proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    return app


@public
def healthz() -> tuple[dict[str, str], int]:
    """Say whether the installation is able to serve."""
    alive = current.site().database.alive()
    return ({"status": "ok"}, 200) if alive else ({"status": "unavailable"}, 503)


def _settings(site: Site) -> dict[str, Any]:
    https = site.settings.https
    return {
        "SECRET_KEY": site.settings.secret_key(),
        "MAX_CONTENT_LENGTH": LARGEST_REQUEST,
        "MAX_FORM_MEMORY_SIZE": LARGEST_REQUEST,
        "MAX_FORM_PARTS": MOST_PARTS,
        "SESSION_COOKIE_NAME": "__Host-dxflow" if https else "dxflow",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_PATH": "/",
        "WTF_CSRF_FIELD_NAME": "_csrf",
        "WTF_CSRF_TIME_LIMIT": None,  # the token ends with the session
        "WTF_CSRF_CHECK_DEFAULT": False,  # the door asks for it, after the login
        "WTF_CSRF_SSL_STRICT": False,  # the door compares the origin
    }


def _pages() -> list[Blueprint]:
    found = []
    for name in PAGES:
        module = f"dxflow.web.{name}"
        if importlib.util.find_spec(module) is not None:
            found.append(importlib.import_module(module).blueprint)
    found += [one.blueprint for one in hub.modules() if hasattr(one, "blueprint")]
    return found


def _begin() -> None:
    g.request_id = uuid.uuid4().hex
    g.began = time.perf_counter()
    tongue.begin()


def _log_request(response: Response) -> Response:
    log.info(
        "%s %s %s %d %.1fms",
        current.request_id(),
        request.method,
        request.path,
        response.status_code,
        (time.perf_counter() - g.began) * 1000,
    )
    return response


def _pin_static_files(app: Flask) -> None:
    """Let every static address carry the digest of its file, so that it may be kept for ever."""
    folder = Path(app.static_folder or "")
    digests = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()[:12]
        for path in folder.rglob("*")
        if path.is_file()
    }

    def pin(endpoint: str, values: dict[str, Any]) -> None:
        if endpoint == "static" and values.get("filename") in digests:
            values.setdefault("v", digests[values["filename"]])

    app.url_default_functions.setdefault(None, []).append(pin)
