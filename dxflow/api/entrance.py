"""The blueprint of the API: who calls, what they sent, the operation, its answer."""

import json
import secrets
from collections.abc import Callable
from dataclasses import replace
from functools import cache

from flask import Blueprint, Response, g, request
from flask_wtf.csrf import CSRFError, ValidationError, validate_csrf

from dxflow.api import (
    attachments,
    audit,
    blocs,
    cases,
    decisions,
    drafts,
    evaluations,
    kpis,
    meetings,
    migrations,
    operations,
    processes,
    refusals,
    session,
    sheets,
    standing,
    tasks,
    transfers,
)
from dxflow.api.call import Call, idempotency_key, read_body, read_file, read_query, schema_of
from dxflow.api.operation import Answer, Operation
from dxflow.errors import NotAllowed, NotFound, NotLoggedIn
from dxflow.services.attachments import limiting
from dxflow.services.people import accounts
from dxflow.services.people.access import brings_files, public
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _

PREFIX = "/api/v1"
OPERATIONS: tuple[Operation, ...] = (
    *session.OPERATIONS,
    *processes.OPERATIONS,
    *drafts.OPERATIONS,
    *cases.OPERATIONS,
    *tasks.OPERATIONS,
    *decisions.OPERATIONS,
    *sheets.OPERATIONS,
    *attachments.OPERATIONS,
    *standing.OPERATIONS,
    *kpis.OPERATIONS,
    *meetings.OPERATIONS,
    *blocs.OPERATIONS,
    *evaluations.OPERATIONS,
    *operations.OPERATIONS,
    *migrations.OPERATIONS,
    *transfers.OPERATIONS,
    *audit.OPERATIONS,
)
#: Returns who is logged in at the pages, None when nobody is.
SessionActor = Callable[[], Actor | None]


def blueprint(
    site: Site,
    session_actor: SessionActor = lambda: None,
    papers: sheets.Sheets | None = None,
) -> Blueprint:
    """Return the API of an installation, to be registered beside the pages; `papers` sets PDF.

    Callers log in by bearer token; without one `session_actor` says who is logged in at the
    pages, and acts then need the pages' CSRF header.
    """
    api = Blueprint("api", __name__, url_prefix=PREFIX)
    for operation in OPERATIONS:
        view = _view(site, operation, session_actor, papers)
        api.add_url_rule(operation.rule, operation.name, view, methods=[operation.method])

    @api.get("/openapi.json")
    @public
    def openapi() -> Response:
        return Response(_description(), content_type="application/json")

    @api.before_app_request
    def outside() -> Response | None:
        """Answer unknown addresses and methods below /api as everything else there."""
        error = request.routing_exception
        if error is None or not request.path.startswith("/api"):
            return None
        if error.code is None or error.code < 400:  # a redirect to a tidier address
            return refusals.respond(refusals.Refusal(404, "not_found", refusals.title(404)))
        return refusals.respond(refusals.of_http(error))

    @api.errorhandler(CSRFError)  # by the pages' door, before a call is looked at
    def forged(_error: CSRFError) -> Response:
        return refusals.of_error(site, _without_csrf())

    @api.errorhandler(Exception)
    def failed(error: Exception) -> Response:
        return refusals.of_error(site, error)

    return api


@cache
def _description() -> str:
    """Return the description as JSON, made when it is first asked for: a start does not wait."""
    from dxflow.api.description import describe  # here for the same reason

    return json.dumps(describe(OPERATIONS, PREFIX), ensure_ascii=False)


def _view(
    site: Site, operation: Operation, session_actor: SessionActor, papers: sheets.Sheets | None
) -> Callable[..., Response]:
    @public  # to the pages' door: the API logs its callers in by itself
    def view(**path: str) -> Response:
        g.setdefault("request_id", secrets.token_hex(16))
        call = Call(
            site=site,
            caller=None,
            origin=request.remote_addr or "",
            request_id=g.request_id,
            path=path,
            sheets=papers,
        )
        g.api_call = call
        if not operation.public:
            _log_in(call, session_actor)
        _require_ids(path)
        call.query = read_query(request, operation.query)
        call.body, call.sent = read_body(request, operation.body)
        if operation.brings_file:
            call.file = read_file(request, limiting.largest_request(site.settings))
        if operation.idempotent:
            call.idempotency_key = idempotency_key(request)
        g.saved_before = site.database.saved()  # logging in may have saved something of its own
        return _written(operation, operation.run(call))

    return brings_files(view) if operation.brings_file else view


def _log_in(call: Call, session_actor: SessionActor) -> None:
    """Find out who calls. Raises NotLoggedIn, or NotAllowed without the CSRF header."""
    header = request.headers.get("Authorization")
    if header is not None:
        scheme, _space, token = header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise NotLoggedIn(_("Authorization: Bearer <トークン> を付けて呼び出してください。"))
        call.token = token.strip()
        actor: Actor | None = accounts.actor_of_token(call.site, call.token, call.request_id)
    else:
        actor = session_actor()
        if actor is not None and actor.lacks_second_factor:
            raise NotAllowed(session.second_factor_is_missing())
        if actor is not None and request.method not in refusals.SAFE:
            _require_csrf()
    if actor is None:
        raise NotLoggedIn(_("トークンを付けて呼び出してください。"))
    call.caller = replace(actor, channel="api", request_id=call.request_id)
    if actor.must_change_password:
        raise NotAllowed(session.password_is_old())


def _require_csrf() -> None:
    try:
        validate_csrf(request.headers.get("X-CSRFToken"))
    except ValidationError:
        raise _without_csrf() from None


def _without_csrf() -> NotAllowed:
    return NotAllowed(_("セッションで呼び出すときは X-CSRFToken ヘッダーが必要です。"))


def _require_ids(path: dict[str, str]) -> None:
    """Raise NotFound for what can be nobody's id, before it reaches the database."""
    for value in path.values():
        plain = value.isascii() and value.replace("-", "").replace("_", "").replace(".", "")
        if not plain or not plain.isalnum() or len(value) > 128:
            raise NotFound(refusals.title(404))


def _written(operation: Operation, answer: Answer) -> Response:
    if answer.file is not None:
        pieces, headers = answer.file
        response = Response(pieces, operation.status, headers=dict(headers))
    elif operation.answer is None or answer.document is None:
        response = Response(status=operation.status)
    else:
        document = schema_of(operation.answer).dump(answer.document)
        text = json.dumps(document, ensure_ascii=False)
        response = Response(text, operation.status, content_type="application/json")
    if answer.location:
        response.headers["Location"] = PREFIX + answer.location
    response.headers["Cache-Control"] = "no-store"
    return response
