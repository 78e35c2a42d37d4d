"""What a person may begin: the starts of the packs in force, and who is in their groups.

A start goes by its key; the id of a process stands for the first start that begins it, so that
drafts, links and programs from before a pack named several go on.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from dxflow.db.case import Case
from dxflow.errors import Conflict, NotAllowed, NotFound
from dxflow.services.packs import store as packs
from dxflow.services.packs.settings import offering
from dxflow.services.packs.settings.offering import STAFF, Start
from dxflow.services.people import naming, organisation
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated

#: Status of a case whose proposal its applicant has pulled back: a draft, seen by nobody else.
RECALLED = "recalled"


@dataclass(frozen=True)
class Offer:
    """A start with the pack in force that offers it."""

    pack: packs.Pack
    start: Start

    @property
    def title(self) -> str:
        """Return what it is called for people: the pack's title where it has no other."""
        return translated(self.start.title or self.pack.settings.title)

    @property
    def names(self) -> tuple[str, ...]:
        """Return every name it goes by."""
        return offering.names(self.pack.settings.offered, self.start)

    def began(self, start_key: str, process_key: str) -> bool:
        """Return whether a case of this start and process is one of those that begin here."""
        return (start_key or process_key) in self.names and process_key == self.start.process


def offers(site: Site, tx: Connection, actor: Actor | None = None) -> list[Offer]:
    """Return what is offered, by pack and in its order; with an actor only what they may begin."""
    found = [
        Offer(pack, start) for pack in packs.current(site, tx) for start in pack.settings.offered
    ]
    if actor is None:
        return found
    return [one for one in found if _may_begin(site, tx, actor, one.start)]


def named(site: Site, tx: Connection, name: str) -> Offer:
    """Return the start of a name; "" is the only pack's first. Raises NotFound."""
    current = packs.current(site, tx)
    if not name and len(current) == 1 and current[0].settings.offered:
        return Offer(current[0], current[0].settings.offered[0])
    for pack in current:
        start = pack.settings.start_named(name) if name else None
        if start is not None:
            return Offer(pack, start)
    raise NotFound(_("手続き「{key}」はありません。", key=name))


def entered(site: Site, tx: Connection, actor: Actor, name: str, draft_id: str = "") -> Offer:
    """Return the start of a name for somebody who may begin there.

    Whoever hands a proposal in again that they pulled back has begun already: `draft_id` is its
    case. Raises NotFound, and NotAllowed that says who may begin.
    """
    found = named(site, tx, name)
    if not _may_begin(site, tx, actor, found.start) and not _recalled(tx, actor, draft_id, found):
        raise NotAllowed(
            _("「{title}」を始められるのは、{who}です。",
              title=found.title, who=_who(site, tx, actor, found.start))
        )  # fmt: skip
    return found


def require_same(found: Offer, start_key: str, process_key: str) -> None:
    """Raise Conflict unless a case that was pulled back goes on where it began."""
    if not found.began(start_key, process_key):
        raise Conflict(_("引き戻した提案は、始めたときと同じ手続きで出してください。"))


def _may_begin(site: Site, tx: Connection, actor: Actor, start: Start) -> bool:
    if start.is_open_to(actor.groups):
        return True
    who = organisation.directory(site, tx, actor.on)
    return any(who.present(one) in actor.groups for one in start.who if one != STAFF)


def _recalled(tx: Connection, actor: Actor, draft_id: str, found: Offer) -> bool:
    if not draft_id:
        return False
    row = tx.execute(
        select(Case.start_key, Case.process_key).where(
            Case.id == draft_id, Case.applicant_id == actor.person_id, Case.status == RECALLED
        )
    ).one_or_none()
    return row is not None and found.began(row.start_key, row.process_key)


def _who(site: Site, tx: Connection, actor: Actor, start: Start) -> str:
    names = naming.load(tx, organisation.directory(site, tx, actor.on))
    return _("、").join(
        _("課に所属する職員") if one == STAFF else names.group(one) for one in start.who
    )
