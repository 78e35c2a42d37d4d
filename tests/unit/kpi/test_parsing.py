from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dxflow.kpi.parsing import Cell, CellKind, parse_cell, read_decimal

D = Decimal


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("1,234件", "1234", "件"),
        ("１，２３４件", "1234", "件"),
        ("53.3%", "53.3", "%"),
        ("５３．３％", "53.3", "%"),
        ("30.0%", "30.0", "%"),
        ("7 件", "7", "件"),
        ("139.44km²", "139.44", "km²"),
        ("12km2", "12", "km2"),
        ("△5.2%", "-5.2", "%"),
        ("▲１２０千円", "-120", "千円"),
        ("-3日", "-3", "日"),
        ("−3日", "-3", "日"),
        ("6,000千円", "6000", "千円"),
        ("3億円", "3", "億円"),
        ("5万人", "50000", "人"),
        ("1.5万件", "15000", "件"),
        ("2億", "200000000", ""),
        ("30(人/年)", "30", "人/年"),
        ("1,500 (人/年)", "1500", "人/年"),
        ("1件/年", "1", "件/年"),
        ("5人/100世帯", "5", "人/100世帯"),
        ("0", "0", ""),
    ],
)
def test_a_number_is_read_with_its_unit_however_it_is_typed(text, value, unit):
    cell = parse_cell(text)
    assert (cell.kind, cell.value, cell.unit) == (CellKind.NUMBER, D(value), unit)
    assert str(cell.value) == str(D(value))  # digits as printed
    assert cell.text == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("約6,000千円", {"value": D(6000), "unit": "千円", "about": True}),
        ("+50件", {"value": D(50), "unit": "件", "signed": True}),
        ("＋５％", {"value": D(5), "unit": "%", "signed": True}),
        ("3割減", {"value": D(-30), "unit": "%", "signed": True}),
        ("12,000時間削減", {"value": D(-12000), "unit": "時間", "signed": True}),
        ("5件増", {"value": D(5), "unit": "件", "signed": True}),
        ("1件以上", {"value": D(1), "unit": "件", "bound": "at_least"}),
        ("10日以下", {"value": D(10), "unit": "日", "bound": "at_most"}),
        ("4.2ポイント（5点満点）", {"value": D("4.2"), "unit": "ポイント", "note": "5点満点"}),
    ],
)
def test_marks_beside_a_number_are_kept(text, expected):
    assert parse_cell(text) == Cell(CellKind.NUMBER, text, **expected)


@pytest.mark.parametrize(
    ("text", "before", "after", "unit"),
    [
        ("45.3 → 37日", "45.3", "37", "日"),
        ("45.3日→37日", "45.3", "37", "日"),
        ("2.59% -> 3.20%", "2.59", "3.20", "%"),
        ("8,668⇒190,000回", "8668", "190000", "回"),
    ],
)
def test_a_change_is_read_from_and_to(text, before, after, unit):
    cell = parse_cell(text)
    assert (cell.kind, cell.value, cell.to, cell.unit) == (
        CellKind.CHANGE,
        D(before),
        D(after),
        unit,
    )


@pytest.mark.parametrize(
    "text",
    [
        "新規事業のためなし",
        "（新規事業のためなし）",
        "なし",
        "",
        "  ",
        "－",
        "―",
        "未定",
        "該当なし",
    ],
)
def test_no_value_is_said_not_guessed(text):
    cell = parse_cell(text)
    assert (cell.kind, cell.value, cell.text) == (CellKind.NONE, None, text.strip())


@pytest.mark.parametrize(
    "text", ["策定", "一部導入", "新規→5件", "公開データ数20件（5件増）", "R8に着手"]
)
def test_words_stay_words(text):
    assert parse_cell(text) == Cell(CellKind.TEXT, text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,23件", "区切り"),
        ("1,,234件", "区切り"),
        ("1.2.3", "区切り"),
        ("12.件", "区切り"),
        ("1234,567", "区切り"),
        ("10 20件", "二つ以上"),
        ("5～10件", "二つ以上"),
        ("2026年4月", "二つ以上"),
        ("+5件減", "向き"),
        ("△5件減", "向き"),
        ("45日→37%", "単位が違います"),
        ("1234567890123456789件", "桁"),
    ],
)
def test_what_only_looks_like_a_number_is_refused_in_words(text, words):
    with pytest.raises(ValueError, match=words):
        parse_cell(text)


@pytest.mark.parametrize(("text", "value"), [("1,234.5", "1234.5"), ("△3", "-3"), ("５", "5")])
def test_a_bare_number_is_read_exactly(text, value):
    assert read_decimal(text) == D(value)


@pytest.mark.parametrize("text", ["5件", "なし", "策定", "1→2", "1以上"])
def test_a_bare_number_takes_nothing_beside_it(text):
    with pytest.raises(ValueError, match="数値ではありません"):
        read_decimal(text)


NUMBERS = st.decimals(D("-99999999"), D("99999999"), places=2)


@given(NUMBERS, st.sampled_from(["件", "%", "人", "千円", "ポイント"]))
def test_a_written_number_reads_back(number, unit):
    cell = parse_cell(f"{number:,}{unit}")
    assert (cell.value, cell.unit) == (number, unit)


@given(st.text(max_size=30))
def test_any_text_gives_a_cell_or_a_sentence(text):
    try:
        cell = parse_cell(text)
    except ValueError:
        with pytest.raises(ValueError, match="「"):
            parse_cell(text)
    else:
        assert (cell.value is not None) == (cell.kind in (CellKind.NUMBER, CellKind.CHANGE))
