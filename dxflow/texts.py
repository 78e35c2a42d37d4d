"""Texts for people go through gettext. Message ids are the Japanese texts themselves.

Japanese therefore needs no catalogue; another language is a catalogue in `dxflow/locale`, and for
the texts of packs a file of the pack (`texts.en.toml`). The language is a context variable so that
a web request, a command and a job each have theirs.

What is stored (the log, notices, names of tasks) is stored in Japanese, whoever acted: it is
marked where it is written and translated where it is shown.
"""

import gettext as _gettext
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

JAPANESE = "ja"
LANGUAGES = (JAPANESE, "en")
#: What each language calls itself.
LANGUAGE_NAMES = {JAPANESE: "日本語", "en": "English"}

language: ContextVar[str] = ContextVar("language", default=JAPANESE)

#: language -> text of some pack -> its translation; packs add theirs when they are loaded.
_of_packs: dict[str, dict[str, str]] = {}


@cache
def _catalogue(lang: str) -> _gettext.NullTranslations:
    return _gettext.translation(
        "dxflow", Path(__file__).parent / "locale", languages=[lang], fallback=True
    )


def gettext(message: str, /, **values: object) -> str:
    """Return the text in the current language with `{name}` places filled in."""
    lang = language.get()
    text = message if lang == JAPANESE else _catalogue(lang).gettext(message)
    return text.format(**values) if values else text


_ = gettext

_PLACE = re.compile(r"\{([a-z_]+)\}")
_ENDING = "。"


def in_japanese() -> bool:
    """Return whether the reader reads Japanese."""
    return language.get() == JAPANESE


@contextmanager
def to_be_stored() -> Iterator[None]:
    """Within this, texts are made in Japanese: they will be stored, whoever acts."""
    before = language.set(JAPANESE)
    try:
        yield
    finally:
        language.reset(before)


def mark(message: str, /, **values: object) -> str:
    """Return a text that will be stored: in Japanese, and known to the catalogue."""
    return message.format(**values) if values else message


def translated(text: str) -> str:
    """Return a stored or a pack's text in the current language; unchanged where none is known."""
    lang = language.get()
    if lang == JAPANESE or not text:
        return text
    own = _of_packs.get(lang, {}).get(text)
    return own if own is not None else _catalogue(lang).gettext(text)


def learn(lang: str, texts: Mapping[str, str]) -> None:
    """Add the translations that a pack brings with it."""
    _of_packs[lang] = {**_of_packs.get(lang, {}), **texts}


def retold(sentence: str) -> str:
    """Return a stored sentence in the current language, also one that was stored with its values.

    The sentence of the catalogue that leaves the least to its places is the one it was made from;
    values that are texts themselves are translated too. Unchanged where none fits.
    """
    known = translated(sentence)
    if known != sentence or language.get() == JAPANESE:
        return known
    for pattern, longest, meant in _sentences(language.get()):
        found = pattern.fullmatch(sentence) if longest in sentence else None
        if found:
            return meant.format(
                **{key: translated(text) for key, text in found.groupdict().items()}
            )
    return sentence


@cache
def _sentences(lang: str) -> tuple[tuple[re.Pattern[str], str, str], ...]:
    """Return the catalogue's sentences with places: pattern, longest part between places, meaning."""
    entries = getattr(_catalogue(lang), "_catalog", {})
    found = []
    for message, meant in entries.items():
        parts = _PLACE.split(message) if isinstance(message, str) else []
        literal, places = parts[::2], parts[1::2]
        if message and message.endswith(_ENDING) and places and len(set(places)) == len(places):
            text = "".join(
                re.escape(part) + (f"(?P<{places[n]}>.*)" if n < len(places) else "")
                for n, part in enumerate(literal)
            )
            weight = sum(map(len, literal))
            found.append((weight, re.compile(text, re.DOTALL), max(literal, key=len), meant))
    found.sort(key=lambda one: -one[0])
    return tuple((pattern, longest, meant) for _weight, pattern, longest, meant in found)
