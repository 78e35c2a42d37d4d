"""Texts that are cells: they take numbers, and are checked with what stands around them."""

from decimal import Decimal

import pytest

from dxflow.forms import FormInvalid, describe, read, submit_values, view
from dxflow.problems import Refused
from tests.unit.forms.samples import context, field, form, form_text

ROW = form(
    {
        "type": "dynamiclist", "path": "rows", "label": "行", "isRepeating": True,
        "allowAddRemove": True, "defaultRepetitions": 1,
        "components": [
            field("textfield", "unit"),
            field("number", "amount", conditional={"hide": '=unit = "ことば"'}),
            field("textfield", "value", properties={"cell": "measure"}),
        ],
    }
)  # fmt: skip


def check(key, row):
    return f"{key}: {row['unit']}では{row['value']}は読めません。" if row["value"] == "?" else ""


def submitted(value, **more):
    row = {"unit": "件", "value": value}
    return submit_values(ROW, {"rows": [row | more]}, None, context(cells={"measure": check}))


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("前年度比+5%", "前年度比+5%"), (50, "50"), (Decimal("31.50"), "31.5"), (1.5, "1.5"), (None, None)],
)  # fmt: skip
def test_a_cell_takes_words_and_numbers(sent, kept):
    assert submitted(sent).values["rows"][0]["value"] == kept


@pytest.mark.parametrize("sent", [True, [1], float("nan"), 10**40])
def test_a_cell_takes_nothing_else(sent):
    with pytest.raises(FormInvalid):
        submitted(sent)


def test_a_text_that_is_no_cell_takes_no_number():
    with pytest.raises(FormInvalid):
        submitted("1", unit=3)


def test_what_cannot_be_read_is_told_at_the_cell_with_everything_else():
    with pytest.raises(FormInvalid) as refused:
        submitted("?", amount="x")
    assert refused.value.fields["rows[0].value"] == ["value: 件では?は読めません。"]
    assert "rows[0].amount" in refused.value.fields


def test_programs_learn_that_a_cell_takes_numbers():
    (rows,) = describe(ROW, context())
    told = {one["key"]: one.get("takes_numbers", False) for one in rows["columns"]}
    assert told == {"unit": False, "amount": False, "value": True}


def test_an_unknown_kind_of_cell_is_refused_with_its_line():
    text = form_text(field("textfield", "value", properties={"cell": "maybe"}))
    with pytest.raises(Refused, match="free"):
        read(text, "x.form")


def test_columns_keep_the_forms_order_where_rows_hide_some():
    drawn = view(ROW, {"rows": [{"unit": "ことば"}, {"unit": "件"}]}, context()).fields[0]
    assert [one.key for one in drawn.rows[0]] == ["unit", "value"]
    assert [one.key for one in drawn.columns] == ["unit", "amount", "value"]


def test_each_row_is_told_of_its_own_cells_only():
    rows = [
        {"unit": unit, "value": value} for unit, value in (("件", "1"), ("人", "?"), ("回", "2"))
    ]
    with pytest.raises(FormInvalid) as refused:
        submit_values(ROW, {"rows": rows}, None, context(cells={"measure": check}))
    assert refused.value.fields == {"rows[1].value": ["value: 人では?は読めません。"]}
