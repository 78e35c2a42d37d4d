"""Which body a deliberation is for, as far as the files tell: it must be one of the pack's.

A drawing that several bodies use takes its body from whoever calls it. What a call hands over is
followed up to the texts that can be known: written ones, the branches of a condition, the entries
of a list that is gone through. What only a running case knows is asked when it convenes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from dxflow.feel import Expression, FeelSyntaxError, parse
from dxflow.feel.nodes import Conditional, Name, Node
from dxflow.models.calls import calls_of
from dxflow.models.findings import at, called, levels
from dxflow.models.model import Element, IoMapping, Model, Process
from dxflow.problems import Problem
from dxflow.services.packs.at_once import CONVENE
from dxflow.services.packs.settings import PackSettings
from dxflow.texts import gettext as _

_BODY = "body"


@dataclass(frozen=True)
class _Call:
    """A call activity, the process it stands in and the file that draws it."""

    element: Element
    process: Process
    file: str


def check_bodies(settings: PackSettings, models: Iterable[Model]) -> Iterator[Problem]:
    """Yield a problem for every body asked for that the pack does not have, and for none at all."""
    pack = _Pack(settings, list(models))
    for process, file in pack.processes.values():
        for level, _owner in levels(process):
            for element in level.elements.values():
                if element.job_type == CONVENE:
                    found = pack.asked(element, process, file)
                    yield from dict.fromkeys(found)


class _Pack:
    def __init__(self, settings: PackSettings, models: list[Model]) -> None:
        self.bodies = frozenset(settings.bodies)
        self.processes = {
            key: (process, model.file)
            for model in models
            for key, process in model.processes.items()
            if process.executable
        }
        self.calls: dict[str, list[_Call]] = {}
        for process, file in self.processes.values():
            for call in calls_of(process):
                self.calls.setdefault(call.called_process, []).append(_Call(call, process, file))
        self.begun = frozenset(settings.begun)
        self.set_somewhere = {
            *(name for start in settings.starts.values() for name in start.values),
            *(name for start in settings.offered for name in (*start.values, *start.outputs)),
            *(name for process, _file in self.processes.values() for name in _set_in(process)),
        }

    def asked(self, element: Element, process: Process, file: str) -> Iterator[Problem]:
        """Yield what is wrong with the body that a service task convenes."""
        mapping = _input(element)
        if mapping is None:
            yield _missing(element, 0).located(file)
            return
        yield from self.followed(mapping, element, process, file, frozenset())

    def followed(
        self, mapping: IoMapping, element: Element, process: Process, file: str,
        seen: frozenset[str],
    ) -> Iterator[Problem]:  # fmt: skip
        """Yield what is wrong with the body that an input of an element gives."""
        expression = _parsed(mapping.source)
        if expression is None:
            return
        for node in _branches(expression.root):
            if isinstance(node, Name):
                yield from self.variable(node.name, element, process, file, seen, mapping.line)
                continue
            known = _constant(node)
            if known is not None and known not in self.bodies:
                yield _unknown(element, known, mapping.line).located(file)

    def variable(
        self, name: str, element: Element, process: Process, file: str, seen: frozenset[str],
        line: int,
    ) -> Iterator[Problem]:  # fmt: skip
        """Yield what is wrong with the bodies that a variable of a process may hold."""
        if element.multi is not None and element.multi.element_variable == name:
            listed = _parsed(element.multi.collection)
            for entry in _entries(listed):
                if entry not in self.bodies:
                    yield _unknown(element, entry, element.multi.line).located(file)
            return
        if name in _set_in(process) or process.id in seen:
            return
        for call in self.calls.get(process.id, ()):
            handed = next((one for one in call.element.inputs if one.target == name), None)
            if handed is not None:
                yield from self.followed(
                    handed, call.element, call.process, call.file, seen | {process.id}
                )
            elif call.element.inputs:  # it sees nothing but what it is given
                yield _not_handed(call.element, name).located(call.file)
            else:
                yield from self.variable(
                    name, call.element, call.process, call.file, seen | {process.id}, 0
                )
        if process.id in self.begun and name not in self.set_somewhere:
            yield _never_set(element, name, line).located(file)


def _input(element: Element) -> IoMapping | None:
    return next((one for one in element.inputs if one.target == _BODY), None)


def _parsed(text: str) -> Expression | None:
    try:
        return parse(text)
    except FeelSyntaxError:
        return None  # told where expressions are checked


def _branches(node: Node) -> Iterator[Node]:
    if isinstance(node, Conditional):
        yield from _branches(node.then)
        yield from _branches(node.otherwise)
    else:
        yield node


def _constant(node: Node) -> str | None:
    expression = Expression("", "", node)
    if expression.free_names or expression.called:
        return None
    value = expression.evaluate()
    return value if isinstance(value, str) else None


def _entries(listed: Expression | None) -> list[str]:
    """Return the texts of a list that is written out, none of one that a case makes up."""
    if listed is None or listed.free_names or listed.called:
        return []
    value: Any = listed.evaluate()
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _set_in(process: Process) -> set[str]:
    """Return the variables that the elements of a process set."""
    found: set[str] = set()
    for level, _owner in levels(process):
        for element in level.elements.values():
            found |= {one.target for one in element.outputs}
            found |= {element.result_variable} - {""}
            if element.multi is not None:
                found |= {element.multi.output_collection, element.multi.element_variable} - {""}
    return found


def _missing(element: Element, line: int) -> Problem:
    return at(
        element, "pack-body-missing",
        _("{name}に、どの会議体を招集するか（入力 body）がありません。", name=called(element)),
        _("会議体のキーを、引用符で囲んで書くか、呼び出す側から受け取る変数にしてください。"),
        line=line,
    )  # fmt: skip


def _unknown(element: Element, key: str, line: int) -> Problem:
    return at(
        element, "pack-body-unknown",
        _("{name}の会議体「{body}」は、pack.toml にありません。", name=called(element), body=key),
        _("キーの綴りを確かめるか、pack.toml に [bodies.{body}] を書いてください。", body=key),
        line=line,
    )  # fmt: skip


def _not_handed(element: Element, name: str) -> Problem:
    return at(
        element, "pack-body-missing",
        _("{name}が、審議する会議体（入力 {variable}）を渡していません。",
          name=called(element), variable=name),
        _("入力に {variable} を加え、会議体のキーを渡してください。", variable=name),
    )  # fmt: skip


def _never_set(element: Element, name: str, line: int) -> Problem:
    return at(
        element, "pack-body-missing",
        _("{name}が審議する会議体（変数 {variable}）を、どこでも決めていません。",
          name=called(element), variable=name),
        _("入力に {variable} を加え、会議体のキーを渡してください。", variable=name),
        line=line,
    )  # fmt: skip
