"""What a pack says of its backlog, checked before it is published."""

import pytest

from dxflow.problems import errors_in
from dxflow.services.commands import COMMANDS
from dxflow.services.packs import store
from dxflow.services.packs.check import check_files
from dxflow.services.packs.comparison import _files
from tests.factories import ROOT

STANDARD = store.read_folder(ROOT / "processes" / "standard")
ORDER = 'value = "saved_hours"\norder = "descending"'


def changed(old, new):
    assert old in STANDARD["pack.toml"]
    return {**STANDARD, "pack.toml": STANDARD["pack.toml"].replace(old, new, 1)}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('name = "優先順位"', "name = 1", "backlog.name に文字列"),
        ('"opinions", "committee", "decision"]', '"nowhere"]', "段階「nowhere」はありません"),
        ('"opinions", "committee", "decision"]', "3]", "文字列の並び"),
        (ORDER, 'form = "nothing"\nfield = "x"', "様式「nothing」がありません"),
        (ORDER, 'form = "idea"\nfield = "x"', "項目「x」は様式「idea」にありません"),
        (ORDER, 'form = "idea"', "どちらかを書いてください"),
        (ORDER, 'form = "idea"\nfield = "title"\nvalue = "amount"', "どちらかを書いてください"),
        (ORDER, 'value = "luck"', "value には amount"),
        (ORDER, 'value = "amount"\norder = "sideways"', "order には ascending"),
        (ORDER, 'value = "amount"\nwhat = 1', "what という項目はありません"),
        ('name = "優先順位"', 'name = "優先順位"\nwhat = 1', "what という項目はありません"),
    ],
)
def test_what_is_wrong_is_refused(old, new, said):
    found = errors_in(check_files(changed(old, new), COMMANDS).problems)
    assert any(said in one.message for one in found), found


def test_what_changed_of_it_is_told():
    (told,) = _files(STANDARD, changed(ORDER, 'value = "saved_yen"'))
    assert "優先順位の一覧の並べる順を" in told.sentence
    assert "saved_yen ↑" in told.sentence
