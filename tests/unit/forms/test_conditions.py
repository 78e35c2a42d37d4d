"""Fields that hide, keep their value, or count only for one button."""

import pytest

from dxflow.forms import (
    FormInvalid,
    Option,
    describe,
    submit_posted,
    submit_values,
    unknown_references,
    view,
    view_posted,
)
from dxflow.problems import Refused
from tests.unit.forms.samples import button, context, field, find, form, names, required

WHY = field("textarea", "why", "理由", conditional={"hide": "=amount = null or amount < 1000"},
            validate=required())  # fmt: skip
AMOUNT = field("number", "amount", "金額")


def values_of(definition, values, outcome="submit", **scope):
    return submit_values(definition, values, outcome, context(**scope)).values


def messages_of(definition, values, outcome="submit", **scope):
    with pytest.raises(FormInvalid) as invalid:
        submit_values(definition, values, outcome, context(**scope))
    return invalid.value.fields


def test_a_hidden_field_is_neither_asked_nor_kept():
    definition = form(AMOUNT, WHY)

    assert values_of(definition, {"amount": "９９９", "why": "古い"}) == {"amount": 999}
    assert messages_of(definition, {"amount": "1,000"}) == {"why": ["「理由」を入力してください。"]}
    assert names(view(definition, {"amount": "10"}, context())) == ["amount"]
    assert names(view_posted(definition, {"amount": ["１，０００"]}, context())) == [
        "amount",
        "why",
    ]


def test_a_condition_that_cannot_be_computed_hides_nothing():
    unclear = field("textfield", "y", conditional={"hide": "=missing > 3"})

    assert "y" in names(view(form(unclear), {}, context()))


def test_a_hidden_field_counts_as_empty_for_other_conditions_wherever_they_stand():
    last = field("textfield", "last", conditional={"hide": "=mid = null"})
    middle = field("textfield", "mid", conditional={"hide": '=first != "show"'})
    definition = form(last, middle, field("textfield", "first"))

    assert values_of(definition, {"last": "a", "mid": "b", "first": "no"}) == {"first": "no"}
    assert values_of(definition, {"last": "a", "mid": "b", "first": "show"}) == {
        "last": "a",
        "mid": "b",
        "first": "show",
    }


def test_conditions_that_contradict_each_other_come_to_an_end():
    one = field("textfield", "a", conditional={"hide": "=b = null"})
    two = field("textfield", "b", conditional={"hide": "=a != null"})

    assert set(values_of(form(one, two), {"a": "1", "b": "1"})) <= {"a", "b"}


def test_conditions_see_the_facts_of_the_case_and_computed_fields():
    double = {"type": "expression", "key": "double", "expression": "=amount * factor"}
    definition = form(
        AMOUNT, double, field("textfield", "y", conditional={"hide": "=double < 100"})
    )

    assert values_of(definition, {"amount": 40, "y": "a"}, variables={"factor": 2}) == {
        "amount": 40,
        "double": 80,
    }
    assert values_of(definition, {"amount": 40, "y": "a"}, variables={"factor": 3})["y"] == "a"


def test_a_row_sees_itself_then_its_parent():
    inner = field("textfield", "note", conditional={"hide": "=kind != parent.kind"})
    rows = {"type": "dynamiclist", "path": "rows", "label": "一覧",
            "components": [field("textfield", "kind"), inner]}  # fmt: skip
    definition = form(rows, field("textfield", "kind"))

    found = values_of(
        definition,
        {"kind": "a", "rows": [{"kind": "a", "note": "1"}, {"kind": "b", "note": "2"}]},
    )

    assert found["rows"] == [{"kind": "a", "note": "1"}, {"kind": "b"}]


def test_a_hidden_group_takes_everything_inside_along():
    inner = field("textfield", "y", validate=required())
    plain = {"type": "group", "label": "組", "components": [inner]}
    definition = form(AMOUNT, {**plain, "conditional": {"hide": "=amount = 1"}})

    assert values_of(definition, {"amount": 1, "y": "a"}) == {"amount": 1}
    assert list(messages_of(definition, {"amount": 2})) == ["y"]


def test_a_read_only_field_keeps_its_prefilled_value():
    definition = form(field("textfield", "name", readonly=True), AMOUNT)
    given = context(prefill={"name": "元の値", "amount": "5"})

    forged = submit_posted(definition, {"name": ["別の値"], "amount": ["7"]}, None, given)
    assert forged.values == {"name": "元の値", "amount": 7}
    drawn = find(view_posted(definition, {"name": ["別の値"]}, given), "name")
    assert (drawn.value, drawn.readonly, drawn.text) == ("元の値", True, "元の値")
    assert find(view(definition, {"name": "古い下書き"}, given), "name").value == "元の値"


def test_a_program_may_send_a_read_only_value_back_but_not_change_it():
    definition = form(field("number", "n", "人数", disabled=True))

    assert values_of(definition, {"n": "5.0"}, prefill={"n": "5"}) == {"n": 5}
    assert "変更できません" in messages_of(definition, {"n": 6}, prefill={"n": "5"})["n"][0]


def test_a_field_may_be_read_only_under_a_condition():
    locked = field("textfield", "name", readonly="=amount > 10")
    definition = form(locked, AMOUNT)

    kept = {"prefill": {"name": "元"}}
    assert (
        submit_posted(definition, {"name": ["新"], "amount": ["11"]}, None, context(**kept)).values[
            "name"
        ]
        == "元"
    )
    assert (
        submit_posted(definition, {"name": ["新"], "amount": ["9"]}, None, context(**kept)).values[
            "name"
        ]
        == "新"
    )


def test_a_computed_field_is_never_taken_from_outside():
    definition = form(
        AMOUNT, {"type": "expression", "key": "twice", "label": "倍", "expression": "=amount*2"}
    )

    assert "計算される" in messages_of(definition, {"amount": 1, "twice": 99})["twice"][0]
    posted = submit_posted(definition, {"amount": ["1"], "twice": ["99"]}, None, context())
    assert posted.values == {"amount": 1, "twice": 2}
    assert find(view(definition, {"amount": "1,500"}, context()), "twice").text == "3,000"


TWO_BUTTONS = (
    AMOUNT,
    field("textfield", "name", "名前", validate=required()),
    field("textarea", "comment", "コメント"),
    {"type": "group", "path": "g", "label": "組", "components": [field("textfield", "inner")]},
    button("approve", "承認"),
    button("return", "差戻し", require="comment", only="comment,g.inner"),
)


def test_an_outcome_may_ask_for_a_field_and_leave_the_others_alone():
    definition = form(*TWO_BUTTONS)

    assert messages_of(definition, {}, "return") == {
        "comment": ["「コメント」を入力してください。"]
    }
    sent = {"comment": "直して", "amount": "broken", "g": {"inner": "a"}}
    assert values_of(definition, sent, "return") == {"comment": "直して", "g": {"inner": "a"}}
    assert set(messages_of(definition, sent, "approve")) == {"amount", "name"}
    assert find(view(definition, {}, context(), outcome="return"), "comment").required
    assert not find(view(definition, {}, context()), "comment").required


def test_an_outcome_may_ask_for_a_row():
    rows = {
        "type": "dynamiclist",
        "path": "rows",
        "label": "条件",
        "components": [field("textfield")],
    }
    definition = form(rows, button("ok", "承認"), button("if", "条件付き", require="rows"))

    assert values_of(definition, {}, "ok") == {"rows": []}
    assert messages_of(definition, {"rows": [{}]}, "if") == {
        "rows": ["「条件」を1行以上入力してください。"]
    }


def test_a_button_may_hide_and_then_cannot_be_pressed():
    extend = {**button("extend", "展開"), "conditional": {"hide": "=not(done)"}}
    definition = form(button("ok", "終わる"), extend)

    assert values_of(definition, {}, "extend", variables={"done": True}) == {}
    hidden = view(definition, {}, context(variables={"done": False}))
    assert [one.key for one in hidden.outcomes] == ["ok"]
    assert "outcome" in messages_of(definition, {}, "extend", variables={"done": False})


@pytest.mark.parametrize("outcome", ["", None, "nonsense"])
def test_an_unknown_button_is_refused(outcome):
    assert "approve" in messages_of(form(*TWO_BUTTONS), {}, outcome)["outcome"][0]


def test_bounds_and_options_may_depend_on_values_and_facts():
    high = field("number", "part", "内数", validate={"max": "=amount", "min": "=floor"})
    pick = field("select", "pick", "月", valuesExpression="=for m in 1..amount return m")
    definition = form(AMOUNT, high, pick)
    drawn = view(definition, {"amount": "３"}, context(variables={"floor": 1}))

    assert (find(drawn, "part").minimum, find(drawn, "part").maximum) == ("1", "3")
    assert find(drawn, "pick").options == (Option("1", "1"), Option("2", "2"), Option("3", "3"))
    assert set(messages_of(definition, {"amount": 3, "part": 4, "pick": "4"})) == {"part", "pick"}


def test_an_options_list_nobody_provides_is_the_forms_fault_not_the_users():
    definition = form(field("select", valuesKey="planets"))

    for act in (
        lambda: view(definition, {}, context()),
        lambda: submit_values(definition, {}, None, context()),
        lambda: describe(definition, context()),
    ):
        with pytest.raises(Refused, match="planets"):
            act()


def test_misspelt_functions_lists_and_names_are_found_before_publication():
    definition = form(
        field("select", "s", valuesKey="planets"),
        field("number", "n", conditional={"hide": "=today() > s"}, validate={"max": "=amont"}),
        field("number", "m", validate={"max": "=n + facts.limit + tody()"}),
    )
    given = {"functions": {"today"}, "options": {"units"}}

    def found(**more):
        return [
            (one.element, one.message) for one in unknown_references(definition, **given, **more)
        ]

    assert found() == [
        ("s", "選択肢の一覧「planets」はありません。"),
        ("m", "式「n + facts.limit + tody()」の関数「tody」はありません。"),
    ]
    assert ("n", "式「amont」の名前「amont」はありません。") in found(variables={"facts"})
    assert not any(
        "facts" in message and "名前" in message for _e, message in found(variables={"facts"})
    )
