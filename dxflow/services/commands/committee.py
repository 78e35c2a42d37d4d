"""Commands of a committee's round: convene, vote, tally, resolve.

The rules are the committee room's; here they meet the rows. A vote is counted only from a seat
that sits, a resolution is recorded only with a quorum.
"""

from typing import Any

from sqlalchemy import Row, func, insert, select, update

from dxflow import audit
from dxflow.authority.directory import Directory
from dxflow.committee.quorum import required
from dxflow.committee.resolution import choice_label
from dxflow.committee.resolution import resolve as resolve_choice
from dxflow.committee.seats import Seat, Seating, acting_chair, recusals
from dxflow.committee.voting import Ballot as Vote
from dxflow.committee.voting import Choice, Tally, check_ballot
from dxflow.committee.voting import tally as count
from dxflow.db.case import Ballot, CaseUnit, Deliberation
from dxflow.errors import Conflict, Invalid
from dxflow.services import plain
from dxflow.services.acts.act import Act
from dxflow.services.commands import payload as read
from dxflow.services.packs.settings import Body
from dxflow.texts import gettext as _
from dxflow.texts import mark


def convene(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Open a round of a body: who sits, who is recused and why, quorum, deadline, reminder."""
    key = read.text(payload, "body", required=True)
    body = act.pack.settings.bodies.get(key)
    if body is None:
        raise Invalid(_("会議体「{body}」はパックにありません。", body=key))
    seating = _seating(act, body)
    quorum = (
        required(body.rules.quorum, seating.members, len(seating.recused)) if seating.members else 1
    )
    calendar = act.calendar()
    today = act.actor.on
    # A vote never opens when even all who may sit would make no quorum: the chair then decides
    # how to go on.
    sitting = list(seating.keys) if len(seating.keys) >= quorum else []
    deadline = calendar.add_business_days(today, body.deadline_days)
    reminder = calendar.add_business_days(deadline, -body.reminder_days)
    last = act.tx.execute(
        select(func.max(Deliberation.round)).where(Deliberation.case_id == act.case_id)
    ).scalar_one()
    recused = [
        {"seat": r.seat.key, "title": r.seat.title, "reasons": list(r.reasons)}
        for r in seating.recused
    ]
    chair = acting_chair(_chairs(act, body), seating)
    act.tx.execute(
        insert(Deliberation).values(
            id=act.new_id(),
            case_id=act.case_id,
            body=key,
            round=(last or 0) + 1,
            seats=plain.dumps(sitting),
            recused=plain.dumps(recused),
            chair=chair or "",
            quorum=quorum,
            deadline=deadline,
            convened_at=act.now,
        )
    )
    act.record(
        "committee.convened",
        audit.Change("seats", mark("審議に加わる席"), None, sitting),
        audit.Change("recused", mark("除斥"), None, [r["seat"] for r in recused]),
        audit.Change("quorum", mark("定足数"), None, quorum),
        subject=audit.Subject("committee", key, act.case_id),
    )
    return {
        "seats": sitting,
        "recused": [r["seat"] for r in recused],
        "quorum": quorum,
        "deadline": deadline,
        "reminder": max(reminder, today),
        "chair": f"post:{chair}" if chair else "role:secretariat",
    }


def vote(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Cast the ballot of a seat; the person must hold it and the seat must sit."""
    seat = read.text(payload, "seat", required=True)
    verdict = _choice(read.text(payload, "verdict", required=True))
    reason = read.text(payload, "reason")
    round_ = _open_round(act)
    if f"post:{seat}" not in act.actor.groups:
        raise Invalid(_("この席に就いていないため、表決できません。"))
    check_ballot(Vote(seat, verdict), _votes(act, round_.id), plain.loads(round_.seats))
    act.tx.execute(
        insert(Ballot).values(
            id=act.new_id(),
            deliberation_id=round_.id,
            seat=seat,
            person_id=act.actor.person_id,
            verdict=verdict.value,
            reason=reason,
            at=act.now,
        )
    )
    act.record(
        "committee.voted",
        audit.Change("verdict", mark("判断"), None, verdict.value),
        audit.Change("reason", mark("理由"), None, reason),
        subject=audit.Subject("committee", round_.body, act.case_id),
    )
    return {}


def tally(act: Act, _payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Count the open round."""
    round_ = _open_round(act)
    result = _count(act, round_)
    act.tx.execute(
        update(Deliberation)
        .where(Deliberation.id == round_.id)
        .values(result=plain.dumps(_result(result)))
    )
    return _result(result)


def resolve(act: Act, payload: dict[str, Any], _element: str) -> dict[str, Any]:
    """Record what the body resolved; refused without quorum or against a binding vote."""
    round_ = _open_round(act)
    body = act.pack.settings.bodies[round_.body]
    choice = _choice(read.text(payload, "resolution", required=True))
    conditions = [
        row["text"] if isinstance(row, dict) else str(row)
        for row in payload.get("conditions") or []
    ]
    resolution = resolve_choice(
        choice, _count(act, round_), body.rules.vote, read.text(payload, "reason"), conditions
    )
    act.tx.execute(
        update(Deliberation)
        .where(Deliberation.id == round_.id)
        .values(
            resolution=resolution.choice.value,
            reason=resolution.reason,
            result=plain.dumps(_result(resolution.tally)),
            resolved_at=act.now,
            resolved_by=act.actor.person_id,
        )
    )
    act.record(
        "committee.resolved",
        audit.Change("resolution", mark("議決"), None, choice_label(resolution.choice)),
        audit.Change("reason", mark("理由"), None, resolution.reason),
        audit.Change("conditions", mark("条件"), None, list(resolution.conditions)),
        subject=audit.Subject("committee", round_.body, act.case_id),
    )
    act.final = True
    return {}


def _seating(act: Act, body: Body) -> Seating:
    who = act.directory()
    role = body.seat_role
    seats = []
    for post in who.posts.values():
        if role in post.roles:
            persons = who.holders(f"post:{post.key}")
            seats.append(Seat(post.key, post.title, persons, _units_of(who, persons)))
    related = act.tx.execute(
        select(CaseUnit.unit).where(CaseUnit.case_id == act.case_id, CaseUnit.part == "related")
    ).scalars()
    return recusals(
        sorted(seats, key=lambda seat: seat.key),
        act.case["applicant_id"],
        act.case["lead_unit"],
        drafters=act.involved().drafters,
        related_units=list(related),
        rule=body.rules.recusal,
    )


def _units_of(who: Directory, persons: frozenset[str]) -> frozenset[str]:
    """Return the sections a seat's holders belong to by any of their posts."""
    return frozenset(
        group.removeprefix("section:")
        for person in persons
        for group in who.groups_of(person)
        if group.startswith("section:")
    )


def _chairs(act: Act, body: Body) -> list[str]:
    """Return the posts that preside, in order: chair, then deputies."""
    who = act.directory()
    return [
        post.key
        for role in body.chair_roles
        for post in sorted(who.posts.values(), key=lambda post: post.key)
        if role in post.roles
    ]


def _open_round(act: Act) -> Row[Any]:
    row = act.tx.execute(
        select(Deliberation.__table__)
        .where(Deliberation.case_id == act.case_id)
        .order_by(Deliberation.round.desc())
        .limit(1)
    ).one_or_none()
    if row is None or row.resolution is not None:
        raise Conflict(_("審議中の回がありません。"))
    return row


def _votes(act: Act, round_id: str) -> list[Vote]:
    rows = act.tx.execute(
        select(Ballot.seat, Ballot.verdict).where(
            Ballot.deliberation_id == round_id, Ballot.superseded_at.is_(None)
        )
    )
    return [Vote(row.seat, Choice(row.verdict)) for row in rows]


def _count(act: Act, round_: Row[Any]) -> Tally:
    rule = act.pack.settings.bodies[round_.body].rules.vote
    sitting = plain.loads(round_.seats)
    return count(_votes(act, round_.id), rule, sitting, round_.quorum, round_.chair or None)


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
    """Return the verdict; ways of returning (`return_sheet`) are all returns."""
    name = "return" if text.startswith("return") else text
    try:
        return Choice(name)
    except ValueError:
        raise Invalid(_("判断「{text}」はありません。", text=text)) from None
