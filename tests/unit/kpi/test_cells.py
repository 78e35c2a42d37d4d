"""The cells of the plans as they are typed: targets, baselines, targets of several years."""

from decimal import Decimal

import pytest

from dxflow.kpi.cells import Column, read_baseline, read_target, read_yearly
from dxflow.kpi.measures import Aggregation, Direction
from dxflow.kpi.scale import DEFAULT, parse_scale

D = Decimal
LEVEL = Column("件")
STEPS = Column("", scale=("未着手", "一部導入", "完了"))


@pytest.mark.parametrize(
    ("text", "column", "target"),
    [
        ("1,234件", LEVEL, D(1234)),
        ("26 手続", Column("手続"), D(26)),
        ("４．２ポイント", Column("ポイント"), D("4.2")),
        ("約6,000千円", Column("千円"), D(6000)),
        ("5万人", Column("万人"), D(5)),
        ("5万人", Column("人"), D(50000)),
        ("8割", Column("割"), D(8)),
        ("20時間（月）", Column("時間（月）"), D(20)),
        ("139.44km²", Column("km²"), D("139.44")),
        ("1件以上", LEVEL, D(1)),
        ("30(人/年)", Column("人", aggregation=Aggregation.PER_YEAR), D(30)),
        ("5件/年", Column("件/年", aggregation=Aggregation.PER_YEAR), D(5)),
        ("+2人", Column("人", aggregation=Aggregation.INCREMENT), D(2)),
        ("20件（5件増）", Column("件", baseline=D(15), baseline_year=2025), D(20)),
        ("20件（5件増）", LEVEL, D(20)),
        ("一部 導入", STEPS, "一部導入"),
    ],
)
def test_targets_of_the_plans_are_read(text, column, target):
    assert read_target(text, column) == target


@pytest.mark.parametrize(
    ("text", "unit", "base", "figure", "base_year"),
    [
        ("前年度比+50件", "件", 824, 874, 2026),
        ("前年度比 +5 %", "件", 824, "865.2", 2026),
        ("前年度比＋５％", "%", 30, 35, 2026),  # of a rate: points
        ("前年度比+5ポイント", "%", 30, 35, 2026),
        ("前年度比0.5割増", "%", 30, "31.5", 2026),
        ("R7年度比3割減", "千円", 1000, 700, 2025),
        ("令和7年度比3割減", "千円", 1000, 700, 2025),
        ("対前年度比▲10%", "時間", 200, 180, 2026),
        ("50件増（前年度比）", "件", 824, 874, 2026),
        ("前年度+50", "件", 824, 874, 2026),
        ("令和6年度から20人増", "人", 10, 30, 2024),
        ("基準値比3割減", "日", 45, "31.5", 2023),
    ],
)
def test_changes_are_computed_from_their_base(text, unit, base, figure, base_year):
    target = read_target(text, Column(unit, Direction.UP, baseline=D(1), baseline_year=2023))
    assert target.figure(D(base)) == D(figure)
    assert target.base_for(2027) == base_year
    assert str(target) == text


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("", LEVEL, "入力してください"),
        ("完了", LEVEL, "段階を選んでください"),
        ("中", STEPS, "未着手、一部導入、完了"),
        ("+50件", LEVEL, "前年度比\\+50件"),
        ("3割減", Column("千円"), "何に対する増減"),
        ("前年度比110%", LEVEL, "増減が読めません"),
        ("前年度比+5人", LEVEL, "単位（人）が指標の単位（件）"),
        ("R7年度比100%減", LEVEL, "100% 以上"),
        ("基準値比3割減", LEVEL, "基準年度を選んで"),
        ("5万人", Column("千人"), "単位（人）が指標の単位（千人）"),
        ("26手続", LEVEL, "単位（手続）が指標の単位（件）"),
        ("5件/年", LEVEL, "年度ごとの合計"),
        ("45.3→37日", Column("日"), "分けて書いて"),
        ("20件以下", LEVEL, "目指す向き"),
        ("20件（5件増）", Column("件", baseline=D(14), baseline_year=2025), "基準値 14 と合いません"),
        ("1,23", LEVEL, "区切り"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_how_to_mend_it(text, column, said):
    with pytest.raises(ValueError, match=said):
        read_target(text, column)


def test_a_baseline_is_a_value_or_says_why_there_is_none():
    assert read_baseline("45.3日", Column("日")) == (D("45.3"), "")
    assert read_baseline("新規事業のためなし", LEVEL) == (None, "新規事業のためなし")
    assert read_baseline("1.2万人", Column("万人")) == (D("1.2"), "")
    assert read_baseline("", LEVEL) == (None, "")
    assert read_baseline("未着手", STEPS) == ("未着手", "")
    for text, column in [("未測定", LEVEL), ("+5件", LEVEL), ("前半", STEPS)]:
        with pytest.raises(ValueError, match="。"):
            read_baseline(text, column)


def test_lines_give_the_targets_of_several_years():
    read = read_yearly("R8 30件\n令和9年度: 40\n\nR10～R11　49件", LEVEL)
    assert read == {2026: D(30), 2027: D(40), 2028: D(49), 2029: D(49)}
    changes = read_yearly("R8〜R10 前年度比+50件", LEVEL)
    assert [one.base_for(year) for year, one in changes.items()] == [2025, 2026, 2027]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("30件", "一行に一つ"),
        ("R8 30件\nR8 31件", "二度"),
        ("R10〜R8 30件", "範囲"),
        ("R8 完了", "段階を選んで"),
        ("R99999 3", "一行に一つ"),
    ],
)
def test_a_line_that_cannot_be_read_is_named(text, said):
    with pytest.raises(ValueError, match=said):
        read_yearly(text, LEVEL)


def test_a_scale_is_two_or_more_different_words():
    assert parse_scale("未着手→一部導入 ⇒ 完了") == DEFAULT
    for text in ("完了", "未着手→", "完了→完 了", "→".join("あいうえおかきくけこさしす")):
        with pytest.raises(ValueError, match="段階"):
            parse_scale(text)
