"""JSON texts as they are stored: canonical order, decimals and dates as texts, never a float."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import orjson


def dumps(value: object) -> str:
    """Return the JSON text of plain values, decimals, dates and times."""
    return orjson.dumps(
        value, default=_text, option=orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
    ).decode()


def loads(text: str | None) -> Any:
    """Return the values of a stored JSON text; an empty text is an empty object."""
    return orjson.loads(text) if text else {}


def _text(value: object) -> str | list[object]:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, tuple | set | frozenset):
        return list(value)
    message = f"{type(value).__name__} cannot be stored as JSON"
    raise TypeError(message)
