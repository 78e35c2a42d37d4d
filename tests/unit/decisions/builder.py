"""Small DMN files for the tests, written the way a modelling tool writes them."""

from xml.sax.saxutils import escape, quoteattr

NAMESPACE = "https://www.omg.org/spec/DMN/20191111/MODEL/"


def definitions(*elements: str, namespace: str = NAMESPACE, extra: str = "") -> bytes:
    """Return a file with the given elements, one per line."""
    body = "\n".join(elements)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<definitions xmlns="{namespace}" id="d" '
        f'name="d" namespace="x" {extra}>\n{body}\n</definitions>'
    ).encode()


def literal(identity: str, text: str, *required: str, name: str = "") -> str:
    """Return a decision that is one expression."""
    return (
        f'<decision id="{identity}" name={quoteattr(name or identity)}>'
        f"{requirements(*required)}"
        f'<literalExpression id="{identity}_e"><text>{escape(text)}</text></literalExpression>'
        "</decision>"
    )


def requirements(*required: str) -> str:
    """Return information requirements; `fn:` before an id asks for a knowledge model."""
    parts = []
    for one in required:
        kind, _mark, identity = one.rpartition(":")
        if kind == "fn":
            parts.append(
                f'<knowledgeRequirement><requiredKnowledge href="#{identity}"/>'
                "</knowledgeRequirement>"
            )
        else:
            tag = "requiredInput" if kind == "in" else "requiredDecision"
            parts.append(
                f'<informationRequirement><{tag} href="#{identity}"/></informationRequirement>'
            )
    return "".join(parts)


def table(
    identity: str,
    inputs: list[str],
    outputs: list[str],
    rules: list[tuple[str, ...]],
    *,
    policy: str = "UNIQUE",
    aggregation: str = "",
    required: tuple[str, ...] = (),
    values: dict[str, str] | None = None,
    defaults: dict[str, str] | None = None,
) -> str:
    """Return a decision table; each rule lists its input cells, then its output cells."""
    clauses = [
        f'<input id="{identity}_i{n}"><inputExpression><text>{escape(text)}</text>'
        f"</inputExpression></input>"
        for n, text in enumerate(inputs, 1)
    ]
    for n, name in enumerate(outputs, 1):
        inner = ""
        if values and name in values:
            inner += f"<outputValues><text>{escape(values[name])}</text></outputValues>"
        if defaults and name in defaults:
            inner += (
                f"<defaultOutputEntry><text>{escape(defaults[name])}</text></defaultOutputEntry>"
            )
        clauses.append(f'<output id="{identity}_o{n}" name={quoteattr(name)}>{inner}</output>')
    rows = [_rule(identity, n, rule, len(inputs)) for n, rule in enumerate(rules, 1)]
    attributes = f'hitPolicy="{policy}"' + (f' aggregation="{aggregation}"' if aggregation else "")
    inside = "\n".join([*clauses, *rows])
    return (
        f'<decision id="{identity}" name="{identity}">{requirements(*required)}\n'
        f'<decisionTable id="{identity}_t" {attributes}>\n{inside}\n</decisionTable></decision>'
    )


def _rule(identity: str, index: int, cells: tuple[str, ...], width: int) -> str:
    written = "".join(
        f'<{tag} id="{identity}_r{index}c{n}"><text>{escape(cell)}</text></{tag}>'
        for n, cell in enumerate(cells, 1)
        for tag in ("inputEntry" if n <= width else "outputEntry",)
    )
    note = f"<annotationEntry><text>row {index}</text></annotationEntry>"
    return f'<rule id="{identity}_r{index}">{written}{note}</rule>'
