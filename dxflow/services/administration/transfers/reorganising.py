"""Units and posts of a transfer: renamed, merged, split, parted, ended, and who takes over work.

A line that ends a unit names its successor (引継先), which gets the open cases; of a section that is
split it names several, and the first gets what is not given to another. Posts of an ended
unit that no line is about move into the successor; the post that leads it ends, and the post that
leads the successor does its work. A section that goes on and hands a part of its work over is named
by who takes it (`parting`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta

from dxflow.authority import timelines
from dxflow.authority.dividing import Split
from dxflow.authority.organisation import HEAD_KINDS, Post, Span
from dxflow.authority.structure import Structure
from dxflow.authority.succession import Kind, Succession
from dxflow.problems import Problem
from dxflow.services.administration.imports import structuring
from dxflow.services.administration.imports.line_values import Refusal
from dxflow.services.administration.imports.reading import Row, Sheet
from dxflow.services.administration.transfers import parting
from dxflow.services.administration.transfers.orders import require_day
from dxflow.texts import gettext as _

_DAY = timedelta(days=1)
#: What stands between the successors of a section that is split.
_SEVERAL = re.compile(r"[、，,;；/／\s]+")


@dataclass(frozen=True)
class Reorganised:
    """Units and posts afterwards, who succeeds whom, what is wrong with lines, what they say."""

    after: Structure
    successions: tuple[Succession, ...] = ()
    problems: tuple[Problem, ...] = ()
    words: tuple[str, ...] = ()
    splits: tuple[Split, ...] = ()


Named = dict[tuple[Kind, str], tuple[str, Sheet, Row]]


def reorganised(
    sheets: Mapping[str, Sheet], before: Structure, roles: Mapping[str, str], day: date, today: date
) -> Reorganised:
    """Return what the files of units and posts make of the organisation from a day on."""
    after, problems = before, list[Problem]()
    named: Named = {}
    words: list[str] = []
    for what, kind in (("units", Kind.UNIT), ("posts", Kind.POST)):
        sheet = sheets.get(what)
        if sheet is None:
            continue
        rows = []
        for row in sheet.rows:
            try:
                rows.append(_dated(row, kind, before, day))
                if row.text("successor"):
                    named[kind, row.text(kind.value)] = (row.text("successor"), sheet, row)
            except Refusal as refused:
                problems.append(sheet.problem(refused.column, refused.message, row, refused.hint))
        plan, _rows = structuring.merged(replace(sheet, rows=tuple(rows)), after, roles, day, today)
        problems += plan.problems
        after = plan.after
        words += [f"{one.name}: {one.words}" for one in plan.lines if one.what != "same"]
    several, wrong = _successors(Kind.UNIT, named, after, day)
    problems += wrong
    units = {old: keys[0] for old, keys in several.items()}
    after = _posts_follow(before, after, units, day)
    named_posts, wrong = _successors(Kind.POST, named, after, day)
    problems += wrong
    posts = _heads(before, after, units, day)
    posts |= {old: keys[0] for old, keys in named_posts.items()}
    successions = tuple(
        Succession(kind=kind, old=old, new=new, valid_from=day)
        for kind, found in ((Kind.UNIT, units), (Kind.POST, posts))
        for old, new in found.items()
    )
    splits = tuple(Split(old, keys) for old, keys in several.items() if len(keys) > 1)
    if sheet := sheets.get("units"):
        gone_on, wrong = parting.parted(
            sheet, before, after, lambda text: _keys(Kind.UNIT, text, after, day), day
        )
        splits += gone_on
        problems += wrong
        words += parting.words(gone_on, after, day)
    return Reorganised(after, successions, tuple(problems), tuple(words), splits)


def _dated(row: Row, kind: Kind, before: Structure, day: date) -> Row:
    """Return a line as it is merged: one that ends something keeps all else as it was."""
    require_day(row, "from", day)
    require_day(row, "to", day)
    key = row.text(kind.value)
    if not row.text("to"):
        if row.text("successor"):
            hint = _("終了日に {day} を書くか、引継先を空にする", day=day)
            if kind is Kind.UNIT:
                hint = _(
                    "{hint}。続く課の仕事の一部を渡すなら、受ける課の行の引継元にこの課を書く", hint=hint
                )  # fmt: skip
            raise Refusal("successor", _("引継先は、終わる組織か職の行に書きます。"), hint)
        return row
    now = timelines.standing(_rows_of(kind, before).get(key, ()), day - _DAY)
    if now is None:
        raise Refusal(
            kind.value,
            _("「{v}」は {day} の前日にはありません。", v=key, day=day),
            _("コードを確かめる"),
        )
    column = "name" if kind is Kind.UNIT else "title"
    name = getattr(now, column)
    if row.text(column) and row.text(column) != name:
        raise Refusal(
            column,
            _("「{v}」の名前は「{right}」です。", v=key, right=name),
            _("別のコードの行でないか確かめる"),
        )
    values = {kind.value: key, column: name, "from": (day - _DAY).isoformat(), "to": row.text("to")}
    return replace(row, values=values)


def _successors(
    kind: Kind, named: Named, after: Structure, day: date
) -> tuple[dict[str, tuple[str, ...]], list[Problem]]:
    """Return the successors of each ended key, the first before the others."""
    found: dict[str, tuple[str, ...]] = {}
    problems = []
    for (of, old), (text, sheet, row) in named.items():
        if of is not kind:
            continue
        keys = _keys(kind, text, after, day)
        for one, key in keys.items():
            if key is None or key == old:
                problems.append(
                    sheet.problem(
                        "successor",
                        _("引継先「{v}」は {day} にはないか、一つに決まりません。", v=one, day=day),
                        row,
                        _("その日にある組織か職のコードを書く"),
                    )
                )
        found[old] = tuple(dict.fromkeys(key for key in keys.values() if key and key != old))
    return {old: keys for old, keys in found.items() if keys}, problems


def _keys(kind: Kind, text: str, after: Structure, day: date) -> dict[str, str | None]:
    """Return the keys that a cell names: several units, or one post."""
    texts = _SEVERAL.split(text) if kind is Kind.UNIT else [text]
    return {one: _key(kind, one, after, day) for one in texts if one}


def _key(kind: Kind, text: str, after: Structure, day: date) -> str | None:
    """Return the key of the unit or post of a day that a text names by code or name."""
    rows = _rows_of(kind, after)
    if text in rows:
        return text if timelines.standing(rows[text], day) else None
    column = "name" if kind is Kind.UNIT else "title"
    named = [
        key
        for key, of in rows.items()
        if getattr(timelines.standing(of, day), column, None) == text
    ]
    return named[0] if len(named) == 1 else None


def _rows_of(kind: Kind, structure: Structure) -> Mapping[str, tuple[Span, ...]]:
    return structure.units if kind is Kind.UNIT else structure.posts


def _posts_follow(
    before: Structure, after: Structure, units: Mapping[str, str], day: date
) -> Structure:
    """Move the posts of ended units into their successors, and end those that led them."""
    posts: dict[str, tuple[Post, ...]] = dict(after.posts)
    ended = {key for key in before.units if _ends(after, key, day) and not _ends(before, key, day)}
    for key, rows in after.posts.items():
        now = timelines.standing(rows, day)
        if now is None or now.unit not in ended or rows != before.posts.get(key):
            continue
        heir = units.get(now.unit)
        if heir is None or now.kind in HEAD_KINDS:
            posts[key] = timelines.ended(rows, day)
        else:
            posts[key] = timelines.changed(rows, day, unit=heir)
    return replace(after, posts=posts)


def _heads(
    before: Structure, after: Structure, units: Mapping[str, str], day: date
) -> dict[str, str]:
    """Return the post that leads the successor for each ended post that led a unit."""
    leading: dict[str, list[str]] = {}
    for rows in after.posts.values():
        post = timelines.standing(rows, day)
        if post is not None and post.unit and post.kind in HEAD_KINDS:
            leading.setdefault(post.unit, []).append(post.key)
    found = {}
    for key, rows in before.posts.items():
        old = timelines.standing(rows, day)
        if old is None or old.kind not in HEAD_KINDS or timelines.standing(after.posts[key], day):
            continue
        heads = leading.get(units.get(old.unit or "", ""), [])
        if len(heads) == 1:
            found[key] = heads[0]
    return found


def _ends(structure: Structure, unit: str, day: date) -> bool:
    return timelines.standing(structure.units.get(unit, ()), day) is None
