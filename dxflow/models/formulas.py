"""Every FEEL expression and every variable name of a level, checked where it stands."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dxflow.feel import FeelSyntaxError, parse, unknown_functions
from dxflow.feel.temporal import parse_date, parse_datetime, parse_duration
from dxflow.models.context import Context
from dxflow.models.extensions import COMMAND, WORDS
from dxflow.models.findings import Place, at
from dxflow.models.model import Element, Kind, Process, Timer, TimerKind
from dxflow.problems import Problem
from dxflow.texts import gettext as _

RESERVED = frozenset(
    {
        "typename", "values", "result",
        "and", "between", "else", "every", "external", "false", "for", "function", "if", "in",
        "instance", "not", "null", "of", "or", "return", "satisfies", "some", "then", "true",
    }
)  # fmt: skip
"""Not to be used as variables: FEEL's keywords and the names the engine sets itself."""

VARIABLE = re.compile(r"[a-z][a-z0-9_]{0,40}")


@dataclass(frozen=True)
class Formula:
    """A FEEL text, what it is for, and where it stands."""

    text: str
    what: str
    place: Place
    line: int = 0
    needed: bool = False


def formulas(process: Process) -> Iterator[Formula]:
    """Yield the expressions of one level, but not those inside its sub-processes."""
    for flow in process.flows:
        if flow.condition:
            yield Formula(flow.condition, "条件", flow)
    for element in process.elements.values():
        if element.kind is not Kind.OTHER:
            yield from (f for f in _of_element(element) if f.text or f.needed)


def check_formulas(process: Process, context: Context) -> Iterator[Problem]:
    """Yield what cannot be read, functions nobody offers, and values no timer can have."""
    for formula in formulas(process):
        yield from _check(formula, context)
    for element in process.elements.values():
        if element.timer is not None:
            yield from _literal_timer(element, element.timer)
        for boundary in element.boundaries:
            yield from _literal_timer(boundary, boundary.timer)


def check_variables(element: Element, context: Context) -> Iterator[Problem]:
    """Yield names that no process variable may have, and names set twice."""
    if element.kind is Kind.OTHER:
        return
    outputs = [(m.target, m.line) for m in element.outputs]
    for mappings in ([(m.target, m.line) for m in element.inputs], outputs):
        seen: set[str] = set()
        for target, line in mappings:
            if target in seen:
                yield at(
                    element, "bpmn-variable-twice",
                    _("変数「{name}」に二度代入しています。", name=target),
                    _("どちらかを消してください。"), line=line,
                )  # fmt: skip
            seen.add(target)
            yield from _variable(element, target, line, context)
    if element.result_variable:
        line = element.lines.get("result_variable", 0)
        yield from _variable(element, element.result_variable, line, context)
    if element.multi is not None:
        for name in (element.multi.element_variable, element.multi.output_collection):
            if name:
                yield from _variable(element, name, element.multi.line, context)


def _of_element(element: Element) -> Iterator[Formula]:
    for field, what in (
        ("candidate_groups", "候補グループ"), ("assignee", "担当者"), ("due", "期日"),
        ("script", "スクリプト"),
    ):  # fmt: skip
        yield Formula(getattr(element, field), what, element, element.lines.get(field, 0))
    for mapping in (*element.inputs, *element.outputs):
        what = f"「{mapping.target}」"
        yield Formula(mapping.source, what, element, mapping.line, needed=True)
    for key, payload in element.properties.items():
        if key in WORDS or key.startswith(COMMAND):
            line = element.lines.get("properties", 0)
            yield Formula(payload, key, element, line, needed=True)
    if element.multi is not None:
        multi = element.multi
        for text in (multi.collection, multi.output_element, multi.completion):
            yield Formula(text, "マルチインスタンス", element, multi.line)
    if element.timer is not None:
        yield Formula(element.timer.value, "タイマー", element, element.timer.line)
    for boundary in element.boundaries:
        yield Formula(boundary.timer.value, "タイマー", boundary, boundary.timer.line)


def _check(formula: Formula, context: Context) -> Iterator[Problem]:
    if not formula.text:
        yield at(
            formula.place, "feel-missing", _("{what}の式がありません。", what=_(formula.what)),
            _("式を書くか、設定を消してください。"), line=formula.line,
        )  # fmt: skip
        return
    try:
        expression = parse(formula.text)
    except FeelSyntaxError as error:
        yield at(
            formula.place, "feel-syntax",
            _("{what}の式を読めません（式の{place}）。", what=_(formula.what), place=error),
            line=formula.line,
        )  # fmt: skip
        return
    if context.functions is None:
        return
    for name in sorted(unknown_functions(expression, set(context.functions))):
        yield at(
            formula.place, "feel-unknown-function",
            _("{what}の式が使う関数「{name}」はありません。", what=_(formula.what), name=name),
            _("関数名の綴りを確かめてください。"), line=formula.line,
        )  # fmt: skip


def _literal_timer(place: Place, timer: Timer) -> Iterator[Problem]:
    """Yield a problem when a timer is written as text that is no ISO 8601 value."""
    value = timer.value
    if len(value) < 2 or not value.startswith('"') or not value.endswith('"'):
        return
    text = value[1:-1]
    if '"' in text.replace('\\"', ""):
        return  # a sum of texts, such as "R/" + interval + ""
    readable, example = {
        TimerKind.DATE: (_is_moment(text), "2026-04-01T09:00:00+09:00"),
        TimerKind.DURATION: (_is_duration(text), "P7D"),
        TimerKind.CYCLE: (_is_cycle(text), "R/P7D, R/2027-04-01/P1Y"),
    }[timer.kind]
    if not readable:
        yield at(
            place, "bpmn-bad-timer",
            _("タイマーの値「{text}」を {kind} として読めません。", text=text, kind=timer.kind),
            _("ISO 8601 の形（例: {example}）で書くか、先頭に「=」を付けて FEEL 式にしてください。",
              example=example), line=timer.line,
        )  # fmt: skip


def _is_moment(text: str) -> bool:
    return parse_date(text) is not None or parse_datetime(text) is not None


def _is_duration(text: str) -> bool:
    return not text.startswith("-") and parse_duration(text) is not None


def _is_cycle(text: str) -> bool:
    """`R[n]/[begin/]duration`: how often, from when, how far apart (ISO 8601 repeating interval)."""
    repeat, *begin, duration = text.split("/") if "/" in text else (text, "")
    count = repeat.removeprefix("R")
    counted = not count or (count.isascii() and count.isdigit() and int(count) > 0)
    begins = not begin or (len(begin) == 1 and _is_moment(begin[0]))
    return repeat.startswith("R") and counted and begins and _is_duration(duration)


def _variable(place: Place, name: str, line: int, context: Context) -> Iterator[Problem]:
    if not VARIABLE.fullmatch(name):
        yield at(
            place, "bpmn-bad-variable", _("変数名「{name}」は使えません。", name=name),
            _("半角英小文字で始め、英小文字・数字・「_」の 41 字以内にしてください。"), line=line,
        )  # fmt: skip
    elif name in RESERVED or name in (context.functions or ()):
        yield at(
            place, "bpmn-reserved-variable",
            _("変数名「{name}」は、別の意味に決まっているので使えません。", name=name),
            _("別の名前にしてください。"), line=line,
        )  # fmt: skip
