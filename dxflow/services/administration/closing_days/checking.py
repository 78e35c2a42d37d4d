"""What a file of days would change, and everything that is wrong with it; nothing is written.

Two kinds of file are known: a list of the city's own days, and the Cabinet Office's list of
national holidays, of which only what the program does not know yet becomes a closed day.
"""

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from dxflow.calendars.business_days import BusinessCalendar, national_holidays
from dxflow.problems import Problem
from dxflow.services.administration.closing_days.days import (
    Change,
    Meaning,
    touches_past,
    why_no_name,
    why_out_of_range,
)
from dxflow.services.administration.imports.days import day_of, why_no_day
from dxflow.services.administration.imports.layouts import Layout
from dxflow.services.administration.imports.reading import Row, Sheet
from dxflow.services.packs.city_days import CLOSED, OPEN
from dxflow.texts import gettext as _
from dxflow.texts import mark

OFFICIAL = "国民の祝日・休日月日"
LAYOUT = Layout(
    "days",
    {"date": "日付", "kind": "区分", "name": "名称"},
    ("date", "name"),
    mark("見出しの下に一日一行で書く"),
    {
        **dict.fromkeys(("年月日", "月日", "閉庁日", "休業日", "休日", OFFICIAL), "date"),
        **dict.fromkeys(("種別", "種類", "開閉", "開庁・閉庁"), "kind"),
        **dict.fromkeys(("名前", "理由", "内容", "祝日名", "国民の祝日・休日名称"), "name"),
    },
)
_WORDS = {
    CLOSED: ("閉庁日", "閉庁", "休庁日", "休庁", "休業日", "休業", "休日", "休み", "休", "祝日", "closed"),
    OPEN: ("開庁日", "開庁", "臨時開庁日", "臨時開庁", "開", "open"),
}  # fmt: skip
_KINDS = {word: kind for kind, words in _WORDS.items() for word in words}
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Known:
    """What holds today: entered days, and the calendars of the packs in force without them."""

    entered: Mapping[date, Meaning]
    packs: Sequence[BusinessCalendar]
    today: date


@dataclass
class Plan:
    """What would change. `problems` forbid all of it.

    `needless` are days that are what the file says anyway, `past` lines of national holidays that
    are over, `doubtful` national holidays of the program that such a list does not have.
    """

    digest: str = ""
    encoding: str = ""
    official: bool = False
    changes: list[Change] = field(default_factory=list)
    unchanged: int = 0
    needless: list[tuple[date, str]] = field(default_factory=list)
    past: int = 0
    doubtful: list[tuple[date, str]] = field(default_factory=list)
    touches_past: bool = False
    problems: list[Problem] = field(default_factory=list)


def check(sheet: Sheet, known: Known) -> Plan:
    """Return the plan of a sheet against what is known."""
    plan = Plan(encoding=sheet.encoding, official=OFFICIAL in sheet.titles)
    lines: dict[date, tuple[Row, Meaning]] = {}
    for row in sheet.rows:
        day, meaning = day_of(row.text("date")), _meaning(row, plan.official)
        earlier = lines.get(day) if day else None
        found = [*_wrong(row, day, meaning, known.today, plan.official), *_twice(meaning, earlier)]
        plan.problems += (
            Problem(column, message, sheet.name, row.line, 0, LAYOUT.headings[column], hint)
            for column, message, hint in found
        )
        if day is not None and earlier is None:
            lines[day] = row, meaning
    if not plan.problems:
        for day, (_row, meaning) in sorted(lines.items()):
            _place(plan, day, meaning, known)
        plan.doubtful = list(_doubtful(lines, known.today)) if plan.official else []
    plan.touches_past = touches_past(plan.changes, known.today)
    seen = f"{sheet.digest}|{known.today}|{plan.changes!r}"
    plan.digest = hashlib.sha256(seen.encode()).hexdigest()
    return plan


def _meaning(row: Row, official: bool) -> Meaning:
    """Return what a line says of its day; without a column for it every day is closed."""
    name = " ".join(row.text("name").split())
    if official or "kind" not in row.values:
        return Meaning(CLOSED, name)
    word = unicodedata.normalize("NFKC", row.text("kind")).casefold()
    return Meaning(_KINDS.get(word, ""), name)


Finding = tuple[str, str, str]


def _wrong(
    row: Row, day: date | None, meaning: Meaning, today: date, official: bool
) -> Iterator[Finding]:  # fmt: skip
    if day is None:
        yield (
            "date",
            why_no_day(row.text("date")),
            _("2026-10-01 か 令和8年10月1日 の形"),
        )
    elif not (official and day < today) and (why := why_out_of_range(day, today)):
        yield "date", why, _("年を確かめる")
    if not meaning.kind:
        yield (
            "kind",
            _("区分「{v}」は読めません。", v=row.text("kind")),
            _("閉庁 か 開庁 と書く"),
        )
    if why := why_no_name(meaning.name):
        yield "name", why, _("何の日かを書く")


def _twice(meaning: Meaning, earlier: tuple[Row, Meaning] | None) -> Iterator[Finding]:
    if earlier is None:
        return
    row, other = earlier
    if other == meaning:
        yield "date", _("{line}行目と同じ日です。", line=row.line), _("どちらかの行を消す")
    else:
        yield (
            "date",
            _("{line}行目と同じ日なのに内容が違います。", line=row.line),
            _("正しい方だけを残す"),
        )


def _place(plan: Plan, day: date, meaning: Meaning, known: Known) -> None:
    """Put a day where it belongs: a change, the same as before, or needless."""
    before = known.entered.get(day)
    if plan.official and day < known.today:
        plan.past += 1
    elif plan.official and day in national_holidays(day.year):
        plan.needless.append((day, meaning.name))
    elif before == meaning:
        plan.unchanged += 1
    elif before is None and _holds_anyway(day, meaning.kind, known):
        plan.needless.append((day, meaning.name))
    else:
        plan.changes.append(Change(day, before, meaning))


def _holds_anyway(day: date, kind: str, known: Known) -> bool:
    """Return whether a day is closed by law, or open in every pack, without being entered.

    A pack's own closed days are entered all the same: the next version may have others.
    """
    if kind == CLOSED:
        return day.weekday() >= 5 or day in national_holidays(day.year)
    return bool(known.packs) and all(one.is_business_day(day) for one in known.packs)


def _doubtful(
    lines: Mapping[date, tuple[Row, Meaning]], today: date
) -> Iterator[tuple[date, str]]:  # fmt: skip
    """Give the coming national holidays of the program, up to the list's last year, it lacks."""
    last = max(lines).year if lines else today.year - 1
    for year in range(today.year, last + 1):
        for day, name in national_holidays(year).items():
            if day >= today and day not in lines:
                yield day, name
