"""Fields that name another case: read from the file, found in what was handed in, told to programs."""

import pytest

from dxflow.forms import Reference, describe, read, references, submit_values
from dxflow.problems import Refused
from tests.unit.forms.samples import context, field, form, form_text

NUMBER = field("textfield", "number", "番号", properties={"refers": "case"})
NAMING = form(
    field("textfield", "other", "ほか"),
    NUMBER,
    {"type": "group", "path": "part", "label": "組", "components": [NUMBER]},
    {
        "type": "dynamiclist", "path": "rows", "label": "行", "isRepeating": True,
        "allowAddRemove": True, "defaultRepetitions": 0, "components": [NUMBER],
    },
)  # fmt: skip


def named(**values):
    filled = submit_values(NAMING, values, None, context())
    return references(NAMING, filled.values)


def test_every_number_is_found_with_its_place_and_as_people_know_it():
    rows = [{"number": "R8-C-0003"}, {"number": None}, {"number": "R8-D-0004"}]
    found = named(number="R8-A-0001", other="R8-X-0009", part={"number": "R8-B-0002"}, rows=rows)
    assert found == [
        Reference("number", "「番号」", "R8-A-0001"),
        Reference("part.number", "「番号」", "R8-B-0002"),
        Reference("rows[0].number", "「行」の1行目の「番号」", "R8-C-0003"),
        Reference("rows[1].number", "「行」の2行目の「番号」", "R8-D-0004"),
    ]


def test_a_number_is_kept_as_its_section_writes_it():
    (found,) = named(number=" R8-ＤＸ推進-0003 ")
    assert found.number == "R8-ＤＸ推進-0003"


def test_nothing_is_named_where_nothing_was_entered():
    assert named(other="R8-X-0009") == []


def test_programs_learn_that_a_field_names_a_case():
    told = {one["key"]: one.get("refers_to") for one in describe(NAMING, context()) if "key" in one}
    assert (told["number"], told["other"]) == ("case", None)


@pytest.mark.parametrize(
    ("kind", "refers"), [("textfield", "person"), ("textarea", "case"), ("number", "case")]
)
def test_only_a_line_of_text_names_a_case(kind, refers):
    text = form_text(field(kind, "x", properties={"refers": refers}))
    with pytest.raises(Refused) as refused:
        read(text, "f.form")
    assert [one.code for one in refused.value.problems] == ["form.refers"]
