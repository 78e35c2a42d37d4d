"""One calm page for everything that goes wrong, and one problem document for programs.

No traceback ever leaves the program: what was not foreseen is logged under the request's number,
and the page gives that number.
"""

import logging
import time
from contextlib import suppress
from dataclasses import dataclass, replace

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as Answer

from dxflow.attachments import limits
from dxflow.engine import StepFailed
from dxflow.errors import (
    STATUS_OF_KIND,
    DxflowError,
    Invalid,
    NotAllowed,
    NotLoggedIn,
    OutcomeUnknown,
    Throttled,
    Unavailable,
)
from dxflow.services.acts import incidents
from dxflow.services.acts.closed_tasks import TaskClosed
from dxflow.services.acts.drafts import HandedIn
from dxflow.services.acts.suspension import Suspended
from dxflow.services.administration.imports.reading import too_large
from dxflow.services.attachments import limiting
from dxflow.services.people import denials, entitled
from dxflow.services.people.actor import Actor
from dxflow.services.people.entitled import Entitled
from dxflow.services.people.maintenance import UnderMaintenance
from dxflow.texts import gettext as _
from dxflow.web import current, frame, returning, security

log = logging.getLogger("dxflow.web")

RETRY_AFTER = 5
#: A database that has made the person wait so long is not asked again for what stands around.
PATIENCE_SECONDS = 1.5
#: Typed texts are given back below the message; longer ones than this are cut.
LONGEST_TYPED = 20_000
#: The pages on which people write sentences; none of them asks for a password.
_WRITTEN_IN = frozenset(
    {
        "attachments", "case", "decision", "evaluation", "kpi", "meetings", "minutes", "proposal",
        "standing", "task",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Failure:
    """What a page says when it cannot do what was asked.

    `entitled` are the roles that may, `advisers` who else knows, see services.people.entitled.
    """

    status: int
    title: str
    text: str
    icon: str = "info"
    case_url: str = ""
    retry_after: int = 0
    entitled: tuple[Entitled, ...] = ()
    advisers: tuple[Entitled, ...] = ()


def install(app: Flask) -> None:
    """Answer every kind of error."""
    app.before_request(_begin)
    app.register_error_handler(StepFailed, _step_failed)
    app.register_error_handler(DxflowError, _refused)
    app.register_error_handler(CSRFError, _page_too_old)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unforeseen)


def _begin() -> None:
    """Remember what was saved before the page's own act: the login has saved what it saves."""
    g.saved_before = current.site().database.saved()


def _saved() -> bool:
    """Return whether the request has saved something before it failed.

    Who is told that nothing was changed does it once more.
    """
    before = g.get("saved_before")
    return request.method == "POST" and before not in (None, current.site().database.saved())


def wants_document() -> bool:
    """Return whether the caller is a program rather than somebody looking at pages."""
    if request.path.startswith("/api/"):
        return True
    best = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return best == "application/json"


def answer(failure: Failure) -> Answer:
    """Return the page, or the problem document (RFC 9457), that says what happened."""
    if wants_document():
        response: Response = jsonify(
            type="about:blank",
            title=failure.title,
            status=failure.status,
            detail=failure.text,
        )
        response.mimetype = "application/problem+json"
    else:
        response = make_response(_page(failure))
    response.status_code = failure.status
    if failure.retry_after:
        response.headers["Retry-After"] = str(failure.retry_after)
    return response


def _page(failure: Failure) -> str:
    around = None
    if failure.status != 503 or time.perf_counter() - g.began < PATIENCE_SECONDS:
        with suppress(DxflowError):
            around = frame.frame()
    if around is None:
        g.frame = None
    typed = _typed() if around or failure.status in (401, 503) else []
    return render_template(
        "error.html",
        failure=failure,
        request_id=current.request_id(),
        typed=typed,
        login_url=security.login_url() if failure.status == 401 else "",
        way_back=security.way_back() if failure.status == 401 else "",
        kept=returning.kept() if failure.status == 401 and typed else None,
    )


def _typed() -> list[str]:
    """Return the texts of a page that could not be taken, so that nobody types them twice."""
    if request.method != "POST" or request.blueprint not in _WRITTEN_IN:
        return []
    whole = request.blueprint in ("task", "proposal")
    try:
        form = request.form
    except HTTPException:
        return []
    return [
        text[:LONGEST_TYPED]
        for name, texts in form.lists()
        for text in texts
        if not name.startswith("_") and len(text.strip()) > 1 and (whole or _is_prose(text))
    ]


def _is_prose(text: str) -> bool:
    """Return whether a text was written by somebody, and is no key, day or number of a page."""
    return not text.isascii() or len(text.split()) > 1


def _refused(error: DxflowError) -> Answer:
    if isinstance(error, NotLoggedIn) and not wants_document():
        return _logged_out()
    error = _told_truly(error)
    status = STATUS_OF_KIND[error.kind]
    title, icon = _words(status)
    case_url = ""
    if isinstance(error, HandedIn):
        title = _("もう提出されています")
        case_url = frame.case_url(error.case_id)
    if isinstance(error, Suspended):
        title, icon = _("この案件は一時停止されています"), "circle-pause"
    if isinstance(error, OutcomeUnknown):
        title = _("保存されたかを確かめてください")
    if isinstance(error, UnderMaintenance):
        title, icon = _("保守作業中です"), "wrench"
    if isinstance(error, TaskClosed):
        title = _("この作業はもう済んでいます")
        case_url = frame.case_url(error.case_id)
    retry = error.retry_after if isinstance(error, Throttled) else 0
    if isinstance(error, Unavailable):
        retry = getattr(error, "retry_after", RETRY_AFTER)
        log.warning("request %s: %s", current.request_id(), error.message)
    visitor = current.visitor() if isinstance(error, NotAllowed) else None
    if visitor is not None:
        with suppress(Unavailable):
            denials.record(current.site(), visitor.actor, "page", request.path, error.message)
    text = _details(error)
    failure = Failure(status, title, text, icon, case_url, retry)
    if isinstance(error, NotAllowed) and visitor is not None and not wants_document():
        failure = _with_whom_to_ask(failure, visitor.actor, error)
    return answer(failure)


def _told_truly(error: DxflowError) -> DxflowError:
    """Return what is to be said of an error: nothing was changed only where nothing was saved."""
    if type(error) is not Unavailable or not _saved():
        return error
    return OutcomeUnknown(
        _(
            "保存したあとで、データベースを使えなくなったおそれがあります。"
            "画面を開き直して確かめてから、必要ならもう一度操作してください。"
        )
    )


def _with_whom_to_ask(failure: Failure, actor: Actor, error: NotAllowed) -> Failure:
    """Say who may: whoever has a role, or whose turn it is on a case that the person may see."""
    site = current.site()
    with suppress(Unavailable):
        if error.roles:
            asked = () if entitled.ADMIN in error.roles else (entitled.ADMIN,)
            return replace(
                failure,
                entitled=entitled.of_roles(site, actor, error.roles),
                advisers=entitled.of_roles(site, actor, asked),
            )
        if error.case_id and entitled.sees(site, actor, error.case_id):
            text = _("だれの番かは、案件の画面で分かります。")
            return replace(
                failure,
                text=f"{failure.text}\n{text}",
                case_url=frame.case_url(error.case_id),
            )
    return failure


def _logged_out() -> Answer:
    """Lead to the login page; what somebody had typed is shown first, it would be lost.

    Only what our own page sent: another site could put its words onto ours.
    """
    if not (security.from_own_page() and _typed()):
        return security.to_login()
    text = _(
        "ログインが終わっていたため、受け付けませんでした。\n"
        "書いた文章は下にあります。この画面を残したままログインし、写して使ってください。"
    )
    if returning.kept() is not None:
        text = _(
            "ログインが終わっていたため、受け付けませんでした。書いた文章は、まだここにあります。\n"
            "この画面からログインすると、書いた内容が入力欄に戻ります。"
        )
    return answer(Failure(401, _("もう一度ログインしてください"), text, "lock"))


def _details(error: DxflowError) -> str:
    messages = (
        [m for texts in error.fields.values() for m in texts] if isinstance(error, Invalid) else []
    )
    extra = [message for message in messages if message not in error.message]
    return "\n".join([error.message, *extra])


def _step_failed(error: StepFailed) -> Answer:
    visitor = current.visitor()
    log.error(
        "request %s: step failed at %s/%s: %s",
        current.request_id(), error.process, error.element, error.cause,
    )  # fmt: skip
    number = current.request_id()
    if visitor is not None:
        try:
            number = incidents.of_failure(current.site(), visitor.actor, error, g.get("case_id"))
        except Unavailable:
            log.exception("request %s: the incident could not be recorded", current.request_id())
    text = _(
        "手続きの途中で処理できないことが起きたため、止めました。何も変更されていません。"
        "入力は下書きに残っています。\n管理者に障害番号 {number} を伝えてください。",
        number=number,
    )
    return answer(Failure(500, _("処理を止めました"), text, "circle-pause"))


def _page_too_old(_error: CSRFError) -> Answer:
    text = _(
        "画面を開いてから時間がたったか、途中でログインし直したため、操作を受け付けませんでした。"
        "画面を開き直して、もう一度操作してください。"
    )
    return answer(Failure(400, _("画面を開き直してください"), text, "refresh-cw"))


def _http(error: HTTPException) -> Answer:
    status = error.code or 500
    if status < 400:
        return error.get_response()
    title, icon = _words(status)
    page = answer(Failure(status, title, _explained(status), icon))
    if allowed := getattr(error, "valid_methods", None):
        page.headers["Allow"] = ", ".join(sorted(allowed))
    return page


def _unforeseen(error: Exception) -> Answer:
    log.error("request %s failed", current.request_id(), exc_info=error)
    title, number = _("処理を止めました"), current.request_id()
    text = _(
        "思わぬことが起きたため、処理を止めました。\n"
        "同じことが続くときは、管理者に受付番号 {number} を伝えてください。",
        number=number,
    )
    if _saved():
        title = _("保存されたかを確かめてください")
        text = _(
            "保存したあと、結果を用意する途中で思わぬことが起きました。"
            "画面を開き直して確かめてから、必要ならもう一度操作してください。\n"
            "同じことが続くときは、管理者に受付番号 {number} を伝えてください。",
            number=number,
        )
    return answer(Failure(500, title, text, "circle-pause"))


def _words(status: int) -> tuple[str, str]:
    """Return title and icon for a status."""
    table = {
        400: (_("送られた内容が読めません"), "circle-help"),
        401: (_("ログインが必要です"), "key-round"),
        403: (_("この操作はできません"), "lock"),
        404: (_("見つかりません"), "search"),
        405: (_("この操作はできません"), "ban"),
        409: (_("ほかの操作が先に行われました"), "users"),
        413: (_("送られた内容が大きすぎます"), "octagon-alert"),
        422: (_("内容を確かめてください"), "circle-alert"),
        429: (_("少し待ってください"), "timer"),
        503: (_("ただいま混み合っています"), "circle-pause"),
    }
    known = table.get(status)
    if known:
        return known
    return (_("この要求には応えられません") if status < 500 else _("処理を止めました")), "info"


def _too_large() -> str:
    if request.blueprint == "imports_admin":
        return _("{why}分けて取り込んでください。", why=too_large())
    if request.blueprint == "attachments":
        return limits.too_large(limiting.of_site(current.site().settings).file)
    return _("一度に送れるのは 2 MB までです。文章を短くしてから、もう一度送ってください。")


def _explained(status: int) -> str:
    table = {
        404: _("アドレスが違うか、見る権限のないページです。"),
        405: _("このアドレスでは、送られた種類の操作を受け付けていません。"),
        413: _too_large(),
    }
    return table.get(status, _("画面を開き直して、もう一度お試しください。"))
