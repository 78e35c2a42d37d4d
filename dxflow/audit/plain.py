"""Values as they stand in the log: plain JSON, everything finer than a whole number as text."""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import Enum

from dxflow.audit.canonical import NotCanonical
from dxflow.feel.values import YearMonthDuration


def moment_text(moment: datetime) -> str:
    """Return a moment as it stands in the log: UTC, microseconds, 32 characters."""
    if moment.tzinfo is None:
        message = "a time without a zone cannot be logged"
        raise NotCanonical(message)
    return moment.astimezone(UTC).isoformat(timespec="microseconds")


def plain(value: object) -> object:
    """Return a value as it stands in the log: decimals, dates and durations as text, text in NFC.

    Raises NotCanonical for a floating number and for anything else that is not plain.
    """
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return normalized(value.value if isinstance(value, Enum) else value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, Mapping):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return _scalar(value)


def _scalar(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return duration_text(value)
    if isinstance(value, YearMonthDuration):
        return str(value)
    message = f"a value of type {type(value).__name__} cannot be logged"
    raise NotCanonical(message)


def duration_text(value: timedelta) -> str:
    """Return a duration of days and time as ISO 8601 text, such as `P3DT2H` or `-PT0.5S`."""
    sign, rest = ("-", -value) if value < timedelta(0) else ("", value)
    hours, left = divmod(rest.seconds, 3600)
    minutes, seconds = divmod(left, 60)
    fraction = f".{rest.microseconds:06d}".rstrip("0") if rest.microseconds else ""
    days = f"{rest.days}D" if rest.days else ""
    clock = "".join(
        (
            f"{hours}H" if hours else "",
            f"{minutes}M" if minutes else "",
            f"{seconds}{fraction}S" if seconds or fraction else "",
        )
    )
    return f"{sign}P{days}T{clock}" if clock else f"{sign}P{days or '0D'}"


def normalized(text: str) -> str:
    """Return text in Unicode normalization form C, as a string and nothing finer."""
    text = str(text)
    return text if text.isascii() else unicodedata.normalize("NFC", text)
