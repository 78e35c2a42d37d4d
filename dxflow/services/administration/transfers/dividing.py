"""The open cases of sections that are split or go on without a part: where each goes, who says so.

A choice is kept with the plan like those for holes. A case that ends before the hour, or that has
gone to another section by then, is left out; one that is begun meanwhile follows the first
successor, which is the section itself where it goes on.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from dxflow import audit
from dxflow.authority.affairs import Able
from dxflow.authority.dividing import Split, beside_applicants
from dxflow.authority.rehearsal import Matter
from dxflow.authority.segregation import Action
from dxflow.db.case import Case
from dxflow.errors import Conflict, Invalid
from dxflow.services.administration.transfers import plans
from dxflow.services.administration.transfers.rehearsing import Rehearsed, rehearsed
from dxflow.services.administration.transfers.wording import Wording
from dxflow.services.packs import store as packs
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark, to_be_stored

#: What may be given instead of a section: where the applicant will work.
APPLICANT = "applicant"


@dataclass(frozen=True)
class SplitCase:
    """An open case of a section that is split or parted. `unit` is where it goes, or stays.

    `holders` has the open work, `kpi` those who enter its figures afterwards, "" without any;
    `chosen`: somebody gave it, else it follows the first successor. `beside` is where its applicant
    will work, "" in none or several of them.
    """

    id: str
    number: str
    title: str
    state: str
    applicant: str
    holders: str
    kpi: str
    unit: str
    chosen: bool
    beside: str = ""


@dataclass(frozen=True)
class SplitSection:
    """A section that is split, its successors (key, name), the first before others, and its cases.

    `kpi` are those who enter the figures of its cases now; `goes_on`: it is the first itself.
    """

    unit: str
    name: str
    successors: tuple[tuple[str, str], ...]
    cases: tuple[SplitCase, ...]
    kpi: str
    goes_on: bool = False


def sections(site: Site, tx: Connection, found: Rehearsed) -> tuple[SplitSection, ...]:
    """Return the sections a rehearsed plan splits, with every open case: a query for all."""
    splits = found.prospect.splits
    if not splits or found.was is None or found.will is None:
        return ()
    rows: dict[str, list[Any]] = {}
    for row in _rows(tx, splits):
        rows.setdefault(row.lead_unit, []).append(row)
    words = Wording(found)
    able = Able(found.was, found.underway.affairs.closed)
    will_be_able = Able(found.will, found.affairs.closed)
    holders: dict[str, set[str]] = {}
    for task in found.underway.affairs.tasks:
        holders.setdefault(task.case, set()).update(able.doing(task))
    tracked = {case for cases in found.underway.affairs.tracked.values() for case in cases}
    states = {digest: packs.load(site, tx, digest) for digest in _digests(rows)}
    beside: dict[str, str] = {}
    for split in splits:
        applicants = {row.id: row.applicant_id for row in rows.get(split.unit, ())}
        beside |= beside_applicants(split, applicants, found.will)
    kpi_of = {
        unit: words.people(will_be_able.members(f"section:{unit}"))
        for split in splits
        for unit in split.successors
    }

    def case_of(split: Split, row: Any) -> SplitCase:
        unit = found.affairs.given.get(row.id, split.successors[0])
        return SplitCase(
            row.id, row.number, row.title, states[row.pack_digest].stage_name(row.stage),
            words.group(f"user:{row.applicant_id}"), words.people(holders.get(row.id, ())),
            kpi_of[unit] if row.id in tracked else "", unit, row.id in found.given.chosen,
            beside.get(row.id, ""),
        )  # fmt: skip

    return tuple(
        SplitSection(
            split.unit,
            words.unit(split.unit),
            tuple((key, words.unit(key)) for key in split.successors),
            tuple(case_of(split, row) for row in rows.get(split.unit, ())),
            words.people(able.members(f"section:{split.unit}")),
            split.goes_on,
        )
        for split in splits
    )


def left_out(tx: Connection, found: Rehearsed) -> tuple[str, ...]:
    """Return in sentences which choices for cases do nothing any more."""
    given = found.given
    if found.will is None or not (given.ended or given.astray):
        return ()
    words = Wording(found)
    gone = select(Case.id, Case.number).where(Case.id.in_([*given.ended, *given.astray]))
    numbers = {row.id: row.number for row in tx.execute(gone)}
    there = found.underway.affairs.cases
    staying = {
        case for one in found.prospect.splits if one.goes_on for case in there.get(one.unit, ())
    }
    return (
        *(
            _("案件 {number} は終わったか、ほかの課に移っています。選んだ引継先は使いません。",
              number=numbers.get(case, case))
            for case in found.given.ended
        ),
        *(
            _("案件 {number} に選んだ「{unit}」は引継先ではなくなりました。いまの課に残ります。",
              number=numbers.get(case, case), unit=words.unit(unit))
            if case in staying
            else _("案件 {number} に選んだ「{unit}」は引継先ではなくなりました。初めの引継先に移ります。",
                   number=numbers.get(case, case), unit=words.unit(unit))
            for case, unit in found.given.astray.items()
        ),
    )  # fmt: skip


def awaited(found: Rehearsed) -> tuple[str, ...]:
    """Return in sentences which given cases wait for a decision by the head of the old section.

    Where it goes on that post keeps the task, but cannot decide what is another section's.
    """
    if found.will is None:
        return ()
    words, heads = Wording(found), dict[str, str]()
    for post in found.will.posts.values():
        if post.unit and post.kind in found.will.head_kinds:
            heads[f"post:{post.key}"] = post.unit
    said = []
    for task in found.underway.affairs.tasks:
        old, new = found.given.cases.get(task.case, ("", ""))
        waits = sorted(group for group in task.groups if old and heads.get(group) == old)
        if task.action is Action.DECIDE and waits:
            said.append(
                _(
                    "案件 {number} は「{post}」の決裁を待っています。その職が「決裁区分を引き直す」を選ぶと、"
                    "「{unit}」の決裁に回ります。",
                    number=found.underway.numbers[task.case], post=words.group(waits[0]),
                    unit=words.unit(new),
                )
            )  # fmt: skip
    return tuple(said)


def give(
    site: Site, by: Actor, plan: str, choices: Mapping[str, str], version: int | None = None
) -> int:
    """Give open cases of sections that are split to successors; return how many choices changed.

    `choices` are sections by case (id or number); "" lets a case follow the first successor again,
    or stay where the section goes on. Raises Invalid for a section that is no successor and a case
    that is not open in such a section, Conflict.
    """
    plans.require_administrator(by)
    with site.database.write() as tx:
        found = rehearsed_plan(site, tx, plan, plans.changing(tx, plan, version))
        return write(site, tx, by, plan, found, choices)


def give_all(
    site: Site, by: Actor, plan: str, unit: str, to: str, version: int | None = None
) -> int:
    """Give every open case of such a section to one successor; return how many changed.

    `to` APPLICANT gives each to the successor in which its applicant will work; cases of others
    stay as they are. Raises Invalid, Conflict.
    """
    plans.require_administrator(by)
    with site.database.write() as tx:
        found = rehearsed_plan(site, tx, plan, plans.changing(tx, plan, version))
        split = next((one for one in found.prospect.splits if one.unit == unit), None)
        if split is None or found.will is None:
            message = _("「{unit}」は、この計画で案件を分ける課ではありません。", unit=unit)
            raise Invalid(message, {"unit": [message]})
        rows = _rows(tx, (split,))
        if to == APPLICANT:
            choices = beside_applicants(
                split, {row.id: row.applicant_id for row in rows}, found.will
            )
        else:
            choices = {row.id: to for row in rows}
        return write(site, tx, by, plan, found, choices)


def _rows(tx: Connection, splits: tuple[Split, ...]) -> list[Any]:
    return list(
        tx.execute(
            select(
                Case.id, Case.number, visibility.told_title(), Case.stage, Case.pack_digest,
                Case.applicant_id, Case.lead_unit,
            )
            .where(Case.status == "running", Case.lead_unit.in_([one.unit for one in splits]))
            .order_by(Case.number)
        )
    )  # fmt: skip


def _digests(rows: Mapping[str, list[Any]]) -> set[str]:
    return {row.pack_digest for of in rows.values() for row in of}


def rehearsed_plan(site: Site, tx: Connection, plan: str, row: Any) -> Rehearsed:
    """Return a plan rehearsed as it is now. Raises Conflict when its files have to be mended."""
    found = rehearsed(
        site, tx, plans.sheets_of(tx, plan), plans.fills_of(tx, plan), row.effective
    )  # fmt: skip
    if found.prospect.problems:
        raise Conflict(_("ファイルに直すところがあります。先に直してください。"))
    return found


def write(
    site: Site, tx: Connection, by: Actor, plan: str, found: Rehearsed, choices: Mapping[str, str]
) -> int:
    """Write choices for cases in the caller's transaction, as `give` takes them."""
    cases = found.underway.affairs.cases
    splits = {case: one for one in found.prospect.splits for case in cases.get(one.unit, ())}
    by_number = {found.underway.numbers[case]: case for case in splits}
    words = Wording(found)
    rows, told = [], []
    wrong: dict[str, list[str]] = {}
    for named, to in choices.items():
        case = by_number.get(named, named)
        split = splits.get(case)
        if split is None:
            number = found.underway.numbers.get(case, named)
            wrong[named] = [
                _("案件 {number} は、分ける課の開いている案件ではありません。終わったか、ほかの課に移っています。",
                  number=number)
            ]  # fmt: skip
        elif to and to not in split.successors:
            names = _("、").join(words.unit(one) for one in split.successors)
            wrong[named] = [
                _("「{unit}」は「{old}」の引継先ではありません。{names} から選んでください。",
                  unit=words.unit(to), old=words.unit(split.unit), names=names)
            ]  # fmt: skip
        elif (old := found.given.chosen.get(case, "")) != to:
            rows.append((f"{Matter.CASE}:{case}", f"unit:{to}" if to else "", ""))
            told.append((found.underway.numbers[case], old, to))
    if wrong:
        raise Invalid(" ".join(dict.fromkeys(one for of in wrong.values() for one in of)), wrong)
    if rows:
        plans.put_fills(site, tx, by, plan, rows)
        with to_be_stored():
            words = Wording(found)
            changes = [
                audit.Change(
                    "given", mark("案件の引継先"),
                    f"{number} {words.unit(old)}" if old else None,
                    f"{number} {words.unit(to)}" if to else None,
                )
                for number, old, to in told
            ]  # fmt: skip
        plans.record(site, tx, by, "transfer.changed", plan, *changes)
    return len(rows)
