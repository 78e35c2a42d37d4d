"""Read a BPMN 2.0 file of any tool into a `Model`.

Reading accepts every construct; whether the model may be published is `check.py`'s question.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from dxflow import safe_xml
from dxflow.models.digest import digest
from dxflow.models.levels import read_process
from dxflow.models.model import Model, Process, Unsupported
from dxflow.models.vocabulary import (
    ACTIVITIES,
    BPMN,
    EVENTS,
    GATEWAYS,
    children,
    line,
    plain_name,
    reference,
)
from dxflow.problems import Problem, Refused
from dxflow.texts import gettext as _

_DIAGRAMS_WITHOUT_PROCESS = frozenset({"collaboration", "choreography", "globalConversation"})


@dataclass(frozen=True)
class Reading:
    """The model, or why there is none."""

    model: Model | None
    problems: tuple[Problem, ...] = ()

    @property
    def accepted(self) -> bool:
        """Return whether the file is readable as a model."""
        return self.model is not None


def read(data: bytes, file: str) -> Reading:
    """Read the bytes of a BPMN file; `file` is the name used in problems.

    Bad input never raises: what keeps the file from being a model is in `problems`, with a line.
    """
    try:
        root = safe_xml.parse(data, file)
        return Reading(_read_definitions(root, file))
    except Refused as refused:
        return Reading(None, tuple(problem.located(file) for problem in refused.problems))


def _read_definitions(root: etree._Element, file: str) -> Model:
    if root.tag != "{" + BPMN + "}definitions":
        raise _no_bpmn(root, _("最上位の要素が BPMN の definitions ではありません。"))
    tags = [tag for tag, _child in children(root)]
    if "process" not in tags and not _DIAGRAMS_WITHOUT_PROCESS.intersection(tags):
        raise _no_bpmn(root, _("プロセスが一つもありません。"))
    roots = _by_id(root)
    pool_names = _pool_names(root)
    processes: dict[str, Process] = {}
    notes = _repeated_ids(root)
    for number, (tag, xml) in enumerate(children(root), start=1):
        if tag != "process":
            continue
        process_id = str(xml.get("id", "")).strip()
        if not process_id:
            process_id = f"_process_{number}"
            notes.append(Unsupported("missingId", process_id, line=line(xml), detail=tag))
        name = plain_name(xml.get("name")) or pool_names.get(process_id, "")
        if process_id not in processes:
            processes[process_id] = read_process(xml, process_id, name, roots)
    facts = _facts(root)
    return Model(file, processes, facts, digest(processes, facts), tuple(notes))


def _no_bpmn(root: etree._Element, message: str) -> Refused:
    hint = _("BPMN 2.0 の XML（.bpmn）として書き出したファイルを渡してください。")
    return Refused([Problem("bpmn-none", message, line=line(root), hint=hint)])


def _by_id(root: etree._Element) -> dict[str, etree._Element]:
    """Return the file's elements by id; the first one counts."""
    found: dict[str, etree._Element] = {}
    for element in root.iter("{" + BPMN + "}*"):
        if element.get("id"):
            found.setdefault(str(element.get("id")), element)
    return found


def _pool_names(root: etree._Element) -> dict[str, str]:
    """Return process id to the name of the pool that shows it."""
    return {
        reference(xml.get("processRef")): plain_name(xml.get("name"))
        for xml in root.iter("{" + BPMN + "}participant")
        if xml.get("processRef")
    }


def _repeated_ids(root: etree._Element) -> list[Unsupported]:
    seen: set[str] = set()
    notes = []
    for element in root.iter("{" + BPMN + "}*"):
        written = str(element.get("id", "")).strip()
        if written and written in seen:
            name = plain_name(element.get("name"))
            notes.append(Unsupported("duplicateId", written, name, line(element)))
        seen.add(written)
    return notes


def _facts(root: etree._Element) -> Mapping[str, int]:
    elements = root.iter("{" + BPMN + "}*")
    counts = Counter(etree.QName(element).localname for element in elements)
    return {
        "pools": counts["participant"],
        "lanes": counts["lane"],
        "activities": sum(counts[tag] for tag in ACTIVITIES),
        "gateways": sum(counts[tag] for tag in GATEWAYS),
        "events": sum(counts[tag] for tag in EVENTS),
        "flows": counts["sequenceFlow"],
        "message_flows": counts["messageFlow"],
    }
