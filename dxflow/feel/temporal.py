"""Dates, times and durations as text (DMN 1.3 §10.3.4.1; ISO 8601 extended forms only)."""

from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from dxflow.feel.values import YearMonthDuration

Temporal = date | time | datetime | timedelta | YearMonthDuration


def parse_date(text: str) -> date | None:
    """Read `YYYY-MM-DD`; None when it is no such date."""
    if len(text) != 10 or text[4] != "-" or text[7] != "-":
        return None
    year, month, day = _number(text[:4]), _number(text[5:7]), _number(text[8:])
    try:
        return date(year, month, day)
    except ValueError:
        return None


def parse_time(text: str) -> time | None:
    """Read `HH:MM:SS[.fff][Z|+HH:MM|@Zone]`; None when it is no such time."""
    if len(text) < 8 or text[2] != ":" or text[5] != ":":
        return None
    fraction, rest = "", text[8:]
    if rest.startswith("."):
        digits = len(rest[1:]) - len(rest[1:].lstrip("0123456789"))
        fraction, rest = rest[1 : digits + 1], rest[digits + 1 :]
        if not digits:
            return None
    try:
        zone = _zone(rest) if rest else None
        micros = int(fraction[:6].ljust(6, "0"))
        hour, minute, second = _number(text[:2]), _number(text[3:5]), _number(text[6:8])
        return time(hour, minute, second, micros, zone)
    except ValueError:
        return None


def parse_datetime(text: str) -> datetime | None:
    """Read a date, `T` and a time; a date alone means its first moment. None otherwise."""
    day_text, mark, time_text = text.partition("T")
    day = parse_date(day_text)
    clock = parse_time(time_text) if mark else time(0, 0)
    return datetime.combine(day, clock) if day is not None and clock is not None else None


def parse_duration(text: str) -> timedelta | YearMonthDuration | None:
    """Read `P1Y2M` or `P1DT2H3M4.5S`, with an optional sign; None for mixtures and others."""
    sign = -1 if text.startswith("-") else 1
    body = text.removeprefix("-")
    if not body.startswith("P"):
        return None
    days_text, mark, time_text = body[1:].partition("T")
    days, clock = _parts(days_text, "YMD"), _parts(time_text, "HMS")
    if days is None or clock is None or (mark and not clock) or not (days or clock):
        return None
    if any(n != n.to_integral_value() for n in (*days.values(), *list(clock.values())[:-1])):
        return None
    try:
        return _length(sign, days, clock)
    except OverflowError:
        return None


def _length(
    sign: int, days: dict[str, Decimal], clock: dict[str, Decimal]
) -> timedelta | YearMonthDuration | None:
    if "Y" in days or "M" in days:
        months = int(days.get("Y", 0)) * 12 + int(days.get("M", 0))
        return None if "D" in days or clock else YearMonthDuration(sign * months)
    seconds = sum(clock.get(u, Decimal(0)) * n for u, n in (("H", 3600), ("M", 60), ("S", 1)))
    micros = int((days.get("D", Decimal(0)) * 86400 + seconds) * 1_000_000)
    return timedelta(microseconds=sign * micros)


def parse_temporal(text: str) -> Temporal | None:
    """Read what stands in an `@"…"` literal: any of the above."""
    for read in (parse_date, parse_time, parse_datetime, parse_duration):
        value: Temporal | None = read(text)
        if value is not None:
            return value
    return None


def format_temporal(value: Temporal) -> str:
    """Write a temporal value the way the language reads it."""
    if isinstance(value, datetime):
        return f"{value.date().isoformat()}T{_clock(value.time())}{_zone_text(value)}"
    if isinstance(value, time):
        return _clock(value.replace(tzinfo=None)) + _zone_text(value)
    if isinstance(value, timedelta):
        return _duration_text(value)
    return str(value)


def _number(digits: str) -> int:
    """Return the number written in ASCII digits; -1, which no date accepts, for others."""
    return int(digits) if digits.isascii() and digits.isdigit() else -1


def _zone(text: str) -> tzinfo:
    """Return the zone written behind a time; ValueError when there is none such."""
    if text == "Z":
        return UTC
    if text.startswith("@"):
        try:
            return ZoneInfo(text[1:])
        except (KeyError, OSError) as exc:
            raise ValueError(text) from exc
    sign, parts = text[:1], text[1:].split(":")
    numbers = [_number(part) if len(part) == 2 else -1 for part in parts]
    if sign not in ("+", "-") or len(numbers) not in (2, 3) or min(numbers) < 0:
        raise ValueError(text)
    hours, minutes, seconds = (*numbers, 0)[:3]
    if hours > 14 or minutes > 59 or seconds > 59:
        raise ValueError(text)
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return timezone(offset if sign == "+" else -offset) if offset else UTC


def _parts(text: str, units: str) -> dict[str, Decimal] | None:
    """Split `1H30M` into its numbers; units must come in their order, once each."""
    found: dict[str, Decimal] = {}
    while text:
        digits = len(text) - len(text.lstrip("0123456789."))
        amount, unit, text = text[:digits], text[digits : digits + 1], text[digits + 1 :]
        if not amount[:1].isdigit() or not amount[-1].isdigit() or amount.count(".") > 1:
            return None
        if not unit or unit not in units or len(amount) > 18 or ("." in amount and unit != "S"):
            return None
        units = units[units.index(unit) + 1 :]
        found[unit] = Decimal(amount)
    return found


def _clock(value: time) -> str:
    text = value.isoformat(timespec="microseconds")
    return text.rstrip("0").rstrip(".") if value.microsecond else text[:8]


def _zone_text(value: time | datetime) -> str:
    zone = value.tzinfo
    if zone is None:
        return ""
    if isinstance(zone, ZoneInfo):
        return f"@{zone.key}"
    offset = value.utcoffset() or timedelta(0)
    if not offset:
        return "Z"
    minutes, seconds = divmod(int(abs(offset).total_seconds()), 60)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}" + (f":{seconds:02d}" if seconds else "")
    return ("-" if offset < timedelta(0) else "+") + text


def _duration_text(value: timedelta) -> str:
    micros = abs(value) // timedelta(microseconds=1)
    minutes, micros = divmod(micros, 60_000_000)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    seconds = format((Decimal(micros) / 1_000_000).normalize(), "f")
    clock = (
        (f"{hours}H" if hours else "")
        + (f"{minutes}M" if minutes else "")
        + (f"{seconds}S" if micros else "")
    )
    text = (f"{days}D" if days else "") + (f"T{clock}" if clock else "")
    return ("-" if value < timedelta(0) else "") + "P" + (text or "T0S")
