"""Sentences that were stored in Japanese with their values, told again in the reader's language."""

import re
from functools import cache

from dxflow.calendars.wareki import WRITTEN, rewritten
from dxflow.texts import JAPANESE, language, sentences, translated

_PLACE = re.compile(r"\{([a-z_]+)\}")
_ENDING = "。"
#: A message without a full stop counts as a sentence from so many letters between its places on.
_LONG = 12
#: A date is taken for a value before anything else is, so that what follows it stays apart.
_VALUE = f"{WRITTEN}|.*"


def retold(sentence: str) -> str:
    """Return a stored sentence in the current language, also one that was stored with its values.

    The sentence of the catalogue that leaves the least to its places is the one it was made from;
    values that are texts themselves are translated, values that are dates written in the reader's
    way. Words of people stay as they are, dates in them too. Unchanged where no sentence fits.
    """
    known = translated(sentence)
    if known != sentence or language.get() == JAPANESE:
        return known
    for pattern, longest, meant in _patterns(language.get()):
        found = pattern.fullmatch(sentence) if longest in sentence else None
        if found:
            return meant.format(
                **{key: rewritten(translated(text)) for key, text in found.groupdict().items()}
            )
    return sentence


@cache
def _patterns(lang: str) -> tuple[tuple[re.Pattern[str], str, str], ...]:
    """Return the catalogue's sentences with places: pattern, longest part between places, meaning."""
    found = []
    for message, meant in sentences(lang).items():
        parts = _PLACE.split(message)
        literal, places = parts[::2], parts[1::2]
        weight = sum(map(len, literal))
        whole = message.endswith(_ENDING) or weight >= _LONG
        if whole and places and len(set(places)) == len(places):
            text = "".join(
                re.escape(part) + (f"(?P<{places[n]}>{_VALUE})" if n < len(places) else "")
                for n, part in enumerate(literal)
            )
            found.append((weight, re.compile(text, re.DOTALL), max(literal, key=len), meant))
    found.sort(key=lambda one: -one[0])
    return tuple((pattern, longest, meant) for _weight, pattern, longest, meant in found)
