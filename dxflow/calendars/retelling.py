"""Sentences that were stored in Japanese with their values, told again in the reader's language."""

import re
from functools import cache

from dxflow.calendars.wareki import WRITTEN, rewritten
from dxflow.texts import JAPANESE, PackText, Words, language, sentences, translated

_PLACE = re.compile(r"\{([a-z_]+)\}")
_ENDING = "。"
_SENTENCE = re.compile(r"[^。]+。?")
#: A message without a full stop counts as a sentence from so many letters between its places on.
_LONG = 12
#: A date is taken for a value before anything else is, so that what follows it stays apart.
_VALUE = f"{WRITTEN}|.*"


def retold(sentence: str) -> str:
    """Return a stored sentence in the current language, also one that was stored with its values.

    The sentence of the catalogue that leaves the least to its places is the one it was made from;
    a text of several lines or sentences may be made from one for each. Values that are texts themselves are
    translated, values that are dates written in the reader's way. Words of people stay as they are,
    dates in them too. Unchanged where no sentence fits. A sentence that is a pack's text may have
    names of that pack as its values.
    """
    known = translated(sentence)
    if known != sentence or language.get() == JAPANESE:
        return known
    words = sentence.words if isinstance(sentence, PackText) else {}
    best = _told(sentence, words)
    for parts, between in ((sentence.split("\n"), "\n"), (_SENTENCE.findall(sentence), " ")):
        told = [one for one in (_told(part, words) for part in parts) if one is not None]
        weight = sum(weight for weight, _text in told)
        if 1 < len(told) == len(parts) and (best is None or weight > best[0]):
            best = weight, between.join(text.strip() for _weight, text in told)
    return sentence if best is None else best[1]


def _told(sentence: str, words: Words) -> tuple[int, str] | None:
    """Return a sentence as it is told, and how much of it was the catalogue's; None for no other."""
    if (known := translated(PackText(sentence, words))) != sentence:
        return len(sentence), known
    for weight, pattern, longest, meant in _patterns(language.get()):
        found = pattern.fullmatch(sentence) if longest in sentence else None
        if found:
            given = {key: PackText(text, words) for key, text in found.groupdict().items()}
            values = {key: rewritten(translated(text)) for key, text in given.items()}
            return weight, meant.format(**values)
    return None


@cache
def _patterns(lang: str) -> tuple[tuple[int, re.Pattern[str], str, str], ...]:
    """Return the catalogue's sentences with places, the heaviest first.

    Each is the length of its own letters, its pattern, the longest part between places, its meaning.
    """
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
    return tuple(found)
