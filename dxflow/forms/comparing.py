"""What differs between two versions of a form as they were handed in, in the words of the form."""

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from dxflow.forms.shapes import FieldView, FormView
from dxflow.texts import gettext as _

_ROWS = ("list", "table")

Fields = tuple[FieldView, ...]


@dataclass(frozen=True)
class Difference:
    """A field, or a row of a list, that reads otherwise; "" where there was or is nothing."""

    label: str
    before: str
    after: str


def compared(before: FormView, after: FormView) -> tuple[Difference, ...]:
    """Return what differs between two read-only views, in the order of the later one.

    Each is a view of its own version of the form. A row that was put in between does not make
    those after it differ.
    """
    return tuple(_differing(_leaves(before.fields), _leaves(after.fields)))


def _leaves(fields: Fields, within: str = "") -> dict[str, FieldView]:
    """Return the fields that have a value by their keys, those of groups too."""
    found: dict[str, FieldView] = {}
    for field in fields:
        if field.kind == "group":
            inside = f"{within}{field.key}." if field.key else within
            found |= _leaves(field.children, inside)
        elif field.key:
            found[within + field.key] = field
    return found


def _differing(was: dict[str, FieldView], now: dict[str, FieldView]) -> Iterator[Difference]:
    for key in dict.fromkeys((*now, *was)):
        old, new = was.get(key), now.get(key)
        field = new or was[key]
        if field.kind in _ROWS:
            yield from _rows(field.label, old.rows if old else (), new.rows if new else ())
        else:
            before, after = old.text if old else "", new.text if new else ""
            if before != after:
                yield Difference(field.label, before, after)


def _rows(label: str, was: tuple[Fields, ...], now: tuple[Fields, ...]) -> Iterator[Difference]:
    """Yield what differs in the rows of a list, matched by what stands in front of each."""
    old, new = [_leaves(row) for row in was], [_leaves(row) for row in now]
    matched = SequenceMatcher(None, [*map(_first, old)], [*map(_first, new)], autojunk=False)
    for _kind, begin, end, first, last in matched.get_opcodes():
        paired = min(end - begin, last - first)
        for n in range(paired):
            for one in _differing(old[begin + n], new[first + n]):
                what = _("{list} {n}行目・{field}", list=label, n=first + n + 1, field=one.label)
                yield Difference(what, one.before, one.after)
        for n in range(begin + paired, end):
            yield Difference(_("{list} {n}行目を削除", list=label, n=n + 1), _said(old[n]), "")
        for n in range(first + paired, last):
            yield Difference(_("{list} {n}行目を追加", list=label, n=n + 1), "", _said(new[n]))


def _first(row: dict[str, FieldView]) -> str:
    return next((field.text for field in row.values()), "")


def _said(row: dict[str, FieldView]) -> str:
    said = ((field.label, field.text) for field in row.values() if field.text)
    return _("、").join(f"{label} {text}" for label, text in said)
