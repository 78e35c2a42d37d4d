"""A role within a unit is checked where it is written: in lanes, at tasks and in `[roles]`."""

import pytest

from dxflow.problems import errors_in
from dxflow.services.commands import COMMANDS
from dxflow.services.packs import organised
from dxflow.services.packs.check import check_files
from dxflow.services.packs.store import read_folder
from tests import yearly

ROLES = '\n[roles]\nleader = "推進リーダー"\n'
LANE = '"担当課" = \'"section:" + lead\''


def lane(expression: str, roles: str = ROLES) -> list[str]:
    """Return what is told of the standard pack with a lane that is done by others."""
    files = read_folder(yearly.STANDARD)
    assert LANE in files["pack.toml"]
    files["pack.toml"] = files["pack.toml"].replace(LANE, f"\"担当課\" = '{expression}'") + roles
    return [one.message for one in errors_in(check_files(files, COMMANDS).problems)]


def task(group: str, roles: str = ROLES) -> list:
    drawn = yearly.NOMINATE.replace("&quot;head:&quot; + section", group.replace('"', "&quot;"))
    files = yearly.files(starts=yearly.STARTS + roles, task=drawn)
    return errors_in(check_files(files, COMMANDS).problems)


@pytest.mark.parametrize(
    "expression",
    [
        'role_in("leader", lead)', 'role_in("finance", lead)', 'role_in(role: "leader", unit: lead)',
        'role_in("leader", "counter")', 'role_in(which, lead)',
        'if is_held(role_in("leader", lead)) then role_in("leader", lead) else "section:" + lead',
    ],
)  # fmt: skip
def test_roles_of_the_program_and_of_the_pack_are_known(expression):
    assert lane(expression) == []
    assert task(expression.replace("lead)", "section)")) == []


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ('role_in("leeder", lead)', "role_in の役割「leeder」はありません。"),
        ('["role:cio", role_in("推進員", lead)]', "role_in の役割「推進員」はありません。"),
        ('role_in("leader", "section:counter")', "「section:counter」は組織ではありません。"),
        ('role_in("leader", 5)', "「5」は組織ではありません。"),
        ('role_in("leader")', "役割と組織のキーを、この順に"),
        ("doer()", "doer() は使えません。"),
    ],
)
def test_what_would_mean_nobody_is_refused_with_a_sentence(expression, said):
    assert any(said in one for one in lane(expression))
    found = task(expression.replace("lead)", "section)"))
    assert any(said in one.message for one in found)
    assert all(one.line and one.file == "appointment.bpmn" for one in found)


def test_a_role_that_the_pack_does_not_name_is_refused():
    assert lane('role_in("leader", lead)', roles="") == ["role_in の役割「leader」はありません。"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('"a b" = "x"', "空白や記号のない"), ('"a:b" = "x"', "空白や記号のない"),
        (f'{"a" * 41} = "x"', "空白や記号のない"), ('cio = "x"', "はじめからある役割です"),
        ('leader = ""', "画面での呼び名"), ("leader = 3", "画面での呼び名"),
        (f'leader = "{"あ" * 41}"', "画面での呼び名"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_role_is_told(line, said):
    (one,) = lane('"section:" + lead', roles=f"\n[roles]\n{line}\n")
    assert said in one


@pytest.mark.parametrize(
    "given", [(None, "tax"), ("leader", None), ("leader", "a:b"), ("a b", "x")]
)
def test_a_play_refuses_what_is_no_role_or_no_unit(given):
    with pytest.raises(ValueError, match="指定してください"):
        organised.made_up([])["role_in"](*given)


def test_a_form_has_no_role_within_a_unit():
    files = yearly.files()
    name = "forms/nomination.form"
    files[name] = files[name].replace(
        '"label": "推薦する人"',
        '"label": "x", "conditional": {"hide": "=is_held(\\"role:cio\\")"}',
    )
    assert any("is_held" in one.message for one in check_files(files, COMMANDS).problems)
