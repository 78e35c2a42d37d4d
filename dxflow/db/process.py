"""Packs as installed, running instances, open work, timers, submissions and drafts."""

from datetime import datetime

from sqlalchemy import (
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from dxflow.db.base import Base, UtcDateTime


class PackVersion(Base):
    """One published version of a pack: its files, immutable, found by their digest.

    `files` is a JSON object of path to text; `status` is current or superseded.
    """

    __tablename__ = "pack_version"
    __table_args__ = (UniqueConstraint("key", "version"),)

    digest: Mapped[str] = mapped_column(String(64), primary_key=True)
    key: Mapped[str] = mapped_column(String(64))
    version: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(16))
    files: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_by: Mapped[str] = mapped_column(String(64))


class ProcessInstance(Base):
    """A running process: the row that every act on a case locks.

    `state` are the engine's bytes; `audit_seq`, `audit_head`, `audit_at` are the head of the
    case's own chain. `status` is active, suspended or ended; while it is suspended the `suspended`
    columns say since when, by whom and why. The `undo` columns keep the state before
    the last person's act, so that this person may pull it back (引戻し).
    """

    __tablename__ = "process_instance"
    __table_args__ = (Index(None, "updated_at", "case_id"),)

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    pack_digest: Mapped[str] = mapped_column(ForeignKey("pack_version.digest"))
    process_key: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16))
    version: Mapped[int]
    audit_seq: Mapped[int]
    audit_head: Mapped[bytes] = mapped_column(LargeBinary)
    audit_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[bytes] = mapped_column(LargeBinary)
    undo_state: Mapped[bytes | None] = mapped_column(LargeBinary)
    undo_person: Mapped[str | None] = mapped_column(String(32))
    undo_submission: Mapped[str | None] = mapped_column(String(32))
    suspended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suspended_by: Mapped[str | None] = mapped_column(String(32))
    suspend_reason: Mapped[str] = mapped_column(Text, server_default="")


class WorkItem(Base):
    """A user task offered to people. `status` is open, completed or cancelled.

    `act` is what completing it means where segregation of duties asks (approve, vote, …), else "".
    """

    __tablename__ = "work_item"
    __table_args__ = (
        # what stands open in a case is found among all it ever had, however old the case
        Index(None, "case_id", "status"),
        Index(
            "ix_work_item_open_due",
            "due_at",
            "created_at",
            "id",
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
        Index(
            "ix_work_item_open_created",
            "created_at",
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
        # a task that nobody has taken, or that is not done, costs nothing in these two
        Index(
            "ix_work_item_taken",
            "assignee_id",
            "status",
            "due_at",
            "created_at",
            "id",
            sqlite_where=text("assignee_id IS NOT NULL"),
            postgresql_where=text("assignee_id IS NOT NULL"),
        ),
        Index(
            "ix_work_item_ended",
            "process_key",
            "element",
            "status",
            "ended_at",
            sqlite_where=text("ended_at IS NOT NULL"),
            postgresql_where=text("ended_at IS NOT NULL"),
        ),
        # what the whole of the open work is counted from, without reading one row of it
        Index(
            "ix_work_item_open_place",
            "process_key",
            "element",
            "name",
            "due_at",
            "created_at",
            "status",  # the same in every row: SQLite reads the index alone only when it is there
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32))
    element: Mapped[str] = mapped_column(String(128))
    process_key: Mapped[str] = mapped_column(String(64))
    path: Mapped[str] = mapped_column(Text, server_default="")
    name: Mapped[str] = mapped_column(Text)
    lane: Mapped[str] = mapped_column(Text, server_default="")
    form_key: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16))
    assignee_id: Mapped[str | None] = mapped_column(String(32))
    variables: Mapped[str] = mapped_column(Text, server_default="{}")
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by: Mapped[str | None] = mapped_column(String(32))
    outcome: Mapped[str | None] = mapped_column(String(64))
    act: Mapped[str] = mapped_column(String(16), server_default="")
    #: The group that operators gave the task to instead of the model's, "" while they have not.
    given_to: Mapped[str] = mapped_column(String(128), server_default="")


class Escalation(Base):
    """Those above were told that a task is late for a due date: once for each.

    A condition has its id and the beginning of its day here instead.
    """

    __tablename__ = "escalation"

    work_item_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(UtcDateTime, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class WorkItemGroup(Base):
    """A group that an open work item is offered to; rows go when the item ends.

    `due_at` and `created_at` are the item's own: an inbox is read in its order, group by group.
    """

    __tablename__ = "work_item_group"
    __table_args__ = (
        Index("ix_work_item_group_in_order", "group_key", "due_at", "created_at", "work_item_id"),
        {"sqlite_with_rowid": False},  # one tree to write instead of two
    )

    work_item_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    group_key: Mapped[str] = mapped_column(String(128), primary_key=True)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Timer(Base):
    """An armed timer of an instance; the row goes when it fires or is disarmed."""

    __tablename__ = "timer"
    __table_args__ = (Index(None, "due_at"), Index(None, "case_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32))
    element: Mapped[str] = mapped_column(String(128))
    due_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(server_default="0")


class PlannedStart(Base):
    """When a current pack version lets a case begin by itself: a row for each timer start event.

    `timer` is what `due_at` was made of, `since` the moment from which its cycle counts. `due_at`
    is NULL when no case will begin any more; `attempts` is 1 while the start waits in the queue.
    """

    __tablename__ = "planned_start"
    __table_args__ = (UniqueConstraint("pack", "process_key", "element"), Index(None, "due_at"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    pack: Mapped[str] = mapped_column(String(64))
    process_key: Mapped[str] = mapped_column(String(64))
    element: Mapped[str] = mapped_column(String(128))
    digest: Mapped[str] = mapped_column(String(64))
    timer: Mapped[str] = mapped_column(Text)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(server_default="0")
    #: The case that began last by this plan, and the moment for which it was planned.
    last_case_id: Mapped[str | None] = mapped_column(String(32))
    last_due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ElementVisit(Base):
    """How often an element of a case was entered and completed; bounded by the drawing."""

    __tablename__ = "element_visit"
    __table_args__ = ({"sqlite_with_rowid": False},)

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    process_key: Mapped[str] = mapped_column(String(64), primary_key=True)
    element: Mapped[str] = mapped_column(String(128), primary_key=True)
    entered: Mapped[int]
    completed: Mapped[int]
    cancelled: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)


class DecisionEvaluation(Base):
    """A DMN decision as it was evaluated: inputs, rules that fired, result (JSON texts).

    `branch` is where in the process its element was reached, empty for those of before it was kept.
    """

    __tablename__ = "decision_evaluation"
    __table_args__ = (Index(None, "case_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32))
    pack_digest: Mapped[str] = mapped_column(String(64))
    element: Mapped[str] = mapped_column(String(128))
    branch: Mapped[str] = mapped_column(Text, server_default="")
    decision: Mapped[str] = mapped_column(String(128))
    name: Mapped[str] = mapped_column(Text)
    inputs: Mapped[str] = mapped_column(Text)
    fired: Mapped[str] = mapped_column(Text)
    result: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Submission(Base):
    """A form as it was handed in. `work_item_id` is NULL for the start form.

    `idempotency_key` and `answer` let a repeated request get the first one's answer.
    """

    __tablename__ = "submission"
    __table_args__ = (
        Index(None, "case_id", "form_key", "at"),
        # whoever drafted a case is asked for at every act that judges it, for years
        Index(
            "ix_submission_drafts",
            "case_id",
            "person_id",
            sqlite_where=text("act = 'draft'"),
            postgresql_where=text("act = 'draft'"),
        ),
        Index(None, "person_id", "case_id"),
        UniqueConstraint("person_id", "idempotency_key"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32))
    work_item_id: Mapped[str | None] = mapped_column(String(32))
    element: Mapped[str] = mapped_column(String(128))
    pack_digest: Mapped[str] = mapped_column(String(64))
    form_key: Mapped[str] = mapped_column(String(64))
    form_digest: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(64))
    #: What the person did in the sense of segregation: draft, approve, vote, conclude, decide.
    act: Mapped[str] = mapped_column(String(16), server_default="")
    body: Mapped[str] = mapped_column(Text)
    person_id: Mapped[str] = mapped_column(String(32))
    post: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    idempotency_key: Mapped[str | None] = mapped_column(String(128))
    request_digest: Mapped[str] = mapped_column(String(64), server_default="")
    answer: Mapped[str] = mapped_column(Text, server_default="")
    superseded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Draft(Base):
    """What somebody typed and has not handed in; its owner's alone, unless the pack says otherwise.

    `subject` is `task:<work item>` or `start:<process>:<draft>`.
    """

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("person_id", "subject"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    person_id: Mapped[str] = mapped_column(String(32))
    subject: Mapped[str] = mapped_column(String(160))
    title: Mapped[str] = mapped_column(Text, server_default="")
    body: Mapped[str] = mapped_column(Text)
    #: Whether files are kept with it: only then they are asked for.
    has_files: Mapped[bool] = mapped_column(server_default=false())
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Incident(Base):
    """A step that failed and needs an operator; the act itself was undone. open or resolved.

    The same failure (`digest`: case, process, element, cause) is one open row that counts: `at` is
    the first time, `last_at` the last; person, request, task and pressed button are the last ones.
    `job_id` names the job that was given up, if it was one.
    """

    __tablename__ = "incident"
    __table_args__ = (
        Index(None, "case_id"),
        Index(None, "status", "last_at"),
        Index(None, "job_id"),
        Index(
            "uq_incident_open_digest",
            "digest",
            unique=True,
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str | None] = mapped_column(String(32))
    process_key: Mapped[str] = mapped_column(String(64), server_default="")
    element: Mapped[str] = mapped_column(String(128))
    cause: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    job_id: Mapped[str | None] = mapped_column(String(32))
    work_item_id: Mapped[str | None] = mapped_column(String(32))
    outcome: Mapped[str] = mapped_column(String(64), server_default="")
    person_id: Mapped[str | None] = mapped_column(String(32))
    request_id: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16))
    occurrences: Mapped[int] = mapped_column(server_default="1")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_at: Mapped[datetime] = mapped_column(UtcDateTime)
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_by: Mapped[str | None] = mapped_column(String(32))
    note: Mapped[str] = mapped_column(Text, server_default="")
