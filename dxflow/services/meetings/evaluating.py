"""Members judge a matter by the criteria of their body, before they vote on it."""

from typing import Any

from sqlalchemy import Row, exists, insert, select, update

from dxflow import audit
from dxflow.committee import evaluation as rules
from dxflow.committee.evaluation import Evaluating, EvaluationRule
from dxflow.db.case import Ballot, Evaluation
from dxflow.errors import NotAllowed
from dxflow.services import plain
from dxflow.services.acts import sitting
from dxflow.services.acts.act import Act, lock, require_running
from dxflow.services.commands import committee
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark


def evaluate(
    site: Site, by: Actor, case_id: str, seat: str, given: dict[str, Any], remark: str = ""
) -> bool:
    """Give the scores of a seat in the open round of a case; return whether anything changed.

    `given` are whole scores by the criterion's key. What was given before stays, marked. Raises
    NotFound, NotAllowed for the seat, Invalid for the scores, Conflict when it is too late.
    """
    with site.database.write() as tx:
        act = lock(site, tx, by, case_id)
        visibility.require(site, tx, by, case_id)
        require_running(act)
        round_ = committee.open_round(act)
        if f"post:{seat}" not in by.groups:
            raise NotAllowed(_("この席に就いている委員だけが行えます。"))
        body = act.pack.settings.bodies[round_.body]
        frame = sitting.of_case(tx, case_id)
        before = committee.evaluated(act, round_.id, seat)
        rules.admit(
            body.evaluation,
            body.rules.disclosure,
            seat,
            Evaluating(
                taking_part=frozenset(plain.loads(round_.seats)),
                matter=frame.snapshot(round_).matter if frame is not None else None,
                counted=round_.result != "{}",
                evaluated=before is not None,
                voted=_voted(act, round_.id, seat),
            ),
        )
        scores, text = rules.checked(body.evaluation, given, remark)
        if before is not None and (plain.loads(before.scores), before.remark) == (scores, text):
            return False
        _store(act, round_.id, seat, scores, text)
        _record(act, body.evaluation, seat, round_.body, before, scores, text)
        if frame is not None:
            sitting.touch(tx, frame.meeting.id)
        act.finish()
    return True


def _voted(act: Act, round_id: str, seat: str) -> bool:
    cast = exists().where(
        Ballot.deliberation_id == round_id, Ballot.seat == seat, Ballot.superseded_at.is_(None)
    )
    return bool(act.tx.execute(select(cast)).scalar_one())


def _store(act: Act, round_id: str, seat: str, scores: dict[str, int], remark: str) -> None:
    act.tx.execute(
        update(Evaluation)
        .where(
            Evaluation.deliberation_id == round_id, Evaluation.seat == seat,
            Evaluation.superseded_at.is_(None),
        )
        .values(superseded_at=act.now)
    )  # fmt: skip
    act.tx.execute(
        insert(Evaluation).values(
            id=act.new_id(), deliberation_id=round_id, seat=seat,
            person_id=act.actor.person_id, scores=plain.dumps(scores), remark=remark, at=act.now,
        )
    )  # fmt: skip


def _record(
    act: Act, rule: EvaluationRule, seat: str, body: str, before: Row[Any] | None,
    scores: dict[str, int], remark: str,
) -> None:  # fmt: skip
    old = plain.loads(before.scores) if before is not None else {}
    each = [
        audit.Change(f"score.{one.key}", one.name, old.get(one.key), scores[one.key])
        for one in rule.criteria
    ]
    said = before.remark if before is not None else ""
    act.record(
        "committee.evaluated",
        audit.Change("post", mark("席"), None, seat),
        *(one for one in each if one.before != one.after),
        *(
            [audit.Change("remark", mark("所見"), said or None, remark or None)]
            if said != remark
            else []
        ),
        subject=audit.Subject("committee", body, act.case_id),
    )
