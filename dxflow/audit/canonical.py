"""Canonical JSON: one value, one text, so that a hash of the text is a hash of the value.

A profile of RFC 8785 (JSON Canonicalization Scheme): text, whole numbers below 2^53, true,
false, null, lists and objects. No floating numbers (decimals are written as text), keys in
ASCII, text in Unicode normalization form C, no lone surrogates, at most 16 levels. Within the
profile the order of keys by code point equals the order by UTF-16 unit that the RFC demands.
"""

import json
import unicodedata
from typing import Any

import orjson

_LARGEST = 2**53 - 1
_DEEPEST = 16


class NotCanonical(ValueError):
    """The value or text lies outside the profile; the message names the reason."""


def canonical(value: object) -> bytes:
    """Return the canonical UTF-8 text of a value. Raises NotCanonical outside the profile."""
    _check(value, 0)
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError as exc:  # a lone surrogate has no UTF-8
        raise NotCanonical(str(exc)) from None


def parse(text: bytes) -> Any:  # noqa: ANN401
    """Return the value of a canonical text. Raises NotCanonical for any other spelling of it."""
    try:
        value = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as exc:
        raise NotCanonical(str(exc)) from None
    if canonical(value) != text:
        message = "another spelling of the same value, or a key written twice"
        raise NotCanonical(message)
    return value


def _check(value: object, depth: int) -> None:
    """Refuse what the profile does not know; exact types, no subclasses."""
    kind = type(value)
    if kind is str:
        _check_text(value)  # type: ignore[arg-type]
    elif kind is dict:
        _check_depth(depth)
        for key, part in value.items():  # type: ignore[attr-defined]
            if type(key) is not str or not key.isascii():
                message = f"the key {key!r} is not ASCII text"
                raise NotCanonical(message)
            _check(part, depth + 1)
    elif kind is list:
        _check_depth(depth)
        for part in value:  # type: ignore[attr-defined]
            _check(part, depth + 1)
    elif kind is int:
        if not -_LARGEST <= value <= _LARGEST:  # type: ignore[operator]
            message = "a number beyond 2^53 cannot be written"
            raise NotCanonical(message)
    elif kind is not bool and value is not None:
        message = f"a value of type {kind.__name__} cannot be written"
        raise NotCanonical(message)


def _check_text(text: str) -> None:
    if not text.isascii() and not unicodedata.is_normalized("NFC", text):
        message = "the text is not in Unicode normalization form C"
        raise NotCanonical(message)


def _check_depth(depth: int) -> None:
    if depth > _DEEPEST:
        message = f"more than {_DEEPEST} levels"
        raise NotCanonical(message)
