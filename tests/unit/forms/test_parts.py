"""How a page arranges a form: what matters for one outcome alone is folded under its name."""

from dxflow.errors import Invalid
from dxflow.forms import FormDefinition, FormView, view, view_posted
from tests.unit.forms.samples import button, context, field, form

REASON, DAY = field("textarea", "reason", "理由"), field("textfield", "day", "決裁の日")
WISHES = field("textarea", "wishes", "条件")
BACK = field("radio", "back", "戻す先", values=[{"value": "again", "label": "もう一度"}])
BUTTONS = (
    button("approve", "承認", tone="primary", only="reason,day"),
    button("conditions", "条件付き", only="reason,wishes", require="wishes"),
    button("send_back", "差戻し", only="reason,back"),
)


def folds(view: FormView) -> list[tuple[str, list[str], bool]]:
    """Return (outcome or "", fields, open) of each part."""
    return [
        (part.outcome.label if part.outcome else "", [one.key for one in part.fields], part.open)
        for part in view.parts
    ]


def shown(definition: FormDefinition, **values: str) -> list[tuple[str, list[str], bool]]:
    return folds(view(definition, values, context()))


def test_a_field_of_one_outcome_is_folded_and_what_the_leading_one_asks_is_not():
    assert shown(form(REASON, WISHES, BACK, DAY, *BUTTONS)) == [
        ("", ["reason"], False),
        ("条件付き", ["wishes"], False),
        ("差戻し", ["back"], False),
        ("", ["day"], False),
    ]


def test_every_field_stands_in_just_one_part_in_the_order_of_the_form():
    drawn = view(form(WISHES, REASON, DAY, BACK, *BUTTONS), {}, context())
    assert [one for part in drawn.parts for one in part.fields] == list(drawn.fields)


def test_neighbours_of_the_same_outcome_share_a_fold():
    owner = field("textfield", "owner", "負う課")
    both = button("conditions", "条件付き", only="reason,wishes,owner")
    assert shown(form(REASON, WISHES, owner, DAY, BUTTONS[0], both), wishes="報告") == [
        ("", ["reason"], False),
        ("条件付き", ["wishes", "owner"], True),
        ("", ["day"], False),
    ]


def test_a_fold_is_open_when_something_stands_in_it_or_is_wrong_with_it():
    definition = form(REASON, DAY, WISHES, BACK, *BUTTONS)
    assert shown(definition, back="again") == [
        ("", ["reason", "day"], False),
        ("条件付き", ["wishes"], False),
        ("差戻し", ["back"], True),
    ]
    wrong = Invalid("", {"wishes": ["条件を書いてください。"]})
    posted = view_posted(definition, {"reason": ["理由"]}, context(), wrong, "conditions")
    assert folds(posted)[1] == ("条件付き", ["wishes"], True)


def test_a_list_with_rows_is_open_and_one_without_is_not():
    rows = field(
        "dynamiclist", "", "条件", path="wishes", defaultRepetitions=0, allowAddRemove=True
    )
    rows["components"] = [field("textfield", "text", "条件")]
    del rows["key"]
    definition = form(REASON, DAY, rows, *BUTTONS[:2])
    assert shown(definition)[1] == ("条件付き", ["wishes"], False)
    drawn = view(definition, {"wishes": [{"text": ""}]}, context())
    assert folds(drawn)[1] == ("条件付き", ["wishes"], True)


def test_nothing_is_folded_where_there_is_one_button_or_none_says_what_counts():
    whole = [("", ["reason", "wishes"], False)]
    assert shown(form(REASON, WISHES, button("submit", "提出", only="reason,wishes"))) == whole
    every = (button("agree", "同意", tone="primary"), button("object", "不同意", require="reason"))
    assert shown(form(REASON, WISHES, *every)) == whole
