"""`dxflow run`, `feel`, `decide`: try what a process author has written, without a database."""

import json
from argparse import ArgumentTypeError, Namespace
from collections.abc import Mapping
from dataclasses import asdict
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

from dxflow import clock, engine, feel
from dxflow.calendars.business_days import BusinessCalendar
from dxflow.calendars.functions import feel_functions
from dxflow.cli.output import Output
from dxflow.config import Settings
from dxflow.services.commands import COMMANDS
from dxflow.services.packs import loose, organised
from dxflow.texts import gettext as _
from dxflow.texts import mark

_HOW: Mapping[str, str] = {
    "ended": mark("終わりました。"),
    "waiting": mark("作業か期限を待っています。"),
    "failed": mark("途中で失敗しました。"),
    "too_many_steps": mark("人にも期限にも届かないまま、動ける要素の数を使い切りました。"),
}


def variables(text: str) -> dict[str, Any]:
    """Return a JSON object given as an argument; fractions stay exact."""
    try:
        found = json.loads(text, parse_float=Decimal)
    except ValueError as exc:
        raise ArgumentTypeError(_("JSON として読めません: {why}", why=exc)) from exc
    if not isinstance(found, dict):
        raise ArgumentTypeError(_('JSON のオブジェクト（{"名前": 値}）で書いてください。'))
    return found


def steps(text: str) -> int:
    """Return how many elements may run, from 1 to 100,000."""
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= 100_000:
        raise ArgumentTypeError(_("1 から {n} までの数で書いてください。", n=100_000))
    return int(text)


def answers(text: str) -> dict[str, list[engine.Answer]]:
    """Return what is handed in, by user task: one entry, or a list for one time after another."""
    found: dict[str, list[engine.Answer]] = {}
    for element, given in variables(text).items():
        for one in given if isinstance(given, list) else [given]:
            if not isinstance(one, dict) or not isinstance(one.get("values", {}), dict):
                form = '{"ELEMENT": {"outcome": "approve", "values": {}}}'
                raise ArgumentTypeError(_("次の形で書いてください: {form}", form=form))
            entry = engine.Answer(one.get("values", {}), str(one.get("outcome") or ""))
            found.setdefault(element, []).append(entry)
    return found


def results(text: str) -> dict[str, dict[str, Any]]:
    """Return what service tasks answer, by element."""
    found = variables(text)
    if not all(isinstance(one, dict) for one in found.values()):
        form = '{"ELEMENT": {"name": "value"}}'
        raise ArgumentTypeError(_("次の形で書いてください: {form}", form=form))
    return found


def run(arguments: Namespace, _settings: Settings, output: Output) -> int:
    """Play a process as far as it comes; 1 when it fails or never rests."""
    found = loose.processes_of(Path(arguments.file), COMMANDS.keys())
    now = clock.now()
    process = arguments.process or found.first
    coming = list(found.coming(process, now))
    given = found.values(process, arguments.start) | arguments.vars
    played = engine.play(
        found.definitions, process, given, arguments.answers,
        arguments.results, lanes=found.lanes, now=now,
        functions={**_functions(now), **organised.made_up(arguments.sections)},
        most_steps=arguments.max_steps, at=arguments.start,
    )  # fmt: skip
    if coming:
        output.say(_("決まった時期の開始:"))
        output.say(
            *(f"  {element}: {_plain(due) or _('もうありません')}" for element, due in coming)
        )
    entered = [one for one in played.visits if one.kind == "entered"]
    output.say(
        _("通った要素:"), *(f"  {n}. {one.element}" for n, one in enumerate(entered, start=1))
    )
    if played.called:
        output.say(_("呼び出した処理:"))
        output.say(
            *(f"  {one.element}: {one.command} {_line(one.payload)}" for one in played.called)
        )
    for made in played.decided:
        output.say(
            _("判定 {key}: {value}", key=made.outcome.decision, value=_text(made.outcome.value))
        )
    if played.tasks:
        output.say(_("待っている作業:"))
        output.say(
            *(f"  {task.element}: {task.name} {_line(task.groups)}" for task in played.tasks)
        )
    if played.timers:
        output.say(_("待っている期限:"))
        output.say(*(f"  {one.element}: {_plain(one.due)}" for one in played.timers))
    if not played.why:
        output.say(_("変数: {values}", values=_line(played.variables)))
    output.say(_(_HOW[played.how]), *([played.why] if played.why else ()))
    starts = [{"element": element, "due_at": _plain(due)} for element, due in coming]
    output.result(_document(arguments.file, process, played) | {"starts": starts})
    return 1 if played.why else 0


def evaluate(arguments: Namespace, _settings: Settings, output: Output) -> int:
    """Evaluate a FEEL expression, written with or without its leading equals sign."""
    text = arguments.expression.strip().removeprefix("=")
    names = frozenset(name for name in arguments.vars if not name.isidentifier())
    expression = feel.parse(text, names)
    value = expression.evaluate(_scope(arguments.vars), _functions(clock.now()))
    output.say(_text(value))
    unknown = sorted(feel.unknown_names(expression, set(arguments.vars)))
    if unknown:
        output.note(_("渡されていない変数は null です: {names}", names=_("、").join(unknown)))
    output.result({"expression": text, "value": _plain(value), "unknown": unknown})
    return 0


def decide(arguments: Namespace, _settings: Settings, output: Output) -> int:
    """Make a decision of a DMN file, named by its id or its name; say which rules led to it."""
    model = loose.decisions_of(Path(arguments.file))
    named = {one.name: key for key, one in model.decisions.items()}
    key = arguments.decision if arguments.decision in model.decisions else None
    key = key or named.get(arguments.decision, arguments.decision)
    made = model.evaluate(key, _scope(arguments.vars), _functions(clock.now()))
    output.say(_text(made.value))
    for rule in made.fired:
        met = _("、").join(f"{cell.label} = {cell.value}" for cell in rule.inputs)
        line = _("{decision} の規則 {n}", decision=rule.decision, n=rule.index)
        output.say(f"  {line}: {met} {rule.annotation}".rstrip())
    fired = [asdict(rule) for rule in made.fired]
    output.result(
        {"decision": made.decision, "name": made.name, "value": _plain(made.value),
         "fired": fired, "inputs": _plain(made.inputs)}
    )  # fmt: skip
    return 0


def sections(text: str) -> list[str]:
    """Return the keys of the city's sections, given between commas."""
    return [key for one in text.split(",") if (key := one.strip())]


def _functions(now: datetime) -> dict[str, Any]:
    return feel_functions(BusinessCalendar(), lambda: now)


def _scope(given: Mapping[str, Any]) -> dict[str, Any]:
    return {name: feel.to_feel(value) for name, value in given.items()}


def _document(file: str, process: str, played: engine.Played) -> dict[str, Any]:
    return {
        "file": file,
        "process": process,
        "elements": [one.element for one in played.visits if one.kind == "entered"],
        "trace": [
            {"process": one.process, "element": one.element, "event": one.kind}
            for one in played.visits
        ],
        "calls": [
            {"element": one.element, "command": one.command, "payload": _plain(one.payload)}
            for one in played.called
        ],
        "decisions": [
            {"element": one.element, "decision": one.outcome.decision,
             "value": _plain(one.outcome.value)}
            for one in played.decided
        ],
        "open_tasks": [
            {"element": one.element, "name": one.name, "process": one.process,
             "form_key": one.form_key or None, "candidate_groups": list(one.groups),
             "assignee": one.assignee, "due_at": _plain(one.due)}
            for one in played.tasks
        ],
        "timers": [{"element": one.element, "due_at": _plain(one.due)} for one in played.timers],
        "variables": _plain(played.variables),
        "status": played.how,
        "end": dict(played.end),
        "error": played.why or None,
    }  # fmt: skip


def _text(value: Any) -> str:
    return feel.text_of(feel.to_feel(value))


def _line(value: Any) -> str:
    return json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: Any) -> Any:
    """Return a value as JSON has it: days, times and durations as text, ranges as written."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return feel.text_of(value)
