"""What a file of people would change, and everything that is wrong with it; nothing is written."""

import hashlib
from collections import defaultdict
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from dxflow.authority import organisation as values
from dxflow.authority import timelines
from dxflow.calendars.given import FIRST_DAY
from dxflow.errors import Invalid
from dxflow.problems import Problem
from dxflow.services.administration.imports.days import day_of, why_no_day
from dxflow.services.administration.imports.reading import Row, Sheet
from dxflow.services.people import person_rows
from dxflow.texts import gettext as _

_DAY = timedelta(days=1)
_YES = frozenset({"1", "yes", "true", "はい", "兼務", "○", "〇"})
_NO = frozenset({"", "0", "no", "false", "いいえ", "本務", "×"})


@dataclass(frozen=True)
class Known:
    """What the installation holds: people by folded username, posts, and holdings by person.

    `people` maps to (id, name, email), `posts` to [(unit, from, to)], `holdings` to lists of Span,
    `titles` to the keys of the posts that are or were called so.
    """

    people: dict[str, tuple[str, str, str]]
    posts: dict[str, list[tuple[str, date, date | None]]]
    units: dict[str, str]
    holdings: dict[str, list["Span"]]
    titles: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class Span:
    """A post for a time; `end` is the first day without it."""

    post: str
    begin: date
    end: date | None
    concurrent: bool

    def days(self) -> values.Span:
        """Return the days alone."""
        return values.Span(valid_from=self.begin, valid_to=self.end)

    def meets(self, other: "Span") -> bool:
        """Return whether the two have a day in common."""
        return (self.end is None or other.begin < self.end) and (
            other.end is None or self.begin < other.end
        )


@dataclass
class Plan:
    """What would change. Keys are folded usernames; `problems` forbid all of it."""

    effective: date
    digest: str = ""
    encoding: str = ""
    people: dict[str, Row] = field(default_factory=dict)
    new: list[str] = field(default_factory=list)
    renamed: list[str] = field(default_factory=list)
    emails: list[str] = field(default_factory=list)
    given: list[tuple[str, Span]] = field(default_factory=list)
    ended: list[tuple[str, Span]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    lines: dict[tuple[str, "Span"], Row] = field(default_factory=dict)

    @property
    def changes(self) -> int:
        """Return how many changes there are."""
        return (
            len(self.new) + len(self.renamed) + len(self.emails) + len(self.given) + len(self.ended)
        )


def check(sheet: Sheet, known: Known, effective: date) -> Plan:
    """Return the plan of a sheet against what is known."""
    plan = Plan(effective, encoding=sheet.encoding)
    spans = defaultdict(list, {key: list(held) for key, held in known.holdings.items()})
    for row in sheet.rows:
        plan.problems += (
            sheet.problem(code, message, row, hint)
            for code, message, hint in _row(plan, row, known, spans)
        )
    for key, span, other in _overlapping(plan, spans):
        plan.problems.append(
            sheet.problem(
                "post",
                _("職「{post}」が「{other}」と重なります。", post=span.post, other=other.post),
                plan.lines[key, span],
                _("前の職の終了日を書くか、兼務の列に「兼務」と書く"),
            )
        )
    plan.digest = _digest(sheet, plan)
    return plan


def _digest(sheet: Sheet, plan: Plan) -> str:
    """Name the file together with what it would change, so that only what was seen is written."""
    seen = (plan.new, plan.renamed, plan.emails, plan.given, plan.ended)
    return hashlib.sha256(f"{sheet.digest}|{plan.effective}|{seen!r}".encode()).hexdigest()


Finding = tuple[str, str, str]


def _row(plan: Plan, row: Row, known: Known, spans: dict[str, list[Span]]) -> Iterator[Finding]:
    key = row.text("username").casefold()
    yield from _person(plan, row, key, known)
    if row.text("post"):
        span = yield from _span(plan, row, known)
        if span is not None:
            plan.lines[key, span] = row
            yield from _placed(plan, key, span, spans[key])
    elif row.text("from") or row.text("to") or row.text("concurrent") or row.text("unit"):
        yield "post", _("職が空です。"), _("職のキーを書くか、日付などを空にする")


def _person(plan: Plan, row: Row, key: str, known: Known) -> Iterator[Finding]:
    try:
        person_rows.require_username(row.text("username"))
    except Invalid as refused:
        yield "username", _refused_value(row.text("username"), refused.message), ""
    try:
        person_rows.require_name(row.text("name"))
    except Invalid as refused:
        yield "name", _refused_value(row.text("name"), refused.message), ""
    email = row.text("email")
    if email and ("@" not in email[1:-1] or len(email) > 254 or not email.isprintable()):
        yield (
            "email",
            _("「{v}」はメールアドレスではありません。", v=email),
            _("name@example.jp の形"),
        )
    earlier = plan.people.setdefault(key, row)
    if earlier is not row:
        for column in ("name", "email"):
            if earlier.text(column) != row.text(column):
                yield (
                    column,
                    _("{line}行目と同じ利用者なのに違います。", line=earlier.line),
                    _("同じにするか、利用者名を分ける"),
                )
        return
    stored = known.people.get(key)
    if stored is None:
        plan.new.append(key)
        return
    if stored[1] != row.text("name"):
        plan.renamed.append(key)
    if email and stored[2] != email:
        plan.emails.append(key)


def _span(plan: Plan, row: Row, known: Known) -> Generator[Finding, None, Span | None]:
    begin: date | None = plan.effective
    end: date | None = None
    good = True
    if row.text("from"):
        begin = day_of(row.text("from"))
    if row.text("to"):
        end = day_of(row.text("to"))
        if end is not None and not row.text("from"):
            # A line with an end alone ends what is held, on the day of the change as well.
            begin = max(FIRST_DAY, min(plan.effective, end - _DAY))
    for column, day in (("from", begin), ("to", end)):
        if row.text(column) and day is None:
            good = False
            yield (
                column,
                why_no_day(row.text(column)),
                _("2026-04-01 か 令和8年4月1日 の形"),
            )
    mark = row.text("concurrent").casefold()
    if mark not in _YES | _NO:
        good = False
        yield "concurrent", _("「{v}」は読めません。", v=mark), _("兼務なら「兼務」、でなければ空")
    if not good or begin is None:
        return None
    if end is not None and end <= begin:
        yield "to", _("終了日が開始日より後ではありません。"), _("就いていない最初の日を書く")
        return None
    span = Span("", begin, end, mark in _YES)
    found = _post(row, span, known)
    if isinstance(found, str):
        return replace(span, post=found)
    yield found
    return None


def _post_key(row: Row, day: date, known: Known) -> str | Finding:
    """Return the key of the post that a line means by its code or its title, or what is wrong."""
    text, unit = row.text("post"), row.text("unit")
    if text in known.posts:
        return text
    named = [
        key
        for key in known.titles.get(text, ())
        for there, begin, end in known.posts[key]
        if begin <= day and (end is None or day < end)
        and (not unit or unit in (there, known.units.get(there)))
    ]  # fmt: skip
    if len(set(named)) == 1:
        return named[0]
    if named:
        codes = "、".join(sorted(set(named)))
        return (
            "post",
            _("職名「{v}」の職が二つ以上あります（{codes}）。", v=text, codes=codes),
            _("職のコードで書くか、所属を書く"),
        )
    if unit and text in known.titles:
        return (
            "post",
            _("職「{v}」は「{unit}」にはありません。", v=text, unit=unit),
            _make_it_first(),
        )
    return "post", _("職「{v}」はありません。", v=text), _make_it_first()


def _make_it_first() -> str:
    return _(
        "コードか名前を確かめる。まだないものは、組織、職、人の順にファイルを取り込むか、"
        "「組織と職」の画面で先に作る"
    )


def _post(row: Row, span: Span, known: Known) -> str | Finding:
    """Return the key of the post that a line means, there in its unit all the time, or a finding."""
    key = _post_key(row, span.begin, known)
    if isinstance(key, tuple):
        return key
    there = [
        unit
        for unit, begin, end in known.posts[key]
        if begin <= span.begin and (end is None or span.begin < end)
    ]
    if not there:
        return "post", _("職「{v}」は {day} にはありません。", v=key, day=span.begin), ""
    gone = timelines.uncovered(span.days(), [_days(one) for one in known.posts[key]])
    if gone is not None:
        return (
            "post",
            _("職「{v}」は {day} に廃止されます。", v=key, day=gone),
            _("終了日に {day} か、それより前の日を書く", day=gone),
        )
    unit = row.text("unit")
    if unit and unit not in known.units and unit not in known.units.values():
        return "unit", _("組織「{v}」はありません。", v=unit), _make_it_first()
    if unit and unit not in (there[0], known.units.get(there[0])):
        right = known.units.get(there[0], there[0])
        return (
            "unit",
            _("職「{post}」の所属は「{v}」ではありません。", post=key, v=unit),
            _("「{right}」にするか、空にする", right=right),
        )
    return key


def _days(row: tuple[str, date, date | None]) -> values.Span:
    return values.Span(valid_from=row[1], valid_to=row[2])


def _placed(plan: Plan, key: str, span: Span, held: list[Span]) -> Iterator[Finding]:
    """Put a post among those a person holds; the same post again only changes its end."""
    for place, other in enumerate(held):
        if other.post == span.post and other.meets(span):
            if other.end != span.end and _may_end(plan, key, other, span):
                held[place] = Span(other.post, other.begin, span.end, other.concurrent)
                plan.ended.append((key, held[place]))
            elif other.end != span.end:
                yield (
                    "post",
                    _("職「{v}」の期間が、いまの期間と重なります。", v=span.post),
                    _("日付を直す"),
                )
            return
    held.append(span)
    plan.given.append((key, span))


def _may_end(plan: Plan, key: str, other: Span, span: Span) -> bool:
    """Return whether a line ends a post that is held without end already, not given by this file."""
    given_here = any(person == key and given is other for person, given in plan.given)
    return other.end is None and other.begin <= span.begin and not given_here


def _overlapping(plan: Plan, held: dict[str, list[Span]]) -> Iterator[tuple[str, Span, Span]]:
    """Give the posts this file gives that meet another one without either being concurrent."""
    for key, span in plan.given:
        for other in held[key]:
            both_main = not (span.concurrent or other.concurrent)
            if other is not span and both_main and span.meets(other):
                yield key, span, other
                break


def _refused_value(value: str, why: str) -> str:
    return _("「{v}」: {why}", v=value, why=why) if value else why
