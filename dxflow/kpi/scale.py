"""Scales: states in words and in order, such as 未着手 → 一部導入 → 完了, the last one the best."""

import unicodedata
from collections.abc import Sequence

from dxflow.texts import gettext as _

DEFAULT = ("未着手", "一部導入", "完了")
"""What a measure in words goes through when neither its form nor its pack says it."""

#: The list of a pack that offers scales: each value a key, each label the steps. Two of the values
#: mean something by themselves: measured in numbers, and on steps that are written in the form.
SCALES, NUMBER, OWN = "scales", "number", "own"

ARROW = " → "
_ARROWS = ("⇒", "->", "＞", ">")
_MOST_STEPS = 12
_LONGEST = 30


def parse_scale(text: str) -> tuple[str, ...]:
    """Return the steps of `未着手→一部導入→完了`. Raises ValueError with a sentence."""
    plain = text
    for arrow in _ARROWS:
        plain = plain.replace(arrow, "→")
    steps = tuple(" ".join(step.split()) for step in plain.split("→"))
    if len(steps) < 2 or not all(steps):
        raise ValueError(
            _(
                "段階「{text}」が読めません。「未着手→一部導入→完了」のように、"
                "低い方から順に二つ以上、→ で区切って書いてください。",
                text=text.strip(),
            )
        )
    if len(steps) > _MOST_STEPS or any(len(step) > _LONGEST for step in steps):
        raise ValueError(
            _(
                "段階は {most} 個まで、一つ {longest} 字までにしてください。",
                most=_MOST_STEPS,
                longest=_LONGEST,
            )
        )
    if len({plain_word(step) for step in steps}) < len(steps):
        raise ValueError(_("段階に同じことばが二度あります: {text}", text=ARROW.join(steps)))
    return steps


def plain_word(text: str) -> str:
    """Return a word as words are compared: widths and blanks aside."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def step_of(scale: Sequence[str], text: str) -> str:
    """Return the step that a text names. Raises ValueError that says which ones there are."""
    wanted = plain_word(text)
    for step in scale:
        if plain_word(step) == wanted:
            return step
    raise ValueError(
        _(
            "「{text}」は段階のことばではありません。{scale} のどれかにしてください。",
            text=text.strip(),
            scale=_("、").join(scale),
        )
    )


def rank_of(scale: Sequence[str], word: str) -> int:
    """Return how far up a step is, the first being 0. Raises ValueError for another word."""
    return scale.index(word)
