"""Files that belong to no installed pack: a process to be played, a decision to be tried."""

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dxflow import decisions, engine
from dxflow.calendars.business_days import BusinessCalendar
from dxflow.decisions import DecisionModel
from dxflow.models.calls import calls_of
from dxflow.models.check import check_executable
from dxflow.models.findings import levels
from dxflow.models.model import Model, Process
from dxflow.models.reader import read
from dxflow.problems import Problem, Refused, errors_in
from dxflow.services.packs import planned_starts, store
from dxflow.services.packs.check import check_files
from dxflow.services.packs.file_check import KNOWN, read_bytes
from dxflow.services.packs.settings import FILE, PackSettings, offering, read_settings
from dxflow.services.packs.settings.offering import Start
from dxflow.services.packs.settings.starting import TimedStart, timed_starts

INSTANT_LOOP = "bpmn-instant-loop"


@dataclass(frozen=True)
class Loose:
    """Compiled processes: `first` is the one to start, `lanes` give groups by a lane's name.

    `starts` are those of the pack they belong to by which cases begin by themselves, by process,
    `offered` those by which people begin.
    """

    definitions: engine.Definitions
    first: str
    lanes: Mapping[str, str]
    processes: Mapping[str, Process]
    starts: Mapping[str, TimedStart]
    offered: tuple[Start, ...]
    calendar: BusinessCalendar

    def values(self, process: str, at: str = "") -> dict[str, Any]:
        """Return what a process is given by its pack where it begins at a start event.

        At a timer, or where people begin nothing, it begins by itself. What a start makes of what
        was handed in is not among it: nothing has been.
        """
        found = self.processes.get(process)
        timed = found is not None and any(one.id == at for one in timed_starts(found))
        people = None if timed else offering.find(self.offered, process)
        start = people or self.starts.get(process)
        return dict(start.values) if start else {}

    def coming(self, process: str, now: datetime) -> Iterator[tuple[str, datetime | None]]:
        """Yield the timer start events of a process and when each is due next, None for never.

        Raises Refused when a timer gives no time.
        """
        found, functions = self.processes.get(process), planned_starts.functions_of(self.calendar)
        start = self.starts.get(process, TimedStart(process))
        for element in timed_starts(found) if found else ():
            try:
                yield element.id, planned_starts.next_start(element, start, now, now, functions)
            except ValueError as wrong:
                problem = Problem(
                    "bpmn-bad-timer", str(wrong), line=element.line, element=element.id
                )
                raise Refused([problem]) from wrong


def processes_of(path: Path, commands: Collection[str]) -> Loose:
    """Return what a BPMN file or a pack's folder defines, ready to be played.

    `commands` are those that service tasks may run. What a file calls is looked for in its folder.
    Raises Refused with what stands in the way, and OSError.
    """
    if path.is_dir():
        checked = check_files(store.read_folder(path.resolve()), commands)
        if problems := errors_in(checked.problems):
            raise Refused(problems)
        made = engine.compile_definition(checked.processes, checked.decisions)
        settings = checked.settings
        return Loose(
            made, settings.start_process, settings.lanes, checked.processes, settings.starts,
            settings.offered, settings.calendar,
        )  # fmt: skip
    model = _model(path)
    # whoever plays it says how long it may go round
    found = check_executable(model, KNOWN)
    found = [one for one in found if one.code != INSTANT_LOOP]
    if problems := errors_in(found):
        raise Refused(problems)
    own = {key: one for key, one in model.processes.items() if one.executable}
    processes, tables = _with_neighbours(path, own.copy())
    made = engine.compile_definition(processes, tables)
    beside = _settings(path)
    lanes = _lanes(processes.values()) | dict(beside.lanes)
    return Loose(
        made, next(iter(own)), lanes, processes, beside.starts, beside.offered, beside.calendar
    )


def decisions_of(path: Path) -> DecisionModel:
    """Return the decisions of a DMN file. Raises Refused and OSError."""
    return decisions.read(read_bytes(path), str(path))


def _model(path: Path) -> Model:
    reading = read(read_bytes(path), str(path))
    if reading.model is None or errors_in(list(reading.problems)):
        raise Refused(list(reading.problems))
    return reading.model


def _with_neighbours(
    path: Path, processes: dict[str, Process]
) -> tuple[dict[str, Process], dict[str, DecisionModel]]:
    """Add what the processes call, from the files beside them."""
    beside: dict[str, Process] = {}
    for model in _models_beside(path):
        beside |= {key: one for key, one in model.processes.items() if key not in beside}
    waiting = list(processes.values())
    while waiting:
        for call in calls_of(waiting.pop()):
            key = call.called_process
            if key in beside and key not in processes:
                processes[key] = beside[key]
                waiting.append(beside[key])
    wanted = {
        element.decision
        for process in processes.values()
        for level, _owner in levels(process)
        for element in level.elements.values()
        if element.decision
    }
    tables: dict[str, DecisionModel] = {}
    for file in sorted(path.parent.glob("*.dmn")) if wanted else ():
        try:
            found = decisions_of(file)
        except Refused:
            continue  # a file that is not asked for need not be in order
        tables |= dict.fromkeys(wanted & found.decisions.keys() - tables.keys(), found)
    return processes, tables


def _settings(path: Path) -> PackSettings:
    """Return what the pack beside the file settles."""
    beside = path.with_name(FILE)
    return read_settings(beside.read_text("utf-8"))[0] if beside.is_file() else PackSettings()


def _lanes(processes: Iterable[Process]) -> dict[str, str]:
    """Return FEEL for every lane: its own name, where the pack beside the file says nothing."""
    names = {
        name
        for process in processes
        for level, _owner in levels(process)
        for name in level.lanes.values()
    }
    return {name: json.dumps(name, ensure_ascii=False) for name in names}


def _models_beside(path: Path) -> Iterator[Model]:
    for file in sorted(path.parent.glob("*.bpmn")):
        if file.resolve() != path.resolve():
            try:
                yield _model(file)
            except Refused:
                continue
