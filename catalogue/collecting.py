"""Find every text of the program.

Literal arguments of `_`, `gettext` and `mark`; the Japanese values of dictionaries that a module
keeps (words for keys); title and lead of the administrators' pages; everything Japanese in a module
that holds nothing but texts (`…_texts.py`).
"""

import ast
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from jinja2 import Environment
from jinja2.ext import extract_from_ast

JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")
FUNCTIONS = frozenset({"_", "gettext", "mark"})


def collect(root: Path) -> dict[str, list[str]]:
    """Return every text with the files (relative to `root`) that use it, in order of file."""
    found: dict[str, list[str]] = {}
    for path in sorted([*root.rglob("*.py"), *root.rglob("*.html")]):
        texts = of_template(path) if path.suffix == ".html" else of_module(path)
        for text in texts:
            files = found.setdefault(text, [])
            name = path.relative_to(root).as_posix()
            if name not in files:
                files.append(name)
    return found


def of_module(path: Path) -> Iterator[str]:
    """Yield the texts of a module."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from _vocabularies(tree)
    if path.stem.endswith("_texts"):
        said = [one for one in tree.body if not isinstance(one, ast.Expr)]  # not the docstring
        yield from _japanese(each for one in said for each in ast.walk(one))
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        text = node.args[0]
        if name in FUNCTIONS and isinstance(text, ast.Constant) and isinstance(text.value, str):
            yield text.value


def _vocabularies(tree: ast.Module) -> Iterator[str]:
    for statement in tree.body:
        if not isinstance(statement, ast.Assign | ast.AnnAssign) or statement.value is None:
            continue
        for node in ast.walk(statement.value):
            if isinstance(node, ast.Dict):
                yield from _japanese(node.values)
            elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Entry":
                named = [one.value for one in node.keywords if one.arg in ("title", "lead")]
                yield from _japanese([*node.args, *named])


def _japanese(values: Iterable[ast.AST]) -> Iterator[str]:
    for value in values:
        if (
            isinstance(value, ast.Constant)
            and isinstance(value.value, str)
            and JAPANESE.search(value.value)
        ):
            yield value.value


def of_template(path: Path) -> Iterator[str]:
    """Yield the texts of a template."""
    tree = Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
    for _line, _function, found in extract_from_ast(tree, tuple(FUNCTIONS)):
        text = found[0] if isinstance(found, tuple) else found  # with named places: a tuple
        if text is not None:
            yield text
