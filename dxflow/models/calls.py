"""Call activities between processes: targets that exist, and no circle."""

from collections.abc import Iterator, Mapping, Sequence

from dxflow.models.findings import at, levels
from dxflow.models.model import Element, Kind, Process
from dxflow.problems import Problem
from dxflow.texts import gettext as _

ByFile = Mapping[str, Sequence[Process]]


def calls_of(process: Process) -> Iterator[Element]:
    """Yield the call activities of a process, those in its sub-processes included."""
    for level, _owner in levels(process):
        for element in level.elements.values():
            target = element.called_process
            if element.kind is Kind.CALL_ACTIVITY and target and not target.startswith("="):
                yield element


def unknown_calls(by_file: ByFile, known: frozenset[str]) -> Iterator[Problem]:
    """Yield the calls of processes that are not known."""
    for file, processes in by_file.items():
        for process in processes:
            for call in calls_of(process):
                if call.called_process not in known:
                    yield _unknown(call).located(file)


def calls_without_start(by_file: ByFile) -> Iterator[Problem]:
    """Yield the calls of processes that begin by a timer only: a call has no place to begin."""
    timed_only = {
        process.id
        for processes in by_file.values()
        for process in processes
        if any(one.kind is Kind.TIMER_START for one in process.elements.values())
        and not any(one.kind is Kind.START for one in process.elements.values())
    }
    for file, processes in by_file.items():
        for process in processes:
            for call in calls_of(process):
                if call.called_process in timed_only:
                    yield at(
                        call, "bpmn-call-of-timed",
                        _("プロセス「{name}」は時期が来て始まるだけで、呼び出せません。",
                          name=call.called_process),
                        _("呼び出すプロセスに、ふつうの開始イベントも置いてください。"),
                        line=call.lines.get("called_process", 0),
                    ).located(file)  # fmt: skip


def call_cycles(by_file: ByFile, *, several_files: bool = False) -> Iterator[Problem]:
    """Yield the calls by which a process comes to call itself, directly or through others.

    With `several_files` only circles through more than one file are reported.
    """
    files = {process.id: file for file, processes in by_file.items() for process in processes}
    targets = {
        process.id: {call.called_process for call in calls_of(process)} & files.keys()
        for processes in by_file.values()
        for process in processes
    }
    for file, processes in by_file.items():
        for process in processes:
            for call in calls_of(process):
                circle = _way_back(call.called_process, process.id, targets)
                if circle and several_files is (len({files[key] for key in circle}) > 1):
                    yield _circle(call, [process.id, *circle]).located(file)


def _way_back(first: str, last: str, targets: Mapping[str, set[str]]) -> list[str]:
    """Return a shortest chain of calls from `first` to `last`, empty when there is none."""
    chains = [[first]] if first in targets else []
    seen = {first}
    while chains:
        chain = chains.pop(0)
        if chain[-1] == last:
            return chain
        for following in sorted(targets[chain[-1]] - seen):
            seen.add(following)
            chains.append([*chain, following])
    return []


def _unknown(call: Element) -> Problem:
    return at(
        call, "bpmn-unknown-reference",
        _("{what}「{name}」は見つかりません。", what=_("プロセス"), name=call.called_process),
        _("processId の綴りと、パックに入っているかを確かめてください。"),
        line=call.lines.get("called_process", 0),
    )  # fmt: skip


def _circle(call: Element, chain: list[str]) -> Problem:
    return at(
        call, "bpmn-call-circle",
        _("呼び出しが一周して自分に戻ります: {chain}", chain=" → ".join(chain)),
        _("くり返しは、呼び出す側のプロセスの中に排他ゲートウェイで描いてください。"),
    )  # fmt: skip
