"""What a pack settles: lanes, stages, bodies, calendar, numbering, rules, options."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from dxflow.authority.escalation import EscalateTo
from dxflow.authority.obligations import Follows
from dxflow.authority.retention import RetentionRule
from dxflow.authority.standing_in import Way
from dxflow.calendars.business_days import BusinessCalendar
from dxflow.committee.evaluation import EvaluationRule
from dxflow.committee.rules import BodyRules
from dxflow.committee.words import BodyWords
from dxflow.feel import parse
from dxflow.forms import Option
from dxflow.services.packs.settings import offering
from dxflow.services.packs.settings.attaching import AttachmentSettings
from dxflow.services.packs.settings.authority import AuthoritySettings
from dxflow.services.packs.settings.offering import Start
from dxflow.services.packs.settings.publishing import OpenData
from dxflow.services.packs.settings.ranking import Backlog
from dxflow.services.packs.settings.restricting import Reading
from dxflow.services.packs.settings.sharing import Shared
from dxflow.services.packs.settings.starting import TimedStart


@dataclass(frozen=True)
class Stage:
    """A phase of the top process: the call activity's id and its name for people."""

    key: str
    label: str


@dataclass(frozen=True)
class Summary:
    """Which fields of a form tell in one minute what a case is about."""

    form: str
    fields: tuple[str, ...]


@dataclass(frozen=True)
class Body:
    """A deliberating body: who sits by role, who presides in which order, by which rules."""

    key: str
    name: str
    seat_role: str
    chair_roles: tuple[str, ...]
    deadline_days: int
    reminder_days: int
    rules: BodyRules
    #: The key of the body it belongs to, "" for one that stands by itself.
    parent: str = ""
    evaluation: EvaluationRule = field(default_factory=EvaluationRule)
    words: BodyWords = field(default_factory=BodyWords)


@dataclass(frozen=True)
class Rules:
    """What no plan states: configuration with sensible defaults. Days are business days."""

    withdraw_until: str = ""
    pull_back: bool = True
    grace_days: int = 0
    reminder_days: int = 2
    unit_cost: Decimal = Decimal(3000)
    #: FEEL over the variables of a task: whether nobody may decide for another (代決・代理).
    stand_in_forbidden: str = ""
    #: The ways of standing in that must be read afterwards by whoever was away (後閲).
    later_reading: tuple[str, ...] = (Way.SUBSTITUTE.value,)
    #: Who owes a later reading once its owner has left the post: the same person, or the new holder.
    later_reading_follows: Follows = Follows.PERSON
    #: After so many business days overdue somebody above is told of a task; 0: never.
    escalate_days: int = 0
    escalate_to: EscalateTo = EscalateTo.SUPERIOR

    def forbids_standing_in(
        self, variables: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]
    ) -> bool:
        """Return whether a matter is to be decided by nobody but the holder of the post.

        What cannot be answered (a variable that is not there) forbids nothing.
        """
        if not self.stand_in_forbidden:
            return False
        condition = parse(self.stand_in_forbidden)
        scope = {name: variables.get(name) for name in condition.free_names}
        return condition.evaluate(scope, functions) is True


@dataclass(frozen=True)
class PackSettings:
    """A pack's settings, checked."""

    key: str = ""
    title: str = ""
    label: str = ""
    #: What people may begin, in the order in which it is offered.
    offered: tuple[Start, ...] = ()
    stages: tuple[Stage, ...] = ()
    shared: Shared = field(default_factory=Shared)
    starts: Mapping[str, TimedStart] = field(default_factory=dict)
    backlog: Backlog | None = None
    lanes: Mapping[str, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    """Roles of the pack's own that posts may carry, and what they are called."""
    bodies: Mapping[str, Body] = field(default_factory=dict)
    calendar: BusinessCalendar = field(default_factory=BusinessCalendar)
    numbering: str = "{year}-{section}-{serial:04}"
    rules: Rules = field(default_factory=Rules)
    reading: Reading = field(default_factory=Reading)
    authority: AuthoritySettings = field(default_factory=AuthoritySettings)
    attachments: AttachmentSettings = field(default_factory=AttachmentSettings)
    open_data: OpenData = field(default_factory=OpenData)
    retention: RetentionRule = field(default_factory=RetentionRule)
    options: Mapping[str, tuple[Option, ...]] = field(default_factory=dict)
    summaries: tuple[Summary, ...] = ()
    """The first whose form has been handed in tells what the case is about."""

    @property
    def start_process(self) -> str:
        """Return the process of the first start: what the pack is mainly about."""
        return self.offered[0].process if self.offered else ""

    @property
    def start_form(self) -> str:
        """Return the form of the first start."""
        return self.offered[0].form if self.offered else ""

    @property
    def begun(self) -> tuple[str, ...]:
        """Return the ids of the processes that cases begin with, by people or by themselves."""
        return tuple(dict.fromkeys((*(one.process for one in self.offered), *self.starts)))

    def start_named(self, name: str) -> Start | None:
        """Return the start of a key, or else the first of the process of this id."""
        return offering.find(self.offered, name)

    def may_withdraw(self, stage: str) -> bool:
        """Return whether the applicant may still withdraw in a stage."""
        order = [one.key for one in self.stages]
        if self.rules.withdraw_until not in order or stage not in order:
            return False
        return order.index(stage) <= order.index(self.rules.withdraw_until)
