"""Commands of a committee's round: convene, vote, tally, resolve.

The rules are the committee room's; here they meet the rows. A vote is counted only from a seat
that sits, a resolution is recorded only with a quorum. Where the case is on the agenda of a
meeting, that meeting says when a vote is taken and who was there.
"""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from dxflow import audit
from dxflow.authority.directory import Directory
from dxflow.committee import evaluation
from dxflow.committee.entered import Way, label
from dxflow.committee.quorum import required
from dxflow.committee.referral import Concluded, Referral, refers
from dxflow.committee.resolution import choice_label, choice_of
from dxflow.committee.resolution import resolve as resolve_choice
from dxflow.committee.seats import Seat, Seating, recusals
from dxflow.committee.seeing import Disclosure
from dxflow.committee.voting import Ballot as Vote
from dxflow.committee.voting import Choice, Tally, check_ballot
from dxflow.committee.voting import tally as count
from dxflow.db.case import Ballot, CaseUnit, Deliberation, Evaluation
from dxflow.errors import Conflict, Invalid, NotAllowed
from dxflow.jobs import queue
from dxflow.services import plain
from dxflow.services.acts import presiding, sitting
from dxflow.services.acts.act import Act, EnteredBallot
from dxflow.services.commands import payload as read
from dxflow.services.packs.settings import Body
from dxflow.services.people import naming
from dxflow.texts import gettext as _
from dxflow.texts import mark, to_be_stored

#: The job that brings a case before the body above.
REFER = "meeting.refer"


def convene(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Open a round of a body: who sits, who is recused and why, quorum, deadline, reminder.

    Without a body it is another round of the one whose round is open: a case that moved here from
    a version which drew its body has none to give.
    """
    before = last_round(act.tx, act.case_id)
    open_body = before.body if before is not None and before.resolution is None else ""
    key = read.text(payload, "body", required=not open_body) or open_body
    body = act.pack.settings.bodies.get(key)
    if body is None:
        raise Invalid(_("会議体「{body}」はパックにありません。", body=key))
    seating = _seating(act, body)
    seats = (*seating.keys, *seating.recused_keys, *(one.key for one in seating.vacant))
    names = naming.load(act.tx, act.directory(), seats=seats)
    quorum = (
        required(body.rules.quorum, seating.members, len(seating.recused)) if seating.members else 1
    )
    calendar = act.calendar()
    today = act.actor.on
    # A vote never opens when even all who may sit would make no quorum: the chair then decides
    # how to go on.
    taking_part = list(seating.keys) if len(seating.keys) >= quorum else []
    deadline = calendar.add_business_days(today, body.deadline_days)
    frame = sitting.of_case(act.tx, act.case_id)
    if frame is not None:  # the vote is held open for the meeting
        deadline = max(deadline, calendar.add_business_days(frame.last_day, body.deadline_days))
        frame.another_round()
    reminder = calendar.add_business_days(deadline, -body.reminder_days)
    recused = [
        {"seat": r.seat.key, "title": names.seat(r.seat.key), "reasons": list(r.reasons)}
        for r in seating.recused
    ]
    chair = presiding.found(act, body, seating.keys).seat
    act.tx.execute(
        insert(Deliberation).values(
            id=act.new_id(),
            case_id=act.case_id,
            body=key,
            round=before.round + 1 if before is not None else 1,
            seats=plain.dumps(taking_part),
            recused=plain.dumps(recused),
            chair=chair or "",
            quorum=quorum,
            deadline=deadline,
            convened_at=act.now,
        )
    )
    act.record(
        "committee.convened",
        audit.Change("seats", mark("審議に加わる席"), None, taking_part),
        audit.Change("recused", mark("除斥"), None, [r["seat"] for r in recused]),
        audit.Change("quorum", mark("定足数"), None, quorum),
        subject=audit.Subject("committee", key, act.case_id),
    )
    if before is not None and frame is None:
        _refer(act, before, key)
    return {
        "seats": taking_part,
        "recused": [r["seat"] for r in recused],
        "quorum": quorum,
        "deadline": deadline,
        "reminder": max(reminder, today),
        "chair": presiding.group(chair),
        "words": vars(body.words),
    }


def _refer(act: Act, before: Row[Any], key: str) -> None:
    """Bring a case that a sub-body approved before the body above it, if that is what happens."""
    below = act.pack.settings.bodies.get(before.body)
    found = Concluded(before.body, below.parent if below else "", before.resolution or "")
    if below is None or not refers(found, key):
        return
    with to_be_stored():
        word = choice_label(Choice(found.resolution))
    act.record(
        "committee.referred",
        audit.Change("from", mark("付議した会議体"), None, below.name),
        audit.Change("resolution", mark("議決"), None, word),
        subject=audit.Subject("committee", key, act.case_id),
    )
    queue.defer(
        act.tx, act.now, kind=REFER, key=f"{act.case_id}:{act.version + 1}",
        case_id=act.case_id,
        payload={"case_id": act.case_id, "body": key, "below": before.body,
                 "auto": below.rules.referral is Referral.AUTO},
    )  # fmt: skip


def vote(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Cast the ballot of a seat; the person must hold it and the seat must sit."""
    seat = read.text(payload, "seat", required=True)
    verdict = _choice(read.text(payload, "verdict", required=True))
    reason = read.text(payload, "reason")
    round_ = open_round(act)
    act.recused = frozenset(f"post:{one['seat']}" for one in plain.loads(round_.recused))
    for_seat = (
        act.entered_ballot if act.entered_ballot and act.entered_ballot.seat == seat else None
    )
    if for_seat is None and f"post:{seat}" not in act.actor.groups:
        raise Invalid(_("この席に就いていないため、表決できません。"))
    cast = _votes(act, round_.id)
    check_ballot(Vote(seat, verdict), cast, plain.loads(round_.seats))
    disclosure = act.pack.settings.bodies[round_.body].rules.disclosure
    if cast and for_seat is None and disclosure is Disclosure.AFTER_OWN:
        act.final = True  # it opens the others' verdicts: nobody votes anew after reading them
    frame = sitting.of_case(act.tx, act.case_id)
    if frame is not None:
        frame.admit(round_, seat, act.actor.on, entered=for_seat is not None)
    if for_seat is None:
        _require_evaluation(act, round_, seat)
    act.tx.execute(
        insert(Ballot).values(
            id=act.new_id(),
            deliberation_id=round_.id,
            seat=seat,
            person_id=for_seat.member if for_seat else act.actor.person_id,
            verdict=verdict.value,
            reason=reason,
            at=act.now,
            entered_by=act.actor.person_id if for_seat else None,
            way=for_seat.way if for_seat else "",
            source=for_seat.source if for_seat else "",
        )
    )
    act.record(
        "committee.voted",
        audit.Change("verdict", mark("判断"), None, verdict.value),
        audit.Change("reason", mark("理由"), None, reason),
        *_entered(for_seat),
        *together(act.bloc),
        subject=audit.Subject("committee", round_.body, act.case_id),
    )
    return {}


def _require_evaluation(act: Act, round_: Row[Any], seat: str) -> None:
    """Raise Conflict when the body wants an evaluation first and the seat has given none."""
    rule = act.pack.settings.bodies[round_.body].evaluation
    if rule.required:
        evaluation.require_before_vote(rule, evaluated=evaluated(act, round_.id, seat) is not None)


def evaluated(act: Act, round_id: str, seat: str) -> Row[Any] | None:
    """Return what a seat gave in a round by criteria, None when nothing."""
    return act.tx.execute(
        select(Evaluation.__table__).where(
            Evaluation.deliberation_id == round_id, Evaluation.seat == seat,
            Evaluation.superseded_at.is_(None),
        )
    ).one_or_none()  # fmt: skip


def _entered(ballot: EnteredBallot | None) -> tuple[audit.Change, ...]:
    """Return for whom a ballot was entered and from what, for the log."""
    if ballot is None:
        return ()
    with to_be_stored():
        way = label(Way(ballot.way))
    return (
        audit.Change("way", mark("票の入れ方"), None, way),
        audit.Change("post", mark("席"), None, ballot.seat),
        audit.Change("member", mark("委員"), None, ballot.member),
        audit.Change("source", mark("票の出どころ"), None, ballot.source),
    )


def together(bloc: int) -> tuple[audit.Change, ...]:
    """Return with which bloc of its meeting a matter was dealt with, for the log; alone nothing."""
    return (audit.Change("bloc", mark("一括審議"), None, bloc),) if bloc else ()


def tally(act: Act, _payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Count the open round, which closes its vote in a meeting; `chair` is who concludes."""
    round_ = open_round(act)
    frame = sitting.of_case(act.tx, act.case_id)
    present = frame.closed_with(act, round_) if frame is not None else None
    at_last = presiding.of_round(act, round_, round_.chair, present)
    chair = at_last.seat
    result = _count(act, round_, chair, present)
    presiding.record(act, round_, at_last)
    if frame is not None:
        act.final = True
    act.tx.execute(
        update(Deliberation)
        .where(Deliberation.id == round_.id)
        .values(result=presiding.counted(_result(result), chair), chair=chair or "")
    )
    return {**_result(result), "chair": presiding.group(chair)}


def resolve(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Record what the body resolved; refused without quorum or against a binding vote."""
    round_ = open_round(act)
    body = act.pack.settings.bodies[round_.body]
    choice = _choice(read.text(payload, "resolution", required=True))
    _require_no_interest(act, round_)
    frame = sitting.of_case(act.tx, act.case_id)
    present = frame.conclude(round_) if frame is not None else None
    conditions = [
        row["text"] if isinstance(row, dict) else str(row)
        for row in payload.get("conditions") or []
    ]
    counted_for = presiding.counted_for(round_)
    resolution = resolve_choice(
        choice,
        _count(act, round_, counted_for, present),
        body.rules.vote,
        read.text(payload, "reason"),
        conditions,
    )
    act.tx.execute(
        update(Deliberation)
        .where(Deliberation.id == round_.id)
        .values(
            resolution=resolution.choice.value,
            reason=resolution.reason,
            result=presiding.counted(_result(resolution.tally), counted_for),
            resolved_at=act.now,
            resolved_by=act.actor.person_id,
        )
    )
    with to_be_stored():
        word = choice_label(resolution.choice)
    act.record(
        "committee.resolved",
        audit.Change("resolution", mark("議決"), None, word),
        audit.Change("reason", mark("理由"), None, resolution.reason),
        audit.Change("conditions", mark("条件"), None, list(resolution.conditions)),
        *together(act.bloc),
        subject=audit.Subject("committee", round_.body, act.case_id),
    )
    if frame is not None:
        frame.resolved(act)
    act.final = True
    return {}


def _seating(act: Act, body: Body) -> Seating:
    related = act.tx.execute(
        select(CaseUnit.unit).where(CaseUnit.case_id == act.case_id, CaseUnit.part == "related")
    ).scalars()
    return recusals(
        seats_of(act.directory(), body.seat_role),
        act.case["applicant_id"],
        act.case["lead_unit"],
        drafters=act.involved().drafters,
        related_units=list(related),
        rule=body.rules.recusal,
    )


def seats_of(who: Directory, role: str) -> list[Seat]:
    """Return the seats that come with a role, with their holders and the units of these."""
    found = []
    for post in who.posts.values():
        if role in post.roles:
            persons = who.holders(f"post:{post.key}")
            found.append(Seat(post.key, post.title, persons, _units_of(who, persons)))
    return sorted(found, key=lambda seat: seat.key)


def _units_of(who: Directory, persons: frozenset[str]) -> frozenset[str]:
    """Return the sections a seat's holders belong to by any of their posts."""
    return frozenset(
        group.removeprefix("section:")
        for person in persons
        for group in who.groups_of(person)
        if group.startswith("section:")
    )


def _require_no_interest(act: Act, round_: Row[Any]) -> None:
    """Raise NotAllowed when the person's seat is recused: they would conclude their own matter."""
    recused = {f"post:{one['seat']}" for one in plain.loads(round_.recused)}
    if not recused.isdisjoint(act.actor.groups):
        raise NotAllowed(_("この議題から除斥されているため、結論を確定できません。"))


def open_round(act: Act) -> Row[Any]:
    """Return the round that is not concluded. Raises Conflict when there is none."""
    row = last_round(act.tx, act.case_id)
    if row is None or row.resolution is not None:
        raise Conflict(_("審議中の回がありません。"))
    return row


def last_round(tx: Connection, case_id: str) -> Row[Any] | None:
    """Return a case's last round, None when no body was ever convened."""
    return tx.execute(
        select(Deliberation.__table__)
        .where(Deliberation.case_id == case_id)
        .order_by(Deliberation.round.desc())
        .limit(1)
    ).one_or_none()


def _votes(act: Act, round_id: str) -> list[Vote]:
    rows = act.tx.execute(
        select(Ballot.seat, Ballot.verdict).where(
            Ballot.deliberation_id == round_id, Ballot.superseded_at.is_(None)
        )
    )
    return [Vote(row.seat, Choice(row.verdict)) for row in rows]


def _count(
    act: Act, round_: Row[Any], chair: str | None, present: Collection[str] | None = None
) -> Tally:
    rule = act.pack.settings.bodies[round_.body].rules.vote
    return count(
        _votes(act, round_.id), rule, plain.loads(round_.seats), round_.quorum, chair, present
    )


def _result(tally: Tally) -> dict[str, Any]:
    return {
        "seats": tally.seats,
        "cast": tally.cast,
        "present": tally.present,
        "quorum": tally.quorum,
        "quorum_met": tally.quorum_met,
        "leaning": tally.leaning.value if tally.leaning else None,
        **{choice.value: number for choice, number in tally.counts.items()},
    }


def _choice(text: str) -> Choice:
    """Return the verdict. Raises Invalid for a word that is none."""
    found = choice_of(text)
    if found is None:
        raise Invalid(_("判断「{text}」はありません。", text=text))
    return found
