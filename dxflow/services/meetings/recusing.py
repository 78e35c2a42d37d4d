"""除斥 declared: a member with an interest in a matter takes no part in it from then on.

Their vote is asked for no more, and the others' goes on without it. Until the vote is closed they
may take it back; a ballot they had cast then counts again.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, update

from dxflow import audit, engine
from dxflow.committee import sitting as rules
from dxflow.committee.quorum import required
from dxflow.db.case import Deliberation
from dxflow.errors import Conflict, NotAllowed, NotFound
from dxflow.services import plain
from dxflow.services.acts import passing_over, presiding, sitting
from dxflow.services.acts.act import Act, require_running
from dxflow.services.commands import committee
from dxflow.services.meetings import agenda, stored
from dxflow.services.meetings.planning import required_reason
from dxflow.services.people import naming
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark


def declare(site: Site, by: Actor, matter_id: str, seat: str, reason: str) -> str:
    """Recuse a seat from a matter, as its member or for them as the secretariat.

    A ballot it has cast already is set aside; the quorum is reckoned anew by the body's rule.
    Returns the meeting's id. Raises Invalid, NotAllowed, NotFound, Conflict after the vote.
    """
    why = required_reason(reason)
    with site.database.write() as tx:
        matter = _open_matter(site, tx, by, matter_id, seat)
        if not matter.may_speak:
            raise NotAllowed(_("除斥を申し出られるのは、その席に就いている人と事務局だけです。"))
        act, round_ = matter.act, matter.round
        rules.recuse(matter.frame.snapshot(round_))
        _recuse(act, round_, seat, matter.title, why)
        _record(matter, "committee.recused", why)
        found = passing_over.pass_over(act, f"post:{seat}")
        if found.tasks:
            _remember(act, seat, found.tasks[0])
        return _finish(matter, found.step if found.tasks else None)


def take_back(site: Site, by: Actor, matter_id: str, seat: str, reason: str) -> str:
    """Let a seat take part again that was recused by word, as its member or as the secretariat.

    It is asked for its vote again, with what its member had typed. Returns the meeting's id. Raises
    Invalid, NotAllowed, NotFound, Conflict after the vote or for a seat recused by the rules.
    """
    why = required_reason(reason)
    with site.database.write() as tx:
        matter = _open_matter(site, tx, by, matter_id, seat)
        if not matter.may_speak:
            raise NotAllowed(
                _("除斥の申出を取り下げられるのは、その席に就いている人と事務局だけです。")
            )
        act, round_ = matter.act, matter.round
        rules.take_back(matter.frame.snapshot(round_))
        task = _rejoin(act, round_, seat)
        _record(matter, "committee.recusal_withdrawn", why, {"tasks": {}})
        return _finish(matter, passing_over.take_in(act, task) if task else None)


@dataclass(frozen=True)
class _Matter:
    """An undecided matter, case and meeting locked, with a seat of its body.

    `may_speak`: the person may say for the seat whether it takes part.
    """

    act: Act
    frame: sitting.Frame
    round: Row[Any]
    seat: str
    title: str
    may_speak: bool


def _open_matter(site: Site, tx: Connection, by: Actor, matter_id: str, seat: str) -> _Matter:
    act, _meeting = agenda.locked_matter(site, tx, by, matter_id)
    frame = sitting.of_matter(tx, matter_id)
    if frame is None:
        raise Conflict(_("この議題はもう結論が出ているか、外されています。"))
    require_running(act)
    body, who = stored.body_of(site, tx, frame.meeting.body), stored.today(site, tx)
    of_body = {one.key: one for one in stored.seats_of(who, body)}
    names = naming.load(tx, who, seats=of_body)
    if seat not in of_body:
        raise NotFound(_("「{seat}」はこの会議体の席ではありません。", seat=seat))
    return _Matter(
        act, frame, committee.open_round(act), seat, names.seat(seat),
        may_speak=by.person_id in of_body[seat].persons or by.has_role(stored.SECRETARIAT),
    )  # fmt: skip


def _record(
    matter: _Matter, event_type: str, reason: str, facts: audit.Facts | None = None
) -> None:
    matter.act.record(
        event_type,
        audit.Change("post", mark("席"), None, matter.seat),
        audit.Change("reason", mark("理由"), None, reason),
        subject=audit.Subject("meeting", matter.frame.meeting.id, matter.act.case_id),
        facts=facts,
    )


def _finish(matter: _Matter, step: engine.Step | None) -> str:
    """Finish the act; where the case has moved, nobody takes an earlier act back any more."""
    sitting.touch(matter.act.tx, matter.frame.meeting.id)
    moved: dict[str, object] = {"undo_state": None, "undo_person": None, "undo_submission": None}
    matter.act.finish(
        status="ended" if step is not None and step.ended else None,
        **(moved if step is not None else {}),
    )
    return str(matter.frame.meeting.id)


def _recuse(act: Act, round_: Row[Any], seat: str, title: str, reason: str) -> None:
    """Take a seat out of a round. Raises Conflict when it does not take part in it."""
    taking_part: list[str] = plain.loads(round_.seats)
    recused: list[dict[str, Any]] = plain.loads(round_.recused)
    if seat not in taking_part:
        raise Conflict(_("この席は、すでにこの議題に加わっていません。"))
    said = {"seat": seat, "title": title, "reasons": [reason], "declared": True}
    _seat_anew(act, round_, [one for one in taking_part if one != seat], [*recused, said])


def _rejoin(act: Act, round_: Row[Any], seat: str) -> str:
    """Take a seat into its round again; return the task that it was asked by, "" without one.

    Raises Conflict for a seat that has not been recused by word.
    """
    recused: list[dict[str, Any]] = plain.loads(round_.recused)
    said = next((one for one in recused if one["seat"] == seat and one.get("declared")), None)
    if said is None:
        raise Conflict(_("この席は、申出による除斥になっていません。"))
    left = [one for one in recused if one is not said]
    _seat_anew(act, round_, sorted([*plain.loads(round_.seats), seat]), left)
    return str(said.get("task", ""))


def _seat_anew(act: Act, round_: Row[Any], seats: list[str], recused: list[dict[str, Any]]) -> None:
    """Write who takes part, with the chair and the quorum that follow from it."""
    body = act.pack.settings.bodies[round_.body]
    now = presiding.found(act, body, seats)
    presiding.record(act, round_, now)
    act.tx.execute(
        update(Deliberation)
        .where(Deliberation.id == round_.id)
        .values(
            seats=plain.dumps(seats),
            recused=plain.dumps(recused),
            quorum=required(body.rules.quorum, len(seats) + len(recused), len(recused)),
            chair=now.seat or "",
        )
    )


def _remember(act: Act, seat: str, task: str) -> None:
    """Note with a recusal the task that is gone by it, for the day it is taken back."""
    round_ = committee.last_round(act.tx, act.case_id)
    if round_ is None:
        return
    recused: list[dict[str, Any]] = [
        {**one, "task": task} if one["seat"] == seat else one for one in plain.loads(round_.recused)
    ]
    act.tx.execute(
        update(Deliberation)
        .where(Deliberation.id == round_.id)
        .values(recused=plain.dumps(recused))
    )
