"""Which cases the list of measures judges: those that run, then the latest."""

from sqlalchemy import Connection, and_, exists, select

from dxflow.db import case as tables
from dxflow.db.case import Case
from dxflow.services.paging import few, together
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.reading.newest import newest
from dxflow.services.site import Site

MEASURED_STATUSES = ("running", "completed", "stopped")
#: So many at most.
MOST_CASES = 500


def latest(
    site: Site, tx: Connection, actor: Actor, unit: str, case_id: str
) -> tuple[list[str], bool]:
    """Return at most MOST_CASES cases with measures, and whether there are more."""
    parts = [
        Case.status.in_(MEASURED_STATUSES),
        exists().where(tables.Measure.case_id == Case.id),
        *([Case.lead_unit == unit] if unit else []),
        *([Case.id == case_id] if case_id else []),
    ]
    sees_all = visibility.scope(site, tx, actor).all
    if sees_all or case_id:
        branches = [one.where(*parts) for one in visibility.branches(site, tx, actor)]
        ids = few(tx, branches, MOST_CASES)
        if ids is not None:
            return ids, False
        if unit:  # theirs may lie anywhere in time
            newest_first = (Case.status != "running", Case.created_at.desc(), Case.id.desc())
            theirs = select(Case.id).where(Case.id.in_(together(branches))).order_by(*newest_first)
            return list(tx.execute(theirs.limit(MOST_CASES)).scalars()), True
    which = and_(visibility.visible(site, tx, actor), *parts[1:])
    found: list[str] = []
    for statuses in (("running",), MEASURED_STATUSES[1:]):
        most = MOST_CASES + 1 - len(found)
        if most and sees_all:
            found += tx.execute(newest(which, statuses, most)).scalars()
        elif most:
            theirs = visibility.newest(site, tx, actor, statuses, most, *parts[1:])
            found += tx.execute(theirs).scalars()
    return found[:MOST_CASES], len(found) > MOST_CASES


def every(
    site: Site, tx: Connection, actor: Actor, unit: str, case_id: str, *, published: bool
) -> list[str]:
    """Return every case with measures that the actor may see, by number.

    `published`: none whose reading is restricted.
    """
    which = and_(
        visibility.visible(site, tx, actor),
        Case.status.in_(MEASURED_STATUSES),
        exists().where(tables.Measure.case_id == Case.id),
        *([Case.lead_unit == unit] if unit else []),
        *([Case.id == case_id] if case_id else []),
        *([Case.restricted.is_(False)] if published else []),
    )
    return list(tx.execute(select(Case.id).where(which).order_by(Case.number)).scalars())
