"""One act on one case: everything it changes is gathered and written once, in one transaction.

The order is always the same: lock the instance row, check, let the engine run (it calls back for
the commands of the process), write what came out, append the audit events, move the head of the
chain. The caller's transaction commits all of it or nothing.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, ScalarSelect, Select, bindparam, select, update

from dxflow import audit, engine
from dxflow.authority.directory import Directory
from dxflow.authority.segregation import Involvement
from dxflow.authority.standing_in import StandIn
from dxflow.calendars.business_days import BusinessCalendar
from dxflow.clock import local_date
from dxflow.db.base import table
from dxflow.db.case import Case
from dxflow.db.prepared import Prepared, Writes
from dxflow.db.process import ProcessInstance, WorkItem
from dxflow.errors import Conflict, NotFound
from dxflow.ids import new_id
from dxflow.services.acts import heirs, history, suspension
from dxflow.services.acts.suspension import Suspended, Suspension
from dxflow.services.packs import city_days, organised
from dxflow.services.packs import store as packs
from dxflow.services.people import events, organisation, presence
from dxflow.services.people.actor import SYSTEM_ID, Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class EnteredBallot:
    """A ballot the secretariat enters for a seat's member: `way` is paper or proxy."""

    seat: str
    member: str
    way: str
    source: str


@dataclass
class Act:
    """The working set of one act on a locked case.

    `case` are the values of the case row, `undo_person` who may pull the last act back,
    `organisation` and `calendar_version` are the versions of the organisation and of the
    city's days, where they are known.
    """

    site: Site
    tx: Connection
    actor: Actor
    pack: packs.Pack
    now: datetime
    case: dict[str, Any]
    version: int
    state: bytes
    head: audit.Head
    undo_person: str | None = None
    undo_submission: str | None = None
    suspension: Suspension | None = None
    organisation: str | None = None
    calendar_version: str | None = None
    #: Whether the person drafts with this act: what follows from it must not be theirs to judge.
    drafting: bool = False
    drafters: frozenset[str] | None = None
    #: For whom the person acts, where it is not their own work, and the sentence that allows it.
    standing: StandIn | None = None
    standing_words: str = ""
    #: The digest of the form that is handed in with this act, "" without one.
    form: str = ""
    #: The row of that form while the process goes on: it is stored when all its effects are known.
    handed_in: Mapping[str, Any] | None = None
    #: The ballot that is entered for somebody else in this act.
    entered_ballot: EnteredBallot | None = None
    case_changes: dict[str, Any] = field(default_factory=dict)
    happened: list[audit.Event] = field(default_factory=list)
    #: The bloc of a meeting's matters with which this one is voted on or concluded, 0 for alone.
    bloc: int = 0
    #: Set when something was done that nobody may pull back, such as a 決裁.
    final: bool = False
    #: The groups of seats recused from the round that was voted in: nobody waits for their votes.
    recused: frozenset[str] = frozenset()
    #: What is written at the end, all together; `flush` sends it earlier where it must be read.
    writes: Writes = field(default_factory=Writes)
    #: The groups that work items were offered to in this act.
    offered: dict[str, set[str]] = field(default_factory=dict)
    #: What this act makes of open work items, by their ids: the log holds it with the last event.
    tasks_told: dict[str, dict[str, object]] = field(default_factory=dict)
    #: Where in the process the command was reached that is being run.
    branch: str = ""
    #: The timers that were armed before (id and moment), where they are known.
    armed: Mapping[str, datetime] | None = None

    @property
    def case_id(self) -> str:
        """Return the id of the case."""
        return str(self.case["id"])

    def new_id(self) -> str:
        """Return a fresh id."""
        return new_id(self.now)

    def directory(self) -> Directory:
        """Return who is who on the date of the act, as its case sees it."""
        return self.directory_on(self.actor.on)

    def directory_on(self, day: date) -> Directory:
        """Return who is who on a day, as the case sees it."""
        who = organisation.directory(self.site, self.tx, day, self.organisation)
        return heirs.seen(who, self.case.get("heirs", ""))

    def addressed(self, groups: Iterable[str]) -> set[str]:
        """Return groups by which work of the case is offered, as they are called on the day."""
        if not self.case.get("heirs"):
            return set(groups)
        return set(map(self.directory().present, groups))

    def calendar(self) -> BusinessCalendar:
        """Return when the city works, by the case's pack and the city's own days."""
        return city_days.Calendars(self.site, self.tx, self.calendar_version).of(self.pack)

    def involved(self) -> Involvement:
        """Return who made the proposal, with the person of this act when they draft."""
        if self.drafters is None:
            self.drafters = history.drafters(self.tx, self.case_id)
        now = {self.actor.person_id} if self.drafting else set()
        return Involvement(self.case["applicant_id"], self.drafters | now)

    def change_case(self, **values: object) -> None:
        """Remember new values of the case row; they are written once at the end."""
        self.case_changes |= values
        self.case |= values

    def record(
        self,
        event_type: str,
        *changes: audit.Change,
        subject: audit.Subject | None = None,
        authority_text: str = "",
        reason: str = "",
        form: str = "",
        content: str = "",
        idempotency: str = "",
        facts: audit.Facts | None = None,
    ) -> None:
        """Remember an event of this case; it is written at the end with the others."""
        self.happened.append(
            audit.Event(
                type=event_type,
                at=self.now,
                actor=events.who(self.actor, authority_text or self.standing_words, self.standing),
                subject=subject or audit.Subject("case", self.case_id, self.case_id),
                request=audit.Request(id=self.actor.request_id, idempotency=idempotency),
                changes=changes,
                definition=self.pack.digest,
                form=form,
                content=content,
                reason=reason,
                facts=facts or {},
            )
        )

    def tell_task(self, work_item: str, **values: object) -> None:
        """Let the log say what an open work item's row holds from now on: name, due, assignee."""
        self.tasks_told.setdefault(work_item, {}).update(values)

    def call(
        self, command: str, payload: dict[str, Any], element: str, branch: str
    ) -> dict[str, Any]:
        """Run a command of the process: the engine's host."""
        self.branch = branch
        return self.site.commands[command](self, payload, element)

    def environment(self) -> engine.Environment:
        """Return what the engine may know in this step."""
        return engine.Environment(
            functions={
                **self.pack.functions(self.now, self.calendar()),
                **organised.functions(self.directory, self._doer),
            },
            now=self.now,
            host=self,
            lanes=self.pack.settings.lanes,
        )

    @property
    def _doer(self) -> str | None:
        """Return who acts; None where the program does, as when a timer fires."""
        return None if self.actor.person_id == SYSTEM_ID else self.actor.person_id

    def flush(self) -> None:
        """Send what was gathered so far, for statements that must see it."""
        self.writes.send(self.tx)

    def finish(self, *, status: str | None = None, **instance: object) -> None:
        """Append the events, move the chain's head, write state and version. Nothing follows.

        Raises AssertionError when facts are to be told and no event tells them.
        """
        version = self.version + 1
        if self.tasks_told and not self.happened:
            raise AssertionError("facts without an event: " + ", ".join(sorted(self.tasks_told)))
        if self.happened:
            # only the last event of a step speaks for the state after it
            last = self.happened[-1]
            facts = {**last.facts, "tasks": self.tasks_told} if self.tasks_told else last.facts
            self.happened[-1] = replace(
                last, state=audit.state_digest(self.state), version=version, facts=facts
            )
        head = audit.gather(self.writes, self.head, self.happened)
        if status is not None:
            instance["status"] = status
        values = {
            "state": self.state,
            "version": version,
            "audit_seq": head.seq,
            "audit_head": head.hash,
            "audit_at": head.at,
            "updated_at": self.now,
            **instance,
        }
        if self.case_changes:
            changes = {**self.case_changes, "updated_at": self.now}
            self.writes.add(_CHANGE, {"of_case": self.case_id, **changes})
        self.writes.add(_MOVE, {"of_case": self.case_id, **values})
        self.flush()
        self.version, self.head = version, head
        self.happened, self.case_changes, self.tasks_told = [], {}, {}

    def note(self) -> None:
        """Append the events of something that changes nothing: state and version stay as they are.

        Whoever has a task or may pull their act back does not notice. Nothing follows.
        """
        self.happened[-1] = replace(
            self.happened[-1], state=audit.state_digest(self.state), version=self.version
        )
        head = audit.gather(self.writes, self.head, self.happened)
        moved = {"audit_seq": head.seq, "audit_head": head.hash, "audit_at": head.at}
        self.writes.add(_MOVE, {"of_case": self.case_id, **moved})
        self.flush()
        self.head, self.happened = head, []


_FILE, _PROCESS, _WORK = table(Case), table(ProcessInstance), table(WorkItem)
_MOVE = Prepared(update(_PROCESS).where(_PROCESS.c.case_id == bindparam("of_case")))
_CHANGE = Prepared(update(_FILE).where(_FILE.c.id == bindparam("of_case")))
_CASE = tuple(_FILE.c.keys())


def _locking(which: Any) -> Select[Any]:
    """Return the statement that locks cases and reads all an act needs to know of them.

    Both rows are locked: PostgreSQL, after waiting for a lock, reads the locked rows again and
    no others, and an act must not see a case as it was before it had to wait.
    """
    instance = (
        column.label(f"instance_{column.name}")
        for column in _PROCESS.c
        if column.name not in ("undo_state", "updated_at", "process_key")
    )
    return (
        select(
            *instance,
            organisation.version_query().label("organisation"),
            city_days.version_query().label("city_days"),
            *_FILE.c,
        )
        .join_from(_PROCESS, _FILE, _FILE.c.id == _PROCESS.c.case_id)
        .where(which)
        .with_for_update(of=[_PROCESS, _FILE])
    )


def _is(case: Any) -> Any:
    return _PROCESS.c.case_id == case


_LOCK = Prepared(_locking(_is(bindparam("case"))))
_LOCK_OF_TASK = Prepared(
    _locking(_is(select(_WORK.c.case_id).where(_WORK.c.id == bindparam("task")).scalar_subquery()))
)


def lock(site: Site, tx: Connection, actor: Actor, case: str | ScalarSelect[Any]) -> Act:
    """Lock a case's instance and return the act on it. Raises NotFound.

    `case` is a case id or a scalar subquery that gives one.
    """
    if isinstance(case, str):
        return _present(_locked(site, tx, actor, _LOCK, {"case": case}))
    return _present(_locked(site, tx, actor, Prepared(_locking(_is(case))), {}))


def lock_all(site: Site, tx: Connection, actor: Actor, cases: Collection[str]) -> list[Act]:
    """Lock cases in the order of their ids, by one statement, and return the act on each.

    Each is its own act with its own chain; whoever locks several cases takes them in this order.
    Those that are not there are left out. Raises Conflict.
    """
    which = _locking(_PROCESS.c.case_id.in_(sorted(cases))).order_by(_PROCESS.c.case_id)
    acts = [_act_on(site, tx, actor, row) for row in tx.execute(which)]
    for first in acts[:1]:
        _present(first)
    return acts


def lock_of_task(
    site: Site, tx: Connection, actor: Actor, task_id: str, *, surrounded: bool = False
) -> Act:
    """Lock the case of a work item, which may be open or not. Raises NotFound, Conflict.

    `surrounded`: the caller reads what stands around it and asks `require_present` with that.
    """
    act = _locked(site, tx, actor, _LOCK_OF_TASK, {"task": task_id})
    return act if surrounded else _present(act)


def _present(act: Act) -> Act:
    """Return the act if its actor is still what they were. Raises Conflict.

    PostgreSQL may have read the organisation's version before it had to wait for the lock.
    """
    if act.tx.dialect.name == "sqlite":
        require_present(act, act.organisation or organisation.NONE_YET)
    elif act.actor.who is not None:
        require_present(act, organisation.read_version(act.tx))
    return act


def _locked(
    site: Site, tx: Connection, actor: Actor, statement: Prepared, which: dict[str, str]
) -> Act:
    row = statement.first(tx, which)
    if row is None:
        raise NotFound(_("案件が見つかりません。"))
    return _act_on(site, tx, actor, row)


def _act_on(site: Site, tx: Connection, actor: Actor, row: Any) -> Act:
    return Act(
        site=site,
        tx=tx,
        actor=actor,
        pack=packs.load(site, tx, row.instance_pack_digest),
        now=site.now(),
        case=dict(zip(_CASE, row[-len(_CASE) :], strict=True)),
        version=row.instance_version,
        state=row.instance_state,
        head=audit.Head(
            audit.case_stream(row.id),
            row.instance_audit_seq,
            row.instance_audit_head,
            row.instance_audit_at,
        ),
        undo_person=row.instance_undo_person,
        undo_submission=row.instance_undo_submission,
        suspension=suspension.of_row(tx, row._asdict(), "instance_")
        if row.instance_status == suspension.SUSPENDED
        else None,
        organisation=row.organisation or organisation.NONE_YET,
        calendar_version=row.city_days or city_days.NONE_YET,
    )


def require_present(act: Act, version: str) -> None:
    """Raise Conflict when the actor is not any more what they were when they began.

    `version` is the organisation's as it was read behind the lock: a transfer or the end of a
    delegation that came first counts.
    """
    act.organisation = version
    presence.require(act.site, act.tx, act.actor, local_date(act.now), version)


def require_running(act: Act) -> None:
    """Raise Conflict when the case has ended, Suspended when it is stopped for a while."""
    require_not_ended(act)
    if act.suspension is not None:
        raise Suspended(act.suspension.sentence(act.case["number"]))


def require_not_ended(act: Act) -> None:
    """Raise Conflict when the case has ended; it may be suspended."""
    if act.case["status"] != "running":
        raise Conflict(
            _(
                "案件 {number} は「{status}」で終わっています。",
                number=act.case["number"],
                status=packs.status_name(act.case["status"]),
            )
        )
