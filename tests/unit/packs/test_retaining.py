"""`[retention]` of a pack: read, checked when it is published, told when it changes."""

import pytest

from dxflow.services.packs import store
from dxflow.services.packs.comparison import _files
from dxflow.services.packs.settings import read_settings
from tests.factories import ROOT

STANDARD = store.read_folder(ROOT / "processes" / "standard")
TEXT = STANDARD["pack.toml"]
#: The settings without a word about how long cases are kept.
PACK = TEXT[: TEXT.index("[retention]")] + TEXT[TEXT.index("[rules]") :]


def read(table: str):
    return read_settings(f"{PACK}\n{table}\n")


def test_the_standard_pack_says_what_holds_without_a_word():
    assert read_settings(TEXT)[0].retention == read_settings(PACK)[0].retention


def test_without_a_word_every_case_is_kept_for_five_years():
    settings, problems = read_settings(PACK)
    assert not problems
    assert (settings.retention.years, dict(settings.retention.ended)) == (5, {})


def test_years_are_read_by_way_of_ending_and_permanent_is_for_good():
    settings, problems = read('[retention]\nyears = 10\ncompleted = "permanent"\nwithdrawn = 1')
    assert not problems
    assert settings.retention.years == 10
    assert dict(settings.retention.ended) == {"completed": None, "withdrawn": 1}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("years = 0", "years は 1 から 100 の年数か permanent にしてください。"),
        ("years = 101", "years は 1 から 100 の年数か permanent にしてください。"),
        ("years = true", "years は 1 から 100 の年数か permanent にしてください。"),
        ('rejected = "forever"', "rejected は 1 から 100 の年数か permanent にしてください。"),
        ("lost = 3", "[retention] に lost という項目はありません。"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(line, said):
    _settings, (problem,) = read(f"[retention]\n{line}")
    assert (problem.message, problem.file) == (said, "pack.toml")
    assert problem.line == len(PACK.splitlines()) + 3


def test_a_change_is_told_in_words():
    after = f'{PACK}\n[retention]\nyears = 10\ncompleted = "permanent"\n'
    told = [
        one.sentence
        for one in _files({**STANDARD, "pack.toml": PACK}, {**STANDARD, "pack.toml": after})
    ]
    assert told == [
        "保存期間の年数を 5年 から 10年 に変えました。",
        "保存期間の完了した案件の年数を なし から 永年 に変えました。",
    ]
