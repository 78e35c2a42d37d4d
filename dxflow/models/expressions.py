"""From what a modelling tool writes to FEEL text.

Camunda Modeler marks an expression with a leading `=`; what has none is literal text where the
attribute allows both. ISO 8601 values of timers come bare.
"""


def is_feel(written: str) -> bool:
    """Return whether the text is marked as an expression."""
    return written.lstrip().startswith("=")


def feel(written: str | None) -> str:
    """Return an expression without its mark; the mark may be missing."""
    stripped = (written or "").strip()
    return stripped.removeprefix("=").strip()


def quoted(literal: str) -> str:
    """Return a FEEL string literal for the text."""
    escaped = literal.replace("\\", "\\\\").replace('"', '\\"')
    escaped = escaped.replace("\r", "").replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def value(written: str | None) -> str:
    """Return FEEL for an attribute that holds an expression or literal text."""
    stripped = (written or "").strip()
    if not stripped or is_feel(stripped):
        return feel(stripped)
    return quoted(stripped)


def timer(written: str | None) -> str:
    """Return FEEL for a timer: ISO text becomes a string, a quoted string stays as it is."""
    stripped = (written or "").strip()
    if len(stripped) > 1 and stripped[0] == stripped[-1] == '"':
        return stripped
    return value(stripped)


def groups(written: str | None) -> str:
    """Return FEEL for candidate groups: a comma-separated text becomes a list of strings."""
    stripped = (written or "").strip()
    if not stripped or is_feel(stripped):
        return feel(stripped)
    names = [name.strip() for name in stripped.split(",")]
    return "[" + ", ".join(quoted(name) for name in names if name) + "]"


def moment(written: str | None) -> str:
    """Return FEEL for a due date: ISO text becomes a date, or a date and time."""
    stripped = (written or "").strip()
    if not stripped or is_feel(stripped):
        return feel(stripped)
    function = "date and time" if "T" in stripped else "date"
    return f"{function}({quoted(stripped)})"
