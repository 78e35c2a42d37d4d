"""Members judge a matter by the criteria of their body, before they vote on it.

What a member gave on paper is entered by the secretariat where the body allows it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, exists, insert, select, update

from dxflow import audit
from dxflow.authority.segregation import Action, conflict
from dxflow.committee import evaluation as rules
from dxflow.committee.evaluation import Evaluating, EvaluationRule
from dxflow.db.case import Ballot, Evaluation
from dxflow.errors import Conflict, NotAllowed
from dxflow.services import plain
from dxflow.services.acts import sitting
from dxflow.services.acts.act import Act, lock, require_running
from dxflow.services.commands import committee
from dxflow.services.meetings import stored
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark, to_be_stored


@dataclass(frozen=True)
class Paper:
    """A member's paper: who entered it, from what."""

    member: str
    source: str


def evaluate(
    site: Site, by: Actor, case_id: str, seat: str, given: dict[str, Any], remark: str = ""
) -> bool:
    """Give the scores of a seat in the open round of a case; return whether anything changed.

    `given` are whole scores by the criterion's key. What was given before stays, marked. Raises
    NotFound, NotAllowed for the seat, Invalid for the scores, Conflict when it is too late.
    """

    def own(_act: Act, _rule: EvaluationRule) -> None:
        if f"post:{seat}" not in by.groups:
            raise NotAllowed(_("この席に就いている人だけが行えます。"))

    return _give(site, by, case_id, seat, given, remark, own)


def enter(
    site: Site,
    by: Actor,
    case_id: str,
    seat: str,
    given: dict[str, Any],
    remark: str = "",
    source: str = "",
) -> bool:
    """Enter the scores that a member gave on paper; return whether anything changed.

    They are the member's, marked as entered, and the member is told. `source`: when and how the
    paper came. Raises NotAllowed for anybody but the secretariat and for one's own seat, Conflict
    where the body allows none or the member has given theirs; otherwise as `evaluate`.
    """
    by.require_role(stored.SECRETARIAT)

    def paper(act: Act, rule: EvaluationRule) -> Paper:
        holders = act.directory().holders(f"post:{seat}")
        rules.may_enter(rule, holders, by.person_id)
        for person in sorted(holders):
            conflict(Action.VOTE, person, act.involved()).require()
        return Paper(min(holders), rules.paper_source(source))

    return _give(site, by, case_id, seat, given, remark, paper)


def _give(
    site: Site,
    by: Actor,
    case_id: str,
    seat: str,
    given: dict[str, Any],
    remark: str,
    ask: Callable[[Act, EvaluationRule], Paper | None],
) -> bool:
    with site.database.write() as tx:
        act = lock(site, tx, by, case_id)
        visibility.require(site, tx, by, case_id)
        require_running(act)
        round_ = committee.open_round(act)
        body = act.pack.settings.bodies[round_.body]
        paper = ask(act, body.evaluation)
        frame = sitting.of_case(tx, case_id)
        before = committee.evaluated(act, round_.id, seat)
        if paper is not None and before is not None and before.entered_by is None:
            raise Conflict(_("この席の人は、自分で評価を出しています。紙の評価は入れられません。"))
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
        if before is not None and _same(before, scores, text, paper):
            return False
        _store(act, round_.id, seat, scores, text, paper)
        _record(act, body.evaluation, seat, round_.body, before, scores, text, paper)
        if paper is not None:
            _tell(act, seat)
        if frame is not None:
            sitting.touch(tx, frame.meeting.id)
        act.finish()
    return True


def _same(before: Row[Any], scores: dict[str, int], remark: str, paper: Paper | None) -> bool:
    now = (scores, remark, paper.source if paper else "")
    return (plain.loads(before.scores), before.remark, before.source) == now


def _tell(act: Act, seat: str) -> None:
    """Tell the member that scores were entered in their name."""
    with to_be_stored():
        said = _(
            "案件 {number} のあなたの席の評価を、事務局の {name} さんが紙の評価から入れました。"
            "覚えのないときは、すぐに事務局へ知らせてください。",
            number=act.case["number"], name=act.actor.name,
        )  # fmt: skip
    key = f"scores:{act.case_id}:{seat}:{act.version}"
    stored.tell(act.site, act.tx, key, [seat], said, case=act.case_id)


def _voted(act: Act, round_id: str, seat: str) -> bool:
    cast = exists().where(
        Ballot.deliberation_id == round_id, Ballot.seat == seat, Ballot.superseded_at.is_(None)
    )
    return bool(act.tx.execute(select(cast)).scalar_one())


def _store(
    act: Act, round_id: str, seat: str, scores: dict[str, int], remark: str, paper: Paper | None
) -> None:
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
            person_id=paper.member if paper else act.actor.person_id,
            entered_by=act.actor.person_id if paper else None,
            source=paper.source if paper else "",
            scores=plain.dumps(scores), remark=remark, at=act.now,
        )
    )  # fmt: skip


def _record(
    act: Act, rule: EvaluationRule, seat: str, body: str, before: Row[Any] | None,
    scores: dict[str, int], remark: str, paper: Paper | None,
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
        *_entered(paper),
        *(one for one in each if one.before != one.after),
        *(
            [audit.Change("remark", mark("所見"), said or None, remark or None)]
            if said != remark
            else []
        ),
        subject=audit.Subject("committee", body, act.case_id),
    )


def _entered(paper: Paper | None) -> list[audit.Change]:
    """Return what the entry says of scores that were entered for a member."""
    if paper is None:
        return []
    return [
        audit.Change("member", mark("委員"), None, paper.member),
        audit.Change("source", mark("紙の評価の出どころ"), None, paper.source),
    ]
