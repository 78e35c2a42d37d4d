"""Every refusal as a problem document (RFC 9457); no traceback ever leaves the program."""

import json
import logging
from dataclasses import dataclass, field
from typing import Any

from flask import Response, g, request
from werkzeug.exceptions import HTTPException

from dxflow.api.call import Call
from dxflow.engine import StepFailed
from dxflow.errors import (
    STATUS_OF_KIND,
    CodeNeeded,
    DxflowError,
    Invalid,
    NotAllowed,
    OutcomeUnknown,
    Throttled,
    Unavailable,
)
from dxflow.problems import Refused
from dxflow.services.acts import incidents
from dxflow.services.acts.closed_tasks import TaskClosed
from dxflow.services.people import denials
from dxflow.services.site import Site
from dxflow.texts import gettext as _

log = logging.getLogger("dxflow.api")

RETRY_AFTER = 5
CONTENT_TYPE = "application/problem+json"
LARGEST_RETRY = 3600
#: Methods that change nothing.
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
CHALLENGE = 'Bearer realm="dxflow"'


@dataclass(frozen=True)
class Refusal:
    """A refusal before it is written out. `more` are the members beside the standard ones."""

    status: int
    kind: str
    detail: str
    more: dict[str, Any] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)


def respond(refusal: Refusal) -> Response:
    """Return the problem document."""
    document = {
        "type": f"urn:dxflow:problem:{refusal.kind}",
        "title": title(refusal.status),
        "status": refusal.status,
        "detail": refusal.detail,
        **refusal.more,
    }
    if number := g.get("request_id"):
        document["request_id"] = number
    response = Response(
        json.dumps(document, ensure_ascii=False), refusal.status, content_type=CONTENT_TYPE
    )
    response.headers.update(refusal.headers)
    response.headers["Cache-Control"] = "no-store"
    if refusal.status == 401:
        response.headers["WWW-Authenticate"] = CHALLENGE
    return response


def of_error(site: Site, error: Exception) -> Response:
    """Return the answer to anything that was raised while a call was served."""
    if isinstance(error, StepFailed):
        return respond(_step_failed(site, error))
    saved = _saved(site)
    if saved and type(error) is Unavailable:
        error = OutcomeUnknown(
            _(
                "保存は済みましたが、結果を読む前にデータベースを使えなくなりました。"
                "画面を開き直して確かめてから、必要ならもう一度操作してください。"
            )
        )
    if isinstance(error, DxflowError):
        if isinstance(error, NotAllowed):
            _record_denial(site, error)
        return respond(_refused(error))
    if isinstance(error, HTTPException):
        return respond(of_http(error))
    log.error("request %s failed", g.get("request_id", ""), exc_info=error)
    if saved:
        detail = _(
            "保存したあと、結果を用意する途中で思わぬことが起きました。"
            "画面を開き直して確かめてから、必要ならもう一度操作してください。"
        )
        return respond(Refusal(500, OutcomeUnknown.kind, detail))
    detail = _("思わぬことが起きたため、処理を止めました。何も変更されていません。")
    return respond(Refusal(500, "internal", detail))


def _saved(site: Site) -> bool:
    """Return whether the call has saved something before it failed.

    Who is told that nothing was changed sends it once more.
    """
    before = g.get("saved_before")
    return request.method not in SAFE and before not in (None, site.database.saved())


def of_http(error: HTTPException) -> Refusal:
    """Return the refusal of an HTTP error: unknown address, method, media type, broken JSON."""
    status = error.code or 500
    headers: dict[str, str] = {}
    if methods := getattr(error, "valid_methods", None):
        headers["Allow"] = ", ".join(sorted(methods))
    kinds = {400: "malformed", 404: "not_found", 405: "method", 413: "too_large", 415: "media_type"}
    ours = status in (400, 415) and error.description != type(error).description
    said = (error.description if ours else None) or title(status)
    return Refusal(status, kinds.get(status, "http"), said, headers=headers)


def _refused(error: DxflowError) -> Refusal:
    status = STATUS_OF_KIND[error.kind]
    more: dict[str, Any] = {}
    headers: dict[str, str] = {}
    if status == 422:
        more["errors"] = error.fields if isinstance(error, Invalid) else {}
    if isinstance(error, CodeNeeded):
        more["title"] = _("確認コードが必要です")
    if isinstance(error, Refused):
        more["errors"] = {"files": [str(problem) for problem in error.problems]}
    if isinstance(error, TaskClosed):
        more["case"] = error.case_id
    if isinstance(error, Throttled):
        headers["Retry-After"] = str(error.retry_after)
    if isinstance(error, Unavailable) or status == 503:
        headers["Retry-After"] = str(getattr(error, "retry_after", RETRY_AFTER))
        log.warning("request %s: %s", g.get("request_id", ""), error.message)
    return Refusal(status, error.kind, error.message, more, headers)


def _step_failed(site: Site, error: StepFailed) -> Refusal:
    """Record the incident in a transaction of its own; the act has been undone by now."""
    call: Call | None = g.get("api_call")
    number = str(g.get("request_id", ""))
    log.error("request %s: step failed at %s/%s: %s", number, error.process, error.element, error.cause)  # fmt: skip
    if call is not None and call.caller is not None:
        try:
            number = incidents.of_failure(site, call.caller, error, call.case_id)
        except Unavailable:
            log.exception("request %s: the incident could not be recorded", number)
    detail = _(
        "手続きの途中で処理できないことが起きたため、止めました。何も変更されていません。"
        "管理者に障害番号 {number} を伝えてください。",
        number=number,
    )
    return Refusal(500, "incident", detail, {"incident": number})


def _record_denial(site: Site, error: NotAllowed) -> None:
    call: Call | None = g.get("api_call")
    if call is None or call.caller is None:
        return
    try:
        denials.record(site, call.caller, "api", f"{request.method} {request.path}", error.message)
    except Unavailable:
        log.exception("request %s: the denial could not be recorded", g.get("request_id", ""))


def title(status: int) -> str:
    """Return the words for a status."""
    return {
        400: _("送られた内容が読めません"),
        401: _("認証が必要です"),
        403: _("この操作はできません"),
        404: _("見つかりません"),
        405: _("このアドレスでは使えない種類の操作です"),
        409: _("ほかの操作が先に行われました"),
        413: _("送られた内容が大きすぎます"),
        415: _("内容の形式が違います"),
        422: _("内容を確かめてください"),
        429: _("少し待ってください"),
        503: _("ただいま混み合っています"),
    }.get(status, _("この要求には応えられません") if status < 500 else _("処理を止めました"))
