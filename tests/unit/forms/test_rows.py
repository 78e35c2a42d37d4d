"""Lists: rows in, rows out, buttons that add and remove them without JavaScript."""

import pytest

from dxflow.forms import (
    FormInvalid,
    read_posted,
    rows_changed,
    submit_posted,
    submit_values,
    view,
    view_posted,
)
from tests.unit.forms.samples import context, field, find, form, names, required

NAME = field("textfield", "name", "指標名", validate=required())
TARGET = field("number", "target", "目標値", validate=required())
FREQUENCY = field("select", "frequency", "頻度", defaultValue="year",
                  values=[{"value": "year", "label": "毎年"}, {"value": "half", "label": "半年"}])  # fmt: skip
DONE = field("checkbox", "done", "済")


def grid(*inner, **more):
    return {
        "type": "dynamiclist",
        "path": "kpis",
        "label": "KPI",
        "components": list(inner),
        **more,
    }


KPIS = form(grid(NAME, TARGET, FREQUENCY, DONE), field("textfield", "memo"))


def post(definition, posted, **given):
    return submit_posted(definition, posted, None, context(**given)).values


def row(number, name="", target="", every="year"):
    start = f"kpis[{number}]."
    return {f"{start}name": [name], f"{start}target": [target], f"{start}frequency": [every]}


def test_an_unused_row_is_dropped_and_messages_keep_the_rows_of_the_page():
    posted = {**row(0), **row(1, "待ち時間", "10"), **row(2, "予約数", "x")}

    with pytest.raises(FormInvalid) as invalid:
        post(KPIS, posted)
    assert invalid.value.fields == {
        "kpis[2].target": ["「KPI」の3行目の「目標値」は数字で入力してください（例: 1200）。"]
    }
    drawn = view_posted(KPIS, posted, context(), invalid.value)
    assert (find(drawn, "kpis[2].target").errors == drawn.errors[0].message and ()) or True
    assert find(drawn, "kpis[2].target").errors == (drawn.errors[0].message,)
    assert find(drawn, "kpis[2].target").value == "x"
    assert drawn.errors[0].id == find(drawn, "kpis[2].target").id == "f-kpis-2-target"

    posted["kpis[2].target"] = ["５"]
    assert [one["name"] for one in post(KPIS, posted)["kpis"]] == ["待ち時間", "予約数"]


def test_a_row_with_only_a_changed_choice_is_not_unused():
    with pytest.raises(FormInvalid) as invalid:
        post(KPIS, row(0, every="half"))
    assert set(invalid.value.fields) == {"kpis[0].name", "kpis[0].target"}


@pytest.mark.parametrize(
    ("properties", "rows", "words"),
    [
        ({"min_rows": "2"}, [{"name": "a", "target": 1}, {}], "2行以上"),
        ({"max_rows": "1"}, [{"name": "a", "target": 1}] * 2, "1行まで"),
        ({}, [{"name": "a", "target": 1}] * 201, "200行まで"),
        ({}, [{"name": "a", "target": 1}] * 50_000, "200行まで"),
        ({}, {"name": "a"}, "配列"),
        ({}, "rows", "配列"),
    ],
)
def test_a_list_has_its_bounds(properties, rows, words):
    definition = form(grid(NAME, TARGET, properties=properties))

    with pytest.raises(FormInvalid) as invalid:
        submit_values(definition, {"kpis": rows}, None, context())
    assert words in invalid.value.fields["kpis"][0]
    assert "「KPI」" in invalid.value.fields["kpis"][0]


def test_a_required_list_needs_a_row_and_shows_an_empty_one():
    definition = form(grid(NAME, TARGET, validate=required()))

    with pytest.raises(FormInvalid) as invalid:
        post(definition, {})
    drawn = view_posted(definition, {}, context(), invalid.value)
    assert "kpis[0].name" in names(drawn)
    assert find(drawn, "kpis").errors == ("「KPI」を1行以上入力してください。",)


def test_rows_of_a_wrong_shape_and_strange_keys_are_refused_in_their_place():
    with pytest.raises(FormInvalid) as invalid:
        submit_values(
            KPIS,
            {"kpis": ["row", {"name": "a", "target": 1, "hack": 1}, {"odd": 1}], "more": 2},
            None,
            context(),
        )
    assert set(invalid.value.fields) >= {"kpis[0]", "kpis[1].hack", "kpis[2].odd", "more"}


def test_many_nested_rows_do_not_exhaust_the_server():
    inner = {"type": "dynamiclist", "path": "deep", "label": "内訳", "components": [NAME]}
    definition = form(grid(NAME, inner))
    rows = [{"name": "a", "deep": [{"name": "b"}] * 150} for _row in range(150)]

    with pytest.raises(FormInvalid) as invalid:
        submit_values(definition, {"kpis": rows}, None, context())
    assert any("行までです" in text for texts in invalid.value.fields.values() for text in texts)


def test_gaps_in_row_numbers_close():
    found = read_posted(KPIS, {**row(7, "後"), **row(2, "先"), "kpis[x].name": ["?"]})

    assert [one["name"] for one in found["kpis"]] == ["先", "後"]


def test_a_row_of_boxes_only_is_there_by_its_marker():
    definition = form(grid(DONE))

    assert read_posted(definition, {"kpis[0]._": [""]}) == {"kpis": [{"done": False}]}
    assert post(definition, {"kpis[0]._": [""], "kpis[1].done": ["on"]}) == {
        "kpis": [{"done": True}]
    }


def test_adding_a_row_keeps_everything_typed_and_brings_defaults():
    posted = {
        **row(0, " 待ち時間\r\n", "２０x", "half"),
        "memo": ["あ"],
        "_row": ["add:kpis"],
        "_csrf": ["t"],
    }

    changed = rows_changed(KPIS, posted, context())

    assert changed is not None
    assert "_row" not in changed
    assert changed["_csrf"] == ["t"]
    for name, texts in row(0, " 待ち時間\r\n", "２０x", "half").items():
        assert changed[name] == texts
    drawn = view_posted(KPIS, changed, context())
    assert find(drawn, "kpis[1].frequency").value == "year"
    assert find(drawn, "kpis[1].name").value == ""
    assert find(drawn, "memo").value == "あ"


def test_removing_a_row_removes_that_row():
    posted = {**row(0, "a"), **row(1, "b"), **row(2, "c"), "kpis[1].done": ["true"]}

    changed = rows_changed(KPIS, {**posted, "_row": ["remove:kpis:1"]}, context())

    assert changed is not None
    assert [one["name"] for one in read_posted(KPIS, changed)["kpis"]] == ["a", "c"]
    assert "kpis[1].done" not in changed


def test_rows_inside_rows_have_their_own_buttons():
    inner = {"type": "dynamiclist", "path": "years", "label": "年", "components": [TARGET]}
    group = {"type": "group", "path": "plan", "label": "計画", "components": [grid(NAME, inner)]}
    definition = form(group)
    posted = {
        "plan.kpis[4].name": ["a"],
        "plan.kpis[9].name": ["b"],
        "plan.kpis[9].years[3].target": ["1"],
    }

    added = rows_changed(definition, {**posted, "_row": ["add:plan.kpis[9].years"]}, context())
    removed = rows_changed(
        definition, {**posted, "_row": ["remove:plan.kpis[9].years:3"]}, context()
    )

    assert added is not None
    assert removed is not None
    rows = read_posted(definition, added)["plan"]["kpis"]
    assert [[one.get("target") for one in each["years"]] for each in rows] == [[], ["1", ""]]
    assert read_posted(definition, removed)["plan"]["kpis"][1]["years"] == []


@pytest.mark.parametrize(
    "pressed",
    ["add:nowhere", "remove:kpis:9", "remove:kpis:-1", "remove:kpis", "remove:kpis:x", "jump:kpis",
     "add:memo", "", "add:kpis[0]", "add:kpis[0].name", "remove:kpis:٣", "add:kpis[5]."],
)  # fmt: skip
def test_a_nonsense_row_button_changes_nothing(pressed):
    posted = row(0, "a")

    changed = rows_changed(KPIS, {**posted, "_row": [pressed]}, context())

    assert changed is not None
    assert read_posted(KPIS, changed) == read_posted(KPIS, posted)


def test_without_a_row_button_there_is_nothing_to_do():
    assert rows_changed(KPIS, row(0, "a"), context()) is None


def test_a_full_list_takes_no_more_rows():
    definition = form(grid(NAME, properties={"max_rows": 1}))
    posted = {"kpis[0].name": ["a"]}

    assert find(view_posted(definition, posted, context()), "kpis").may_add is False
    changed = rows_changed(definition, {**posted, "_row": ["add:kpis"]}, context())
    assert changed is not None
    assert len(read_posted(definition, changed)["kpis"]) == 1


MEASURED = form(
    grid(
        field("textfield", "measure", "指標", readonly=True),
        field("number", "value", "実績値", validate=required()),
        allowAddRemove=False,
    )
)
GIVEN = {"prefill": {"kpis": [{"measure": "待ち時間"}, {"measure": "予約数"}]}}


def test_fixed_rows_keep_what_the_program_put_there():
    drawn = view(MEASURED, None, context(**GIVEN))
    assert [find(drawn, f"kpis[{n}].measure").value for n in (0, 1)] == ["待ち時間", "予約数"]
    assert (find(drawn, "kpis").may_add, find(drawn, "kpis").may_remove) == (False, False)

    posted = {
        "kpis[0].value": ["5"],
        "kpis[1].value": ["6"],
        "kpis[1].measure": ["偽"],
        "kpis[2].value": ["7"],
    }
    assert post(MEASURED, posted, **GIVEN)["kpis"] == [
        {"measure": "待ち時間", "value": 5},
        {"measure": "予約数", "value": 6},
    ]


def test_a_fixed_row_left_empty_is_asked_for():
    with pytest.raises(FormInvalid) as invalid:
        post(MEASURED, {"kpis[0].value": ["5"]}, **GIVEN)
    assert set(invalid.value.fields) == {"kpis[1].value"}


def test_a_draft_of_fixed_rows_is_shown_over_what_is_prefilled():
    draft = read_posted(MEASURED, {"kpis[1].value": ["６x"], "kpis[0].value": [""]})
    drawn = view(MEASURED, draft, context(**GIVEN))

    assert find(drawn, "kpis[1].value").value == "６x"
    assert find(drawn, "kpis[1].measure").value == "予約数"


def test_a_program_cannot_add_fixed_rows():
    with pytest.raises(FormInvalid) as invalid:
        submit_values(MEASURED, {"kpis": [{"value": 1}] * 3}, None, context(**GIVEN))
    assert "増やせません" in invalid.value.fields["kpis"][0]


def test_totals_count_the_rows_that_were_filled_in():
    total = {"type": "expression", "key": "sum", "label": "計", "expression": "=sum(kpis.target)"}
    definition = form(grid(NAME, TARGET), total)

    assert (
        find(view_posted(definition, {**row(0, "a", "２"), **row(1)}, context()), "sum").text == "2"
    )
    assert (
        post(definition, {"kpis[0].name": ["a"], "kpis[0].target": ["2"], "kpis[1].name": [""]})[
            "sum"
        ]
        == 2
    )
