"""The authority table (決裁区分) of a date, and what one of its rows settles.

A pack may hold several tables, each with the day from which it holds. For a decision the table
counts that is in force on the decision's date. Matters that the pack says go up are decided by its
head whatever the table names; a subordinate's own right (専決) does not reach them.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from dxflow.authority.decision import AuthorityRow, row_names
from dxflow.authority.directory import Directory
from dxflow.authority.verdicts import Verdict
from dxflow.calendars.wareki import wareki_date
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class DatedTable:
    """A table of authority rows and the first day on which it holds, until the next one does."""

    decision: str
    valid_from: date


@dataclass(frozen=True)
class Ruling:
    """What the table says of a matter.

    `own_right`: the post decides by 専決; `review` are the kinds of posts that see it before,
    `agree` the groups whose consent is asked (合議), `told` those who hear of the result.
    `goes_up`: the matter was taken from the table's row to the head.
    """

    row: AuthorityRow
    table: str
    own_right: bool = False
    review: tuple[str, ...] = ()
    agree: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    goes_up: bool = False


def in_force(tables: Iterable[DatedTable], day: date) -> DatedTable | None:
    """Return the table that holds on a day: the last that has begun; None before the first."""
    begun = [one for one in tables if one.valid_from <= day]
    return max(begun, key=lambda one: one.valid_from, default=None)


def replaced_on(tables: Iterable[DatedTable], one: DatedTable) -> date | None:
    """Return the first day on which a table does not hold any more, None while it is the last."""
    return min(
        (other.valid_from for other in tables if other.valid_from > one.valid_from), default=None
    )


def ruling_of(value: Any, table: DatedTable, until: date | None) -> Ruling:
    """Return what the row that fired says. Raises ValueError with a sentence when it says nothing.

    `value` is the result of the table: None when no row fits.
    """
    if not isinstance(value, Mapping):
        raise ValueError(_("決裁区分の表に、この案件に当てはまる行がありません。"))
    name, kind = value.get("row"), value.get("post_kind")
    if not isinstance(name, str) or not name or not isinstance(kind, str) or not kind:
        raise ValueError(_("決裁区分の行に、区分の名前か決裁する職がありません。"))
    row = AuthorityRow(name, name, kind, valid_from=table.valid_from, valid_to=until)
    return Ruling(
        row,
        table.decision,
        own_right=value.get("own_right") is True,
        review=_words(value.get("review")),
        agree=_words(value.get("agree")),
        told=_words(value.get("consult")),
    )


def raised(ruling: Ruling, head: str, *, goes_up: bool) -> Ruling:
    """Return the ruling with the head deciding where the matter goes up; else as it is."""
    if not goes_up:
        return ruling
    return replace(ruling, row=replace(ruling.row, post_kind=head), own_right=False, goes_up=True)


def may_rule(
    ruling: Ruling | None, post: str, unit: str, directory: Directory, barred: Collection[str] = ()
) -> Verdict:
    """Return whether a post decides a matter on the directory's date, by which row.

    None: no table holds on that date; then nobody decides.
    """
    if ruling is None:
        return Verdict(
            False, _("{day}に有効な決裁区分の表がありません。", day=wareki_date(directory.date))
        )
    verdict = row_names(ruling.row, post, unit, directory, barred)
    return verdict if not verdict else Verdict(True, words_of(ruling) + verdict.reason)


def words_of(ruling: Ruling) -> str:
    """Return how the row came to name this post, empty when there is nothing to say of it."""
    if ruling.goes_up:
        return _("重要、異例、先例、争いのおそれのいずれかにより上位の職に上げた。")
    return _("専決。") if ruling.own_right else ""


def higher_than(post_kind: str, ruling: Ruling, head: str) -> bool:
    """Return whether passing a matter up from this kind of post leads anywhere."""
    return post_kind != head and not ruling.goes_up


def _words(value: Any) -> tuple[str, ...]:
    found = value if isinstance(value, list | tuple) else [value]
    return tuple(one for one in found if isinstance(one, str) and one)
