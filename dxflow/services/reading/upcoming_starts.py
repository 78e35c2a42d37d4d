"""When cases will begin by themselves: the next time of each timer start, and whose case it will be."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from dxflow.db.case import Case
from dxflow.db.process import PlannedStart
from dxflow.services.acts import timed_starts
from dxflow.services.packs import city_days
from dxflow.services.packs import store as packs
from dxflow.services.people import naming, organisation
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated

#: A start that is late for longer than this has met something: it does not wait for its turn.
PATIENCE = timedelta(minutes=5)


@dataclass(frozen=True)
class Upcoming:
    """A timer start of a version in force. `due_at` is None when it comes no more.

    `owner` says whose the case will be, as of today; `trouble` why it could not begin, "" when
    nothing is in the way. The last case is the one that began last by it.
    """

    id: str
    pack: str
    process: str
    process_name: str
    element: str
    due_at: datetime | None
    owner: str
    trouble: str
    last_case_id: str = ""
    last_number: str = ""


def shown(site: Site, actor: Actor) -> list[Upcoming]:
    """Return every start that is planned, as `listed`. Raises NotAllowed for who publishes nothing."""
    actor.require_role("admin")
    with site.database.read() as tx:
        return listed(site, tx)


def listed(site: Site, tx: Connection) -> list[Upcoming]:
    """Return every start that is planned, the next one first; those that come no more are last."""
    rows = tx.execute(
        select(PlannedStart.__table__, Case.number)
        .outerjoin(Case, Case.id == PlannedStart.last_case_id)
        .order_by(PlannedStart.due_at.is_(None), PlannedStart.due_at, PlannedStart.id)
    ).all()
    if not rows:
        return []
    now = site.now()
    who = organisation.directory(site, tx, site.today())
    calendars = city_days.Calendars(site, tx)
    found = []
    for row in rows:
        pack = packs.load(site, tx, row.digest)
        process = pack.processes[row.process_key]
        owner, trouble = "", ""
        try:
            functions = pack.functions(now, calendars.of(pack))
            groups = pack.settings.starts[row.process_key].owners(functions)
            holder = timed_starts.owner(tx, who, groups)
            names = naming.load(tx, who, persons=[holder.person] if holder else ())
            if holder is None:
                trouble = timed_starts.nobody(names, groups)
            else:
                owner = _(
                    "{group}（{person}）",
                    group=names.group(holder.group), person=names.person(holder.person),
                )  # fmt: skip
        except ValueError as wrong:
            trouble = str(wrong)
        if not trouble and row.due_at is not None and row.due_at <= now - PATIENCE:
            trouble = _("時期が来ても始まっていません。障害の一覧で原因を確かめてください。")
        found.append(
            Upcoming(
                id=row.id,
                pack=row.pack,
                process=row.process_key,
                process_name=translated(process.name) or row.process_key,
                element=translated(process.elements[row.element].name) or row.element,
                due_at=row.due_at,
                owner=owner,
                trouble=trouble,
                last_case_id=row.last_case_id or "",
                last_number=row.number or "",
            )
        )
    return found
