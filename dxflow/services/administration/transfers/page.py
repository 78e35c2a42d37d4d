"""What the page of one plan shows: its files, the rehearsal, the holes, and what may be done."""

from collections import Counter
from collections.abc import Mapping, Sized
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, select

from dxflow.authority.moves import MoveKind
from dxflow.clock import at_local
from dxflow.db.transfer import TransferFile
from dxflow.problems import Problem, Refused
from dxflow.services.administration.transfers import carried_out, columns, dividing, plans, undoing
from dxflow.services.administration.transfers.dividing import SplitSection
from dxflow.services.administration.transfers.obstacles import record_of
from dxflow.services.administration.transfers.rehearsing import Rehearsed, rehearsed
from dxflow.services.administration.transfers.wording import (
    HoleLine,
    Line,
    Wording,
    matter_words,
    state_words,
)
from dxflow.services.people import organisation
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _

#: So many lines of a kind are shown; all of them are in the file that can be taken away.
MOST = 100
#: In these states a plan shows what it did, not what it would do.
CARRIED_OUT = frozenset({"applied", "undone"})


@dataclass(frozen=True)
class FileLine:
    """A file of the plan."""

    what: str
    words: str
    name: str
    at: datetime


@dataclass(frozen=True)
class PlanPage:
    """One plan. `changes` are by matter; `counts` what its lines order; `acts` what may be done.

    `done` counts what an applied plan changed, in words; its `changes` are those that were made, also when it
    was taken back.
    `told` are sentences about who scheduled, applied or took it back; `obstacles` prevent taking
    it back.
    """

    id: str
    name: str
    effective: date
    status: str
    version: int
    held_up: str
    moment: datetime
    files: tuple[FileLine, ...]
    acts: frozenset[str]
    told: tuple[tuple[str, str, datetime], ...] = ()
    problems: tuple[Problem, ...] = ()
    counts: Mapping[str, int] | None = None
    words: tuple[str, ...] = ()
    changes: Mapping[str, list[Line]] | None = None
    holes: tuple[HoleLine, ...] = ()
    left: int = 0
    obstacles: tuple[str, ...] = ()
    done: Mapping[str, str] | None = None
    splits: tuple[SplitSection, ...] = ()
    left_out: tuple[str, ...] = ()
    awaited: tuple[str, ...] = ()


def page(site: Site, by: Actor, plan: str) -> PlanPage:
    """Return one plan as it is now. Raises NotAllowed, NotFound."""
    plans.require_administrator(by)
    obstacles = tuple(undoing.obstacles(site, by, plan))
    with site.database.read() as tx:
        row = plans.row_of(tx, plan)
        shown = PlanPage(
            row.id, row.name, row.effective, row.status, row.version, row.held_up,
            at_local(row.effective), _files(tx, plan), _acts(site, row), _told(tx, row),
            obstacles=obstacles,
        )  # fmt: skip
        if row.status in CARRIED_OUT:
            return _with(shown, done=_done(row), changes=carried_out.lines(site, tx, row))
        if row.status == "discarded":
            return shown
        try:
            found = rehearsed(
                site, tx, plans.sheets_of(tx, plan), plans.fills_of(tx, plan), row.effective
            )
        except Refused as refused:
            return _with(shown, problems=refused.problems)
        except columns.Unmapped as refused:
            return _with(shown, problems=(Problem("column", refused.message),))
        return _with(
            _rehearsal(shown, found),
            splits=dividing.sections(site, tx, found), left_out=dividing.left_out(tx, found),
            awaited=dividing.awaited(found),
        )  # fmt: skip


def table(site: Site, by: Actor, plan: str) -> list[list[str]]:
    """Return every change and hole of a plan, or what it changed, as rows of a file, with a heading.

    Raises NotAllowed, NotFound, Refused when its files cannot be rehearsed.
    """
    plans.require_administrator(by)
    with site.database.read() as tx:
        row = plans.row_of(tx, plan)
        if row.status in CARRIED_OUT:
            return _rows_of(carried_out.lines(site, tx, row))
        found = rehearsed(
            site, tx, plans.sheets_of(tx, plan), plans.fills_of(tx, plan), row.effective
        )
    if found.prospect.problems:
        raise Refused(list(found.prospect.problems))
    wording, states = Wording(found), state_words()
    rows = [[_("種別"), _("対象"), _("いまの人"), _("異動後"), _("補足")]]
    rows += [
        [_("穴"), one.what, "", one.target_words, f"{states[one.state]} {one.reason}".strip()]
        for one in wording.holes()
    ]
    return rows + _cells(wording.lines())


def _rows_of(made: Mapping[str, list[Line]]) -> list[list[str]]:
    heading = [_("種別"), _("対象"), _("異動前"), _("異動後"), _("補足")]
    return [heading, *_cells(made, done=True)]


def _cells(changes: Mapping[str, list[Line]], *, done: bool = False) -> list[list[str]]:
    matters = matter_words(done=done)
    return [
        [matters[matter], one.what, one.before, one.after, one.note]
        for matter, lines in changes.items()
        for one in lines
    ]


def _rehearsal(shown: PlanPage, found: Rehearsed) -> PlanPage:
    counts = Counter(move.kind.value for move in found.prospect.moves if move.line > 0)
    known: dict[str, Any] = {
        "problems": found.prospect.problems,
        "counts": {kind.value: counts[kind.value] for kind in MoveKind}
        | {
            "closing": len(found.prospect.closing),
            "opening": len(found.prospect.opening),
            "filled": sum(move.line < 0 for move in found.prospect.moves),
        },
        "words": found.prospect.words,
    }
    if found.will is None:
        return _with(shown, **known)
    wording = Wording(found)
    return _with(
        shown, **known, changes=wording.lines(), holes=tuple(wording.holes()), left=len(found.open)
    )


def _with(shown: PlanPage, **values: Any) -> PlanPage:
    return PlanPage(**(vars(shown) | values))


def _files(tx: Connection, plan: str) -> tuple[FileLine, ...]:
    words = columns.names()
    rows = tx.execute(
        select(TransferFile.what, TransferFile.name, TransferFile.at)
        .where(TransferFile.plan_id == plan)
        .order_by(TransferFile.what.desc())
    )
    return tuple(FileLine(row.what, words[row.what], row.name, row.at) for row in rows)


def _acts(site: Site, row: Any) -> frozenset[str]:
    """Return what may be done to a plan in its state; whether it succeeds is seen then."""
    due = row.effective <= site.today()
    found = {
        "draft": {"change", "discard", "apply" if due else "schedule"},
        "blocked": {"change", "discard", "apply" if due else "schedule"},
        "scheduled": {"unschedule"} | ({"apply"} if due else set()),
        "applied": {"undo"},
    }
    return frozenset(found.get(row.status, ()))


def _told(tx: Connection, row: Any) -> tuple[tuple[str, str, datetime], ...]:
    told = [
        (_("作った人"), row.made_by, row.made_at),
        (_("予約した人"), row.scheduled_by, row.scheduled_at),
        (_("適用した人"), row.applied_by, row.applied_at),
        (_("取り消した人") if row.status == "undone" else _("破棄した人"), row.ended_by,
         row.ended_at),
    ]  # fmt: skip
    names = organisation.names_of(tx, [person for _words, person, _at in told])
    return tuple(
        (words, names.get(person, _("システム")), at) for words, person, at in told if person and at
    )


def _done(row: Any) -> dict[str, str]:
    """Return how much an applied plan changed, each with its unit."""
    kept = record_of(row)
    people: dict[str, Sized] = {_("異動した人"): kept.holdings, _("無効にした利用者"): kept.closed}
    if kept.opened:
        people[_("有効に戻した利用者")] = kept.opened
    matters = {
        _("変わった組織"): kept.units, _("変わった職"): kept.posts,
        _("戻した・渡した作業"): kept.tasks, _("引き継いだ義務"): kept.duties,
        _("終えた代理"): kept.deputies,
    }  # fmt: skip
    return {words: _("{n} 人", n=len(of)) for words, of in people.items()} | {
        words: _("{n} 件", n=len(of)) for words, of in matters.items()
    }
