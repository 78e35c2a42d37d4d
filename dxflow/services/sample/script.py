"""The script of a sample city: what `processes/<pack>/sample.json` says, read once and checked.

Its `about` says how it is played; here it becomes values without a date. Days become dates only
when a case begins (`dated`).
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from dxflow import config
from dxflow.errors import DxflowError
from dxflow.texts import gettext as _

FILE = "sample.json"
DAYS = "$days"

T = TypeVar("T")


class SampleBroken(DxflowError):
    """There is no sample, or it cannot be read."""


@dataclass(frozen=True)
class Step:
    """What is done with a task: the button, and what is entered besides the case's forms."""

    outcome: str
    values: Mapping[str, Any]


@dataclass(frozen=True)
class Withdrawal:
    """The applicant ends the case when a task comes."""

    at: str
    reason: str


@dataclass(frozen=True)
class MetDuty:
    """A condition that is met some business days after it was imposed."""

    text: str
    after: float
    evidence: str


@dataclass(frozen=True)
class Beginning:
    """When a case begins: business days before today, periods tracked before now, or on a day."""

    business_days_ago: int | None = None
    periods_ago: int | None = None
    on: str = ""


@dataclass(frozen=True)
class Plan:
    """One case: what is entered and how it goes on. `linked` plays what it is extended to.

    `steps` are by (task, visit); `leave` gives the visit from which a task is left alone.
    `meeting` says that the committee votes in one: `held` long ago, or `coming`. `start` is the key
    of what its applicant begins, "" for the pack's first. `expected` says where it stands in the
    end, for the tests.
    """

    key: str
    title: str
    applicant: str
    begins: Beginning
    forms: Mapping[str, Mapping[str, Any]]
    steps: Mapping[tuple[str, int], Step] = field(default_factory=dict)
    leave: Mapping[str, int] = field(default_factory=dict)
    withdrawal: Withdrawal | None = None
    actuals: tuple[tuple[Decimal | str, ...], ...] = ()
    duties: tuple[MetDuty, ...] = ()
    linked: "Plan | None" = None
    meeting: str = ""
    #: What is attached to the proposal: texts by the names of their files.
    files: Mapping[str, str] = field(default_factory=dict)
    start: str = ""
    expected: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sheet(self) -> Mapping[str, Any]:
        """Return what is entered in the first form that has measures: the sheet."""
        return next(values for values in self.forms.values() if "kpis" in values)


@dataclass(frozen=True)
class Usual:
    """What is done with a task when the plan says nothing; `pace` in business days.

    `until_due` is done instead as long as the last milestone lies ahead. `before_due` lets it wait
    until so many business days before the task is due.
    """

    pace: float
    step: Step
    until_due: Step | None
    before_due: int | None = None


@dataclass(frozen=True)
class Login:
    """A person who may log in to the demonstration; the role by language."""

    username: str
    person: str
    role: Mapping[str, str]


@dataclass(frozen=True)
class Begun:
    """A proposal somebody has begun to write and saved as a draft."""

    person: str
    business_days_ago: int
    values: Mapping[str, Any]
    start: str = ""


@dataclass(frozen=True)
class Script:
    """The whole sample: the city as rows of the file, who may log in, and the cases."""

    units: Sequence[Mapping[str, Any]]
    posts: Sequence[Mapping[str, Any]]
    people: Sequence[Mapping[str, Any]]
    logins: tuple[Login, ...]
    usual: Mapping[str, Usual]
    plans: tuple[Plan, ...]
    drafts: tuple[Begun, ...] = ()
    #: Who decides while the holder of a post is away: posts in their order, by post.
    substitutes: Mapping[str, Sequence[str]] = field(default_factory=dict)
    #: How cases that begin by themselves go on, by process: the first, the second, …; the last
    #: again and again.
    started: Mapping[str, tuple[Plan, ...]] = field(default_factory=dict)


def folder_of(pack: str) -> Path:
    """Return the folder of a pack: one that comes with dxflow, or a path."""
    bundled = config.root() / "processes" / pack
    return bundled if Path(pack).name == pack and bundled.is_dir() else Path(pack)


def read(pack: str) -> Script:
    """Return a pack's sample. Raises SampleBroken when there is none or it cannot be read."""
    file = folder_of(pack) / FILE
    try:
        raw = json.loads(file.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as exc:
        raise SampleBroken(
            _("パック「{pack}」には見本（{file}）がありません。", pack=pack, file=file)
        ) from exc
    except ValueError as exc:
        raise SampleBroken(_("見本 {file} が読めません: {why}", file=file, why=str(exc))) from exc
    return _checked(file, "", lambda: _script(file, raw))


def dated(value: Any, begin: date) -> Any:
    """Return a value with every {"$days": n} replaced by the date n days after the beginning."""
    if isinstance(value, Mapping):
        if set(value) == {DAYS}:
            return (begin + timedelta(days=int(value[DAYS]))).isoformat()
        return {key: dated(inner, begin) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [dated(inner, begin) for inner in value]
    return value


def days_of(value: Any) -> list[int]:
    """Return every n of a {"$days": n} within a value."""
    if isinstance(value, Mapping):
        if set(value) == {DAYS}:
            return [int(value[DAYS])]
        return [n for inner in value.values() for n in days_of(inner)]
    if isinstance(value, list | tuple):
        return [n for inner in value for n in days_of(inner)]
    return []


def _checked(file: Path, where: str, make: Callable[[], T]) -> T:
    try:
        return make()
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise SampleBroken(
            _(
                "見本 {file} の {where} に足りない項目か、読めない値があります: {why}",
                file=file,
                where=where or "sample",
                why=str(exc),
            )
        ) from exc


def _script(file: Path, raw: Mapping[str, Any]) -> Script:
    usual = raw["defaults"]
    return Script(
        units=raw["units"],
        posts=raw["posts"],
        people=raw["people"],
        substitutes=raw.get("substitutes", {}),
        logins=tuple(
            Login(one["username"], one["person"], {"ja": one["role"], "en": one["role_en"]})
            for one in raw["accounts"]
        ),
        usual={
            task: Usual(
                pace=float(usual["pace"][task]),
                step=_step(one),
                until_due=_step(one["until_due"]) if "until_due" in one else None,
                before_due=one.get("before_due"),
            )
            for task, one in usual["tasks"].items()
        },
        plans=tuple(
            _checked(file, one.get("key", "cases"), partial(_plan, one)) for one in raw["cases"]
        ),
        drafts=tuple(Begun(**one) for one in raw.get("drafts", ())),
        started={
            process: tuple(
                _checked(
                    file,
                    f"started.{process}",
                    partial(_plan, {**_BY_ITSELF, "key": process, **one}),
                )
                for one in plans
            )
            for process, plans in raw.get("started", {}).items()
        },
    )


#: What a case that begins by itself does not say: nobody hands it in, and its day is the timer's.
_BY_ITSELF: Mapping[str, Any] = {"title": "", "applicant": "", "forms": {}}


def _step(raw: Mapping[str, Any]) -> Step:
    return Step(raw["outcome"], raw.get("values", {}))


def _plan(raw: Mapping[str, Any]) -> Plan:
    plan = raw["plan"]
    begins = Beginning(**plan.get("begins", {}))
    said = [begins.business_days_ago is not None, begins.periods_ago is not None, begins.on != ""]
    if sum(said) != (raw["applicant"] != ""):
        message = "begins: business_days_ago, periods_ago or on"
        raise ValueError(message)
    withdrawal = plan.get("withdraw")
    return Plan(
        key=raw["key"],
        title=raw["title"],
        applicant=raw["applicant"],
        begins=begins,
        forms=raw["forms"],
        steps={(one["task"], one.get("visit", 1)): _step(one) for one in plan.get("steps", ())},
        leave={one["task"]: one.get("from_visit", 1) for one in plan.get("leave", ())},
        withdrawal=Withdrawal(withdrawal["at"], withdrawal["reason"]) if withdrawal else None,
        actuals=_actuals(plan),
        duties=tuple(
            MetDuty(one["text"], float(one["after"]), one["evidence"])
            for one in plan.get("duties", ())
        ),
        linked=_linked(raw, plan["linked"]) if "linked" in plan else None,
        meeting=plan.get("meeting", ""),
        files=raw.get("files", {}),
        start=raw.get("start", ""),
        expected=plan["expected"],
    )


def _actuals(plan: Mapping[str, Any]) -> tuple[tuple[Decimal | str, ...], ...]:
    """Return the values of each period: numbers, and steps of measures in words."""
    return tuple(
        tuple(value if isinstance(value, str) else Decimal(value) for value in period)
        for period in plan.get("actuals", ())
    )


def _linked(parent: Mapping[str, Any], raw: Mapping[str, Any]) -> Plan:
    """Return the plan of the case this one is extended to: the same forms, some entries changed."""
    changed = raw["forms"]
    return Plan(
        key=f"{parent['key']}_linked",
        title=parent["title"],
        applicant="",
        begins=Beginning(),
        forms={key: {**values, **changed.get(key, {})} for key, values in parent["forms"].items()},
        steps={(one["task"], one.get("visit", 1)): _step(one) for one in raw.get("steps", ())},
        leave={one["task"]: one.get("from_visit", 1) for one in raw.get("leave", ())},
        actuals=_actuals(raw),
    )
