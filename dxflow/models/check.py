"""May a model be published? Everything that stands in the way, with place and way out."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from dxflow.models.calls import call_cycles, calls_without_start, unknown_calls
from dxflow.models.context import Context
from dxflow.models.findings import at, levels
from dxflow.models.formulas import check_formulas, check_variables
from dxflow.models.graph import graph_of
from dxflow.models.model import Model, Process
from dxflow.models.refusals import refusals
from dxflow.models.requirements import identity, requirements
from dxflow.models.structure import structure
from dxflow.problems import Problem
from dxflow.texts import gettext as _

NOTHING_KNOWN = Context()


def check_executable(model: Model, context: Context = NOTHING_KNOWN) -> list[Problem]:
    """Return what forbids publication (errors) or is ignored (warnings), in file order.

    Only constructs proven to run right are allowed. Processes not marked executable are
    documentation; when there is no other, they are examined as if they were.
    """
    executable = [process for process in model.processes.values() if process.executable]
    processes = executable or list(model.processes.values())
    problems = [] if executable else [_not_executable(model, processes)]
    problems.extend(refusals(model, processes))
    for process in processes:
        problems.extend(_check_process(process, context))
    problems.extend(call_cycles({model.file: processes}))
    if context.processes is not None:
        known = context.processes | {process.id for process in executable}
        problems.extend(unknown_calls({model.file: processes}, known))
    return in_order(problem.located(model.file) for problem in problems)


def check_set(models: Sequence[Model], context: Context = NOTHING_KNOWN) -> list[Problem]:
    """Return every problem of the files of a pack: each file's own, and those between them.

    Between files: a process id used twice, calls of processes that are neither in the set nor in
    `context.processes`, and calls that lead in a circle.
    """
    by_file = {
        model.file: [process for process in model.processes.values() if process.executable]
        for model in models
    }
    executable = {process.id for processes in by_file.values() for process in processes}
    only_drawn = {key for model in models for key in model.processes} - executable
    known = (context.processes or frozenset()) - only_drawn | executable
    within = replace(context, processes=known)
    problems = [problem for model in models for problem in check_executable(model, within)]
    problems.extend(_repeated(by_file))
    problems.extend(call_cycles(by_file, several_files=True))
    problems.extend(calls_without_start(by_file))
    return in_order(problems)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems in file order, each once."""
    return sorted(dict.fromkeys(problems), key=lambda p: (p.file, p.line, p.element, p.code))


def _check_process(process: Process, context: Context) -> list[Problem]:
    problems = list(identity(process))
    for level, owner in levels(process):
        for element in level.elements.values():
            problems.extend(requirements(element, context, top=owner is None))
            problems.extend(check_variables(element, context))
        problems.extend(check_formulas(level, context))
        problems.extend(structure(graph_of(level)))
    return problems


def _not_executable(model: Model, processes: list[Process]) -> Problem:
    message = _("実行できる（isExecutable）と記されたプロセスがありません。")
    hint = _("モデリングツールで、プロセスを「実行可能」にしてください。")
    if processes:
        return at(processes[0], "bpmn-not-executable", message, hint)
    return Problem("bpmn-not-executable", message, file=model.file, hint=hint)


def _repeated(by_file: dict[str, list[Process]]) -> list[Problem]:
    first: dict[str, str] = {}
    problems = []
    for file, processes in by_file.items():
        for process in processes:
            if process.id in first:
                message = _(
                    "プロセス ID「{id}」は {file} でも使われています。",
                    id=process.id, file=first[process.id],
                )  # fmt: skip
                hint = _("どちらかのプロセス ID を変えてください。")
                problems.append(at(process, "bpmn-process-twice", message, hint).located(file))
            first.setdefault(process.id, file)
    return problems
