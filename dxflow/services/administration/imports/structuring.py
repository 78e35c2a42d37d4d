"""What a file of units or posts would make of the organisation; nothing is written.

A line says what a unit or post is from its first day on. One that is not there is made; one that
is there is changed from that day, or ended on the day the line ends. A line that says what is
known already changes nothing, so that a file handed out by the pages can be read again.
"""

import hashlib
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import pairwise
from typing import Any

from dxflow.authority import timelines
from dxflow.authority.decision import post_kind_label
from dxflow.authority.organisation import Post, Unit, unit_kind_label
from dxflow.authority.structure import Fault, FaultKind, Structure, new_faults
from dxflow.calendars.wareki import wareki_date
from dxflow.errors import Invalid
from dxflow.problems import Problem
from dxflow.services.administration.imports.days import day_of, why_no_day
from dxflow.services.administration.imports.line_values import (
    Refusal,
    known_for_posts,
    known_units,
    post_of,
    unit_of,
)
from dxflow.services.administration.imports.reading import Row, Sheet
from dxflow.services.administration.units import rules
from dxflow.texts import gettext as _

Value = Unit | Post


@dataclass(frozen=True)
class LineChange:
    """What one line would do: `what` is new, changed, ended or same; `words` say how."""

    line: int
    key: str
    name: str
    what: str
    words: str


@dataclass
class StructurePlan:
    """What would change. `past` is the earliest day gone by that is touched: it needs a reason.

    `roles` are the words of roles, `coming` the names of units that lines of the file bring.
    """

    what: str
    effective: date
    before: Structure
    after: Structure
    encoding: str = ""
    digest: str = ""
    past: date | None = None
    lines: list[LineChange] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    roles: Mapping[str, str] = field(default_factory=dict)
    coming: Mapping[str, str] = field(default_factory=dict)

    @property
    def changes(self) -> int:
        """Return how many lines change something."""
        return sum(one.what != "same" for one in self.lines)

    def count(self, what: str) -> int:
        """Return how many lines do this."""
        return sum(one.what == what for one in self.lines)


def check(
    sheet: Sheet, known: Structure, roles: Mapping[str, str], effective: date, today: date
) -> StructurePlan:
    """Return the plan of a sheet against what is known. `roles` are the words of known roles."""
    plan, rows_of = merged(sheet, known, roles, effective, today)
    if not plan.problems:
        _faults(plan, sheet, rows_of)
    plan.problems.sort(key=lambda one: (one.line, one.column))
    plan.lines.sort(key=lambda one: one.line)
    plan.digest = hashlib.sha256(
        f"{sheet.digest}|{effective}|{[*map(vars, plan.lines)]!r}".encode()
    ).hexdigest()
    return plan


def merged(
    sheet: Sheet, known: Structure, roles: Mapping[str, str], effective: date, today: date
) -> tuple[StructurePlan, Mapping[str, list[tuple[Row, Value]]]]:
    """Return what the lines make of what is known, and the lines by the key they are about.

    Whether the whole is sound is not asked: another file may be about to mend it.
    """
    plan = StructurePlan(
        sheet.layout.what, effective, known, known, encoding=sheet.encoding, roles=roles,
        coming={row.text("unit"): row.text("name") for row in sheet.rows},
    )  # fmt: skip
    read = _values(plan, sheet, roles)
    rows_of: dict[str, list[tuple[Row, Value]]] = defaultdict(list)
    for row, value in read:
        rows_of[value.key].append((row, value))
    stored: Mapping[str, tuple[Any, ...]] = known.units if plan.what == "units" else known.posts
    after: dict[str, tuple[Any, ...]] = dict(stored)
    for key, lines in rows_of.items():
        lines.sort(key=lambda one: one[1].valid_from)
        if _overlap(plan, sheet, lines):
            continue
        rows = after.get(key, ())
        for row, value in lines:
            rows = _merged(plan, sheet, row, value, rows, fresh=key not in stored, today=today)
        after[key] = rows
    if plan.what == "units":
        plan.after = replace(known, units=after)
    else:
        plan.after = replace(known, posts=after)
    return plan, rows_of


def _values(plan: StructurePlan, sheet: Sheet, roles: Mapping[str, str]) -> list[tuple[Row, Value]]:
    """Return what the lines say, each with its line; what cannot be read is a problem."""
    before, found = plan.before, list[tuple[Row, Value]]()
    if plan.what == "units":
        coming = [(row.text("unit"), row.text("name")) for row in sheet.rows]
        known = known_units(before, coming, roles)
    else:
        known = known_for_posts(before, roles)
    for row in sheet.rows:
        try:
            days = _days(row, plan.effective)
            if plan.what == "units":
                unit = timelines.standing(before.units.get(row.text("unit"), ()), days[0])
                found.append((row, unit_of(row, unit, known, days)))
            else:
                post = timelines.standing(before.posts.get(row.text("post"), ()), days[0])
                found.append((row, post_of(row, post, known, days)))
        except Refusal as refused:
            plan.problems.append(sheet.problem(refused.column, refused.message, row, refused.hint))
        except Invalid as refused:
            column = next(iter(refused.fields), sheet.layout.required[0])
            column = {"key": sheet.layout.required[0]}.get(column, column)
            plan.problems.append(sheet.problem(column, refused.message, row))
    return found


def _days(row: Row, effective: date) -> timelines.Days:
    """Return the days of a line. Raises Refusal."""
    begin: date | None = effective
    end: date | None = None
    if row.text("from"):
        begin = day_of(row.text("from"))
    if row.text("to"):
        end = day_of(row.text("to"))
    for column, day in (("from", begin), ("to", end)):
        if day is None and (row.text(column) or column == "from"):
            raise Refusal(
                column,
                why_no_day(row.text(column)),
                _("2026-04-01 か 令和8年4月1日 の形"),
            )
    if begin is None:
        raise AssertionError
    if end is not None and end <= begin:
        raise Refusal("to", _("終了日が開始日より後ではありません。"), _("なくなる最初の日を書く"))
    return begin, end


def _overlap(plan: StructurePlan, sheet: Sheet, lines: list[tuple[Row, Value]]) -> bool:
    """Report lines of one key whose days meet; return whether there are any."""
    count = len(plan.problems)
    for (row, value), (after, later) in pairwise(lines):
        if value.valid_from == later.valid_from:
            plan.problems.append(
                sheet.problem(
                    sheet.layout.required[0],
                    _("「{key}」が{line}行目にもあります。", key=value.key, line=row.line),
                    after,
                    _("一方を消すか、開始日を変える"),
                )
            )
        elif value.valid_to is None or value.valid_to > later.valid_from:
            plan.problems.append(
                sheet.problem(
                    "from",
                    _("「{key}」の期間が{line}行目と重なります。", key=value.key, line=row.line),
                    after,
                    _("{line}行目の終了日に {day} を書く", line=row.line, day=later.valid_from),
                )
            )
    return len(plan.problems) > count


def _merged(
    plan: StructurePlan, sheet: Sheet, row: Row, value: Any, rows: tuple[Any, ...], *,
    fresh: bool, today: date,
) -> tuple[Any, ...]:  # fmt: skip
    """Return the rows of a key with one line put among them, or as they were beside a problem."""
    old = timelines.standing(rows, value.valid_from)
    begin, end = value.valid_from, value.valid_to
    if old is None:
        later = [one.valid_from for one in rows if one.valid_from > begin]
        if later and (end is None or end > min(later)):
            plan.problems.append(
                sheet.problem(
                    "from",
                    _("「{key}」は {day} からと登録されています。", key=value.key, day=min(later)),
                    row,
                    _("開始日を {day} 以後にする", day=min(later)),
                )
            )
            return rows
        _tell(plan, row, value, "new", _made(plan, value), begin, today)
        return timelines.joined((*rows, value))
    alike = replace(value, valid_from=old.valid_from, valid_to=old.valid_to) == old
    if alike and end == old.valid_to:
        _tell(plan, row, value, "new" if fresh else "same", "", None, today)
        return rows
    if old.valid_to is not None and end != old.valid_to:
        plan.problems.append(
            sheet.problem(
                "to",
                _(
                    "「{key}」は {day} に変わるか終わると登録されています。",
                    key=value.key,
                    day=old.valid_to,
                ),
                row,
                _("終了日に {day} を書くか、画面でその予定を先に取り消す", day=old.valid_to),
            )
        )
        return rows
    if alike:
        _tell(plan, row, value, "ended", _("{day} に終わる", day=wareki_date(end)), end, today)
    else:
        _tell(plan, row, value, "changed", _difference(plan, old, value), begin, today)
    kept = (one for one in rows if one is not old)
    before = (replace(old, valid_to=begin),) if old.valid_from < begin else ()
    return timelines.joined((*kept, *before, replace(value, valid_from=max(begin, old.valid_from))))


def _tell(
    plan: StructurePlan, row: Row, value: Value, what: str, words: str, day: date | None, today: date
) -> None:  # fmt: skip
    name = value.name if isinstance(value, Unit) else value.title
    plan.lines.append(LineChange(row.line, value.key, name, what, words))
    if day is not None and day < today:
        plan.past = min(plan.past or day, day)


def _begins(value: Value) -> str:
    if value.valid_to is None:
        return _("{day} から", day=wareki_date(value.valid_from))
    begin, end = wareki_date(value.valid_from), wareki_date(value.valid_to)
    return _("{day} から {end} の前日まで", day=begin, end=end)


def _labels() -> Mapping[str, str]:
    return {
        "name": _("組織名"), "title": _("職名"), "kind": _("種別"), "parent": _("上位の組織"),
        "unit": _("所属"), "roles": _("役割"),
    }  # fmt: skip


def _made(plan: StructurePlan, value: Value) -> str:
    """Say in words what a line makes, its name apart; of a post also which roles come with it."""
    names = ("kind", "parent") if isinstance(value, Unit) else ("unit", "kind", "roles")
    labels = _labels()
    said = [
        _("{label}「{value}」", label=labels[name], value=_word(plan, value, name))
        for name in names
    ]  # fmt: skip
    return " ".join([_begins(value), *said])


def _difference(plan: StructurePlan, old: Value, new: Value) -> str:
    """Say in words what a line changes from its first day on."""
    said = [
        _("{label}「{old}」→「{new}」", label=label, old=_word(plan, old, name),
          new=_word(plan, new, name))
        for name, label in _labels().items()
        if getattr(old, name, None) != getattr(new, name, None)
    ]  # fmt: skip
    words = [_("{day} から", day=wareki_date(new.valid_from)), *said]
    if new.valid_to is not None and new.valid_to != old.valid_to:
        words.append(_("{day} に終わる", day=wareki_date(new.valid_to)))
    return " ".join(words)


def _word(plan: StructurePlan, row: Value, name: str) -> str:
    """Return one value of a unit or post as people call it."""
    value = getattr(row, name, None)
    if not value:
        return _("なし")
    if isinstance(value, frozenset):
        return _("、").join(sorted(plan.roles.get(one, one) for one in value))
    if name == "kind":
        return unit_kind_label(value) if isinstance(row, Unit) else post_kind_label(value)
    if name in ("parent", "unit"):
        known = plan.before.units.get(value, ())
        return rules.name_of(known, row.valid_from, plan.coming.get(value) or value)
    return str(value)


def _faults(
    plan: StructurePlan, sheet: Sheet, rows_of: Mapping[str, list[tuple[Row, Value]]]
) -> None:
    """Report what the file would make wrong, at the line that does it."""
    columns = {
        FaultKind.OVERLAP: "from", FaultKind.NO_PARENT: "parent", FaultKind.CIRCLE: "parent",
        FaultKind.DEEP: "parent", FaultKind.NO_UNIT: "unit", FaultKind.NO_POST: "to",
    }  # fmt: skip
    for fault in new_faults(plan.before, plan.after):
        lines = rows_of.get(fault.key) or rows_of.get(fault.other) or []
        row = _line_of(fault, lines)
        here = fault.key in rows_of and fault.kind is not FaultKind.NO_POST
        column = columns[fault.kind] if here else "to"
        message = rules.sentence(fault, plan.after)
        if row is None:
            plan.problems.append(Problem("import", message, sheet.name))
        else:
            plan.problems.append(sheet.problem(column, message, row))


def _line_of(fault: Fault, lines: list[tuple[Row, Value]]) -> Row | None:
    """Return the line in force on the fault's day, else the last one before it."""
    before = [row for row, value in lines if value.valid_from <= fault.day]
    return before[-1] if before else (lines[0][0] if lines else None)
