"""The buttons of a 決裁 are such that everybody knows whether they decide."""

import json

import pytest

from dxflow.problems import Problem
from dxflow.services.commands import COMMANDS
from dxflow.services.packs import store
from dxflow.services.packs.check import check_files
from tests.factories import ROOT

STANDARD = store.read_folder(ROOT / "processes" / "standard")
FORM = "forms/decision.form"


def found(key: str) -> list[Problem]:
    """Return what is found when the button that approves has another key."""
    text = STANDARD[FORM]
    assert '"approve"' in text
    json.loads(text)
    problems = check_files(STANDARD | {FORM: text.replace('"approve"', f'"{key}"')}, COMMANDS)
    return [one for one in problems.problems if one.code == "authority-unknown-outcome"]


def test_a_button_that_would_settle_nothing_is_not_published():
    (problem,) = found("approved")
    assert (problem.file, problem.element) == ("decision.bpmn", "decide")
    assert problem.line > 0
    assert "「approved」は、決裁の結果として扱えません" in problem.message
    assert "send_back" in problem.hint


@pytest.mark.parametrize("key", ["approve", "send_back_again", "return_to_head", "hand_back"])
def test_buttons_that_decide_or_send_back_are(key: str):
    assert found(key) == []
