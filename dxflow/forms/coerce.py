"""From what was typed to typed values.

Each reader takes a posted string or a JSON value and returns the typed value, None when nothing
was entered, or raises `Unreadable` with a sentence. The sentence holds `SUBJECT` where the field's
name belongs; whoever reports it fills that in (`said_of`).
"""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from dxflow.calendars.given import is_taken
from dxflow.calendars.wareki import ERAS
from dxflow.clock import TOKYO
from dxflow.forms.definition import Component
from dxflow.texts import gettext as _

SUBJECT = "\ufffc"
"""Stands for the field in a message until the field is known."""

MOST_DIGITS = 30

_NUMBER = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?", re.ASCII)
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
_ERA_DAY = re.compile(r"(\D{1,2}?)(元|\d{1,2})[-/.年](\d{1,2})[-/.月](\d{1,2})日?", re.ASCII)
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.0+)?)?", re.ASCII)
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class Unreadable(ValueError):
    """What was entered is not a value of this kind; the message says how to mend it."""


def said_of(subject: str, message: str) -> str:
    """Return a message with the field's name filled in."""
    return message.replace(SUBJECT, subject)


def read_value(component: Component, raw: Any) -> Any:
    """Return the typed value of a field that is not a group, list or expression.

    Raises Unreadable.
    """
    if raw is None or raw == "":
        return [] if component.kind == "checklist" else None
    return _READERS[component.kind](component, raw)


def guess_value(component: Component, raw: Any) -> Any:
    """Return the typed value, or None when it cannot be read (for conditions and display)."""
    try:
        return read_value(component, raw)
    except Unreadable:
        return [] if component.kind == "checklist" else None


def canonical(number: Decimal) -> str:
    """Return a finite number without exponent or needless zeros: "2000.5", "-3", "0"."""
    text = format(number, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def read_number(component: Component, raw: Any) -> Decimal | None:
    """Return an exact number: full-width digits, thousands commas, ▲ and a unit are understood."""
    if isinstance(raw, bool) or not isinstance(raw, str | int | float | Decimal):
        raise Unreadable(_not_a_number())
    if isinstance(raw, int):
        if raw.bit_length() > 4 * MOST_DIGITS:
            raise Unreadable(_too_many_digits())
        return _bounded(Decimal(raw))
    if isinstance(raw, str):
        text = _number_text(raw, component.unit)
        if not text:
            return None
        if len(text) > 3 * MOST_DIGITS:
            raise Unreadable(_too_many_digits())
        if not any(sign.isdigit() for sign in text) or not _NUMBER.fullmatch(text):
            raise Unreadable(_not_a_number())
        return _bounded(Decimal(text.replace(",", "")))
    return _bounded(Decimal(repr(raw)) if isinstance(raw, float) else raw)


def _number_text(raw: str, unit: str) -> str:
    text = unicodedata.normalize("NFKC", raw).strip().replace("\u2212", "-")
    suffix = unicodedata.normalize("NFKC", unit)
    text = text.removesuffix(suffix).strip() if suffix else text
    if text[:1] in ("▲", "△"):
        text = "-" + text[1:].strip()
    return text


def _bounded(number: Decimal) -> Decimal:
    if not number.is_finite():
        raise Unreadable(_not_a_number())
    exponent = number.as_tuple().exponent
    too_fine = isinstance(exponent, int) and exponent < -MOST_DIGITS
    if too_fine or (number and number.adjusted() >= MOST_DIGITS) or number.adjusted() > 99:
        raise Unreadable(_too_many_digits())
    return Decimal(canonical(number))


def _not_a_number() -> str:
    return _("{subject}は数字で入力してください（例: 1200）。", subject=SUBJECT)


def _too_many_digits() -> str:
    return _(
        "{subject}の桁数が多すぎます。{most}桁までで入力してください。",
        subject=SUBJECT,
        most=MOST_DIGITS,
    )


def read_text(component: Component, raw: Any) -> str | None:
    """Return text in Unicode NFC with LF line ends, trimmed; None when nothing remains.

    A cell takes a number too, and writes it out.
    """
    if component.cell and isinstance(raw, int | float | Decimal):
        number = read_number(component, raw)
        return None if number is None else canonical(number)
    if not isinstance(raw, str):
        raise Unreadable(_("{subject}は文字列で指定してください。", subject=SUBJECT))
    text = unicodedata.normalize("NFC", raw.replace("\r\n", "\n").replace("\r", "\n")).strip()
    if component.kind == "textfield":
        text = text.replace("\t", " ")
    if component.rules.shape:
        text = unicodedata.normalize("NFKC", text)
    allowed = "\n\t" if component.kind == "textarea" else ""
    for sign in text:
        if sign not in allowed and _forbidden(sign):
            raise Unreadable(
                _(
                    "{subject}に使えない文字（U+{code}）が含まれています。その文字を消してください。",
                    subject=SUBJECT,
                    code=f"{ord(sign):04X}",
                )
            )
    return text or None


def _forbidden(sign: str) -> bool:
    return (
        unicodedata.category(sign) in ("Cc", "Cs")
        or sign in _BIDI
        or sign == SUBJECT
        or (ord(sign) & 0xFFFE) == 0xFFFE
    )


def read_day(component: Component, raw: Any) -> date | None:
    """Return a date: ISO, 2026/4/1, R8.4.1 or 令和8年4月1日."""
    if isinstance(raw, datetime):
        return raw.astimezone(TOKYO).date() if raw.tzinfo else raw.date()
    if isinstance(raw, date):
        return raw
    message = _("{subject}は日付で入力してください（例: 2026-04-01、R8.4.1）。", subject=SUBJECT)
    if not isinstance(raw, str) or len(raw) > 40:
        raise Unreadable(message)
    text = unicodedata.normalize("NFKC", raw).strip()
    if not text:
        return None
    day = _day_in(text)
    if day is None:
        raise Unreadable(message)
    if not is_taken(day):
        raise Unreadable(
            _("{subject}は1874年から2199年までの日付で入力してください。", subject=SUBJECT)
        )
    return day


def _day_in(text: str) -> date | None:
    if found := _DAY.fullmatch(text):
        return _date_or_none(int(found[1]), int(found[2]), int(found[3]))
    found = _ERA_DAY.fullmatch(text)
    if not found:
        return None
    for newer, era in zip((None, *ERAS), ERAS, strict=False):
        if found[1].strip().upper() in (era.letter, era.name):
            year = 1 if found[2] == "元" else int(found[2])
            day = _date_or_none(era.first_year + year - 1, int(found[3]), int(found[4]))
            if day is None or year == 0 or day < era.first_day:
                return None
            return day if newer is None or day < newer.first_day else None
    return None


def _date_or_none(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def read_clock(component: Component, raw: Any) -> time | None:
    """Return a time of day in Japan, without zone."""
    if isinstance(raw, time):
        return raw.replace(tzinfo=None)
    message = _("{subject}は時刻で入力してください（例: 14:30）。", subject=SUBJECT)
    if not isinstance(raw, str) or len(raw) > 40:
        raise Unreadable(message)
    text = unicodedata.normalize("NFKC", raw).strip()
    if not text:
        return None
    found = _CLOCK.fullmatch(text)
    if not found:
        raise Unreadable(message)
    try:
        return time(int(found[1]), int(found[2]), int(found[3] or 0))
    except ValueError:
        raise Unreadable(message) from None


def read_moment(component: Component, raw: Any) -> datetime | None:
    """Return an aware moment in Japan's time; an ISO offset is converted."""
    if isinstance(raw, datetime):
        return raw.astimezone(TOKYO) if raw.tzinfo else raw.replace(tzinfo=TOKYO)
    message = _("{subject}は日時で入力してください（例: 2026-04-01T14:30）。", subject=SUBJECT)
    if not isinstance(raw, str) or len(raw) > 40:
        raise Unreadable(message)
    text = unicodedata.normalize("NFKC", raw).strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = _spoken_moment(text, message)
    local = moment.replace(tzinfo=moment.tzinfo or TOKYO)
    try:
        local = local.astimezone(TOKYO)
    except OverflowError:
        raise Unreadable(message) from None
    if not is_taken(local.date()):
        raise Unreadable(message)
    return local


def _spoken_moment(text: str, message: str) -> datetime:
    before, _space, after = text.replace("T", " ").rpartition(" ")
    day, clock = _day_in(before.strip()), _CLOCK.fullmatch(after)
    if day is None or clock is None:
        raise Unreadable(message)
    try:
        return datetime(
            day.year,
            day.month,
            day.day,
            int(clock[1]),
            int(clock[2]),
            int(clock[3] or 0),
            tzinfo=TOKYO,
        )
    except ValueError:
        raise Unreadable(message) from None


def read_flag(component: Component, raw: Any) -> bool:
    """Return whether a box is ticked."""
    if isinstance(raw, bool):
        return raw
    if isinstance(raw, str) and raw.lower() in ("true", "on", "1"):
        return True
    if isinstance(raw, str) and raw.lower() in ("false", "off", "0"):
        return False
    raise Unreadable(_("{subject}はtrueかfalseで指定してください。", subject=SUBJECT))


def read_choice(component: Component, raw: Any) -> str:
    """Return the chosen option's value; whether it is offered is checked elsewhere."""
    if isinstance(raw, str):
        return raw
    raise Unreadable(_("{subject}は選択肢から選んでください。", subject=SUBJECT))


def read_choices(component: Component, raw: Any) -> list[str]:
    """Return the chosen options' values, each once, in the order given."""
    if isinstance(raw, str):
        return [raw]
    if not isinstance(raw, list | tuple) or not all(isinstance(entry, str) for entry in raw):
        raise Unreadable(_("{subject}は選択肢から選んでください。", subject=SUBJECT))
    return list(dict.fromkeys(entry for entry in raw if entry))


_READERS: dict[str, Callable[[Component, Any], Any]] = {
    "textfield": read_text,
    "textarea": read_text,
    "number": read_number,
    "date": read_day,
    "time": read_clock,
    "datetime": read_moment,
    "checkbox": read_flag,
    "checklist": read_choices,
    "radio": read_choice,
    "select": read_choice,
}
