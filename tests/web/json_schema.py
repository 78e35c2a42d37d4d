"""A strict reader of the part of JSON Schema that the OpenAPI document uses.

A keyword it does not know is an error, so that nothing is passed unchecked.
"""

import re
from datetime import date, datetime
from typing import Any

_TYPES = {
    "string": str,
    "boolean": bool,
    "array": list,
    "object": dict,
    "null": type(None),
}
_NO_RULES = {"description", "default", "example", "title"}


def mismatches(value: Any, schema: dict[str, Any], document: dict[str, Any], at: str = "$"):
    """Yield a sentence for each place where a value is not what its schema says."""
    if "$ref" in schema:
        target = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        yield from mismatches(value, target, document, at)
        return
    for choices in ("anyOf", "oneOf"):
        if choices in schema:
            fitting = [s for s in schema[choices] if not list(mismatches(value, s, document, at))]
            if not fitting or (choices == "oneOf" and len(fitting) != 1):
                yield f"{at}: {value!r} fits {len(fitting)} of {choices}"
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(_is(value, name) for name in types):
        yield f"{at}: {value!r} is no {types}"
        return
    for keyword, rule in schema.items():
        if keyword not in _NO_RULES | {"type", "anyOf", "oneOf"}:
            yield from _RULES[keyword](value, rule, schema, document, at)


def _is(value: Any, name: str) -> bool:
    if name in ("integer", "number"):
        return isinstance(value, (int,) if name == "integer" else (int, float)) and not isinstance(
            value, bool
        )
    return isinstance(value, _TYPES[name])


def _properties(value, rule, schema, document, at):
    for name, inner in rule.items():
        if isinstance(value, dict) and name in value:
            yield from mismatches(value[name], inner, document, f"{at}.{name}")


def _required(value, rule, _schema, _document, at):
    if isinstance(value, dict):
        yield from (f"{at}: {name} is missing" for name in rule if name not in value)


def _additional(value, rule, schema, document, at):
    if not isinstance(value, dict) or rule is True:
        return
    for name in value.keys() - schema.get("properties", {}).keys():
        if rule is False:
            yield f"{at}: {name} is not declared"
        else:
            yield from mismatches(value[name], rule, document, f"{at}.{name}")


def _items(value, rule, _schema, document, at):
    if isinstance(value, list):
        for number, entry in enumerate(value):
            yield from mismatches(entry, rule, document, f"{at}[{number}]")


def _format(value, rule, _schema, _document, at):
    if not isinstance(value, str):
        return
    try:
        if rule == "date":
            date.fromisoformat(value)
        elif rule == "date-time":
            assert datetime.fromisoformat(value).tzinfo is not None
        else:
            raise AssertionError(rule)
    except (ValueError, AssertionError):
        yield f"{at}: {value!r} is no {rule}"


def _simple(fails, kind):
    def check(value, rule, _schema, _document, at):
        if isinstance(value, kind) and not isinstance(value, bool) and fails(value, rule):
            yield f"{at}: {value!r} breaks {rule!r}"

    return check


_RULES = {
    "properties": _properties,
    "required": _required,
    "additionalProperties": _additional,
    "items": _items,
    "format": _format,
    "enum": _simple(lambda value, rule: value not in rule, str),
    "pattern": _simple(lambda value, rule: not re.search(rule, value), str),
    "minLength": _simple(lambda value, rule: len(value) < rule, str),
    "maxLength": _simple(lambda value, rule: len(value) > rule, str),
    "minimum": _simple(lambda value, rule: value < rule, int),
    "maximum": _simple(lambda value, rule: value > rule, int),
}
