"""What asks for authority tables is refused at publishing where the pack has none."""

import pytest

from dxflow.services.commands import COMMANDS
from dxflow.services.packs import store
from dxflow.services.packs.check import check_files
from tests.factories import ROOT

STANDARD = store.read_folder(ROOT / "processes" / "standard")
TABLES = """[[authority.tables]]
decision = "authority"
valid_from = 2000-04-01
"""
WITHOUT = STANDARD | {"pack.toml": STANDARD["pack.toml"].replace(TABLES, "")}


def test_each_place_is_named_with_its_line_and_a_way_out():
    found = [
        one for one in check_files(WITHOUT, COMMANDS).problems if one.code == "authority-no-table"
    ]
    assert [(one.file, one.element) for one in found] == [
        ("decision.bpmn", "find_authority"),
        ("decision.bpmn", "draw_document"),
    ]
    lines = STANDARD["decision.bpmn"].splitlines()
    for one, command in zip(found, ("authority.find", "document.draw"), strict=True):
        assert command in lines[one.line - 1]
        assert command in one.message
        assert "[[authority.tables]]" in one.hint


def test_a_command_of_a_user_task_is_found_too():
    asked = WITHOUT["decision.bpmn"].replace("command:document.stamp", "command:authority.find")
    found = check_files(WITHOUT | {"decision.bpmn": asked}, COMMANDS).problems
    elements = {one.element for one in found if one.code == "authority-no-table"}
    assert {"review", "agree_together"} <= elements


def test_a_pack_with_tables_or_that_asks_none_is_published():
    assert check_files(STANDARD, COMMANDS).problems == []
    other = WITHOUT["decision.bpmn"].replace('"authority.find"', '"authority.resolve"')
    other = other.replace('"document.draw"', '"document.further"')
    found = check_files(WITHOUT | {"decision.bpmn": other}, COMMANDS).problems
    assert not [one for one in found if one.code == "authority-no-table"]


@pytest.mark.parametrize("value", ["skip", "1"])
def test_how_an_absent_reviewer_is_treated_is_one_of_two_words(value):
    text = STANDARD["pack.toml"].replace('absent_reviewer = "wait"', f'absent_reviewer = "{value}"')
    (found,) = check_files(STANDARD | {"pack.toml": text}, COMMANDS).problems
    assert "wait" in found.message
    assert "pass_over" in found.message
    assert "absent_reviewer" in text.splitlines()[found.line - 1]
