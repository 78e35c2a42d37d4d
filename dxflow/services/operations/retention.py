"""保存期間満了: what becomes of ended cases whose period is over, proposed by one, decided by another.

Nothing is disposed of without both, and both are events on the chain of the case. A case of which
somebody proposes something is listed by `retention_list`.
"""

from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from dxflow import audit
from dxflow.authority import retention
from dxflow.authority.retention import Proposed, Standing
from dxflow.clock import local_date
from dxflow.db.case import Case, Duty
from dxflow.db.retention import RetentionProposal
from dxflow.db.standing import StoodIn
from dxflow.errors import Conflict, Invalid, NotFound
from dxflow.services.acts import disposals
from dxflow.services.acts.act import Act, lock
from dxflow.services.operations import case_choice, disposing
from dxflow.services.operations.case_acts import required_reason
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

#: Who proposes, who approves or refuses, and who reads the lists.
PROPOSERS = ("secretariat",)
APPROVERS = ("cio",)
READERS = (*PROPOSERS, *APPROVERS, "auditor")
MOST_YEARS = 30
WORDS = {Proposed.DISPOSAL: mark("廃棄"), Proposed.EXTENSION: mark("保存期間の延長")}


def propose(
    site: Site, actor: Actor, case: str, proposed: str, reason: str, years: int | None = None
) -> str:
    """Propose to dispose of a case, or to keep it for more years; return its id.

    `proposed` is disposal or extension, `case` a number or an id. Raises NotAllowed, NotFound,
    Invalid (reason, years), Conflict when the case is not due, is held, or something is proposed.
    """
    actor.require_role(*PROPOSERS)
    given, wanted = required_reason(reason), _proposed(proposed)
    more = _years(years) if wanted is Proposed.EXTENSION else 0
    with site.database.write() as tx:
        act = lock(site, tx, actor, case_choice.find(tx, case))
        standing, today = standing_of(act), local_date(act.now)
        _require(
            act,
            retention.may_extend(standing, today)
            if wanted is Proposed.EXTENSION
            else retention.may_propose_disposal(standing, today),
        )
        until = act.case["kept_until"]
        if more and retention.extended(until, more) < today:
            message = _("その年数を足しても、保存期間は過ぎています。")
            raise Invalid(message, {"years": [message]})
        if _open_of(tx, act.case_id) is not None:
            number = act.case["number"]
            raise Conflict(_("案件 {number} は、もう発案されています。", number=number))
        tx.execute(
            insert(RetentionProposal).values(
                id=act.new_id(), case_id=act.case_id, proposed=wanted.value, years=more,
                kept_until=until, reason=given, proposer_id=actor.person_id, at=act.now,
            )
        )  # fmt: skip
        act.record("retention.proposed", *_changes(wanted, more, given))
        act.finish()
        return act.case_id


def decide(site: Site, actor: Actor, proposal: str, *, approve: bool, reason: str = "") -> str:
    """Approve or refuse what somebody else has proposed, by its id; return the case's id.

    What is approved is done in the same transaction. Raises NotAllowed (also for one's own),
    NotFound, Invalid for a refusal without a reason, Conflict when it is decided already, or may
    not be done yet or any more.
    """
    actor.require_role(*APPROVERS)
    given = reason.strip() if approve and not reason.strip() else required_reason(reason)
    with site.database.write() as tx:
        which = select(RetentionProposal.case_id).where(RetentionProposal.id == proposal)
        try:
            act = lock(site, tx, actor, which.scalar_subquery())
        except NotFound:
            raise NotFound(_("発案が見つかりません。")) from None
        row = _open_of(tx, act.case_id)
        if row is None or row.id != proposal:
            raise Conflict(
                _("案件 {number} の発案は、もう決まっています。", number=act.case["number"])
            )
        retention.may_decide(row.proposer_id, actor.person_id).require()
        if approve:
            ended = _carry_out(act, row)
        else:
            ended = {}
            act.record(
                "retention.refused",
                audit.Change("proposed", mark("発案"), WORDS[Proposed(row.proposed)], None),
                audit.Change("reason", mark("理由"), None, given),
            )
        tx.execute(
            update(RetentionProposal)
            .where(RetentionProposal.id == proposal)
            .values(
                decided_at=act.now, decider_id=actor.person_id, approved=approve,
                decision_reason=given,
            )
        )  # fmt: skip
        act.finish(**ended)
        return act.case_id


def standing_of(act: Act) -> Standing:
    """Return what disposal of the act's case depends on."""
    case, tx = act.case, act.tx
    duties = select(func.count()).where(Duty.case_id == act.case_id, Duty.status == "open")
    owed = select(func.count()).where(
        StoodIn.case_id == act.case_id, StoodIn.owner_id.is_not(None), StoodIn.read_at.is_(None)
    )
    linked = tx.execute(
        select(Case.number)
        .where(
            or_(
                Case.parent_id == act.case_id,
                Case.previous_id
                == act.case_id,  # it is compared with what was promised in this one
                Case.id == case["parent_id"],
            ),
            Case.status.in_(("running", "recalled")),
        )
        .order_by(Case.number)
    ).scalars()
    return Standing(
        running=case["ended_at"] is None,
        kept_until=case["kept_until"],
        disposed=disposals.is_disposed(tx, act.case_id),
        suspended=act.suspension is not None,
        conditions=tx.execute(duties).scalar_one(),
        readings=tx.execute(owed).scalar_one(),
        linked=tuple(linked),
    )


def _carry_out(act: Act, row: Row[Any]) -> dict[str, Any]:
    """Do what was proposed; return what becomes of the instance."""
    standing, today = standing_of(act), local_date(act.now)
    if row.proposed == Proposed.DISPOSAL:
        _require(act, retention.may_dispose(standing, today))
        return disposing.dispose(act, row)
    _require(act, retention.may_extend(standing, today))
    before = act.case["kept_until"]
    until = retention.extended(before, row.years)
    act.record(
        "retention.extended",
        audit.Change("kept_until", mark("保存期間の終わり"), before, until),
        audit.Change("proposer", mark("発案した人"), None, row.proposer_id),
        audit.Change("reason", mark("理由"), None, row.reason),
        facts={"kept_until": until},
    )
    act.change_case(kept_until=until)
    return {}


def _changes(proposed: Proposed, years: int, reason: str) -> tuple[audit.Change, ...]:
    more = (audit.Change("years", mark("延長する年数"), None, years),) if years else ()
    return (
        audit.Change("proposed", mark("発案"), None, WORDS[proposed]),
        *more,
        audit.Change("reason", mark("理由"), None, reason),
    )


def _open_of(tx: Connection, case_id: str) -> Row[Any] | None:
    open_one = RetentionProposal.case_id == case_id, RetentionProposal.decided_at.is_(None)
    return tx.execute(select(RetentionProposal.__table__).where(*open_one)).one_or_none()


def _require(act: Act, verdict: Any) -> None:
    if not verdict:
        raise Conflict(
            _("案件 {number}: {reason}", number=act.case["number"], reason=verdict.reason)
        )


def _proposed(given: str) -> Proposed:
    if given in set(Proposed):
        return Proposed(given)
    message = _("廃棄か延長かを選んでください。")
    raise Invalid(message, {"proposed": [message]})


def _years(given: int | None) -> int:
    if given is not None and 1 <= given <= MOST_YEARS:
        return given
    message = _("延長する年数は 1 から {most} までの数で書いてください。", most=MOST_YEARS)
    raise Invalid(message, {"years": [message]})
