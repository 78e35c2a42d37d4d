"""Every sentence that a rule says must be a whole one: known to the catalogue, its places filled."""

import gettext
import re
import sys
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

from dxflow import errors, texts
from dxflow.authority.verdicts import Verdict

CATALOGUE = Path(texts.__file__).parent / "locale" / "en" / "LC_MESSAGES" / "dxflow.mo"
#: Hiragana, katakana and kanji.
JAPANESE = re.compile("[\u3041-\u30ff\u4e00-\u9fff]")
ROOMS = ("dxflow.authority", "dxflow.committee")


@cache
def _known() -> frozenset[str]:
    with CATALOGUE.open("rb") as file:
        return frozenset(gettext.GNUTranslations(file)._catalog)  # type: ignore[attr-defined]


def whole(message: str, /, **values: object) -> str:
    """Return the text as the product does, but only a whole one."""
    assert message in _known(), f"no sentence of the catalogue: {message!r}"
    places = {name for _text, name, _spec, _how in Formatter().parse(message) if name}
    assert places == values.keys(), f"{message!r} was given {sorted(values)}"
    assert None not in values.values(), f"{message!r} has nothing to say: {values}"
    return texts.gettext(message, **values)


@pytest.fixture(autouse=True)
def whole_sentences(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the rooms of the rules say whole sentences only, and refuse with one."""
    for name, module in list(sys.modules.items()):
        if name.startswith(ROOMS) and getattr(module, "_", None) is texts.gettext:
            monkeypatch.setattr(module, "_", whole)
    for kind in (errors.NotAllowed, errors.NotFound, errors.Conflict, errors.Invalid):
        monkeypatch.setattr(kind, "__init__", _said(kind.__init__))

    monkeypatch.setattr(Verdict, "__init__", _answered(Verdict.__init__))


def _answered(real):  # type: ignore[no-untyped-def]
    def init(self, allowed, reason):  # type: ignore[no-untyped-def]
        assert isinstance(allowed, bool)
        assert isinstance(reason, str), "an answer without a sentence"
        assert allowed or reason, "a no without a reason"
        assert not reason or JAPANESE.search(reason), f"no sentence: {reason!r}"
        real(self, allowed, reason)

    return init


def _said(real):  # type: ignore[no-untyped-def]
    def init(self, *given, **named):  # type: ignore[no-untyped-def]
        said = given[0] if given else named.get("message")
        assert isinstance(said, str), "refused without a sentence"
        assert said, "refused with an empty sentence"
        real(self, *given, **named)

    return init
