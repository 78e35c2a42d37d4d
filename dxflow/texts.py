"""Texts for people go through gettext. Message ids are the Japanese texts themselves.

Japanese therefore needs no catalogue; another language is a catalogue in `dxflow/locale`, and for
the texts of packs a file of the pack (`texts.en.toml`). The language is a context variable so that
a web request, a command and a job each have theirs.

What is stored (the log, notices, names of tasks) is stored in Japanese, whoever acted: it is
marked where it is written and translated where it is shown.
"""

import gettext as _gettext
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path

JAPANESE = "ja"
LANGUAGES = (JAPANESE, "en")
#: What each language calls itself.
LANGUAGE_NAMES = {JAPANESE: "日本語", "en": "English"}

#: What stands around what a task is about, behind its name.
ABOUT = ("（", "）")

language: ContextVar[str] = ContextVar("language", default=JAPANESE)

Words = Mapping[str, Mapping[str, str]]
"""The texts of one version of a pack in other languages: language to text to translation."""


@cache
def _catalogue(lang: str) -> _gettext.NullTranslations:
    return _gettext.translation(
        "dxflow", Path(__file__).parent / "locale", languages=[lang], fallback=True
    )


class Bilingual(str):
    """A text in the reader's language that knows what it says in Japanese.

    Only as it was made: what is joined or cut of it is text like any other.
    """

    __slots__ = ("japanese",)
    japanese: str

    def __new__(cls, text: str, japanese: str) -> "Bilingual":
        """Return a text that is `japanese` where it is stored."""
        made = super().__new__(cls, text)
        made.japanese = japanese
        return made

    def __getnewargs__(self) -> tuple[str, str]:  # type: ignore[override]
        """Say what a copy is made of: answers are copied on their way out."""
        return str(self), self.japanese


class PackText(str):
    """A text of a pack, in Japanese, with the words that this version of the pack has for its texts.

    Only as it was made, see `Bilingual`. Equal to its text, and stored as it.
    """

    __slots__ = ("words",)
    words: Words

    def __new__(cls, text: str, words: Words) -> "PackText":
        """Return a text that `words` translate, where they have it."""
        made = super().__new__(cls, text)
        made.words = words
        return made

    def __getnewargs__(self) -> tuple[str, Words]:  # type: ignore[override]
        """Say what a copy is made of."""
        return str(self), self.words

    def __deepcopy__(self, _memo: object) -> "PackText":
        """Return the text itself: it never changes, and its words are those of a whole pack."""
        return self


def gettext(message: str, /, **values: object) -> str:
    """Return the text in the current language with `{name}` places filled in."""
    lang = language.get()
    if lang == JAPANESE:
        return message.format(**values) if values else message
    text = _catalogue(lang).gettext(message)
    if not values:
        return Bilingual(text, message)
    return Bilingual(text.format(**values), message.format(**_sources(values)))


_ = gettext


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
    return message.format(**_sources(values)) if values else message


def source(text: str) -> str:
    """Return what is stored of a text that was made for a reader: its Japanese where that is known."""
    return text.japanese if isinstance(text, Bilingual) else str(text)


def _sources(values: Mapping[str, object]) -> dict[str, object]:
    return {
        name: value.japanese if isinstance(value, Bilingual) else value
        for name, value in values.items()
    }


def told(words: Mapping[str, str]) -> str:
    """Return what is said in several languages in the current one, in Japanese without it."""
    japanese = words[JAPANESE]
    lang = language.get()
    return japanese if lang == JAPANESE else Bilingual(words.get(lang, japanese), japanese)


def translated(text: str) -> str:
    """Return a stored text or one of a pack in the current language; unchanged where none is known.

    The words of a pack are for its own texts; all others are texts of the program.
    """
    lang = language.get()
    if lang == JAPANESE or not text:
        return text
    known = text.words.get(lang, {}) if isinstance(text, PackText) else {}
    own = known.get(text)
    if own is None and known and text.endswith(ABOUT[1]):
        places = (place for place, sign in enumerate(text) if sign == ABOUT[0])
        name = next((text[:place] for place in places if text[:place] in known), None)
        own = None if name is None else f"{known[name]} ({text[len(name) + 1 : -1]})"
    return Bilingual(own if own is not None else _catalogue(lang).gettext(text), source(text))


def sentences(lang: str) -> dict[str, str]:
    """Return the messages of the catalogue of a language with what they mean in it."""
    entries = getattr(_catalogue(lang), "_catalog", {})
    return {one: meant for one, meant in entries.items() if isinstance(one, str) and one}
