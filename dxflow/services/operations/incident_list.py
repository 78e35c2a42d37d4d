"""Incidents as administrators read them: what failed where, since when, how often, for whom."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select
from sqlalchemy.orm import aliased

from dxflow.calendars.wareki import wareki_datetime
from dxflow.db.case import Case
from dxflow.db.identity import Person
from dxflow.db.job import Job
from dxflow.db.process import Incident, ProcessInstance
from dxflow.errors import Invalid, NotFound
from dxflow.services.acts import incidents
from dxflow.services.operations.case_choice import OPERATORS
from dxflow.services.packs import store as packs
from dxflow.services.paging import Page, bounds
from dxflow.services.people import visibility
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated

STATUSES = ("open", "resolved")
MOST_OF_CASE = 20


@dataclass(frozen=True)
class IncidentRow:
    """An incident. `kind` is job (deferred work that was given up) or act (of a person).

    `id` is the number that people quote; `job_status` is that of its job now, "" without one,
    `job_attempts` how often that has failed since it was put into the queue, `job_at` when it is
    tried next and `job_error` why it failed last.
    """

    id: str
    status: str
    kind: str
    case_id: str
    case_number: str
    case_title: str
    process: str
    process_name: str
    element: str
    element_name: str
    cause: str
    person_id: str
    person: str
    request_id: str
    task_id: str
    outcome: str
    occurrences: int
    at: datetime
    last_at: datetime
    job_status: str
    job_attempts: int
    job_at: datetime | None
    job_error: str
    pack_key: str
    pack_version: int | None
    resolved_at: datetime | None
    resolved_by: str
    resolved_alone: bool
    note: str

    @property
    def status_name(self) -> str:
        """Return the status in words."""
        return _("未解消") if self.status == "open" else _("解消済み")

    @property
    def waiting(self) -> str:
        """Return what has come of putting the job back into the queue, "" when it is not there."""
        if self.status != "open" or self.job_status != "waiting":
            return ""
        if not self.job_attempts or self.job_at is None:
            return _("待ち行列に戻されています。成功すると自動で解消になります。")
        return _(
            "待ち行列に戻したあと、また失敗しています（{n}回）: {why} "
            "次は {at} に自動で試し、成功すると自動で解消になります。",
            n=self.job_attempts, why=self.job_error, at=wareki_datetime(self.job_at),
        )  # fmt: skip


def listed(
    site: Site, actor: Actor, status: str = "open", page: int = 1, per_page: int = 50
) -> Page[IncidentRow]:
    """Return incidents, the latest met first; `status` is open, resolved or "" for all.

    Raises NotAllowed, or Invalid for an unknown status.
    """
    actor.require_role(*OPERATORS)
    require_status(status)
    offset, limit = bounds(page, per_page)
    which = (Incident.status == status,) if status else ()
    with site.database.read() as tx:
        total = tx.execute(select(func.count()).select_from(Incident).where(*which)).scalar_one()
        rows = tx.execute(
            statement()
            .where(*which)
            .order_by(Incident.last_at.desc(), Incident.id.desc())
            .offset(offset)
            .limit(limit)
        ).all()
        return Page(entries(site, tx, rows), page, per_page, total)


def open_count(site: Site, actor: Actor) -> int:
    """Return how many incidents are open; none for those who may not see them."""
    if not actor.has_role(*OPERATORS):
        return 0
    with site.database.read() as tx:
        return int(
            tx.execute(
                select(func.count()).select_from(Incident).where(Incident.status == "open")
            ).scalar_one()
        )


def require_status(status: str) -> None:
    """Raise Invalid for a status that is neither known nor "" for all."""
    if status and status not in STATUSES:
        message = _("status は open か resolved です。")
        raise Invalid(message, {"status": [message]})


def one(site: Site, actor: Actor, incident_id: str) -> IncidentRow:
    """Return an incident by its number. Raises NotAllowed or NotFound."""
    actor.require_role(*OPERATORS)
    with site.database.read() as tx:
        return read(site, tx, incident_id)


def read(site: Site, tx: Connection, incident_id: str) -> IncidentRow:
    """Return an incident within a transaction. Raises NotFound."""
    row = tx.execute(statement().where(Incident.id == incident_id.strip())).one_or_none()
    if row is None:
        raise NotFound(_("障害番号「{number}」はありません。", number=incident_id.strip()))
    return entries(site, tx, [row])[0]


def of_case(site: Site, tx: Connection, case_id: str) -> list[IncidentRow]:
    """Return a case's open incidents, the latest first."""
    rows = tx.execute(
        statement()
        .where(Incident.case_id == case_id, Incident.status == "open")
        .order_by(Incident.last_at.desc())
        .limit(MOST_OF_CASE)
    ).all()
    return entries(site, tx, rows)


def statement() -> Select[Any]:
    """Return the statement that reads incidents with all that `entries` says of them."""
    settler = aliased(Person)
    return (
        select(
            Incident.__table__,
            Case.number,
            visibility.told_title(),
            ProcessInstance.pack_digest,
            Person.name.label("person_name"),
            settler.name.label("settler_name"),
            Job.status.label("job_status"),
            Job.attempts.label("job_attempts"),
            Job.run_at.label("job_at"),
            Job.last_error.label("job_error"),
        )
        .select_from(Incident)
        .outerjoin(Case, Case.id == Incident.case_id)
        .outerjoin(ProcessInstance, ProcessInstance.case_id == Incident.case_id)
        .outerjoin(Person, Person.id == Incident.person_id)
        .outerjoin(settler, settler.id == Incident.resolved_by)
        .outerjoin(Job, Job.id == Incident.job_id)
    )


def entries(site: Site, tx: Connection, rows: Sequence[Any]) -> list[IncidentRow]:
    """Return the incidents of rows that `statement` has read."""
    return [_entry(site, tx, row) for row in rows]


def _entry(site: Site, tx: Connection, row: Any) -> IncidentRow:
    pack = packs.load(site, tx, row.pack_digest) if row.pack_digest else None
    process = row.process_key or (_process_of(pack, row.element) if pack else "")
    found = pack.processes.get(process) if pack else None
    return IncidentRow(
        id=row.id,
        status=row.status,
        kind="job" if row.job_id else "act",
        case_id=row.case_id or "",
        case_number=row.number or "",
        case_title=row.title or "",
        process=process,
        process_name=(translated(found.name) or process) if found else process,
        element=row.element,
        element_name=_element(pack, row.element),
        cause=pack.text(row.cause) if pack else row.cause,
        person_id=row.person_id or "",
        person=row.person_name or _("システム"),
        request_id=row.request_id,
        task_id=row.work_item_id or "",
        outcome=row.outcome,
        occurrences=row.occurrences,
        at=row.at,
        last_at=row.last_at,
        job_status=row.job_status or "",
        job_attempts=row.job_attempts or 0,
        job_at=row.job_at,
        job_error=row.job_error or "",
        pack_key=pack.key if pack else "",
        pack_version=pack.version if pack else None,
        resolved_at=row.resolved_at,
        resolved_by=(row.settler_name or _("システム")) if row.resolved_at else "",
        resolved_alone=row.note in (incidents.JOB_SUCCEEDED, incidents.ACT_SUCCEEDED),
        note=row.note,
    )


def _element(pack: packs.Pack | None, element: str) -> str:
    known = {
        "timer.fire": _("期限の処理"),
        "notice.deliver": _("お知らせの送付"),
        "case.migrate": _("版の移行"),
        "claim.lapse": _("担当から外れた人の引受けの解除"),
        "meeting.refer": _("上の会議体への付議"),
    }
    if element in known:
        return known[element]
    return translated(pack.element_name(element)) if pack else element


def _process_of(pack: packs.Pack, element: str) -> str:
    """Return the process in which an element or a boundary event is drawn, "" when in none."""
    for key, process in pack.processes.items():
        if pack.element(key, element) is not None:
            return key
        for holder in process.elements.values():
            if any(boundary.id == element for boundary in holder.boundaries):
                return key
    return ""
