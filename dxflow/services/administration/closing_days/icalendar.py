"""All-day events of an iCalendar file (RFC 5545) as rows of closed days.

Only what a list of closed days needs: events with a date, perhaps an end, and a summary. What has
a time of day or repeats is refused with its line, so that nothing is left out in silence.
"""

import hashlib
import re
from collections.abc import Iterator
from datetime import date, timedelta

from dxflow.problems import Problem, Refused
from dxflow.services.administration.closing_days.checking import LAYOUT
from dxflow.services.administration.imports.reading import LARGEST_FILE, Row, Sheet
from dxflow.texts import gettext as _

_BEGIN = b"BEGIN:VCALENDAR"
_DATE = re.compile(r"\d{8}", re.ASCII)
_ESCAPED = re.compile(r"\\([\\;,nN])")
#: How many days one event may span.
LONGEST_EVENT = 62
_DAY = timedelta(days=1)

#: A property of an event: its line (from 1) and its value.
Properties = dict[str, tuple[int, str]]


def is_icalendar(content: bytes) -> bool:
    """Return whether a file says of itself that it is an iCalendar file."""
    return content.removeprefix(b"\xef\xbb\xbf").lstrip().upper().startswith(_BEGIN)


def read(content: bytes, name: str) -> Sheet:
    """Return the events as rows with date and name. Raises Refused with every problem."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refused([_problem(name, 0, _("UTF-8 の文字として読めません。"))]) from None
    if len(content) > LARGEST_FILE:
        raise Refused([_problem(name, 0, _("ファイルが大きすぎます（8 MiB まで）。"))])
    rows: list[Row] = []
    problems: list[Problem] = []
    for line, event in _events(text):
        try:
            rows += _rows(line, event)
        except ValueError as wrong:
            problems.append(_problem(name, line, str(wrong)))
    if problems:
        raise Refused(problems)
    if not rows:
        raise Refused([_problem(name, 0, _("終日の予定がありません。"))])
    digest = hashlib.sha256(content).hexdigest()
    return Sheet(name, "iCalendar", digest, tuple(rows), LAYOUT, ())


def _problem(name: str, line: int, message: str) -> Problem:
    hint = _("終日の予定を一日ずつ書き出すか、CSV で作る")
    return Problem("import", message, name, line, hint=hint)


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Give each line with its number; a line that begins with a blank goes on with the last."""
    number, gathered = 0, ""
    for at, line in enumerate(text.splitlines(), start=1):
        if line[:1] in (" ", "\t") and gathered:
            gathered += line[1:]
            continue
        if gathered:
            yield number, gathered
        number, gathered = at, line
    if gathered:
        yield number, gathered


def _events(text: str) -> Iterator[tuple[int, Properties]]:
    """Give the events with the line they begin on; parts inside them, such as alarms, are left out."""
    inside: list[str] = []
    first, event = 0, Properties()
    for number, line in _unfolded(text):
        head, _colon, value = line.partition(":")
        name = head.partition(";")[0].upper()
        if name == "BEGIN":
            inside.append(value.strip().upper())
            if inside[-1] == "VEVENT":
                first, event = number, Properties()
        elif name == "END":
            if inside and inside.pop() == "VEVENT":
                yield first, event
        elif inside and inside[-1] == "VEVENT":
            event[name] = number, value.strip()


def _rows(line: int, event: Properties) -> list[Row]:
    """Return a row for each day of an event. Raises ValueError saying why it cannot be read."""
    if event.get("STATUS", (0, ""))[1].upper() == "CANCELLED":
        return []
    summary = _ESCAPED.sub(lambda one: " " if one[1] in "nN" else one[1], _value(event, "SUMMARY"))
    if "RRULE" in event or "RDATE" in event:
        raise ValueError(_("「{name}」は繰り返しの予定です。", name=summary))
    begin = _date(_value(event, "DTSTART"), summary)
    if "DURATION" in event and _value(event, "DURATION").upper() != "P1D":
        raise ValueError(_("「{name}」の長さが読めません。", name=summary))
    end = _date(_value(event, "DTEND"), summary) if "DTEND" in event else begin + _DAY
    days = max((end - begin).days, 1)  # the end is the first day without it
    if days > LONGEST_EVENT:
        raise ValueError(_("「{name}」は {most} 日を超えます。", name=summary, most=LONGEST_EVENT))
    dates = ((begin + n * _DAY).isoformat() for n in range(days))
    return [Row(line, {"date": one, "name": summary}) for one in dates]


def _value(event: Properties, name: str) -> str:
    return event.get(name, (0, ""))[1]


def _date(text: str, summary: str) -> date:
    if not _DATE.fullmatch(text):
        raise ValueError(_("「{name}」は終日の予定ではありません。", name=summary))
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(_("「{v}」は日付ではありません。", v=text)) from None
