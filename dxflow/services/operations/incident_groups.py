"""Incidents of one cause at one place: one mistake in a pack stops many cases, and is one line.

A group is what has status, kind, version, process, element and cause in common. It is named by any
incident that belongs to it.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Subquery, and_, case, distinct, func, select

from dxflow.db.job import Job
from dxflow.db.process import Incident, ProcessInstance
from dxflow.errors import Conflict, DxflowError
from dxflow.services.acts import incidents
from dxflow.services.operations import incident_acts, incident_list
from dxflow.services.operations.case_choice import OPERATORS
from dxflow.services.operations.incident_list import IncidentRow
from dxflow.services.paging import Page, bounds
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _

#: So many of a group are read with it.
SHOWN = 5
#: So many of a group are tried at once.
MOST_AT_ONCE = 200

_CAUSE = ("kind", "pack", "process_key", "element", "cause")
_KEYS = ("status", *_CAUSE)


@dataclass(frozen=True)
class IncidentGroup:
    """Incidents of one cause at one place of one version.

    `waiting` is how many of them have been put back into the queue; `latest` are some of them, the
    latest first, never empty.
    """

    cases: int
    incidents: int
    occurrences: int
    waiting: int
    at: datetime
    last_at: datetime
    latest: tuple[IncidentRow, ...]

    @property
    def first(self) -> IncidentRow:
        """Return the latest incident, by which the group is named."""
        return self.latest[0]


@dataclass(frozen=True)
class Cause:
    """A cause with everything that came of it: how many are open, and how many resolved."""

    first: IncidentRow
    open: int
    waiting: int
    again: int
    resolved: int
    page: Page[IncidentRow]


@dataclass(frozen=True)
class Tried:
    """What came of trying one incident again.

    `came` is queued (its job runs again), works or fails (a
    person's step would, or would not, go through now), unknown (that cannot be tried) or refused;
    `message` says so in words.
    """

    incident: str
    case_id: str
    case_number: str
    person: str
    came: str
    message: str


@dataclass(frozen=True)
class TriedTogether:
    """What came of each of a group; `left` are still to be tried because they were too many."""

    tried: tuple[Tried, ...]
    left: int

    @property
    def alike(self) -> list[tuple[Tried, list[Tried]]]:
        """Return what came in the same words together: one of them, and all."""
        found: dict[tuple[str, str], list[Tried]] = {}
        for one in self.tried:
            found.setdefault((one.came, one.message.replace(one.case_number, "")), []).append(one)
        return [(some[0], some) for some in found.values()]

    def count(self, *came: str) -> int:
        """Return how many ended in one of these ways."""
        return sum(one.came in came for one in self.tried)


def listed(
    site: Site, actor: Actor, status: str = "open", page: int = 1, per_page: int = 50
) -> Page[IncidentGroup]:
    """Return groups of incidents, the latest met first; `status` is open, resolved or "" for all.

    Raises NotAllowed, or Invalid for an unknown status.
    """
    actor.require_role(*OPERATORS)
    incident_list.require_status(status)
    offset, limit = bounds(page, per_page)
    placed = _placed((Incident.status == status,) if status else ())
    keys = [placed.c[key] for key in _KEYS]
    groups = select(
        *keys,
        func.count().label("incidents"),
        func.count(distinct(placed.c.case_id)).label("cases"),
        func.sum(placed.c.occurrences).label("occurrences"),
        func.sum(placed.c.waiting).label("waiting"),
        func.min(placed.c.at).label("at"),
        func.max(placed.c.last_at).label("last_at"),
        func.max(placed.c.id).label("newest"),
    ).group_by(*keys)
    with site.database.read() as tx:
        total = tx.execute(select(func.count()).select_from(groups.subquery())).scalar_one()
        chosen = (
            groups.order_by(func.max(placed.c.last_at).desc(), func.max(placed.c.id).desc())
            .offset(offset)
            .limit(limit)
            .subquery()
        )
        return Page(_read(site, tx, chosen, placed), page, per_page, total)


def _placed(which: tuple[Any, ...]) -> Subquery:
    """Return incidents with what groups have in common, and whether their job waits again."""
    return (
        select(
            Incident.id,
            Incident.status,
            case((Incident.job_id.is_(None), "act"), else_="job").label("kind"),
            func.coalesce(ProcessInstance.pack_digest, "").label("pack"),
            Incident.process_key,
            Incident.element,
            Incident.cause,
            Incident.case_id,
            Incident.occurrences,
            Incident.at,
            Incident.last_at,
            case((Job.status == "waiting", 1), else_=0).label("waiting"),
            case((and_(Job.status == "waiting", Job.attempts > 0), 1), else_=0).label("again"),
        )
        .select_from(Incident)
        .outerjoin(ProcessInstance, ProcessInstance.case_id == Incident.case_id)
        .outerjoin(Job, Job.id == Incident.job_id)
        .where(*which)
        .subquery()
    )


def _read(site: Site, tx: Connection, chosen: Subquery, placed: Subquery) -> list[IncidentGroup]:
    """Return the chosen groups with the latest of each, in two statements however many there are."""
    ranked = select(
        placed,
        func.row_number()
        .over(
            partition_by=[placed.c[key] for key in _KEYS],
            order_by=(placed.c.last_at.desc(), placed.c.id.desc()),
        )
        .label("place"),
    ).subquery()
    rows = tx.execute(
        select(chosen, ranked.c.id)
        .join(ranked, and_(*(chosen.c[key] == ranked.c[key] for key in _KEYS)))
        .where(ranked.c.place <= SHOWN)
        .order_by(chosen.c.last_at.desc(), chosen.c.newest.desc(), ranked.c.place)
    ).all()
    known = _entries(site, tx, [row.id for row in rows])
    groups: dict[str, tuple[Any, list[IncidentRow]]] = {}
    for row in rows:
        groups.setdefault(row.newest, (row, []))[1].append(known[row.id])
    return [
        IncidentGroup(
            cases=row.cases,
            incidents=row.incidents,
            occurrences=int(row.occurrences),
            waiting=int(row.waiting),
            at=row.at,
            last_at=row.last_at,
            latest=tuple(latest),
        )
        for row, latest in groups.values()
    ]


def _entries(site: Site, tx: Connection, wanted: list[str]) -> dict[str, IncidentRow]:
    rows = tx.execute(incident_list.statement().where(Incident.id.in_(wanted))).all()
    return {one.id: one for one in incident_list.entries(site, tx, rows)}


def cause(site: Site, actor: Actor, incident_id: str, page: int = 1, per_page: int = 50) -> Cause:
    """Return everything of an incident's cause and place, the open ones first.

    Raises NotAllowed or NotFound.
    """
    actor.require_role(*OPERATORS)
    offset, limit = bounds(page, per_page)
    with site.database.read() as tx:
        first = incident_list.read(site, tx, incident_id)
        same = _same(incident_id)
        is_open = case((same.c.status == "open", 1), else_=0)
        count = tx.execute(
            select(
                func.count().label("all"),
                func.coalesce(func.sum(is_open), 0).label("open"),
                func.coalesce(func.sum(is_open * same.c.waiting), 0).label("waiting"),
                func.coalesce(func.sum(is_open * same.c.again), 0).label("again"),
            ).select_from(same)
        ).one()
        wanted = list(
            tx.execute(
                select(same.c.id)
                .order_by(is_open.desc(), same.c.last_at.desc(), same.c.id.desc())
                .offset(offset)
                .limit(limit)
            ).scalars()
        )
        known = _entries(site, tx, wanted)
    rows = [known[one] for one in wanted]
    return Cause(
        first=first,
        open=int(count.open),
        waiting=int(count.waiting),
        again=int(count.again),
        resolved=count.all - int(count.open),
        page=Page(rows, page, per_page, count.all),
    )


def _same(incident_id: str) -> Subquery:
    """Return the incidents that have cause and place in common with one, whatever their status."""
    placed, one = _placed(()), _placed((Incident.id == incident_id.strip(),))
    return (
        select(placed).join(one, and_(*(placed.c[key] == one.c[key] for key in _CAUSE))).subquery()
    )


def retry(site: Site, actor: Actor, incident_id: str) -> TriedTogether:
    """Try every open incident of a group again, each in a transaction of its own.

    As `incident_acts.retry`: jobs are put back once, people's acts are only tried. What one refuses
    does not stop the others. Raises NotAllowed or NotFound.
    """
    actor.require_role(*OPERATORS)
    with site.database.read() as tx:
        incident_list.read(site, tx, incident_id)
        same = _same(incident_id)
        wanted = list(
            tx.execute(
                select(same.c.id)
                .where(same.c.status == "open", same.c.waiting == 0)
                .order_by(same.c.at, same.c.id)
            ).scalars()
        )
        known = _entries(site, tx, wanted[:MOST_AT_ONCE])
    tried = tuple(_tried(site, actor, known[one]) for one in wanted[:MOST_AT_ONCE])
    return TriedTogether(tried, max(len(wanted) - MOST_AT_ONCE, 0))


def close(site: Site, actor: Actor, incident_id: str, note: str) -> int:
    """Resolve every open incident of a group with one note; return how many there were.

    Raises NotAllowed, NotFound, Invalid without a note, Conflict when none was open any more.
    """
    actor.require_role(*OPERATORS)
    given = incident_acts.required_note(note)
    person = None if actor.is_system else actor.person_id
    with site.database.write() as tx:
        incident_list.read(site, tx, incident_id)
        same = _same(incident_id)
        which = Incident.id.in_(select(same.c.id).where(same.c.status == "open"))
        done = incidents.settle(
            tx, site.now(), which, person, actor.channel, given, actor.request_id
        )
    if not done:
        raise Conflict(_("この障害はすでに解消されています。"))
    return done


def _tried(site: Site, actor: Actor, row: IncidentRow) -> Tried:
    try:
        done = incident_acts.retry_known(site, actor, row)
    except DxflowError as refused:
        came, message = "refused", refused.message
    else:
        ways = {True: "works", False: "fails", None: "unknown"}
        came, message = "queued" if done.queued else ways[done.works], done.message
    return Tried(row.id, row.case_id, row.case_number, row.person, came, message)


def plain(group: IncidentGroup) -> dict[str, Any]:
    """Return a group as it is told to programs: what it has in common, and how many there are."""
    row = asdict(group.first)
    common = ("status", "kind", "process", "process_name", "element", "element_name", "cause",
              "pack_key", "pack_version")  # fmt: skip
    return {
        "incident": group.first.id,
        **{key: row[key] for key in common},
        "cases": group.cases,
        "incidents": group.incidents,
        "occurrences": group.occurrences,
        "waiting": group.waiting,
        "at": group.at,
        "last_at": group.last_at,
    }
