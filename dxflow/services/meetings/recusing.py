"""除斥 declared: a member with an interest in a matter takes no part in it from then on."""

from typing import Any

from sqlalchemy import Row, update

from dxflow import audit
from dxflow.committee import sitting as rules
from dxflow.committee.quorum import required
from dxflow.db.case import Deliberation
from dxflow.errors import Conflict, NotAllowed, NotFound
from dxflow.services import plain
from dxflow.services.acts import presiding, sitting
from dxflow.services.acts.act import Act, require_running
from dxflow.services.commands import committee
from dxflow.services.meetings import agenda, stored
from dxflow.services.meetings.planning import required_reason
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
        act, _meeting = agenda.locked_matter(site, tx, by, matter_id)
        frame = sitting.of_matter(tx, matter_id)
        if frame is None:
            raise Conflict(_("この議題はもう結論が出ているか、外されています。"))
        require_running(act)
        body, who = stored.body_of(site, tx, frame.meeting.body), stored.today(site, tx)
        of_body = {one.key: one for one in stored.seats_of(who, body)}
        if seat not in of_body:
            raise NotFound(_("「{seat}」はこの会議体の席ではありません。", seat=seat))
        if by.person_id not in of_body[seat].persons and not by.has_role(stored.SECRETARIAT):
            raise NotAllowed(_("除斥を申し出られるのは、その席の委員と事務局だけです。"))
        round_ = committee.open_round(act)
        rules.recuse(frame.snapshot(round_))
        _recuse(act, round_, seat, of_body[seat].title, why)
        act.record(
            "committee.recused",
            audit.Change("post", mark("席"), None, seat),
            audit.Change("reason", mark("理由"), None, why),
            subject=audit.Subject("meeting", frame.meeting.id, act.case_id),
        )
        sitting.touch(tx, frame.meeting.id)
        act.finish()
        return str(frame.meeting.id)


def _recuse(act: Act, round_: Row[Any], seat: str, title: str, reason: str) -> None:
    """Take a seat out of a round. Raises Conflict when it does not take part in it."""
    taking_part: list[str] = plain.loads(round_.seats)
    recused: list[dict[str, Any]] = plain.loads(round_.recused)
    if seat not in taking_part:
        raise Conflict(_("この席は、すでにこの議題に加わっていません。"))
    left = [one for one in taking_part if one != seat]
    recused.append({"seat": seat, "title": title, "reasons": [reason]})
    body = act.pack.settings.bodies[round_.body]
    now = presiding.found(act, body, left)
    presiding.record(act, round_, now)
    act.tx.execute(
        update(Deliberation)
        .where(Deliberation.id == round_.id)
        .values(
            seats=plain.dumps(left),
            recused=plain.dumps(recused),
            quorum=required(body.rules.quorum, len(left) + len(recused), len(recused)),
            chair=now.seat or "",
        )
    )
