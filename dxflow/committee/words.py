"""What a body and those who sit in it are called, in the language of its city."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from dxflow.texts import gettext as _
from dxflow.texts import mark, translated

_LONGEST = 20


@dataclass(frozen=True)
class BodyWords:
    """Nouns in Japanese; they are translated where they are shown."""

    body: str = mark("委員会")
    member: str = mark("委員")
    chair: str = mark("委員長")
    deputy: str = mark("副委員長")

    def said(self) -> "BodyWords":
        """Return the words in the reader's language."""
        return BodyWords(**{key: translated(word) for key, word in vars(self).items()})


KEYS = tuple(one.name for one in fields(BodyWords))


def body_words(settings: Mapping[str, object]) -> BodyWords:
    """Return the words written in a pack. Raises ValueError naming the key that is wrong."""
    unknown = sorted(set(settings) - set(KEYS))
    if unknown:
        raise ValueError(
            _("words にない項目です: {keys}。書けるのは {known} です。",
              keys=_("、").join(unknown), known=_("、").join(KEYS))
        )  # fmt: skip
    found = {}
    for key, value in settings.items():
        if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST:
            raise ValueError(
                _("words の {key} は 1 字から {most} 字の文字列にしてください。",
                  key=key, most=_LONGEST)
            )  # fmt: skip
        found[key] = value.strip()
    return BodyWords(**found)
