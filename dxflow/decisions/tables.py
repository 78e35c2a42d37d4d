"""Reading decision tables (DMN 1.3 clause 8), cell by cell."""

from typing import Any

from lxml import etree

from dxflow.decisions.logic import Logic
from dxflow.decisions.report import Report, attribute, child, children, text
from dxflow.decisions.table import (
    AGGREGATIONS,
    HitPolicy,
    InputClause,
    OutputClause,
    Rule,
    TableLogic,
)
from dxflow.feel import Expression, FeelError, FeelSyntaxError, parse
from dxflow.feel.nodes import Literal
from dxflow.feel.values import equal
from dxflow.texts import gettext as _


def read_table(element: etree._Element, report: Report) -> Logic | None:
    """Read a decision table; what is wrong with it is noted."""
    found = len(report.problems)
    policy = _read_policy(element, report)
    aggregation = attribute(element, "aggregation").upper()
    inputs = _read_inputs(element, report)
    outputs = _read_outputs(element, report)
    rules = _read_rules(element, report, len(inputs), outputs)
    if policy is not None:
        _check_policy(element, report, policy, aggregation, outputs)
    if len(report.problems) > found or policy is None:
        return None
    identity = str(element.get("id") or "")
    return TableLogic(identity, policy, aggregation, inputs, outputs, rules)


def _read_policy(element: etree._Element, report: Report) -> HitPolicy | None:
    written = attribute(element, "hitPolicy").upper() or "UNIQUE"
    try:
        return HitPolicy(written)
    except ValueError:
        message = _("当てはめ方「{policy}」は使えません。", policy=written)
        report.add("dmn-hit-policy", element, message, "、".join(HitPolicy))
        return None


def _check_policy(
    element: etree._Element, report: Report, policy: HitPolicy, aggregation: str,
    outputs: tuple[OutputClause, ...],
) -> None:  # fmt: skip
    """Note a hit policy that does not go with the table's outputs."""
    if aggregation and aggregation not in AGGREGATIONS:
        message = _("集計「{name}」は使えません。", name=aggregation)
        report.add("dmn-aggregation", element, message, "、".join(AGGREGATIONS))
    if aggregation and (policy is not HitPolicy.COLLECT or len(outputs) > 1):
        message = _("集計できるのは、出力が一つの COLLECT の表だけです。")
        report.add("dmn-aggregation", element, message)
    weighed = policy in (HitPolicy.PRIORITY, HitPolicy.OUTPUT_ORDER)
    if weighed and not any(clause.values for clause in outputs):
        message = _("{policy} の表には、優先する順に並べた出力値が要ります。", policy=policy.value)
        report.add("dmn-priority", element, message, _("outputValues を書いてください。"))


def _read_inputs(element: etree._Element, report: Report) -> tuple[InputClause, ...]:
    clauses = []
    for clause in children(element, "input"):
        holder = child(clause, "inputExpression")
        found = len(report.problems)
        expression = None if holder is None else report.expression(holder)
        if expression is None:
            if len(report.problems) == found:
                report.add("dmn-input", clause, _("入力の式がありません。"))
            expression = parse("null")
        label = attribute(clause, "label") or expression.text.strip()
        clauses.append(InputClause(str(clause.get("id") or ""), label, expression))
    return tuple(clauses)


def _read_outputs(element: etree._Element, report: Report) -> tuple[OutputClause, ...]:
    clauses: list[OutputClause] = []
    written = list(children(element, "output"))
    if not written:
        report.add("dmn-output", element, _("表に出力がありません。"))
    for clause in written:
        name = attribute(clause, "name")
        if len(written) > 1 and (not name or name in [one.name for one in clauses]):
            message = _("出力が二つ以上あるときは、それぞれに違う名前が要ります。")
            report.add("dmn-output", clause, message)
        holder = child(clause, "defaultOutputEntry")
        default = None if holder is None else report.expression(holder)
        label = attribute(clause, "label") or name or attribute(element, "outputLabel")
        values = _read_values(clause, report)
        clauses.append(OutputClause(str(clause.get("id") or ""), name, label, values, default))
    return tuple(clauses)


def _read_values(clause: etree._Element, report: Report) -> tuple[Any, ...]:
    """Return the allowed values of an output in their order."""
    holder = child(clause, "outputValues")
    written = text(holder)
    if holder is None or not written.strip():
        return ()
    try:
        values = parse(f"[{written}]").evaluate()
    except (FeelSyntaxError, FeelError):
        message = _("出力値の一覧「{text}」を読めません。", text=written.strip())
        report.add("dmn-output-values", holder, message, _('"a", "b" の形で書いてください。'))
        return ()
    return tuple(values)


def _read_rules(
    element: etree._Element, report: Report, width: int, outputs: tuple[OutputClause, ...]
) -> tuple[Rule, ...]:
    rules = []
    for index, row in enumerate(children(element, "rule"), 1):
        tests = list(children(row, "inputEntry"))
        results = list(children(row, "outputEntry"))
        if len(tests) != width or len(results) != len(outputs):
            counts = f"{len(tests)}/{width}, {len(results)}/{len(outputs)}"
            message = _("{index} 行目のセルの数が列の数と違います（入力, 出力: {counts}）。",
                        index=index, counts=counts)  # fmt: skip
            report.add("dmn-columns", row, message)
            continue
        read = tuple(report.expression(cell) for cell in results)
        for cell, result, clause in zip(results, read, outputs, strict=True):
            _check_allowed(cell, result, clause, report)
        ids = tuple(str(cell.get("id") or "") for cell in (*tests, *results))
        cells = tuple(report.tests(cell) for cell in tests)
        rules.append(Rule(str(row.get("id") or ""), index, cells, read, ids, _annotation(row)))
    return tuple(rules)


def _check_allowed(
    cell: etree._Element, result: Expression | None, clause: OutputClause, report: Report
) -> None:
    """Note a constant result that is not among the output's allowed values."""
    if result is None or not clause.values or not isinstance(result.root, Literal):
        return
    if not any(equal(result.root.value, one) for one in clause.values):
        message = _("「{text}」は出力「{label}」の値の一覧にありません。",
                    text=result.text.strip(), label=clause.label)  # fmt: skip
        report.add("dmn-output-values", cell, message)


def _annotation(row: etree._Element) -> str:
    """Return a rule's annotations; tools that know none write a description instead."""
    entries = [text(entry).strip() for entry in children(row, "annotationEntry")]
    description = child(row, "description")
    written = " / ".join(entry for entry in entries if entry)
    return written or ("" if description is None else str(description.text or "").strip())
