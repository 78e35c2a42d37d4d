"""What a page shows: drafts as typed, errors in page order, submitted forms as they were."""

from datetime import date, datetime, time
from decimal import Decimal

import pytest

from dxflow.clock import TOKYO
from dxflow.errors import Invalid
from dxflow.forms import (
    FormInvalid,
    Option,
    describe,
    from_plain,
    is_blank,
    read_posted,
    readonly_view,
    submit_posted,
    submit_values,
    to_plain,
    view,
    view_posted,
)
from dxflow.texts import language
from tests.unit.forms.samples import (
    PROJECT_CLEANED,
    context,
    field,
    find,
    form,
    names,
    posted_by,
    project_sheet,
    project_values,
    required,
)


def test_a_project_sheet_goes_through_with_every_type_in_its_place():
    found = submit_values(project_sheet(), project_values(), "submit", context())

    assert found.values == PROJECT_CLEANED
    assert (found.form_key, found.outcome) == ("project_sheet", "submit")
    assert found.form_digest == project_sheet().digest


def test_a_stored_sheet_posted_again_untouched_gives_the_same_values():
    sheet = project_sheet()
    drawn = view(sheet, to_plain(PROJECT_CLEANED), context())

    assert (
        submit_posted(sheet, posted_by(drawn, "submit"), "submit", context()).values
        == PROJECT_CLEANED
    )


def test_an_empty_sheet_tells_everything_that_is_missing_in_page_order():
    with pytest.raises(FormInvalid) as invalid:
        submit_posted(
            project_sheet(),
            {"kpis[0].name": ["a"], "zzz": ["?"], "_csrf": ["t"]},
            "submit",
            context(),
        )

    assert [error.id for error in invalid.value.errors] == [
        "f-title", "f-class", "f-issue", "f-lead", "f-cost-initial", "f-kpis-0-direction",
        "f-kpis-0-baseline", "f-start", "f-bpr", "f-agree", "",
    ]  # fmt: skip
    assert set(invalid.value.fields) >= {"cost.initial", "kpis[0].baseline", "zzz"}
    assert "11か所" in invalid.value.message


def test_everything_typed_is_shown_again_exactly():
    typed = {"title": ["  あ\u3000"], "issue": ["a\r\n b\x00"], "cost.initial": ["１，００x"],
             "start": ["令和８年"], "class": ["forged"], "tools": ["rpa", "x"]}  # fmt: skip
    drawn = view_posted(project_sheet(), typed, context())

    for name, texts in typed.items():
        shown = find(drawn, name).value
        assert (shown if isinstance(shown, list) else [shown]) == texts


def test_a_draft_is_stored_and_shown_as_typed():
    sheet = project_sheet()
    typed = {"title": [" x "], "kpis[0].baseline": ["２０x"], "agree": ["true"]}
    draft = read_posted(sheet, typed)
    drawn = view(sheet, draft, context())

    assert find(drawn, "title").value == " x "
    assert find(drawn, "kpis[0].baseline").value == "２０x"
    assert find(drawn, "agree").value is True
    assert is_blank(sheet, draft) is False
    assert is_blank(sheet, read_posted(sheet, {"kpis[0].direction": ["up"], "title": ["  "]}))
    assert is_blank(sheet, {})


def test_errors_of_a_command_are_shown_at_their_fields_too():
    refusal = Invalid("だめ", {"kpis[0].name": ["同じ指標があります。"], "other": ["全体の誤り"]})
    drawn = view(project_sheet(), project_values(), context(), refusal)

    assert find(drawn, "kpis[0].name").errors == ("同じ指標があります。",)
    assert [(error.id, error.message) for error in drawn.errors] == [
        ("f-kpis-0-name", "同じ指標があります。"),
        ("", "全体の誤り"),
    ]


def test_an_input_knows_what_goes_into_it():
    drawn = view(project_sheet(), None, context())

    cost = find(drawn, "cost.initial")
    assert (cost.minimum, cost.maximum, cost.step, cost.inputmode, cost.unit) == (
        "0", "9999999999", "1", "numeric", "円",
    )  # fmt: skip
    assert find(drawn, "title").max_length == 60
    assert find(drawn, "contact").max_length == 10_000
    assert find(drawn, "contact").pii
    assert find(drawn, "kpis[0].baseline").step == "any"
    assert find(drawn, "kpis[0].direction").value == "up"
    assert find(drawn, "tools").options[0] == Option("rpa", "RPA")
    assert find(drawn, "kpis").add_label == "KPIを追加"
    assert find(drawn, "kpis").required
    assert drawn.fields[0].text.startswith("# 取組個票\n\n")


def test_prefill_and_defaults_fill_what_no_draft_has():
    definition = form(field("textfield", "a", defaultValue="初期"), field("textfield", "b"),
                      field("checklist", "c", values=[{"value": "v", "label": "V"}], defaultValue=["v"]))  # fmt: skip
    given = context(prefill={"b": "前の値", "gone": 1})

    fresh = view(definition, None, given)
    assert [find(fresh, key).value for key in "abc"] == ["初期", "前の値", ["v"]]
    emptied = view(definition, {"a": "", "b": "", "c": []}, given)
    assert [find(emptied, key).value for key in "abc"] == ["", "", []]


def test_values_may_come_typed_from_the_program():
    definition = form(
        field("number", "n"), field("datetime", "d", subtype="date"),
        field("datetime", "t", subtype="time"), field("datetime", "m", subtype="datetime"),
    )  # fmt: skip
    typed = {
        "n": Decimal("1500.50"), "d": date(2026, 4, 1), "t": time(9, 5),
        "m": datetime(2026, 4, 1, 9, 30, tzinfo=TOKYO),
    }  # fmt: skip
    shown = ["1500.5", "2026-04-01", "09:05", "2026-04-01T09:30"]

    for values in (typed, to_plain(typed)):
        drawn = view(definition, values, context())
        assert [find(drawn, key).value for key in "ndtm"][:2] == shown[:2]
        assert find(drawn, "m").value == shown[3]
        assert from_plain(definition, values) == typed
    written = readonly_view(definition, to_plain(typed), context()).fields
    assert [one.text for one in written] == [
        "1,500.5",
        "令和8年4月1日",
        "09:05",
        "令和8年4月1日 09:30",
    ]


@pytest.mark.parametrize(
    "values",
    [
        {"gone": {"deep": [1]}, "kpis": [{"gone": 1}]},
        {"kpis": "text", "cost": [], "title": {"a": 1}, "tools": 3, "agree": "maybe", "start": 7},
        {"kpis": [None, 3, {"targets": "x"}], "cost": None, "steps": [[]]},
    ],
)
def test_values_of_an_older_form_never_break_a_page(values):
    sheet = project_sheet()

    for drawn in (view(sheet, values, context()), readonly_view(sheet, values, context())):
        assert "gone" not in " ".join(names(drawn))
    assert describe(sheet, context(prefill=values))
    assert from_plain(sheet, values).keys() == values.keys()


def test_a_submitted_form_is_shown_as_it_was():
    sheet = project_sheet()
    stored = to_plain(submit_values(sheet, project_values(), "submit", context()).values)
    stored["lead"] = "abolished"
    stored["total_hours"] = "601"  # what was computed then, whatever the form would compute now
    drawn = readonly_view(sheet, stored, context(options={}))

    assert find(drawn, "lead").text == "abolished"
    assert find(drawn, "tools").text == "rpa"
    assert find(drawn, "total_hours").text == "601"
    assert find(drawn, "class").text == "暮らしのDX"
    assert find(drawn, "class").options == (Option("life", "暮らしのDX"),)
    assert find(drawn, "cost.initial").text == "1,500,000円"
    assert find(drawn, "kpis[0].why").text == "短いほどよい"
    assert "kpis[1].why" not in names(drawn)
    assert find(drawn, "agree").text == "はい"
    assert drawn.outcomes == ()
    assert all(one.readonly for one in drawn.fields if one.name)


def test_only_what_was_submitted_is_shown_even_if_conditions_would_now_differ():
    asked = field("textfield", "why", conditional={"hide": "=limit > 10"})
    definition = form(field("textfield", "name"), asked)

    assert names(readonly_view(definition, {"why": "a"}, context(variables={"limit": 99}))) == [
        "why"
    ]
    assert names(readonly_view(definition, {"name": "a"}, context(variables={"limit": 1}))) == [
        "name"
    ]


def test_years_are_written_without_commas_when_the_form_says_so():
    definition = form(field("number", "y", properties={"grouping": "false", "unit": "年度"}))

    assert readonly_view(definition, {"y": "2027"}, context()).fields[0].text == "2027年度"


def test_a_table_shows_rows_of_the_case():
    table = {
        "type": "table", "id": "T", "label": "意見", "dataSource": "=opinions",
        "columns": [{"key": "by", "label": "課"}, {"key": "cost", "label": "費用"}],
    }  # fmt: skip
    opinions = [{"by": "財政課", "cost": 1200}, {"by": None}, "noise"]
    (shown,) = view(form(table), None, context(variables={"opinions": opinions})).fields

    assert shown.options == (Option("by", "課"), Option("cost", "費用"))
    assert [[cell.text for cell in row] for row in shown.rows] == [["財政課", "1,200"], ["", ""]]


def test_text_may_be_computed_and_structure_is_drawn():
    drawn = view(
        form(
            {"type": "text", "text": '="担当は" + name'},
            {"type": "separator"},
            {"type": "spacer", "height": 10},
            {"type": "group", "label": "組", "components": [field("textfield")]},
        ),
        None,
        context(variables={"name": "市民課"}),
    )

    assert [one.kind for one in drawn.fields] == ["text", "separator", "group"]
    assert drawn.fields[0].text == "担当は市民課"
    assert drawn.fields[2].children[0].name == "x"
    assert len({one.id for one in drawn.fields}) == 3


def test_labels_follow_the_readers_language():
    definition = form(field("textfield", properties={"label.en": "Title"}))
    token = language.set("en")
    try:
        assert find(view(definition, None, context()), "x").label == "Title"
    finally:
        language.reset(token)
    assert find(view(definition, None, context()), "x").label == "項目"


def test_programs_learn_what_to_send():
    described = {one["path"]: one for one in describe(project_sheet(), context())}

    assert described["class"]["options"][0] == {"value": "life", "label": "暮らしのDX"}
    assert described["title"]["required"] is True
    assert described["title"]["max_length"] == 60
    cost = {one["key"]: one for one in described["cost"]["fields"]}
    assert (cost["initial"]["min"], cost["initial"]["max"]) == (0, 9_999_999_999)
    assert (cost["reason"]["hidden"], cost["reason"]["hidden_if"]) == (
        True,
        "initial = null or initial < 1000000",
    )
    rows = {one["key"]: one for one in described["kpis"]["columns"]}
    assert rows["direction"]["default"] == "up"
    assert rows["targets"]["columns"][0]["path"] == "kpis[].targets[].year"
    assert described["kpis"]["max_rows"] == 20
    assert described["total_hours"]["readonly"] is True
    assert described["contact"]["personal"] is True


def test_required_is_told_on_every_kind_of_page():
    definition = form(field("textfield", validate=required()))

    assert find(view(definition, None, context()), "x").required
    assert describe(definition, context())[0]["required"]
