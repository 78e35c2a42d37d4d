"""Posted field names and the structure they stand for.

A page posts flat names: "title", "cost.initial", "kpis[0].name". A box that is not ticked posts
nothing, so an absent checkbox is false and an absent checklist empty. A last part that begins with
`_` ("kpis[0]._") only says that the row is there.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from dxflow.forms.definition import MAX_ROWS, Component, FormDefinition
from dxflow.forms.evaluation import Source
from dxflow.forms.layout import Placed, lay_out
from dxflow.forms.shapes import Context, Posted

ROW_CONTROL = "_row"
_INDEX = re.compile(r"\[(0|[1-9]\d{0,8})\]\.", re.ASCII)


def read_posted(definition: FormDefinition, posted: Posted) -> dict[str, Any]:
    """Return what was posted as the form's structure, every text exactly as typed.

    This is the shape of a draft. Rows are renumbered from 0 without gaps; rows past one more than
    the most a list may have are left out; names the form does not have are ignored.
    """
    return _read(definition.components, "", posted)


def _read(components: tuple[Component, ...], prefix: str, posted: Posted) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for component in components:
        name = prefix + component.key
        if component.kind == "group":
            inner = f"{name}." if component.key else prefix
            values = _read(component.components, inner, posted)
            found.update({component.key: values} if component.key else values)
        elif component.kind == "list":
            rows = sorted(_row_numbers(name, posted))[: MAX_ROWS + 1]
            found[component.key] = [
                _read(component.components, f"{name}[{row}].", posted) for row in rows
            ]
        elif component.kind == "checkbox":
            found[component.key] = any(_is_tick(text) for text in posted.get(name, ()))
        elif component.kind == "checklist":
            found[component.key] = [text for text in posted.get(name, ()) if text]
        elif component.is_field and component.kind != "expression" and posted.get(name):
            found[component.key] = posted[name][0]
    return found


def _is_tick(text: str) -> bool:
    return text.lower() not in ("", "false", "off", "0")


def _row_numbers(name: str, posted: Posted) -> set[int]:
    return {
        int(found[1])
        for other in posted
        if other.startswith(name) and (found := _INDEX.match(other, len(name)))
    }


def undeclared(definition: FormDefinition, posted: Posted) -> list[str]:
    """Return the posted names that are neither fields of the form nor the page's own (`_…`)."""
    known = set(_names(definition.components, ""))
    return [name for name in posted if not _is_own(name) and not _is_known(name, known)]


def _is_own(name: str) -> bool:
    return name.startswith("_")


def _is_known(name: str, known: set[str]) -> bool:
    shape = _INDEX.sub("[].", name)
    head, dot, last = shape.rpartition(".")
    return shape in known or (bool(dot) and last.startswith("_") and f"{head}." in known)


def _names(components: tuple[Component, ...], prefix: str) -> Iterator[str]:
    """Yield every name a page may post, row numbers left out: "kpis[].name"; "kpis[]." too."""
    for component in components:
        name = prefix + component.key
        if component.kind == "group":
            yield from _names(component.components, f"{name}." if component.key else prefix)
        elif component.kind == "list":
            yield f"{name}[]."
            yield from _names(component.components, f"{name}[].")
        elif component.key:
            yield name


def to_posted(definition: FormDefinition, raw: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the flat names of a structure that `read_posted` made; the inverse of it."""
    return dict(_flatten(definition.components, raw, ""))


def _flatten(
    components: tuple[Component, ...], raw: Mapping[str, Any], prefix: str
) -> Iterator[tuple[str, list[str]]]:
    for component in components:
        name = prefix + component.key
        value = raw.get(component.key) if component.key else None
        if component.kind == "group":
            inner = (value or {}, f"{name}.") if component.key else (raw, prefix)
            yield from _flatten(component.components, *inner)
        elif component.kind == "list":
            for number, row in enumerate(value or ()):
                yield f"{name}[{number}]._", [""]
                yield from _flatten(component.components, row, f"{name}[{number}].")
        elif component.kind == "checkbox":
            if value:
                yield name, ["true"]
        elif component.kind == "checklist":
            if value:
                yield name, list(value)
        elif isinstance(value, str):
            yield name, [value]


def rows_changed(
    definition: FormDefinition, posted: Posted, context: Context
) -> dict[str, list[str]] | None:
    """Return the posted page after a row button ("add:kpis", "remove:kpis:2"), None without one.

    Everything typed stays. A button that may not be pressed (no such list, no more rows allowed)
    changes nothing. Control names other than `_row` are kept.
    """
    pressed = posted.get(ROW_CONTROL)
    if not pressed:
        return None
    raw = read_posted(definition, posted)
    layout = lay_out(definition, Source(raw, fill=True), context)
    verb, _colon, rest = pressed[0].partition(":")
    path, _colon, number = rest.partition(":")
    row = f"[{number}]." if _INDEX.fullmatch(f"[{number}].") else "[]"
    place = _renumbered(path if verb == "add" else path + row, posted)
    for one in layout.walk():
        if one.component.kind == "list" and may_change(one) and one.path == _list_of(place):
            _change(raw, one, verb, place)
    controls = {
        name: list(texts) for name, texts in posted.items() if _is_own(name) and name != ROW_CONTROL
    }
    return {**controls, **to_posted(definition, raw)}


def may_change(one: Placed) -> bool:
    """Return whether a person may add and remove rows of a list."""
    return not (one.readonly or one.component.fixed_rows)


def _renumbered(place: str, posted: Posted) -> str:
    """Return a posted path with its row numbers as `read_posted` counts them."""
    found, end = "", 0
    for match in _INDEX.finditer(place):
        numbers = sorted(_row_numbers(place[: match.start()], posted))
        number = int(match[1])
        if number not in numbers:
            return ""
        found += f"{place[end : match.start()]}[{numbers.index(number)}]."
        end = match.end()
    return found + place[end:]


def _list_of(place: str) -> str:
    return place.rpartition("[")[0] if place.endswith("].") else place


def _change(raw: dict[str, Any], one: Placed, verb: str, place: str) -> None:
    rows = _rows_at(raw, one.path)
    if verb == "add" and not place.endswith("].") and len(rows) < one.component.rules.max_rows:
        rows.append(_blank(one.component.components))
    elif verb == "remove" and place.endswith("]."):
        number = int(place.rpartition("[")[2].removesuffix("]."))
        del rows[number : number + 1]


def _rows_at(raw: dict[str, Any], path: str) -> list[Any]:
    here: Any = raw
    for part in path.split("."):
        name, _bracket, number = part.rstrip("]").partition("[")
        here = here[name][int(number)] if number else here[name]
    rows: list[Any] = here
    return rows


def _blank(components: tuple[Component, ...]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for component in components:
        key, default = component.key, component.default
        if component.kind == "group":
            inner = _blank(component.components)
            row.update({key: inner} if key else inner)
        elif component.kind == "list":
            row[key] = [_blank(component.components) for _row in range(component.default_rows)]
        elif component.kind == "checkbox":
            row[key] = bool(default)
        elif component.kind == "checklist":
            row[key] = list(default) if isinstance(default, tuple) else []
        elif component.is_field and component.kind != "expression":
            row[key] = default or ""
    return row
