"""The guides in Japanese and English have the same shape, and their contents name every part."""

import re
from itertools import groupby
from pathlib import Path

import pytest

from tests.factories import ROOT

DOCS = ROOT / "docs"
LISTED = re.compile(r"- |\d+\. ")


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def kind(line: str) -> str:
    """Return what a line is part of."""
    if line.startswith("|"):
        return "table"
    return "list" if LISTED.match(line) else ""


def shape(path: Path) -> list[tuple[int, list[tuple[str, int]]]]:
    """Return each part of a guide: its level, and its tables, lists and blocks with their lengths."""
    parts: list[tuple[int, list[tuple[str, int]]]] = []
    inside, block = 0, False
    written: list[str] = []
    for line in [*lines(path), "# "]:
        if line.startswith("```"):
            block = not block
            written.append("block" if block else "")
        elif not block and re.match(r"#+ ", line):
            runs = [(key, len(list(run))) for key, run in groupby(map(_kind_of, written)) if key]
            parts.append((inside, runs))
            inside, written = line.index(" "), []
        elif not block and line:
            written.append(line)
    return parts[1:]


def _kind_of(line: str) -> str:
    return line if line == "block" else kind(line)


def anchor(heading: str) -> str:
    """Return what a heading is linked by."""
    words = heading.lstrip("#").strip().lower()
    return re.sub(r"[^\w\- ]", "", words).replace(" ", "-")


def headings(path: Path) -> list[str]:
    found, block = [], False
    for line in lines(path):
        block ^= line.startswith("```")
        if not block and re.match(r"##+ ", line):
            found.append(line)
    return found


def test_operations_are_written_in_one_shape() -> None:
    ours, theirs = shape(DOCS / "ja" / "operations.md"), shape(DOCS / "operations.md")
    names = headings(DOCS / "ja" / "operations.md")
    assert len(ours) == len(theirs)
    for name, one, other in zip(["(top)", *names], ours, theirs, strict=True):
        assert one == other, name


@pytest.mark.parametrize("path", ["operations.md", "ja/operations.md"])
def test_the_contents_name_every_part(path: str) -> None:
    text = (DOCS / path).read_text(encoding="utf-8")
    contents = text[: text.index("\n## ")]
    linked = set(re.findall(r"\]\(#([^)]+)\)", contents))
    assert {anchor(one) for one in headings(DOCS / path)} == linked
