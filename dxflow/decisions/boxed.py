"""From XML elements to the logic of a decision (DMN 1.3 §10.2 and clause 8)."""

from collections.abc import Callable

from lxml import etree

from dxflow.decisions.logic import (
    ContextLogic,
    FunctionLogic,
    InvocationLogic,
    ListLogic,
    LiteralLogic,
    Logic,
)
from dxflow.decisions.report import Report, attribute, child, children, tag
from dxflow.decisions.tables import read_table
from dxflow.texts import gettext as _

BOXED = (
    "literalExpression", "decisionTable", "context", "invocation", "list", "relation",
    "functionDefinition",
)  # fmt: skip
_REFUSED = ("conditional", "for", "every", "some", "filter")


def read_logic(parent: etree._Element, report: Report) -> Logic | None:
    """Read the boxed expression below an element; None, with a problem noted, if there is none."""
    for refused in children(parent, *_REFUSED):
        message = _("箱入り式「{name}」は使えません。", name=tag(refused))
        report.add("dmn-unsupported", refused, message, _("literalExpression の FEEL で書けます。"))
        return None
    element = child(parent, *BOXED)
    if element is None:
        message = _("決定の中身がありません。")
        report.add("dmn-empty", parent, message, _("表か式を書いてください。"))
        return None
    return _READERS[tag(element)](element, report)


def read_function(element: etree._Element, report: Report) -> FunctionLogic | None:
    """Read a function: formal parameters and a body."""
    if attribute(element, "kind") not in ("", "FEEL", "F"):
        report.add("dmn-unsupported", element, _("FEEL 以外で書かれた関数は使えません。"))
        return None
    names = [attribute(one, "name") for one in children(element, "formalParameter")]
    if len(set(names)) < len(names) or "" in names:
        report.add("dmn-parameter", element, _("引数の名前が空か、重なっています。"))
    body = read_logic(element, report)
    return None if body is None else FunctionLogic(tuple(names), body)


def _read_literal(element: etree._Element, report: Report) -> Logic | None:
    found = len(report.problems)
    expression = report.expression(element)
    if expression is None:
        if len(report.problems) == found:
            report.add("dmn-empty", element, _("式が空です。"))
        return None
    return LiteralLogic(expression, str(element.get("id") or ""))


def _read_context(element: etree._Element, report: Report) -> Logic | None:
    entries: list[tuple[str, Logic]] = []
    rows = list(children(element, "contextEntry"))
    for place, row in enumerate(rows):
        variable = child(row, "variable")
        name = "" if variable is None else attribute(variable, "name")
        if not name and place < len(rows) - 1:
            report.add("dmn-context", row, _("名前のない項目は最後にだけ置けます。"))
        if name and name in [known for known, _logic in entries]:
            report.add("dmn-context", row, _("項目「{name}」が二度あります。", name=name))
        logic = read_logic(row, report)
        if logic is not None:
            entries.append((name, logic))
    return ContextLogic(tuple(entries))


def _read_list(element: etree._Element, report: Report) -> Logic | None:
    elements = (_READERS[tag(one)](one, report) for one in children(element, *BOXED))
    return ListLogic(tuple(one for one in elements if one is not None))


def _read_relation(element: etree._Element, report: Report) -> Logic | None:
    """A relation is a list of contexts with the columns as entries."""
    columns = [attribute(one, "name") for one in children(element, "column")]
    rows: list[Logic] = []
    for row in children(element, "row"):
        cells = [_READERS[tag(one)](one, report) for one in children(row, *BOXED)]
        if len(cells) != len(columns):
            report.add("dmn-relation", row, _("列の数とセルの数が違います。"))
            continue
        pairs = zip(columns, cells, strict=True)
        rows.append(ContextLogic(tuple((name, one) for name, one in pairs if one is not None)))
    return ListLogic(tuple(rows))


def _read_invocation(element: etree._Element, report: Report) -> Logic | None:
    called = child(element, "literalExpression")
    function = None if called is None else report.expression(called)
    if function is None:
        report.add("dmn-invocation", element, _("呼び出す関数の名前がありません。"))
        return None
    bindings: list[tuple[str, Logic]] = []
    for binding in children(element, "binding"):
        parameter = child(binding, "parameter")
        logic = read_logic(binding, report)
        if parameter is not None and logic is not None:
            bindings.append((attribute(parameter, "name"), logic))
    return InvocationLogic(function, tuple(bindings), str(element.get("id") or ""))


_READERS: dict[str, Callable[[etree._Element, Report], Logic | None]] = {
    "literalExpression": _read_literal, "decisionTable": read_table, "context": _read_context,
    "invocation": _read_invocation, "list": _read_list, "relation": _read_relation,
    "functionDefinition": read_function,
}  # fmt: skip
