"""Identifiers: 32 hex digits, ordered by the time they were made (layout of RFC 9562 UUIDv7)."""

import secrets
from datetime import datetime


def new_id(moment: datetime) -> str:
    """Return a fresh identifier for something that comes about at `moment` (aware)."""
    milliseconds = int(moment.timestamp() * 1000) & ((1 << 48) - 1)
    noise = secrets.randbits(74)
    high, low = noise >> 62, noise & ((1 << 62) - 1)
    value = milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low
    return f"{value:032x}"
