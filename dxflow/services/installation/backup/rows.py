"""Rows as lines of JSON, the same for every database.

A row is a list of values in the order of the table's columns. What JSON has no word for is an
object with one key: `b` bytes in base64, `t` a moment (UTC), `d` a date, `n` a number with
decimals.
"""

import base64
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import orjson


def line_of(row: Sequence[Any]) -> bytes:
    """Return a row as one line. Raises TypeError for a value of an unknown kind."""
    return orjson.dumps([_plain(value) for value in row], option=orjson.OPT_APPEND_NEWLINE)


def row_of(line: bytes, *, aware: bool) -> list[Any]:
    """Return the row of a line; moments with their zone (PostgreSQL) or without (SQLite)."""
    return [_value(value, aware) for value in orjson.loads(line)]


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, bytes | memoryview):
        return {"b": base64.b64encode(value).decode()}
    if isinstance(value, datetime):
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return {"t": moment.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    if isinstance(value, Decimal | float):
        return {"n": str(value)}
    message = f"a backup cannot hold a {type(value).__name__}"
    raise TypeError(message)


def _value(value: Any, aware: bool) -> Any:
    if not isinstance(value, dict):
        return value
    ((kind, text),) = value.items()
    if kind == "b":
        return base64.b64decode(text)
    if kind == "t":
        moment = datetime.fromisoformat(text)
        return moment if aware else moment.replace(tzinfo=None)
    if kind == "d":
        return date.fromisoformat(text)
    return Decimal(text)
