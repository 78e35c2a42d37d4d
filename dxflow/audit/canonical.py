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


def parse(text: bytes) -> Any:
    """Return the value of a canonical text. Raises NotCanonical for any other spelling of it."""
    try:
        value = json.loads(text.decode("utf-8"))
    except (ValueError, RecursionError) as exc:
        raise NotCanonical(str(exc)) from None
    if canonical(value) != text:
        message = "another spelling of the same value, or a key written twice"
        raise NotCanonical(message)
    return value


def _check(value: Any, depth: int) -> None:
    """Refuse what the profile does not know; exact types, no subclasses. On every act's path."""
    kind = type(value)
    if kind is str:
        if not value.isascii() and not unicodedata.is_normalized("NFC", value):
            message = "the text is not in Unicode normalization form C"
            raise NotCanonical(message)
    elif kind is dict or kind is list:
        if depth > _DEEPEST:
            message = f"more than {_DEEPEST} levels"
            raise NotCanonical(message)
        if kind is dict:
            _check_keys(value)
            value = value.values()
        for part in value:
            _check(part, depth + 1)
    elif kind is int:
        if not -_LARGEST <= value <= _LARGEST:
            message = "a number beyond 2^53 cannot be written"
            raise NotCanonical(message)
    elif kind is not bool and value is not None:
        message = f"a value of type {kind.__name__} cannot be written"
        raise NotCanonical(message)


def _check_keys(value: dict[object, object]) -> None:
    for key in value:
        if type(key) is not str or not key.isascii():
            message = f"the key {key!r} is not ASCII text"
            raise NotCanonical(message)
