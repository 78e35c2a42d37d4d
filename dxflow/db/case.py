"""Cases and what belongs to them: sections, participants, measures, duties, committee, decision.

Amounts are whole yen; measured values are decimal texts so that no digit is lost on the way.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, Date, Index, String, Text, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from dxflow.db.base import Base, UtcDateTime

#: Which milestones somebody may still report, as the index has it.
WAITING_MILESTONE = "status NOT IN ('done', 'dropped')"


class Case(Base):
    """A case (案件): one proposal from its idea to its result.

    `status` is running, completed, rejected, withdrawn, stopped or cancelled; `stage` is the
    element id of the phase it stands in.
    """

    __tablename__ = "case_file"
    __table_args__ = (
        Index(None, "status", "updated_at"),
        Index(None, "unit", "status", "created_at", "id"),
        Index(None, "applicant_id", "status", "created_at", "id"),
        Index(None, "parent_id"),
        Index(
            "ix_case_file_previous",
            "previous_id",
            sqlite_where=text("previous_id IS NOT NULL"),
            postgresql_where=text("previous_id IS NOT NULL"),
        ),
        Index(None, "fiscal_year", "id"),
        Index(None, "status", "created_at", "id"),
        # what the whole of a city's cases is counted from, without reading one of them
        Index(None, "status", "stage", "lead_unit"),
        Index(None, "lead_unit", "status", "ended_at"),
        # whose period is over is found without reading the cases that are kept
        Index(
            "ix_case_file_kept_until",
            "kept_until",
            "number",
            sqlite_where=text("kept_until IS NOT NULL"),
            postgresql_where=text("kept_until IS NOT NULL"),
        ),
        Index("ix_case_file_lead_newest", "lead_unit", "status", "created_at", "id"),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[str] = mapped_column(String(64), unique=True)
    title: Mapped[str] = mapped_column(Text)
    #: NFKC, lower case: what a search for words looks at.
    search_text: Mapped[str] = mapped_column(Text)
    process_key: Mapped[str] = mapped_column(String(64))
    #: The start by which a person began it; "" for one that began by itself, and for those from
    #: before a pack could have several: then the process's id stands for it.
    start_key: Mapped[str] = mapped_column(String(64), server_default="")
    pack_digest: Mapped[str] = mapped_column(String(64))
    status: Mapped[str] = mapped_column(String(16))
    stage: Mapped[str] = mapped_column(String(128))
    stage_since: Mapped[datetime] = mapped_column(UtcDateTime)
    applicant_id: Mapped[str] = mapped_column(String(32))
    unit: Mapped[str] = mapped_column(String(64))
    lead_unit: Mapped[str] = mapped_column(String(64))
    fiscal_year: Mapped[int]
    amount: Mapped[int | None] = mapped_column(BigInteger)
    parent_id: Mapped[str | None] = mapped_column(String(32))
    #: The case of the year before that this one goes on from.
    previous_id: Mapped[str | None] = mapped_column(String(32))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    #: The last day on which it is kept; NULL while it runs, for good, and once it is disposed of.
    kept_until: Mapped[date | None] = mapped_column(Date)
    #: Read only by who took part in it and by who keeps and checks the record.
    restricted: Mapped[bool] = mapped_column(server_default=false())
    #: JSON: who does the work of ended units and posts in this case, where that is another than
    #: elsewhere, because it was given to one of several successors; empty without any.
    heirs: Mapped[str] = mapped_column(Text, server_default="")


class CaseRank(Base):
    """The place in the backlog that somebody set for a case; the log has those set before."""

    __tablename__ = "case_rank"

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    place: Mapped[int]
    reason: Mapped[str] = mapped_column(Text)
    person_id: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class CaseUnit(Base):
    """A section that has to do with a case: `applicant`, `lead` or `related`."""

    __tablename__ = "case_unit"
    __table_args__ = (Index(None, "unit", "part", "case_id"),)

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    unit: Mapped[str] = mapped_column(String(64), primary_key=True)
    part: Mapped[str] = mapped_column(String(16), primary_key=True)


class NumberSeries(Base):
    """The last serial number given to a case of a section in a fiscal year."""

    __tablename__ = "number_series"

    fiscal_year: Mapped[int] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(String(64), primary_key=True)
    last: Mapped[int]


class Workload(Base):
    """The BPR result of a case: hours and yen saved a year (decimal texts)."""

    __tablename__ = "workload"

    case_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    as_is_hours: Mapped[str] = mapped_column(String(40))
    to_be_hours: Mapped[str] = mapped_column(String(40))
    saved_hours: Mapped[str] = mapped_column(String(40))
    saved_yen: Mapped[str] = mapped_column(String(40))
    unit_cost: Mapped[str] = mapped_column(String(40))
    steps: Mapped[str] = mapped_column(Text)


class Measure(Base):
    """A measure (指標) of a case with its baseline; targets lie in their own rows."""

    __tablename__ = "measure"
    __table_args__ = (Index(None, "case_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    unit: Mapped[str] = mapped_column(Text)
    direction: Mapped[str] = mapped_column(String(16))
    aggregation: Mapped[str] = mapped_column(String(16))
    frequency: Mapped[str] = mapped_column(String(16))
    baseline: Mapped[str | None] = mapped_column(String(64))
    baseline_year: Mapped[int | None]
    #: What stands in place of a baseline, such as 新規事業のためなし.
    baseline_note: Mapped[str] = mapped_column(Text, server_default="")
    #: The steps of a measure in words, one a line, the lowest first; empty for one in numbers.
    scale: Mapped[str] = mapped_column(Text, server_default="")
    #: First day of the first period to be measured; NULL until tracking begins.
    since: Mapped[date | None] = mapped_column(Date)


class Target(Base):
    """A target of a measure for a fiscal year; a revision adds a row and alone says why.

    The rows of a measure are numbered by `revision` as they came.

    `value` is a number, a step of the measure's scale, or a change as it was written (前年度比+5%).
    """

    __tablename__ = "target"
    __table_args__ = (UniqueConstraint("measure_id", "revision"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    measure_id: Mapped[str] = mapped_column(String(32))
    revision: Mapped[int]
    fiscal_year: Mapped[int]
    value: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(Text)
    body: Mapped[str] = mapped_column(Text)
    person_id: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class Actual(Base):
    """A measured value; correcting one adds a row and marks the old one superseded."""

    __tablename__ = "actual"
    __table_args__ = (Index(None, "measure_id", "period"), Index(None, "case_id"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    measure_id: Mapped[str] = mapped_column(String(32))
    case_id: Mapped[str] = mapped_column(String(32))
    period: Mapped[str] = mapped_column(String(16))
    value: Mapped[str] = mapped_column(String(64))
    note: Mapped[str] = mapped_column(Text)
    person_id: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    superseded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Milestone(Base):
    """A step of the execution with its date. `status` is planned, doing, done or dropped."""

    __tablename__ = "milestone"
    __table_args__ = (
        Index(None, "case_id"),
        Index(
            "ix_milestone_waiting",
            "due_on",
            sqlite_where=text(WAITING_MILESTONE),
            postgresql_where=text(WAITING_MILESTONE),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date | None] = mapped_column(Date)
    status: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(Text, server_default="")
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Duty(Base):
    """Something owed before a case may close, such as a condition. open or met."""

    __tablename__ = "duty"
    __table_args__ = (
        Index(None, "case_id"),
        Index(None, "owner_group"),
        Index(
            "ix_duty_owed",
            "owner_group",
            "due_on",
            "id",
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
        Index(
            "ix_duty_open",
            "due_on",
            sqlite_where=text("status = 'open'"),
            postgresql_where=text("status = 'open'"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32))
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[str] = mapped_column(Text)
    owner_group: Mapped[str] = mapped_column(String(128))
    due_on: Mapped[date | None] = mapped_column(Date)
    status: Mapped[str] = mapped_column(String(16))
    imposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    met_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    met_by: Mapped[str | None] = mapped_column(String(32))
    evidence: Mapped[str] = mapped_column(Text, server_default="")


class Deliberation(Base):
    """One round of a committee on a case, with its resolution (議決) once there is one.

    `seats` and `recused` are JSON lists; `result` is a JSON object of the counts.
    """

    __tablename__ = "deliberation"
    __table_args__ = (
        UniqueConstraint("case_id", "round"),
        # what a reader of the log may not know yet is found from the few that are open
        Index(
            "ix_deliberation_open",
            "case_id",
            sqlite_where=text("resolution IS NULL"),
            postgresql_where=text("resolution IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32))
    body: Mapped[str] = mapped_column(String(64))
    round: Mapped[int]
    seats: Mapped[str] = mapped_column(Text)
    recused: Mapped[str] = mapped_column(Text)
    chair: Mapped[str] = mapped_column(String(64))
    quorum: Mapped[int]
    deadline: Mapped[date] = mapped_column(Date)
    convened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    resolution: Mapped[str | None] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text, server_default="")
    result: Mapped[str] = mapped_column(Text, server_default="{}")
    resolved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    resolved_by: Mapped[str | None] = mapped_column(String(32))


class Ballot(Base):
    """A member's verdict with reasons; a ballot taken back is marked, never removed.

    `way` is paper or proxy for one that the secretariat (`entered_by`) entered for the member,
    `source` then says how it came; both are empty for the member's own.
    """

    __tablename__ = "ballot"
    __table_args__ = (Index(None, "deliberation_id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    deliberation_id: Mapped[str] = mapped_column(String(32))
    seat: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[str] = mapped_column(String(32))
    verdict: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    superseded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    entered_by: Mapped[str | None] = mapped_column(String(32))
    way: Mapped[str] = mapped_column(String(8), server_default="")
    source: Mapped[str] = mapped_column(Text, server_default="")


class Evaluation(Base):
    """What a seat gave in a round: `scores` is a JSON object by criterion. The latest counts.

    An evaluation given anew marks the one before, which stays.
    """

    __tablename__ = "evaluation"
    __table_args__ = (
        Index(
            "uq_evaluation_standing",
            "deliberation_id",
            "seat",
            unique=True,
            sqlite_where=text("superseded_at IS NULL"),
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    deliberation_id: Mapped[str] = mapped_column(String(32))
    seat: Mapped[str] = mapped_column(String(64))
    person_id: Mapped[str] = mapped_column(String(32))
    #: Who entered it from paper, and how the paper came; NULL and "" for the member's own.
    entered_by: Mapped[str | None] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(Text, server_default="")
    scores: Mapped[str] = mapped_column(Text)
    remark: Mapped[str] = mapped_column(Text, server_default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    superseded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class DecisionRecord(Base):
    """A 決裁: who decided what in which post, by which row of the authority table."""

    __tablename__ = "decision_record"
    __table_args__ = (Index(None, "case_id"), Index(None, "decided_on"))

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    case_id: Mapped[str] = mapped_column(String(32))
    outcome: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text)
    person_id: Mapped[str] = mapped_column(String(32))
    post: Mapped[str] = mapped_column(String(64))
    authority_row: Mapped[str] = mapped_column(Text)
    decided_on: Mapped[date] = mapped_column(Date)
    #: SHA-256 of the document that was decided, without one over the submissions.
    content_digest: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    #: The document that was decided; NULL for decisions of packs that draw up none.
    document_id: Mapped[str | None] = mapped_column(String(32))
    #: The table of authority rows that held on the day, and from when it held.
    authority_table: Mapped[str] = mapped_column(Text, server_default="")
    authority_from: Mapped[date | None] = mapped_column(Date)
    #: Which item of the case was decided, "" where the case is decided as a whole.
    about: Mapped[str] = mapped_column(Text, server_default="")


class Notice(Base):
    """A line left for a group: a reminder, a result, a task taken back."""

    __tablename__ = "notice"
    __table_args__ = (Index(None, "group_key", "at", "id"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    group_key: Mapped[str] = mapped_column(String(128))
    case_id: Mapped[str | None] = mapped_column(String(32))
    #: The meeting it is about; those left before this was kept have none.
    meeting_id: Mapped[str | None] = mapped_column(String(32))
    message: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class NoticeRead(Base):
    """Up to when a person has read their notices."""

    __tablename__ = "notice_read"

    person_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    read_at: Mapped[datetime] = mapped_column(UtcDateTime)
