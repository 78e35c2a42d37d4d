"""Texts for people go through gettext. Message ids are the Japanese texts themselves.

Japanese therefore needs no catalogue; another language is a catalogue in `dxflow/locale`.
The language is a context variable so that a web request, a command and a job each have theirs.
"""

import gettext as _gettext
from contextvars import ContextVar
from functools import cache
from pathlib import Path

language: ContextVar[str] = ContextVar("language", default="ja")


@cache
def _catalogue(lang: str) -> _gettext.NullTranslations:
    return _gettext.translation(
        "dxflow", Path(__file__).parent / "locale", languages=[lang], fallback=True
    )


def gettext(message: str, /, **values: object) -> str:
    """Return the text in the current language with `{name}` places filled in."""
    text = _catalogue(language.get()).gettext(message)
    return text.format(**values) if values else text


_ = gettext
