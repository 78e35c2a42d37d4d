"""Conditions (duties) that must be met before a case may close: reporting one as met."""

from sqlalchemy import select, update

from dxflow import audit
from dxflow.calendars.wareki import wareki_datetime
from dxflow.db.case import Duty
from dxflow.db.identity import Person
from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound
from dxflow.services.acts.act import lock, require_running
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

LONGEST_EVIDENCE = 2000


def meet(site: Site, actor: Actor, duty_id: str, evidence: str) -> str:
    """Report a duty as met, with what shows it; return the case's id.

    Raises NotFound, NotAllowed unless the actor belongs to the group that owes it, Conflict when
    it is not open any more, Invalid without evidence.
    """
    evidence = evidence.strip()
    with site.database.write() as tx:
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
        if duty.owner_group not in actor.groups:
            raise NotAllowed(_("履行を報告できるのは、この条件を負う課の職員だけです。"))
        require_running(act)
        if duty.status != "open":
            raise Conflict(
                _(
                    "この条件は {name} さんが {at} に履行を報告しています。",
                    name=duty.person_name or _("システム"),
                    at=wareki_datetime(duty.met_at) if duty.met_at else "",
                )
            )
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


def _require_evidence(evidence: str) -> None:
    if not evidence:
        message = _("何をしたか、どこで確かめられるかを書いてください。")
        raise Invalid(message, {"evidence": [message]})
    if len(evidence) > LONGEST_EVIDENCE:
        message = _("{n}文字以内で書いてください。", n=LONGEST_EVIDENCE)
        raise Invalid(message, {"evidence": [message]})
