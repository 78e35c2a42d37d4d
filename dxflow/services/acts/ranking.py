"""The secretariat puts a case at a place of the backlog, with a reason; the log keeps both."""

from sqlalchemy import Connection, delete, insert, select

from dxflow import audit
from dxflow.db.case import CaseRank
from dxflow.errors import Conflict, Invalid
from dxflow.services.acts.act import lock, require_not_ended
from dxflow.services.packs import store as packs
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

RANKERS = frozenset({"secretariat"})
LONGEST_REASON = 1000
LAST = 9999


def rank(
    site: Site, actor: Actor, case_id: str, place: int | None, reason: str, before: int | None
) -> None:
    """Put a case at a place of its list, or leave it to the pack's order again (None).

    `before` is the place that the person saw: whoever comes second is told. Nothing of the process
    changes. Raises NotAllowed, NotFound, Invalid, Conflict.
    """
    actor.require_role(*RANKERS)
    given, wrong = " ".join(reason.split()), {}
    if not given or len(given) > LONGEST_REASON:
        wrong["reason"] = [_("理由を {n} 文字以内で書いてください。", n=LONGEST_REASON)]
    if place is not None and not 1 <= place <= LAST:
        wrong["place"] = [_("順位は 1 から {n} までの数にしてください。", n=LAST)]
    if wrong:
        raise Invalid(next(iter(wrong.values()))[0], wrong)
    with site.database.write() as tx:
        visibility.require(site, tx, actor, case_id)
        act = lock(site, tx, actor, case_id)
        require_not_ended(act)
        held = tx.execute(
            select(CaseRank.place).where(CaseRank.case_id == case_id)
        ).scalar_one_or_none()
        if held != before:
            raise Conflict(
                _("ほかの人が先に順位を変えました。いまの順位を見て、決め直してください。")
            )
        if held == place:
            raise Conflict(_("順位は変わりません。"))
        if not _in_backlog(site, tx, act.case["process_key"]):
            raise Conflict(_("この手続きには、優先順位の一覧がありません。"))
        tx.execute(delete(CaseRank).where(CaseRank.case_id == case_id))
        if place is not None:
            tx.execute(
                insert(CaseRank).values(
                    case_id=case_id, place=place, reason=given, person_id=actor.person_id,
                    at=act.now,
                )
            )  # fmt: skip
        act.record(
            "case.ranked",
            audit.Change("place", mark("優先順位"), held, place),
            audit.Change("reason", mark("理由"), None, given),
        )
        act.note()


def _in_backlog(site: Site, tx: Connection, process: str) -> bool:
    """Return whether cases of a process stand in a list: the versions in force say so, as there.

    A case that runs by an older version stands in it too.
    """
    settings = [pack.settings for pack in packs.current(site, tx)]
    return any(one.backlog is not None and one.start_process == process for one in settings)
