"""Conditions (duties) that must be met before a case may close: reported as met, handed over."""

from typing import Any

from sqlalchemy import Connection, Row, select, update

from dxflow import audit
from dxflow.authority.obligations import Obligation, may_hand_over, may_meet
from dxflow.calendars.wareki import wareki_datetime
from dxflow.db.case import Duty
from dxflow.db.identity import Person
from dxflow.errors import Conflict, Invalid, NotFound
from dxflow.services.acts.act import Act, lock, require_running
from dxflow.services.acts.notices import leave_notice
from dxflow.services.people import naming, organisation, visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

LONGEST_EVIDENCE = 2000
#: Who may hand a duty over beside those who owe it.
WATCHERS = frozenset({"role:secretariat"})


def meet(site: Site, actor: Actor, duty_id: str, evidence: str) -> str:
    """Report a duty as met, with what shows it; return the case's id.

    Raises NotFound, NotAllowed unless the actor belongs to the group that owes it, Conflict when
    it is not open any more, Invalid without evidence.
    """
    evidence = evidence.strip()
    with site.database.write() as tx:
        act, duty = _locked(site, tx, actor, duty_id)
        owed = _owed(duty)
        if owed.open:  # whoever reported it met before is named, to anybody who may see the case
            may_meet(owed, actor.groups).require()
        require_running(act)
        _require_open(duty)
        _require_evidence(evidence)
        tx.execute(
            update(Duty)
            .where(Duty.id == duty_id)
            .values(status="met", met_at=act.now, met_by=actor.person_id, evidence=evidence)
        )
        act.record(
            "duty.met",
            audit.Change("status", duty.text, mark("未履行"), mark("履行済み")),
            audit.Change("evidence", mark("履行の内容"), None, evidence),
            subject=audit.Subject("duty", duty_id, act.case_id),
        )
        act.finish()
        return act.case_id


def hand_over(site: Site, actor: Actor, duty_id: str, unit: str, reason: str) -> str:
    """Pass an open duty on to another section, with the reason; return the case's id.

    Those who owe it now may do so, and the secretariat. Raises NotFound, NotAllowed, Conflict
    when it is not open any more, Invalid for an unknown section or without a reason.
    """
    reason = reason.strip()
    with site.database.write() as tx:
        act, duty = _locked(site, tx, actor, duty_id)
        require_running(act)
        _require_open(duty)
        sections = dict(organisation.sections(act.directory()))
        if unit not in sections:
            message = _("引き継ぐ課を選んでください。")
            raise Invalid(message, {"unit": [message]})
        _require_reason(reason)
        to = f"section:{unit}"
        may_hand_over(_owed(duty), actor.groups, to, reason, WATCHERS).require()
        tx.execute(update(Duty).where(Duty.id == duty_id).values(owner_group=to))
        names = naming.load(tx, act.directory())
        act.record(
            "duty.handed_over",
            audit.Change("owner", duty.text, names.group(duty.owner_group), sections[unit]),
            audit.Change("reason", mark("理由"), None, reason),
            subject=audit.Subject("duty", duty_id, act.case_id),
            facts={"owner": to},
        )
        said = mark("承認に付いた条件が引き継がれました。案件のページで確かめてください。")
        leave_notice(act, {to}, said, duty_id)
        act.finish()
        return act.case_id


def _locked(site: Site, tx: Connection, actor: Actor, duty_id: str) -> tuple[Act, Row[Any]]:
    """Lock the case of a duty; return the act and the duty's row. Raises NotFound."""
    which = select(Duty.case_id).where(Duty.id == duty_id).scalar_subquery()
    try:
        act = lock(site, tx, actor, which)
    except NotFound:
        raise NotFound(_("条件が見つからないか、見る権限がありません。")) from None
    visibility.require(site, tx, actor, act.case_id)
    duty = tx.execute(
        select(Duty.__table__, Person.name.label("person_name"))
        .outerjoin(Person, Person.id == Duty.met_by)
        .where(Duty.id == duty_id)
    ).one()
    return act, duty


def _owed(duty: Row[Any]) -> Obligation:
    return Obligation(duty.owner_group, duty.due_on, duty.status == "open")


def _require_open(duty: Row[Any]) -> None:
    if duty.status == "open":
        return
    raise Conflict(
        _(
            "この条件は {name} さんが {at} に履行を報告しています。",
            name=duty.person_name or _("システム"),
            at=wareki_datetime(duty.met_at) if duty.met_at else "",
        )
    )


def _require_reason(reason: str) -> None:
    if not reason:
        message = _("引き継ぐ理由を書いてください。")
        raise Invalid(message, {"reason": [message]})
    if len(reason) > LONGEST_EVIDENCE:
        message = _("{n}文字以内で書いてください。", n=LONGEST_EVIDENCE)
        raise Invalid(message, {"reason": [message]})


def _require_evidence(evidence: str) -> None:
    if not evidence:
        message = _("何をしたか、どこで確かめられるかを書いてください。")
        raise Invalid(message, {"evidence": [message]})
    if len(evidence) > LONGEST_EVIDENCE:
        message = _("{n}文字以内で書いてください。", n=LONGEST_EVIDENCE)
        raise Invalid(message, {"evidence": [message]})
