"""What happened in a meeting, as its minutes tell it: gathered from the record, in words.

Everything is written out (names, posts, counts), so that the text stands by itself in ten years.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from dxflow.calendars.wareki import wareki_date, wareki_datetime
from dxflow.clock import TOKYO, local_date
from dxflow.committee import blocs, entered
from dxflow.committee.evaluation import rounded
from dxflow.committee.resolution import choice_label
from dxflow.committee.sitting import Matter
from dxflow.committee.voting import Choice, even
from dxflow.db.case import Ballot, Case, Deliberation, Duty
from dxflow.db.meeting import Attendance, MeetingMatter, WrittenConsent
from dxflow.db.process import ProcessInstance
from dxflow.services import plain
from dxflow.services.meetings import stored
from dxflow.services.packs import store as packs
from dxflow.services.packs.settings import Body
from dxflow.services.people import naming, organisation
from dxflow.services.people.naming import Names
from dxflow.services.reading import evaluations
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import to_be_stored


def record_of(
    site: Site, tx: Connection, meeting: Row[Any], remarks: dict[str, str]
) -> dict[str, Any]:
    """Return the record of a closed meeting as plain values, in a fixed number of queries."""
    body = stored.body_of(site, tx, meeting.body)
    who = organisation.directory(site, tx, meeting.held_on)
    attended = tx.execute(
        select(Attendance.__table__)
        .where(Attendance.meeting_id == meeting.id)
        .order_by(Attendance.came_at, Attendance.seat)
    ).all()
    matters = tx.execute(
        select(
            MeetingMatter.__table__,
            Case.number,
            Case.title,
            Case.lead_unit,
            ProcessInstance.pack_digest,
        )
        .join(Case, Case.id == MeetingMatter.case_id)
        .join(ProcessInstance, ProcessInstance.case_id == Case.id)
        .where(MeetingMatter.meeting_id == meeting.id, MeetingMatter.status != "dropped")
        .order_by(MeetingMatter.place)
    ).all()
    rounds = _rounds(tx, [one.deliberation_id for one in matters if one.deliberation_id])
    ballots = _ballots(tx, list(rounds))
    given = evaluations.given_in(tx, rounds)
    consents = tx.execute(
        select(WrittenConsent.__table__)
        .where(WrittenConsent.meeting_id == meeting.id)
        .order_by(WrittenConsent.seat)
    ).all()
    persons = {row.person_id for rows in (attended, consents) for row in rows}
    persons |= {one.person_id for found in ballots.values() for one in found}
    persons |= {one.entered_by for found in ballots.values() for one in found if one.entered_by}
    persons |= {one.resolved_by for one in rounds.values()}
    persons |= {row.entered_by for found in given.values() for row in found.values()} - {None}
    seats = stored.seats_of(who, body)
    names = naming.load(
        tx, who, persons,
        posts=[row.seat for row in attended], seats=[one.key for one in seats],
        units=[row.lead_unit for row in matters],
    )  # fmt: skip
    conditions = _conditions(tx, rounds)
    came = {row.seat for row in attended}
    together = _together(matters)
    place = {one.key: number for number, one in enumerate(seats)}
    said = {row.seat for row in consents}
    with to_be_stored():
        return {
            **_head(meeting, body, names),
            "chair_name": _name_in(meeting.chair, [*attended, *consents], names),
            "attendance": [
                _attendance(row, names)
                for row in sorted(
                    attended, key=lambda row: (place.get(row.seat, len(place)), row.came_at)
                )
            ],
            "absent": [
                names.seat(one.key)
                for one in seats
                if one.persons and one.key not in came and not meeting.written
            ],
            "silent": [
                names.seat(one.key)
                for one in seats
                if one.persons and one.key not in said and meeting.written
            ],
            "consents": [
                {
                    "post": names.post(row.seat),
                    "name": names.person(row.person_id),
                    "agrees": row.agrees,
                }
                for row in sorted(consents, key=lambda row: place.get(row.seat, len(place)))
            ],
            "matters": [
                _matter(
                    row,
                    rounds.get(row.deliberation_id),
                    ballots.get(row.deliberation_id, []),
                    names,
                )
                | {
                    "conditions": conditions.get(row.deliberation_id, []),
                    "remark": remarks.get(row.id, ""),
                    "together": together.get(row.id, ""),
                    "evaluation": _evaluation(
                        packs.load(site, tx, row.pack_digest).settings.bodies.get(meeting.body),
                        rounds.get(row.deliberation_id),
                        given.get(row.deliberation_id, {}),
                        names,
                    ),
                }
                for row in matters
            ],
            "remarks": remarks.get("", ""),
        }


def _together(matters: Sequence[Row[Any]]) -> dict[str, str]:
    """Return of the matters resolved as one bloc with which others of the agenda that was."""
    found: dict[int, dict[str, int]] = {}
    for item, row in enumerate(matters, 1):
        if row.bloc is not None and row.status == Matter.RESOLVED:
            found.setdefault(row.bloc, {})[row.id] = item
    with to_be_stored():
        return {
            matter: _("議題{items}を一括して審議し、表決", items=blocs.items([*bloc.values()]))
            for bloc in found.values()
            if len(bloc) >= blocs.FEWEST
            for matter in bloc
        }


def _head(meeting: Row[Any], body: Body, names: Names) -> dict[str, Any]:
    return {
        "body": body.name,
        "member": body.words.member,
        "number": meeting.number,
        "written": meeting.written,
        "day": wareki_date(meeting.held_on),
        "place": meeting.place,
        "opened": wareki_datetime(meeting.opened_at) if meeting.opened_at else "",
        "closed": _until(meeting.opened_at, meeting.closed_at),
        "chair": names.post(meeting.chair),
        "late": meeting.reason,  # of a meeting that was held, why it was opened after its day
    }


def _name_in(seat: str, rows: Sequence[Row[Any]], names: Names) -> str:
    """Return who held a seat, by those who came or answered; "" when nobody of it did."""
    return next((names.person(row.person_id) for row in rows if row.seat == seat), "")


def _until(opened: datetime | None, closed: datetime | None) -> str:
    """Return when a meeting was over: the hour alone when it began on that day."""
    if closed is None:
        return ""
    if opened is not None and local_date(opened) == local_date(closed):
        return closed.astimezone(TOKYO).strftime("%H:%M")
    return wareki_datetime(closed)


def _attendance(row: Row[Any], names: Names) -> dict[str, str]:
    return {
        "post": names.post(row.seat),
        "name": names.person(row.person_id),
        "came": row.came_at.astimezone(TOKYO).strftime("%H:%M"),
        "left": row.left_at.astimezone(TOKYO).strftime("%H:%M") if row.left_at else "",
    }


def _matter(
    row: Row[Any], round_: Row[Any] | None, ballots: list[Row[Any]], names: Names
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "number": row.number,
        "title": row.title,
        "unit": names.unit(row.lead_unit),
        "result": _result(row, round_),
        "reason": row.reason,
        "quorum": 0,
        "present": 0,
        "counts": [],
        "votes": [],
        "recused": [],
        "concluded_by": "",
    }
    if round_ is None:
        return found
    taking_part = plain.loads(round_.seats)
    counted = [one for one in ballots if one.seat in taking_part]
    in_room = set(plain.loads(row.present)) & set(taking_part)
    verdicts = [one.verdict for one in counted]
    return found | {
        "reason": round_.reason or row.reason,
        "quorum": round_.quorum,
        "present": len(in_room) or len(counted),
        "counts": [
            [choice_label(choice), verdicts.count(choice.value)]
            for choice in Choice
            if choice.value in verdicts
        ],
        "even": even(Choice(one) for one in verdicts),
        "votes": [
            {
                "post": names.post(one.seat),
                "name": names.person(one.person_id),
                "verdict": choice_label(Choice(one.verdict)),
                "reason": one.reason,
                "entered": _entered(one, names),
            }
            for one in counted
        ],
        "recused": [
            {"post": one["title"], "reason": _("、").join(one["reasons"])}
            for one in plain.loads(round_.recused)
        ],
        "concluded_by": names.person(round_.resolved_by) if round_.resolved_by else "",
    }


def _entered(ballot: Row[Any], names: Names) -> str:
    """Return how a ballot was entered, by whom and from what; "" for the member's own."""
    if not ballot.way:
        return ""
    return _(
        "{way}（{source}、事務局 {name} が入力）",
        way=entered.label(entered.Way(ballot.way)), source=ballot.source,
        name=names.person(ballot.entered_by),
    )  # fmt: skip


def _evaluation(
    body: Body | None, round_: Row[Any] | None, given: Mapping[str, Row[Any]], names: Names
) -> dict[str, Any]:
    """Return what the evaluators said together, without who gave which score; {} for nothing."""
    if body is None or round_ is None or not body.evaluation.criteria or not given:
        return {}
    found = evaluations.consensus_of(body.evaluation, plain.loads(round_.seats), given)
    return {
        "given": len(found.totals),
        "missing": [names.seat(seat) for seat in found.missing],
        "entered": [
            _(
                "{seat}（{source}、事務局 {name} が入力）",
                seat=names.seat(seat),
                source=row.source,
                name=names.person(row.entered_by),
            )
            for seat, row in given.items()
            if row.entered_by
        ],
        "total": rounded(found.total),
        "most": found.most,
        "lines": [
            {
                "name": line.criterion.name,
                "scale": f"{line.criterion.lowest}–{line.criterion.highest}",
                "weight": line.criterion.weight,
                "mean": rounded(line.mean),
                "median": rounded(line.median),
                "spread": line.spread,
                "apart": line.apart,
            }
            for line in found.lines
        ],
    }


def _result(row: Row[Any], round_: Row[Any] | None) -> str:
    if row.status == Matter.DEFERRED:
        return _("継続審議")
    if round_ is None or not round_.resolution:
        return _("議決に至らず")
    return choice_label(Choice(round_.resolution))


def _rounds(tx: Connection, ids: list[str]) -> dict[str, Row[Any]]:
    rows = tx.execute(select(Deliberation.__table__).where(Deliberation.id.in_(ids)))
    return {row.id: row for row in rows}


def _ballots(tx: Connection, ids: list[str]) -> dict[str, list[Row[Any]]]:
    found: dict[str, list[Row[Any]]] = {}
    for row in tx.execute(
        select(Ballot.__table__)
        .where(Ballot.deliberation_id.in_(ids), Ballot.superseded_at.is_(None))
        .order_by(Ballot.seat)
    ):
        found.setdefault(row.deliberation_id, []).append(row)
    return found


def _conditions(tx: Connection, rounds: dict[str, Row[Any]]) -> dict[str, list[str]]:
    """Return the conditions that were imposed with a resolution, by round: in the same act."""
    moments = {(one.case_id, one.resolved_at): key for key, one in rounds.items()}
    found: dict[str, list[str]] = {}
    for row in tx.execute(
        select(Duty.case_id, Duty.text, Duty.imposed_at)
        .where(Duty.case_id.in_(sorted({case for case, _at in moments})))
        .order_by(Duty.imposed_at, Duty.id)
    ):
        key = moments.get((row.case_id, row.imposed_at))
        if key is not None:
            found.setdefault(key, []).append(row.text)
    return found
