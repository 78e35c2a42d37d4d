"""Reading a DMN file as a whole: its decisions, what they require, and every problem in it."""

from collections.abc import Mapping

from lxml import etree

from dxflow import safe_xml
from dxflow.decisions.boxed import read_function, read_logic
from dxflow.decisions.model import Decision, DecisionModel, Knowledge
from dxflow.decisions.report import NAMESPACES, Report, attribute, child, children, tag
from dxflow.problems import Problem, Refused
from dxflow.texts import gettext as _

_NODES = ("decision", "businessKnowledgeModel", "inputData")
_NAMED = (
    *_NODES, "variable", "formalParameter", "itemComponent", "output", "column", "parameter",
)  # fmt: skip
_REQUIREMENTS = {
    "requiredDecision": "decision",
    "requiredKnowledge": "businessKnowledgeModel",
    "requiredInput": "inputData",
}


def read(data: bytes, file: str) -> DecisionModel:
    """Read the decisions of a DMN 1.1 to 1.5 file.

    Raises Refused with every problem found: file, line, element, and how to mend it.
    """
    root = safe_xml.parse(data, file)
    if tag(root) != "definitions":
        known = etree.QName(root).namespace in NAMESPACES
        hint = "" if known else _("DMN 1.3 の名前空間を使ってください。")
        message = _("DMN の definitions 要素がありません。")
        raise Refused([Problem("dmn-none", message, file, int(root.sourceline or 0), hint=hint)])
    report = Report(file, _names(root))
    nodes = _read_nodes(root, report)
    decisions = _read_decisions(root, report, nodes)
    knowledge = _read_knowledge(root, report, nodes)
    if not report.problems and not decisions:
        report.add("dmn-none", root, _("ファイルに決定がありません。"))
    if not report.problems:
        _check_cycles(nodes, decisions, knowledge, report)
    if report.problems:
        raise Refused(sorted(report.problems, key=lambda problem: problem.line))
    return DecisionModel(file, decisions, knowledge)


def _names(root: etree._Element) -> frozenset[str]:
    """Return the names in the file that are no single word, for its expressions to use."""
    named = (attribute(one, "name") for one in root.iter() if tag(one) in _NAMED)
    return frozenset(name for name in named if name and not name.isidentifier())


def _read_nodes(root: etree._Element, report: Report) -> dict[str, etree._Element]:
    """Return decisions, knowledge models and inputs by id; note missing and repeated ids."""
    nodes: dict[str, etree._Element] = {}
    for imported in children(root, "import"):
        report.add("dmn-import", imported, _("ほかのファイルの取り込み（import）は使えません。"))
    for element in children(root, *_NODES):
        identity = attribute(element, "id")
        if not identity:
            message = _("{tag} に id がありません。", tag=tag(element))
            report.add("dmn-id", element, message)
        elif identity in nodes:
            report.add("dmn-id", element, _("id「{id}」が二度使われています。", id=identity))
        else:
            nodes[identity] = element
    return nodes


def _required(
    element: etree._Element, kind: str, report: Report, nodes: Mapping[str, etree._Element]
) -> tuple[str, ...]:
    """Return the ids of what an element requires; note ids that name nothing of the kind."""
    found = []
    for requirement in children(element, "informationRequirement", "knowledgeRequirement"):
        target = child(requirement, kind)
        if target is None:
            continue
        href = attribute(target, "href")
        identity = href.rpartition("#")[2]
        if identity not in nodes or tag(nodes[identity]) != _REQUIREMENTS[kind]:
            message = _("必要とされている「{href}」がファイルにありません。", href=href)
            report.add("dmn-requirement", requirement, message)
        elif identity not in found:
            found.append(identity)
    return tuple(found)


def _variable(element: etree._Element) -> str:
    variable = child(element, "variable")
    name = "" if variable is None else attribute(variable, "name")
    return name or attribute(element, "name") or attribute(element, "id")


def _read_decisions(
    root: etree._Element, report: Report, nodes: Mapping[str, etree._Element]
) -> dict[str, Decision]:
    decisions = {}
    for element in children(root, "decision"):
        _required(element, "requiredInput", report, nodes)
        required = _required(element, "requiredDecision", report, nodes)
        knowledge = _required(element, "requiredKnowledge", report, nodes)
        logic = read_logic(element, report)
        identity = attribute(element, "id")
        name = attribute(element, "name") or identity
        if logic is not None:
            decisions[identity] = Decision(
                identity, name, _variable(element), logic, required, knowledge,
                int(element.sourceline or 0),
            )  # fmt: skip
    return decisions


def _read_knowledge(
    root: etree._Element, report: Report, nodes: Mapping[str, etree._Element]
) -> dict[str, Knowledge]:
    models = {}
    for element in children(root, "businessKnowledgeModel"):
        required = _required(element, "requiredKnowledge", report, nodes)
        holder = child(element, "encapsulatedLogic")
        if holder is None:
            report.add("dmn-empty", element, _("関数の中身がありません。"))
            continue
        logic = read_function(holder, report)
        identity = attribute(element, "id")
        if logic is not None:
            models[identity] = Knowledge(
                identity, _variable(element), logic, required, int(element.sourceline or 0)
            )
    return models


def _check_cycles(
    nodes: Mapping[str, etree._Element], decisions: Mapping[str, Decision],
    knowledge: Mapping[str, Knowledge], report: Report,
) -> None:  # fmt: skip
    """Note what requires itself, directly or through others."""
    arrows = {one.id: (*one.decisions, *one.knowledge) for one in decisions.values()}
    arrows |= {one.id: one.knowledge for one in knowledge.values()}
    for start in arrows:
        seen, waiting = set(), list(arrows[start])
        while waiting:
            reached = waiting.pop()
            if reached not in seen:
                seen.add(reached)
                waiting.extend(arrows[reached])
        if start in seen:
            message = _("「{id}」が、めぐりめぐって自分自身を必要としています。", id=start)
            report.add("dmn-cycle", nodes[start], message)
