"""Whether somebody still is what they were when they began: asked behind the lock of every act."""

from datetime import date

from sqlalchemy import Connection

from dxflow.errors import Conflict
from dxflow.services.people import organisation
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _


def require(site: Site, tx: Connection, actor: Actor, day: date, version: str) -> None:
    """Raise Conflict when the actor is not any more what they were when they began.

    `version` is the organisation's as it was read behind the lock: a transfer or the end of a
    delegation that came first counts.
    """
    if actor.who is None or actor.is_system:
        return
    who = organisation.directory(site, tx, day, version)
    if who is actor.who:
        return
    person = actor.person_id
    now = who.groups_of(person), who.standing.groups_of(person)
    if now != (actor.groups, dict(actor.stands_in)):
        raise Conflict(
            _(
                "この間に、あなたの職か、代理・代決の定めが変わりました。"
                "画面を開き直して、もう一度行ってください。"
            )
        )
