"""Before and after, field by field, for the audit log."""

from datetime import date
from decimal import Decimal

from dxflow.forms import Change, diff, personal_labels, without_personal
from tests.unit.forms.samples import PROJECT_CLEANED, field, form, project_sheet, project_values


def test_entered_and_cleaned_values_of_the_same_meaning_are_no_change():
    entered = project_values()
    computed = {"total_hours": Decimal(600), "comment": ""}
    for row, hours in zip(entered["steps"], (500, 100), strict=True):
        row["hours"] = hours

    assert diff(project_sheet(), {**entered, **computed}, PROJECT_CLEANED) == []


def test_each_changed_field_is_told_with_its_row():
    after = {
        **PROJECT_CLEANED,
        "contact": "桐生 太郎",
        "cost": {"initial": Decimal(900)},
        "kpis": [{**PROJECT_CLEANED["kpis"][0], "baseline": Decimal("20.50")}],
        "start": date(2027, 5, 1),
        "tools": [],
    }

    assert diff(project_sheet(), PROJECT_CLEANED, after) == [
        Change("tools", "活用する手法", ["rpa"], None, pii=False),
        Change("contact", "担当者名", "前橋 花子", "桐生 太郎", pii=True),
        Change("cost.initial", "初期費用", "1500000", "900", pii=False),
        Change("cost.reason", "100万円以上となる理由", "機器が要る", None, pii=False),
        Change("kpis[0].baseline", "基準値", "20", "20.5", pii=False),
        Change("kpis[1].name", "指標名", "予約数", None, pii=False),
        Change("kpis[1].direction", "向き", "up", None, pii=False),
        Change("kpis[1].baseline", "基準値", "0", None, pii=False),
        Change("start", "開始予定日", "2027-04-01", "2027-05-01", pii=False),
    ]


def test_what_the_form_does_not_know_counts_as_personal():
    assert diff(form(field("textfield")), {"old": "a"}, {"x": "b"}) == [
        Change("x", "項目", None, "b", pii=False),
        Change("old", "old", "a", None, pii=True),
    ]


def test_everything_in_a_personal_group_is_personal():
    group = {"type": "group", "path": "who", "label": "人", "properties": {"pii": True},
             "components": [{"type": "dynamiclist", "path": "list", "label": "一覧", "components": [field("textfield")]}]}  # fmt: skip

    (change,) = diff(form(group), {}, {"who": {"list": [{"x": "a"}]}})

    assert (change.path, change.pii) == ("who.list[0].x", True)


def test_values_of_any_shape_are_compared():
    assert diff(project_sheet(), {"kpis": "x", "cost": 3, "start": "?"}, {"kpis": [None]}) == [
        Change("start", "開始予定日", "?", None, pii=False)
    ]


def test_without_personal_values_the_rest_is_left_as_it_was():
    values = {**PROJECT_CLEANED, "unknown": "だれか"}
    left = without_personal(project_sheet(), values)
    assert "contact" in PROJECT_CLEANED
    assert "contact" not in left
    assert "unknown" not in left
    assert left == {key: value for key, value in PROJECT_CLEANED.items() if key != "contact"}


def test_a_personal_list_goes_as_a_whole_and_personal_cells_from_their_rows():
    name, age = field("textfield", "name", properties={"pii": "true"}), field("number", "age")
    rows = {"people": [{"name": "前橋", "age": 3}, {"name": "桐生", "age": 4}]}

    def people(**more):
        return form(
            {
                "type": "dynamiclist",
                "path": "people",
                "label": "人",
                "components": [name, age],
                **more,
            }
        )

    assert without_personal(people(), rows) == {"people": [{"age": 3}, {"age": 4}]}
    assert without_personal(people(properties={"pii": "true"}), rows) == {}


def test_labels_of_personal_fields_are_told_those_in_groups_and_lists_too():
    group = {"type": "group", "label": "人", "properties": {"pii": "true"},
             "components": [field("textfield", "home", "住所")]}  # fmt: skip
    rows = {"type": "dynamiclist", "path": "people", "label": "家族", "components": [
        field("textfield", "name", "名前", properties={"pii": "true"}), field("number", "age", "年齢"),
    ]}  # fmt: skip
    shown = form(group, rows, field("textfield", "note", "備考"))
    assert personal_labels(shown) == {"住所", "名前"}
