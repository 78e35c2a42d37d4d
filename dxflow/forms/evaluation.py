"""One evaluation of a form over values, under assumptions about what is hidden or read-only.

Scope of an expression: the row or group it stands in, then what surrounds it (also reachable as
`parent`), then the variables of the context. Computed fields see those before them on the page.
"""

from collections import ChainMap
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from dxflow.forms.coerce import guess_value
from dxflow.forms.definition import MAX_ROWS, Component
from dxflow.forms.formula import Formula
from dxflow.forms.shapes import Context
from dxflow.texts import gettext as _
from dxflow.texts import language, translated

MOST_ROWS_TOGETHER = 2_000

Scope = ChainMap[str, Any]
Verdicts = tuple[frozenset[str], frozenset[str]]
"""Paths that are hidden, paths that are read-only."""


@dataclass(frozen=True)
class Source:
    """Where values come from.

    `trusted`: the values are the program's own (a draft, a prefill, a submitted copy), so they
    may fill read-only fields. `fill`: fields that are absent take their prefill or default.
    """

    values: Mapping[str, Any]
    trusted: bool = False
    fill: bool = False


@dataclass
class Node:
    """A component at a place while the form is being evaluated."""

    component: Component
    path: str
    lead: str  # the rows it stands in, for messages
    scope: Scope
    own: MutableMapping[str, Any]
    hidden: bool
    readonly: bool
    raw: Any = None
    children: "list[Node]" = field(default_factory=list)
    rows: "list[list[Node]]" = field(default_factory=list)
    spare: set[int] = field(default_factory=set)
    too_many: bool = False

    @property
    def value(self) -> Any:
        """Return the typed value; None for a component without one."""
        return self.own.get(self.component.key) if self.component.key else None


@dataclass(frozen=True)
class _Where:
    """A container being filled in: what was entered there, what is prefilled, its own values."""

    raw: Mapping[str, Any]
    prefill: Mapping[str, Any]
    prefix: str
    lead: str
    own: dict[str, Any]
    scope: Scope
    readonly: bool


class Sheet:
    """One evaluation under assumed verdicts (paths hidden, paths read-only)."""

    def __init__(
        self, context: Context, source: Source, hidden: frozenset[str], readonly: frozenset[str]
    ) -> None:
        self.context = context
        self.source = source
        self.hidden = hidden
        self.readonly = readonly
        self.rows = 0

    def fill_in(self, components: tuple[Component, ...]) -> tuple[list[Node], dict[str, Any]]:
        """Return the nodes of the whole form and its typed values."""
        own: dict[str, Any] = {}
        scope: Scope = ChainMap(own, dict(self.context.variables))
        prefill = self.context.prefill
        where = _Where(self.source.values, prefill, "", "", own, scope, readonly=False)
        nodes = self._nodes(components, where)
        self._compute(nodes)
        return nodes, own

    def _nodes(self, components: tuple[Component, ...], where: _Where) -> list[Node]:
        return [self._node(component, where) for component in components]

    def _node(self, component: Component, where: _Where) -> Node:
        path = where.prefix + (component.key or f"#{component.id}")
        node = Node(
            component,
            path,
            where.lead,
            where.scope,
            where.own,
            hidden=component.hide is True or path in self.hidden,
            readonly=where.readonly or component.readonly is True or path in self.readonly,
        )
        if component.key:
            where.own[component.key] = None
        if node.hidden:
            return node
        if component.kind == "group":
            self._enter_group(node, where)
        elif component.kind == "list":
            self._enter_list(node, where)
        elif component.is_field and component.kind != "expression":
            node.raw = self._entered(component, where, readonly=node.readonly)
            where.own[component.key] = guess_value(component, node.raw)
        return node

    def _entered(self, component: Component, where: _Where, *, readonly: bool) -> Any:
        key = component.key
        if readonly and key in where.prefill:
            return where.prefill[key]
        if key in where.raw and (self.source.trusted or not readonly):
            return where.raw[key]
        if self.source.fill and key in where.prefill:
            return where.prefill[key]
        if self.source.fill or readonly:
            default = component.default
            return list(default) if isinstance(default, tuple) else default
        return None

    def _enter_group(self, node: Node, where: _Where) -> None:
        key = node.component.key
        if not key:
            within = _Where(
                where.raw,
                where.prefill,
                where.prefix,
                where.lead,
                where.own,
                where.scope,
                node.readonly,
            )
        else:
            own: dict[str, Any] = {}
            where.own[key] = own
            node.raw = where.raw.get(key)
            within = _Where(
                _mapping(node.raw),
                _mapping(where.prefill.get(key)),
                f"{node.path}.",
                where.lead,
                own,
                where.scope.new_child({"parent": where.own}).new_child(own),
                node.readonly,
            )
        node.children = self._nodes(node.component.components, within)

    def _enter_list(self, node: Node, where: _Where) -> None:
        component = node.component
        prefilled = where.prefill.get(component.key)
        kept = isinstance(prefilled, list) and (component.fixed_rows or node.readonly)
        node.raw, entered = self._entered_rows(node, where)
        kept_rows: list[Any] = prefilled if kept and isinstance(prefilled, list) else []
        filled = []
        for number, raw in enumerate(entered):
            self.rows += 1
            if number > MAX_ROWS or self.rows > MOST_ROWS_TOGETHER:
                node.too_many = True
                break
            own: dict[str, Any] = {}
            within = _Where(
                _mapping(raw),
                _mapping(kept_rows[number]) if number < len(kept_rows) else {},
                f"{node.path}[{number}].",
                where.lead
                + _("「{label}」の{number}行目の", label=label_of(component), number=number + 1),
                own,
                where.scope.new_child({"parent": where.own}).new_child(own),
                node.readonly,
            )
            row = self._nodes(component.components, within)
            node.rows.append(row)
            if not kept and all(_is_spare(part) for part in row):
                node.spare.add(number)
            else:
                filled.append(own)
        where.own[component.key] = filled

    def _entered_rows(self, node: Node, where: _Where) -> tuple[Any, list[Any]]:
        """Return what was entered for a list, and the rows it is laid out with."""
        component = node.component
        raw = where.raw.get(component.key)
        prefilled = where.prefill.get(component.key)
        rows = raw if isinstance(raw, list) else []
        blank: list[Any] = [{} for _number in range(component.default_rows)]
        if component.fixed_rows or node.readonly:
            if isinstance(prefilled, list):
                length = len(prefilled)
            elif self.source.trusted and isinstance(raw, list):
                length = len(raw)
            else:
                length = 0 if node.readonly else component.default_rows
            shown = prefilled if node.readonly and isinstance(prefilled, list) else raw
            return shown, [rows[n] if n < len(rows) else {} for n in range(length)]
        if raw is None and self.source.fill:
            rows = prefilled if isinstance(prefilled, list) else blank
        if not rows and self.source.fill and component.rules.min_rows:
            rows = blank or [{}]
        return raw, rows

    def _compute(self, nodes: list[Node]) -> None:
        """Evaluate the computed fields in page order, those in rows before those after them."""
        for node in nodes:
            component = node.component
            if component.kind == "expression" and component.formula and not node.hidden:
                node.own[component.key] = component.formula.value(
                    node.scope, self.context.functions
                )
            self._compute(node.children)
            for row in node.rows:
                self._compute(row)

    def verdicts(self, nodes: list[Node]) -> Verdicts:
        """Return what the conditions say over the values as filled in."""
        hidden: set[str] = set()
        readonly: set[str] = set()
        for node in every(nodes):
            for rule, paths in ((node.component.hide, hidden), (node.component.readonly, readonly)):
                if isinstance(rule, Formula) and (
                    rule.value(node.scope, self.context.functions) is True
                ):
                    paths.add(node.path)
        return frozenset(hidden), frozenset(readonly)


def every(nodes: list[Node]) -> Iterator[Node]:
    """Yield nodes in page order, each before what is inside it."""
    for node in nodes:
        yield node
        yield from every(node.children)
        for row in node.rows:
            yield from every(row)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _is_spare(node: Node) -> bool:
    """Return whether nothing was entered here: blank, or still what the form itself put there."""
    if node.hidden or node.component.kind == "expression":
        return True
    if node.component.kind == "group":
        return all(_is_spare(child) for child in node.children)
    if node.component.kind == "list":
        return len(node.spare) == len(node.rows)
    return is_blank_entry(node.component, node.raw)


def is_blank_entry(component: Component, raw: Any) -> bool:
    """Return whether a field's entry is empty or just its default."""
    if raw is None or raw is False or raw == [] or (isinstance(raw, str) and not raw.strip()):
        return True
    default = component.default
    return default is not None and guess_value(component, raw) == guess_value(component, default)


def label_of(component: Component) -> str:
    """Return the label in the language of the reader."""
    return dict(component.labels).get(language.get()) or translated(component.label)
