"""What a run has found, as a table for people and as JSON for programs."""

import json
import unicodedata
from collections.abc import Iterable
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any


def table(rows: Iterable[tuple[object, ...]]) -> str:
    """Return rows as aligned columns."""
    texts = [tuple(str(cell) for cell in row) for row in rows]
    widths = [max(map(_width, column)) for column in zip(*texts, strict=True)]
    return "\n".join(
        "  ".join(
            cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True)
        ).rstrip()
        for row in texts
    )


def write(path: Path, document: dict[str, Any]) -> None:
    """Write everything down as JSON."""
    text = json.dumps(document, ensure_ascii=False, indent=2, default=_plain)
    path.write_text(text + "\n", encoding="utf-8")


def violations(found: dict[str, list[str]]) -> str:
    """Return every violation, a line each."""
    return "\n".join(f"  {name}: {text}" for name, texts in found.items() for text in texts)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return dict(vars(value))
    return str(value)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
