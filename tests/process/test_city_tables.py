"""The tables of the reference cities: what a city asks for, what carries it, and what proves it."""

import ast
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.process.standard_pack import ROOT, pack_of

TABLES = sorted((ROOT / "processes").glob("*/README.md"))
COLUMNS = ["番号", "求め", "担う要素", "確かめる試験"]
_MARKED = re.compile(r"`([^`]+)`")


def rows(table: Path) -> list[list[str]]:
    """Return the rows of the table of requests as lists of their four cells."""
    lines = [line for line in table.read_text().splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    found = [row for row in cells[cells.index(COLUMNS) + 2 :] if len(row) == len(COLUMNS)]
    assert found
    return found


@cache
def names_in(city: str) -> frozenset[str]:
    pack = pack_of(city)
    forms = {f"{form.key}.{fact.path}" for form in pack.forms.values() for fact in form.fields()}
    drawn = {(key, name) for key, one in pack.processes.items() for name, _label in one.names()}
    inside = {name for key, own in drawn for name in (own, f"{key}.{own}")}
    tables = {f"[{name}]" for name in settled(pack.settings)}
    return frozenset({*forms, *inside, *tables, *pack.processes, *pack.decisions, *pack.forms})


def settled(table: Mapping[str, Any], above: str = "") -> Iterator[str]:
    for key, value in table.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping):
            yield name
            yield from settled(value, f"{name}.")
        else:
            tables = isinstance(value, list) and value and isinstance(value[0], Mapping)
            yield f"[{name}]" if tables else name


@cache
def all_tests() -> frozenset[str]:
    found: set[str] = set()
    for file in (ROOT / "tests").rglob("test_*.py"):
        found |= {
            node.name
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.FunctionDef)
        }
    return frozenset(found)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.parent.name)
def test_what_is_said_to_carry_a_request_is_in_the_pack(table: Path):
    city = table.parent.name
    missing = [
        (row[0], name)
        for row in rows(table)
        for name in _MARKED.findall(row[2])
        if name not in names_in(city)
    ]
    assert not missing


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.parent.name)
def test_what_is_said_to_prove_a_request_is_a_test(table: Path):
    missing = [
        (row[0], name)
        for row in rows(table)
        for name in _MARKED.findall(row[3])
        if name not in all_tests()
    ]
    assert not missing


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.parent.name)
def test_every_request_is_carried_or_said_to_be_missing(table: Path):
    bare = [
        row[0] for row in rows(table) if not _MARKED.search(row[2]) and "まだない" not in row[2]
    ]
    unproven = [row[0] for row in rows(table) if _MARKED.search(row[2]) and not row[3]]
    assert not bare
    assert not unproven


def test_each_reference_city_has_a_table_of_its_requests():
    cities = {"isesaki", "tatsuno", "toyama", "maebashi", "kiryu"}
    assert {table.parent.name for table in TABLES} == cities
