"""When the current versions of packs let a case begin by itself: one row for each timer start.

The rows are written with whatever changes them: a version that becomes current or is retired, a
start that has been made. A version that asks for the same time as the one before goes on counting
where that one stood.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import Connection, delete, insert, select, update

from dxflow import clock, engine
from dxflow.calendars.business_days import BusinessCalendar
from dxflow.calendars.functions import feel_functions
from dxflow.clock import local_date
from dxflow.db.process import PlannedStart
from dxflow.errors import Conflict
from dxflow.ids import new_id
from dxflow.models.model import Element, Process, TimerKind
from dxflow.problems import Problem, Severity
from dxflow.services.packs.settings import FILE, PackSettings
from dxflow.services.packs.settings.starting import KEY, TimedStart, timed_starts, timer_value
from dxflow.texts import gettext as _

FunctionsAt = Callable[[datetime], Mapping[str, Callable[..., Any]]]


def functions_of(calendar: BusinessCalendar) -> FunctionsAt:
    """Return the functions of a calendar as of a moment."""
    return lambda moment: feel_functions(calendar, lambda: moment)


def next_start(
    element: Element, start: TimedStart, since: datetime, now: datetime, functions: FunctionsAt,
    *before: datetime,
) -> datetime | None:  # fmt: skip
    """Return when a case begins next, after `now`; None when never. Raises ValueError.

    `before` are moments at which it was worked out: what was to come then comes first.
    """
    return engine.next_start(
        lambda moment: timer_value(element, start.values, functions(moment)), since, now, *before
    )


def following(
    element: Element, start: TimedStart, since: datetime, now: datetime, functions: FunctionsAt,
    due: datetime,
) -> datetime | None:  # fmt: skip
    """Return when a case begins after the one that was `due`: a date stands for one only."""
    if element.timer is None or element.timer.kind is not TimerKind.CYCLE:
        return None
    return next_start(element, start, since, now, functions, due)


def plan(
    tx: Connection, digest: str, settings: PackSettings, processes: Mapping[str, Process],
    calendar: BusinessCalendar, now: datetime,
) -> None:  # fmt: skip
    """Let cases begin as a version says that is current from now on.

    Raises Conflict when a time cannot be worked out as of now.
    """
    known = {
        (row.process_key, row.element): row
        for row in tx.execute(
            select(PlannedStart.__table__).where(PlannedStart.pack == settings.key)
        )
    }
    functions = functions_of(calendar)
    for key, start in settings.starts.items():
        for element in timed_starts(processes[key]) if key in processes else ():
            before = known.pop((key, element.id), None)
            timer = timer_text(element, start)
            if before is not None and before.timer == timer:
                tx.execute(
                    update(PlannedStart)
                    .where(PlannedStart.id == before.id)
                    # what could not begin with the version before is tried again with this one
                    .values(digest=digest, attempts=0)
                )
                continue
            try:
                due = next_start(element, start, now, now, functions)
            except ValueError as wrong:
                raise Conflict(_unable(element, wrong)) from wrong
            values = {
                "digest": digest, "timer": timer, "since": now, "due_at": due, "attempts": 0,
            }  # fmt: skip
            if before is not None:
                tx.execute(update(PlannedStart).where(PlannedStart.id == before.id).values(values))
                continue
            tx.execute(
                insert(PlannedStart).values(
                    id=new_id(now), pack=settings.key, process_key=key, element=element.id, **values
                )
            )
    gone = [row.id for row in known.values()]
    tx.execute(delete(PlannedStart).where(PlannedStart.id.in_(gone)))


def try_out(settings: PackSettings, processes: Mapping[str, Process]) -> Iterator[Problem]:
    """Yield what of a pack's starts cannot be worked out, and warn of those that never come."""
    moment, functions = clock.now(), functions_of(settings.calendar)
    for key, start in settings.starts.items():
        for element in timed_starts(processes[key]) if key in processes else ():
            try:
                due = next_start(element, start, moment, moment, functions)
                start.owners(functions(moment))
                start.titled(local_date(moment), functions(moment))
            except ValueError as wrong:
                hint = _(
                    "タイマーの式と、[starts.{key}] の owner と title を確かめてください。", key=key
                )
                yield _problem(key, _unable(element, wrong), hint, Severity.ERROR)
                continue
            if due is None:
                name = element.name or element.id
                message = _("開始イベント「{name}」の時期は、もう来ません。", name=name)
                hint = _("過ぎた日ではないか、くり返すなら timeCycle かを確かめてください。")
                yield _problem(key, message, hint, Severity.WARNING)


def _unable(element: Element, why: ValueError) -> str:
    name = element.name or element.id
    return _("開始イベント「{name}」で始められません: {why}", name=name, why=why)


def _problem(process: str, message: str, hint: str, severity: Severity) -> Problem:
    return Problem(
        "pack-start", message, FILE, element=f"{KEY}.{process}", hint=hint, severity=severity
    )


def drop(tx: Connection, pack: str) -> None:
    """Let no case of a pack begin by itself any more."""
    tx.execute(delete(PlannedStart).where(PlannedStart.pack == pack))


def timer_text(element: Element, start: TimedStart) -> str:
    """Return what a plan was made of: while it stays the same, the plan does."""
    timer = element.timer
    values = {key: str(value) for key, value in start.values.items()}
    return orjson.dumps(
        [timer.kind if timer else "", timer.value if timer else "", values],
        option=orjson.OPT_SORT_KEYS,
    ).decode()
