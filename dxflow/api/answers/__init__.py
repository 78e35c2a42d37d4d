"""What the API answers: one schema per document, the source of its part of the OpenAPI."""

from dxflow.api.answers.attachments import AttachmentList, AttachmentStored
from dxflow.api.answers.cases import Case, CaseInFull, CasePage, Completed, PulledBack
from dxflow.api.answers.decisions import CaseDecision, DutyPage
from dxflow.api.answers.drafts import DraftInFull, DraftList
from dxflow.api.answers.evaluations import CaseEvaluation, OwnNote
from dxflow.api.answers.log import CheckpointPage, EventPage, EventProof, LastCheckpoint
from dxflow.api.answers.measures import KpiInFull, KpiPage
from dxflow.api.answers.meetings import (
    BlocOutcome,
    MeetingInFull,
    MeetingMinutes,
    MeetingPage,
    SeatMade,
)
from dxflow.api.answers.migrations import (
    Migration,
    MigrationPage,
    MigrationResultPage,
    MovePreviewPage,
)
from dxflow.api.answers.operations import (
    IncidentGroupPage,
    IncidentPage,
    Retried,
    Standing,
    TriedTogether,
)
from dxflow.api.answers.people import Me, Token
from dxflow.api.answers.shared import Problem
from dxflow.api.answers.standing import StandingIn, SubstituteLists
from dxflow.api.answers.transfers import Transfer, TransferPage
from dxflow.api.answers.work import ProcessInFull, ProcessList, Task, TaskInFull, TaskPage

__all__ = [
    "AttachmentList",
    "AttachmentStored",
    "BlocOutcome",
    "Case",
    "CaseDecision",
    "CaseEvaluation",
    "CaseInFull",
    "CasePage",
    "CheckpointPage",
    "Completed",
    "DraftInFull",
    "DraftList",
    "DutyPage",
    "EventPage",
    "EventProof",
    "IncidentGroupPage",
    "IncidentPage",
    "KpiInFull",
    "KpiPage",
    "LastCheckpoint",
    "Me",
    "MeetingInFull",
    "MeetingMinutes",
    "MeetingPage",
    "Migration",
    "MigrationPage",
    "MigrationResultPage",
    "MovePreviewPage",
    "OwnNote",
    "Problem",
    "ProcessInFull",
    "ProcessList",
    "PulledBack",
    "Retried",
    "SeatMade",
    "Standing",
    "StandingIn",
    "SubstituteLists",
    "Task",
    "TaskInFull",
    "TaskPage",
    "Token",
    "Transfer",
    "TransferPage",
    "TriedTogether",
]
