"""The language of an answer: what the reader chose, else what the installation speaks.

Pages keep the choice in a cookie of the browser; programs say it with `Accept-Language`.
"""

from flask import Blueprint, redirect, request
from werkzeug.wrappers import Response

from dxflow import texts
from dxflow.services.people.access import public
from dxflow.web import current, security

blueprint = Blueprint("tongue", __name__)

COOKIE = "dxflow_lang"
ONE_YEAR = 365 * 24 * 3600


def begin() -> None:
    """Give the request its language."""
    chosen: str | None = request.cookies.get(COOKIE)
    if chosen is None and request.path.startswith("/api/"):
        chosen = request.accept_languages.best_match(texts.LANGUAGES)
    known = chosen in texts.LANGUAGES
    texts.language.set(chosen if chosen and known else current.site().settings.language)


@blueprint.get("/language/<lang>")
@public
def choose(lang: str) -> Response:
    """Remember the language for this browser and go back to where the reader was."""
    answer = redirect(security.safe_next(request.args.get("next")), 303)
    if lang in texts.LANGUAGES:
        answer.set_cookie(
            COOKIE,
            lang,
            max_age=ONE_YEAR,
            secure=current.site().settings.https,
            httponly=True,
            samesite="Lax",
        )
    return answer
