"""What a pack settles about measures: the scales to choose from, the licence of open data."""

import pytest

from dxflow.services.commands import COMMANDS
from dxflow.services.packs import store
from dxflow.services.packs.check import check_files
from dxflow.services.packs.comparison import _files
from tests.factories import ROOT

STANDARD = store.read_folder(ROOT / "processes" / "standard")
PACK = "pack.toml"


def problems(old: str, new: str) -> list[tuple[str, str]]:
    assert old in STANDARD[PACK], old
    changed = {**STANDARD, PACK: STANDARD[PACK].replace(old, new, 1)}
    return [(one.element, one.message) for one in check_files(changed, COMMANDS).problems]


@pytest.mark.parametrize(
    ("steps", "said"), [("完了", "二つ以上"), ("未着手 → 完了 → 完 了", "二度")]
)
def test_a_scale_that_cannot_be_is_told_at_publishing(steps, said):
    ((element, message),) = problems("未着手 → 一部導入 → 完了", steps)
    assert element == "scales"
    assert said in message


@pytest.mark.parametrize(
    ("old", "new", "element", "said"),
    [
        ('attribution = ""', "attribution = 3", "attribution", "文字列"),
        ('attribution = ""', 'licens = "CC BY"', "licens", "項目はありません"),
    ],
)
def test_settings_of_open_data_that_cannot_be_are_told(old, new, element, said):
    ((found, message),) = problems(old, new)
    assert found == element
    assert said in message


def test_a_changed_licence_is_told_in_words():
    after = STANDARD[PACK].replace('attribution = ""', 'attribution = "青嶺市"')
    (told,) = _files(STANDARD, {**STANDARD, PACK: after})
    assert "出典に示す名前" in told.sentence
    assert "青嶺市" in told.sentence
