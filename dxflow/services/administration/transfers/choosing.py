"""How holes are filled: proposals accepted, others chosen, or a hole left knowingly."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from dxflow import audit
from dxflow.authority.affairs import Able
from dxflow.authority.filling import LEAVE, fits
from dxflow.authority.rehearsal import Matter
from dxflow.errors import Conflict, Invalid, NotFound
from dxflow.services.administration.transfers import plans
from dxflow.services.administration.transfers.rehearsing import (
    HoleState,
    Rehearsed,
    may_take,
    rehearsed,
)
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

LONGEST_REASON = 500
_PERSON, _UNIT = "user", "unit"

#: How holes are filled: (target, reason) by the hole's id; target "" takes a choice back.
Choices = Mapping[str, tuple[str, str]]


def fill(
    site: Site, by: Actor, plan: str, choices: Choices, version: int | None = None
) -> int:  # fmt: skip
    """Say how holes are filled and return how many choices changed.

    A target is one that was proposed, a username (`user:` may be left out), or a group, unit or
    post by its key. Raises NotFound for a hole that is not there, Invalid for a target that does
    not fit or a hole left without a reason, Conflict.
    """
    plans.require_administrator(by)
    with site.database.write() as tx:
        found = _rehearsed(site, tx, plan, plans.changing(tx, plan, version))
        return _written(site, tx, by, plan, found, choices)


def accept_all(site: Site, by: Actor, plan: str, version: int | None = None) -> int:
    """Accept the first proposal for every open hole that has one; return for how many."""
    plans.require_administrator(by)
    with site.database.write() as tx:
        found = _rehearsed(site, tx, plan, plans.changing(tx, plan, version))
        choices = {
            one.hole.id: (one.proposals[0], "")
            for one in found.open
            if one.proposals and not one.target
        }
        return _written(site, tx, by, plan, found, choices)


def _rehearsed(site: Site, tx: Connection, plan: str, row: Any) -> Rehearsed:
    return rehearsed(
        site, tx, plans.sheets_of(tx, plan), plans.fills_of(tx, plan), row.effective
    )  # fmt: skip


def _written(
    site: Site, tx: Connection, by: Actor, plan: str, found: Rehearsed, choices: Choices
) -> int:
    if found.prospect.problems:
        raise Conflict(_("ファイルに直すところがあります。先に直してください。"))
    holes = {one.hole.id: one for one in found.holes}
    rows, told = [], []
    wrong: dict[str, list[str]] = {}
    for hole, (text, reason) in choices.items():
        state = holes.get(hole)
        if state is None:
            raise NotFound(_("その穴はありません。画面を開き直してください。"))
        try:
            target = _target(found, state, text.strip())
            said = _reason(target, reason)
        except Invalid as refused:
            wrong[hole] = [refused.message]
            continue
        if (state.target, state.reason) == (target, said):
            continue
        rows.append((hole, target, said))
        old = f"{hole} {state.target}" if state.target else None
        new = f"{hole} {target} {said}".strip() if target else None
        told.append(audit.Change("fill", mark("穴の埋め方"), old, new))
    if wrong:
        raise Invalid(" ".join(dict.fromkeys(one for of in wrong.values() for one in of)), wrong)
    if rows:
        plans.put_fills(site, tx, by, plan, rows)
        plans.record(site, tx, by, "transfer.changed", plan, *told)
    return len(rows)


def _target(found: Rehearsed, state: HoleState, text: str) -> str:
    """Return the target that a text means. Raises Invalid."""
    if text in ("", LEAVE) or text in state.proposals:
        return text
    matter = state.hole.matter
    kind, colon, key = text.partition(":")
    if not colon:
        kind, key = (_UNIT if matter is Matter.UNIT else _PERSON), text
    if kind == _PERSON:
        key = _person(found, key)
        same = state.state == "filled" and state.target == f"{kind}:{key}"
        if matter is Matter.POST and not same and not may_take(found.prospect, key, state.hole.key):
            raise Invalid(
                _(
                    "{name} さんは、この異動で退職などになるか、この職がこの日から後に登録されているので、"
                    "選べません。別の人を選んでください。",
                    name=found.underway.people[key][1],
                )
            )
    target = f"{kind}:{key}"
    if not fits(matter, target) or found.will is None:
        raise Invalid(_("「{target}」ではこの穴を埋められません。", target=text))
    able = Able(found.will, found.affairs.closed)
    there = (
        key in found.will.units if kind == _UNIT
        else matter is Matter.POST or bool(able.members(target))
    )  # fmt: skip
    if not there:
        raise Invalid(_("「{target}」に当たる人か組織が、その日にはありません。", target=text))
    return target


def _person(found: Rehearsed, name: str) -> str:
    """Return the id of a person named by username or id. Raises Invalid."""
    wanted = name.strip().casefold()
    for key, (username, _shown) in found.underway.people.items():
        if (
            username.casefold() == wanted or key == name
        ) and key not in found.underway.affairs.closed - found.prospect.opening:
            return key
    raise Invalid(_("利用者「{name}」はいないか、利用を止められています。", name=name))


def _reason(target: str, reason: str) -> str:
    """Return the reason for leaving a hole, "" for other targets. Raises Invalid."""
    said = reason.strip()
    if target != LEAVE:
        return ""
    if not said:
        raise Invalid(_("埋めずに進める理由を書いてください。記録に残ります。"))
    if len(said) > LONGEST_REASON:
        raise Invalid(_("理由は {n} 文字以内にしてください。", n=LONGEST_REASON))
    return said
