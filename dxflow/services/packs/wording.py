"""How a change is told: which element, what of it, from what to what."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from dxflow.texts import gettext as _

#: An element of a file (empty for the file itself) and the sentence about it.
Told = tuple[str, str]


def quoted(name: str) -> str:
    """Return a name as a sentence speaks of it."""
    return _("「{name}」", name=name)


def written(value: Any) -> str:
    """Return a value as a person reads it; empty for nothing."""
    if value is None or value is False:
        return ""
    if value is True:
        return _("あり")
    if isinstance(value, tuple | list | frozenset | set):
        return _("、").join(filter(None, map(written, value)))
    return str(value)


def facets(
    element: str, name: str, labels: Mapping[str, str], old: Mapping[str, Any],
    new: Mapping[str, Any],
) -> Iterator[Told]:  # fmt: skip
    """Tell each facet that differs; `labels` gives the facets their words and their order."""
    for key, label in labels.items():
        before, after = written(old.get(key)), written(new.get(key))
        if before != after:
            yield (
                element,
                _(
                    "{name}の{what}を {old} から {new} に変えました。",
                    name=name, what=_(label), old=before or _("なし"), new=after or _("なし"),
                ),
            )  # fmt: skip


def came_and_went(
    what: str, old: Mapping[str, str], new: Mapping[str, str], place: str = ""
) -> Iterator[Told]:
    """Tell which keys came or went; the mappings give keys their names.

    `place` is the element told instead of the key.
    """
    for key, name in old.items():
        if key not in new:
            sentence = _("{what}「{name}」を削除しました。", what=what, name=name)
            yield place or key, sentence
    for key, name in new.items():
        if key not in old:
            sentence = _("{what}「{name}」を追加しました。", what=what, name=name)
            yield place or key, sentence


def moved(
    what: str, old: Mapping[str, str], new: Mapping[str, str], place: str = ""
) -> Iterator[Told]:
    """Tell when the keys that stayed stand in another order."""
    stayed: Sequence[str] = [key for key in new if key in old]
    if stayed != [key for key in old if key in new]:
        names = _("、").join(new[key] for key in stayed)
        yield place, _("{what}の並びを変えました: {names}", what=what, names=names)


def named(
    what: str, old: Mapping[str, str], new: Mapping[str, str], place: str = ""
) -> Iterator[Told]:
    """Tell what came, went, got another name or another place in a list of keys with names."""
    yield from came_and_went(what, old, new, place)
    for key, name in new.items():
        if key in old and old[key] != name:
            sentence = _(
                "{what}「{old}」の名前を「{new}」に変えました。", what=what, old=old[key], new=name
            )
            yield place or key, sentence
    yield from moved(what, old, new, place)
