"""一括審議: matters of an agenda put together, taken out again (分離), their vote opened at once.

A bloc is a number that matters of one meeting share. It changes under the lock of each matter's
case, so that whoever votes on a matter sees whether it still belongs to its bloc; cases are locked
in the order of their ids, and the meeting after them. None of this lets a process go on: it is one
transaction with a handful of statements and two for each case, the event on its chain and the head.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select, update

from dxflow import audit
from dxflow.committee import blocs as rules
from dxflow.committee import sitting as session_rules
from dxflow.committee.blocs import Joining
from dxflow.committee.sitting import UNDECIDED, Matter, Sitting, State
from dxflow.db.base import table
from dxflow.db.case import Case, Deliberation
from dxflow.db.meeting import MeetingMatter
from dxflow.db.process import ProcessInstance, WorkItem
from dxflow.errors import Conflict, DxflowError, NotAllowed, NotFound
from dxflow.services import plain
from dxflow.services.acts import sitting
from dxflow.services.acts.act import Act, lock_all, require_running
from dxflow.services.commands import committee
from dxflow.services.meetings import agenda, stored
from dxflow.services.meetings.planning import LONGEST_REASON
from dxflow.services.packs import store as packs
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark, to_be_stored

_OPEN = [one.value for one in UNDECIDED]


@dataclass(frozen=True)
class Left:
    """A matter on which nothing was done, and why; `item` is its number on the agenda."""

    matter: str
    case_id: str
    number: str
    item: int
    why: str


@dataclass(frozen=True)
class Done:
    """A matter on which it was done."""

    matter: str
    case_id: str
    number: str
    item: int


@dataclass(frozen=True)
class Outcome:
    """What came of an act on a bloc, matter by matter in the order of the agenda."""

    done: tuple[Done, ...]
    left: tuple[Left, ...] = ()

    def required(self) -> "Outcome":
        """Return it when anything was done. Raises Conflict with every reason otherwise."""
        if self.done:
            return self
        reasons = dict.fromkeys(one.why for one in self.left)
        raise Conflict("\n".join(reasons) or _("この一括審議には、いま行えることがありません。"))


def put_together(
    site: Site, by: Actor, meeting_id: str, matters: Collection[str], version: int | None = None
) -> int:
    """Have matters of an agenda taken up and decided at once; return the number of their bloc.

    Asked again for the very matters of a bloc, it is that one. Raises NotAllowed, NotFound,
    Invalid, Conflict.
    """
    wanted = set(matters)
    with site.database.write() as tx:
        acts = _lock_cases(site, tx, by, _rows(tx, meeting_id, MeetingMatter.id.in_(wanted)))
        row = stored.locked(site, tx, by, meeting_id)
        _require_keeper(site, tx, by, row)
        chosen = _rows(tx, meeting_id, MeetingMatter.id.in_(wanted))
        if len(chosen) != len(wanted):
            raise NotFound(_("議題が見つかりません。"))
        before = _same(tx, chosen)
        if before:
            return before
        stored.require_current(row, version)
        asked = _questions(site, tx, [one.case_id for one in chosen])
        rules.join(
            State(row.status),
            [
                Joining(one.number, Matter(one.status), one.bloc or 0, asked.get(one.case_id, ""))
                for one in chosen
            ],
        )
        last = select(func.max(MeetingMatter.bloc)).where(MeetingMatter.meeting_id == meeting_id)
        bloc = int(tx.execute(last).scalar_one() or 0) + 1
        tx.execute(update(MeetingMatter).where(MeetingMatter.id.in_(wanted)).values(bloc=bloc))
        for one in chosen:
            act = acts[one.case_id]
            require_running(act)
            _note(act, "committee.joined", meeting_id, *committee.together(bloc))
        stored.record(
            site, tx, by, "meeting.joined", meeting_id,
            audit.Change("bloc", mark("一括審議"), None, bloc),
            audit.Change("agenda", mark("議題"), None, [one.number for one in chosen]),
        )  # fmt: skip
    return bloc


def take_out(site: Site, by: Actor, matter_id: str, reason: str = "") -> str:
    """Take a matter out of its bloc, as whoever keeps the meeting or as a member who asks for it.

    It stands alone from then on; votes that were cast on it stay. Returns the meeting's id. Raises
    NotAllowed, NotFound, Conflict. Nothing happens to one that stands alone already.
    """
    with site.database.write() as tx:
        act, _meeting = agenda.locked_matter(site, tx, by, matter_id)
        frame = sitting.of_matter(tx, matter_id)
        if frame is None:
            raise Conflict(_("この議題はもう結論が出ているか、外されています。"))
        stored.require_present(site, tx, by)
        round_ = committee.open_round(act)
        if not _may_part(site, tx, by, frame.meeting, round_):
            raise NotAllowed(_("分離を求められるのは、この議題に加わる委員と事務局だけです。"))
        if frame.matter.bloc is not None:
            rules.part(State(frame.meeting.status), frame.snapshot(round_).matter)
            frame.set_matter(bloc=None)
            why = reason.strip()[:LONGEST_REASON]
            _note(
                act, "committee.separated", frame.meeting.id,
                audit.Change("bloc", mark("一括審議"), frame.matter.bloc, None),
                audit.Change("reason", mark("理由"), None, why or None),
            )  # fmt: skip
        return str(frame.meeting.id)


def dissolve(site: Site, by: Actor, meeting_id: str, bloc: int) -> None:
    """Have every matter of a bloc stand alone whose vote is not closed.

    Raises NotAllowed, NotFound, Conflict.
    """
    with site.database.write() as tx:
        row, rows, acts = _locked_bloc(site, tx, by, meeting_id, bloc)
        parting = [one for one in rows if Matter(one.status) is not Matter.CLOSED]
        for one in parting or rows[:1]:
            rules.part(State(row.status), Matter(one.status))
        ids = [one.id for one in parting]
        tx.execute(update(MeetingMatter).where(MeetingMatter.id.in_(ids)).values(bloc=None))
        for one in parting:
            _note(
                acts[one.case_id], "committee.separated", meeting_id,
                audit.Change("bloc", mark("一括審議"), bloc, None),
            )  # fmt: skip
        sitting.touch(tx, meeting_id)


def open_vote(site: Site, by: Actor, meeting_id: str, bloc: int) -> Outcome:
    """Open the vote on the matters of a bloc that wait for it.

    One that may not be voted on (no quorum without its recused, its case has ended) holds up none
    of the others. Raises NotAllowed, NotFound; Conflict when none can be opened.
    """
    with site.database.write() as tx:
        row, rows, acts = _locked_bloc(site, tx, by, meeting_id, bloc)
        present = sitting.present_seats(tx, meeting_id)
        rounds = last_rounds(tx, acts)
        opened: list[tuple[Row[Any], Sitting, Act]] = []
        left = []
        for one in rows:
            act, round_ = acts[one.case_id], rounds.get(one.case_id)
            try:
                require_running(act)
                opened.append((one, _may_open(row, one, round_, present), act))
            except DxflowError as refused:
                left.append(left_out(one, refused.message))
        outcome = Outcome(tuple(done(one) for one, _now, _act in opened), tuple(left)).required()
        tx.execute(
            _OPENING,
            [
                {"matter": one.id, "round": rounds[one.case_id].id, "now": site.now()}
                for one, _now, _act in opened
            ],
        )
        for _one, now, act in opened:
            act.record(
                "committee.vote_opened",
                audit.Change("seats", mark("出席"), None, sorted(now.attending)),
                *committee.together(bloc),
                subject=audit.Subject("meeting", meeting_id, act.case_id),
            )
            act.finish()
        sitting.touch(tx, meeting_id)
        _tell(site, tx, row, bloc, opened)
    return outcome


_MATTER = table(MeetingMatter)
_OPENING = (
    update(_MATTER)
    .where(_MATTER.c.id == bindparam("matter"))
    .values(
        status=Matter.VOTING.value, deliberation_id=bindparam("round"), opened_at=bindparam("now"),
        closed_at=None,
    )
)  # fmt: skip


def of_bloc(tx: Connection, meeting_id: str, bloc: int) -> list[Row[Any]]:
    """Return the undecided matters of a bloc in the order of the agenda. Raises NotFound."""
    found = _rows(tx, meeting_id, MeetingMatter.bloc == bloc)
    if not found:
        raise NotFound(_("この一括審議はもうありません。分離されたか、結論が出ています。"))
    return found


def chosen(tx: Connection, meeting_id: str, matters: Iterable[str]) -> list[Row[Any]]:
    """Return matters of a meeting in the order of the agenda, decided or not."""
    return _select(tx, meeting_id, MeetingMatter.id.in_(set(matters)))


def last_rounds(tx: Connection, cases: Iterable[str]) -> dict[str, Row[Any]]:
    """Return the last round of each case that was ever deliberated on: one query."""
    rows = tx.execute(
        select(Deliberation.__table__)
        .where(Deliberation.case_id.in_(sorted(cases)))
        .order_by(Deliberation.round)
    )
    return {row.case_id: row for row in rows}


def done(row: Row[Any]) -> Done:
    """Return that it was done on a matter."""
    return Done(row.id, row.case_id, row.number, row.item)


def left_out(row: Row[Any], why: str) -> Left:
    """Return that nothing was done on a matter, and why."""
    return Left(row.id, row.case_id, row.number, row.item, why)


def _may_open(
    meeting: Row[Any], matter: Row[Any], round_: Row[Any] | None, present: frozenset[str]
) -> Sitting:
    """Return the sitting of a matter whose vote may be opened. Raises Conflict."""
    if round_ is None or round_.resolution is not None:
        raise Conflict(_("審議中の回がありません。"))
    now = sitting.standing(meeting, matter, round_, present)
    session_rules.open_vote(now)
    return now


def _locked_bloc(
    site: Site, tx: Connection, by: Actor, meeting_id: str, bloc: int
) -> tuple[Row[Any], list[Row[Any]], Mapping[str, Act]]:
    """Lock the cases of a bloc and then its meeting: the meeting, the matters, the acts by case.

    Raises NotAllowed, NotFound; Conflict when the bloc changed meanwhile.
    """
    before = _rows(tx, meeting_id, MeetingMatter.bloc == bloc)
    acts = _lock_cases(site, tx, by, before)
    row = stored.locked(site, tx, by, meeting_id)
    _require_keeper(site, tx, by, row)
    rows = of_bloc(tx, meeting_id, bloc)
    if {one.id for one in rows} - {one.id for one in before}:
        raise Conflict(
            _("この会議の議題が、いまほかの人によって変わりました。もう一度行ってください。")
        )
    return row, rows, acts


def _lock_cases(site: Site, tx: Connection, by: Actor, rows: Iterable[Row[Any]]) -> dict[str, Act]:
    return {act.case_id: act for act in lock_all(site, tx, by, [one.case_id for one in rows])}


def _rows(tx: Connection, meeting_id: str, which: Any) -> list[Row[Any]]:
    """Return undecided matters of a meeting in the order of its agenda."""
    return _select(tx, meeting_id, which, MeetingMatter.status.in_(_OPEN))


def _select(tx: Connection, meeting_id: str, *which: Any) -> list[Row[Any]]:
    """Return matters with the number of their case and their own on the agenda: one query."""
    kept = (MeetingMatter.meeting_id == meeting_id) & (MeetingMatter.status != Matter.DROPPED.value)
    numbered = (
        select(
            MeetingMatter.id,
            func.row_number().over(order_by=(MeetingMatter.place, MeetingMatter.id)).label("item"),
        )
        .where(kept)
        .subquery()
    )
    return list(
        tx.execute(
            select(MeetingMatter.__table__, Case.number, func.coalesce(numbered.c.item, 0).label("item"))
            .join(Case, Case.id == MeetingMatter.case_id)
            .outerjoin(numbered, numbered.c.id == MeetingMatter.id)
            .where(MeetingMatter.meeting_id == meeting_id, *which)
            .order_by(MeetingMatter.place, MeetingMatter.id)
        )
    )  # fmt: skip


def _same(tx: Connection, chosen: Sequence[Row[Any]]) -> int:
    """Return the bloc that consists of just these matters, 0 for none."""
    numbers = {one.bloc for one in chosen}
    bloc = numbers.pop() if len(numbers) == 1 else None
    if bloc is None:
        return 0
    return (
        bloc
        if len(_rows(tx, chosen[0].meeting_id, MeetingMatter.bloc == bloc)) == len(chosen)
        else 0
    )


def _questions(site: Site, tx: Connection, cases: Collection[str]) -> dict[str, str]:
    """Return what the members are asked about each case, by the form of its open votes."""
    rows = tx.execute(
        select(WorkItem.case_id, WorkItem.form_key, ProcessInstance.pack_digest)
        .join(ProcessInstance, ProcessInstance.case_id == WorkItem.case_id)
        .where(
            WorkItem.case_id.in_(sorted(cases)), WorkItem.status == "open",
            WorkItem.act == agenda.VOTE,
        )
        .distinct()
        .order_by(WorkItem.form_key)
    )  # fmt: skip
    found: dict[str, list[str]] = {}
    for row in rows:
        form = packs.load(site, tx, row.pack_digest).form(row.form_key)
        found.setdefault(row.case_id, []).append(f"{form.key} {form.digest}")
    return {case: " ".join(forms) for case, forms in found.items()}


def _require_keeper(site: Site, tx: Connection, by: Actor, meeting: Row[Any]) -> None:
    body, who = stored.body_of(site, tx, meeting.body), stored.today(site, tx)
    stored.require_keeper(by, body, who)


def _may_part(site: Site, tx: Connection, by: Actor, meeting: Row[Any], round_: Row[Any]) -> bool:
    body, who = stored.body_of(site, tx, meeting.body), stored.today(site, tx)
    seats = set(plain.loads(round_.seats))
    return by.has_role(stored.SECRETARIAT) or any(
        one.key in seats and by.person_id in one.persons for one in stored.seats_of(who, body)
    )


def _note(act: Act, event_type: str, meeting_id: str, *changes: audit.Change) -> None:
    """Append an event to a case's chain; nobody who has a task on it notices."""
    act.record(event_type, *changes, subject=audit.Subject("meeting", meeting_id, act.case_id))
    act.note()


def _tell(
    site: Site, tx: Connection, meeting: Row[Any], bloc: int,
    opened: Sequence[tuple[Row[Any], Sitting, Act]],
) -> None:  # fmt: skip
    """Tell who may vote once for the whole bloc."""
    seats = {seat for _one, now, _act in opened for seat in now.attending}
    with to_be_stored():
        said = _(
            "「{bloc}」（{n}件）の表決が始まりました。会議の画面から、まとめて判断を出せます。",
            bloc=rules.name(bloc), n=len(opened),
        )  # fmt: skip
    key = f"bloc:{meeting.id}:{bloc}:{meeting.version}"
    stored.tell(site, tx, key, seats, said, meeting=meeting.id)
