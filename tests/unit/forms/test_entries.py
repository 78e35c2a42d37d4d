"""One field of each type: what may be typed, what comes out, what is said when it is wrong."""

from datetime import date, datetime, time
from decimal import Decimal

import pytest

from dxflow.clock import TOKYO
from dxflow.forms import FormInvalid, submit_posted, submit_values
from tests.unit.forms.samples import CHOICES, context, field, form, required


def posted(component, *texts):
    """Submit one field as a page would; return the value or the message."""
    return submit_posted(
        form(component), {"x": list(texts)} if texts else {}, "submit", context()
    ).values["x"]


def refused(component, value):
    definition = form(component)
    with pytest.raises(FormInvalid) as by_program:
        submit_values(definition, {"x": value}, "submit", context())
    if isinstance(value, str):
        with pytest.raises(FormInvalid) as by_page:
            submit_posted(definition, {"x": [value]}, "submit", context())
        assert by_page.value.fields == by_program.value.fields
    (message,) = by_program.value.fields["x"]
    assert "「項目」" in message
    return message


DAY = field("datetime", subtype="date")
CLOCK = field("datetime", subtype="time")
MOMENT = field("datetime", subtype="datetime")
LIFE = {"values": CHOICES}

READ = [
    (field("textfield"), "  市民課\u3000", "市民課"),
    (field("textfield"), "か\u3099ぎ", "がぎ"),
    (field("textfield"), "髙﨑𠮷①～―", "髙﨑𠮷①～―"),
    (field("textfield"), "\u3000 ", None),
    (field("textfield"), "a\tb", "a b"),
    (field("textarea"), "一行目\r\n二行目\r三行目\n", "一行目\n二行目\n三行目"),
    (field("textfield", validate={"validationType": "email"}), "ｈａｎａｋｏ＠example.jp", "hanako@example.jp"),
    (field("textfield", validate={"validationType": "phone"}), "０２７０－２４－５１１１", "0270-24-5111"),
    (field("textfield", validate={"pattern": r"^\d{3}$"}), "123", "123"),
    (field("number"), "２，０００", Decimal(2000)),
    (field("number"), "1,234,567.50", Decimal("1234567.5")),
    (field("number"), "▲1,200", Decimal(-1200)),
    (field("number"), "\u22125", Decimal(-5)),
    (field("number"), "－５", Decimal(-5)),
    (field("number"), ".5", Decimal("0.5")),
    (field("number"), "-0", Decimal(0)),
    (field("number", properties={"unit": "円"}), "1200 円", Decimal(1200)),
    (field("number", properties={"unit": "%"}), "９５％", Decimal(95)),
    (field("number"), " ", None),
    (field("number"), "9" * 30, Decimal("9" * 30)),
    (DAY, "2026-04-01", date(2026, 4, 1)),
    (DAY, "2026/4/1", date(2026, 4, 1)),
    (DAY, "Ｒ８．４．１", date(2026, 4, 1)),
    (DAY, "令和元年5月1日", date(2019, 5, 1)),
    (DAY, "S64.1.7", date(1989, 1, 7)),
    (CLOCK, "9:05", time(9, 5)),
    (MOMENT, "2026-04-01T09:30", datetime(2026, 4, 1, 9, 30, tzinfo=TOKYO)),
    (MOMENT, "2026-04-01T00:30:00Z", datetime(2026, 4, 1, 9, 30, tzinfo=TOKYO)),
    (MOMENT, "令和8年4月1日 9:30", datetime(2026, 4, 1, 9, 30, tzinfo=TOKYO)),
    (field("checkbox"), "on", True),
    (field("checkbox"), "false", False),
    (field("radio", **LIFE), "life", "life"),
    (field("select", **LIFE), "", None),
    (field("select", valuesKey="units"), "kikaku", "kikaku"),
    (field("select", valuesExpression='=["a", {value: "b", label: "ビー"}, 3]'), "3", "3"),
]  # fmt: skip


@pytest.mark.parametrize(("component", "typed", "value"), READ, ids=range(len(READ)))
def test_what_people_type_is_understood(component, typed, value):
    found = posted(component, typed)

    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("kind", ["checklist", "taglist"])
def test_several_choices_are_kept_once_each(kind):
    component = field(kind, **LIFE)

    assert posted(component, "office", "life", "office", "") == ["office", "life"]
    assert posted(component) == []


def test_nothing_entered_is_nothing():
    assert posted(field("textfield")) is None
    assert posted(field("checkbox")) is False


WRONG = [
    (field("textfield", validate=required()), "\u3000", "入力してください"),
    (field("textfield", validate={"maxLength": 3}), "四文字だ", "3文字以内で入力してください（今は4文字）"),
    (field("textfield", validate={"minLength": 2}), "一", "2文字以上"),
    (field("textfield"), "x" * 10_001, "10000文字以内"),
    (field("textfield"), "a\x00b", "U+0000"),
    (field("textfield"), "a\nb", "U+000A"),
    (field("textarea"), "a\x1bb", "U+001B"),
    (field("textfield"), "abc\u202egpj", "U+202E"),
    (field("textfield"), "\ud800", "U+D800"),
    (field("textfield"), "\ufffe", "U+FFFE"),
    (field("textfield"), 5, "文字列"),
    (field("textfield", validate={"validationType": "email"}), "hanako", "メールアドレス"),
    (field("textfield", validate={"validationType": "phone"}), "電話", "電話番号"),
    (field("textfield", validate={"pattern": "^[A-Z]+$"}), "abc", "形が誤っています"),
    (field("textfield", validate={"pattern": "a"}), "b" * 201, "200文字以内"),
    (field("number", validate=required()), "", "入力してください"),
    (field("number", validate={"min": 1}), "0", "1以上の数を入力してください"),
    (field("number", validate={"min": 1, "max": "5"}), "6", "1以上5以下"),
    (field("number", validate={"max": "=2 + 3"}), "5.1", "5以下"),
    (field("number", decimalDigits=0), "1.5", "整数"),
    (field("number", decimalDigits=1), "1.25", "小数点以下1桁"),
    (field("number"), "1e5", "数字"),
    (field("number"), "NaN", "数字"),
    (field("number"), "Infinity", "数字"),
    (field("number"), "1,5", "数字"),
    (field("number"), "5.", "数字"),
    (field("number"), "-", "数字"),
    (field("number"), "十", "数字"),
    (field("number"), "1_000", "数字"),
    (field("number"), "9" * 31, "桁数"),
    (field("number"), "9" * 9_000, "桁数"),
    (field("number"), 10**9_000, "桁数"),
    (field("number"), Decimal("1e999999"), "桁数"),
    (field("number"), Decimal("1e-999999"), "桁数"),
    (field("number"), Decimal("sNaN"), "数字"),
    (field("number"), float("inf"), "数字"),
    (field("number"), True, "数字"),
    (field("number"), [1], "数字"),
    (DAY, "2026-02-30", "日付"),
    (DAY, "R8.2.30", "日付"),
    (DAY, "S64.1.8", "日付"),
    (DAY, "R0.1.1", "日付"),
    (DAY, "0001-01-01", "1874年から"),
    (DAY, 20260401, "日付"),
    (DAY, {"a": 1}, "日付"),
    ({**DAY, "disallowPassedDates": True}, "2026-11-20", "今日（2026-11-21）以後"),
    (CLOCK, "25:00", "時刻"),
    (MOMENT, "いつか", "日時"),
    (MOMENT, "9999-12-31T23:59:59-12:00", "日時"),
    (field("checkbox", validate=required()), "false", "チェック"),
    (field("checkbox"), 7, "true"),
    (field("radio", validate=required(), **LIFE), "", "選んでください"),
    (field("radio", **LIFE), "other", "選択肢から"),
    (field("select", **LIFE), ["life"], "選択肢から"),
    (field("select", valuesKey="units"), "zaisei", "選択肢から"),
    (field("checklist", validate=required(), **LIFE), [], "一つ以上"),
    (field("checklist", **LIFE), ["life", "other"], "選択肢から"),
    (field("checklist", **LIFE), ["life", 1], "選択肢から"),
]  # fmt: skip


@pytest.mark.parametrize(("component", "value", "words"), WRONG, ids=range(len(WRONG)))
def test_a_wrong_entry_is_told_by_name_with_the_way_to_mend_it(component, value, words):
    assert words in refused(component, value)


def test_a_pattern_may_bring_its_own_message():
    component = field(
        "textfield", validate={"pattern": "^a", "patternErrorMessage": "{x}はaで始めます。"}
    )

    with pytest.raises(FormInvalid) as wrong:
        posted(component, "b")
    assert wrong.value.fields == {"x": ["{x}はaで始めます。"]}


@pytest.mark.parametrize("value", [1.5, "1.5", Decimal("1.50")])
def test_a_program_may_send_numbers_as_json_or_text(value):
    found = submit_values(form(field("number")), {"x": value}, "submit", context()).values["x"]

    assert found == Decimal("1.5")
    assert str(found) == "1.5"


def test_a_number_keeps_every_digit():
    text = "123456789012345678901234567.89"

    assert posted(field("number"), text) == Decimal(text)
