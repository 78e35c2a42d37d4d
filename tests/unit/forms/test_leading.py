"""A page that leads with some outcomes: the others are folded with what they ask."""

from dxflow.errors import Invalid
from dxflow.forms import FormView, led, view, view_posted
from tests.unit.forms.samples import button, context, field, form

REASON, DAY = field("textarea", "reason", "理由"), field("textfield", "day", "決裁の日")
WISHES, INTRO = (
    field("textarea", "wishes", "条件"),
    {"type": "text", "id": "t", "text": "決裁します"},
)
BUTTONS = (
    button("approve", "承認", tone="primary", only="reason,day"),
    button("conditions", "条件付き", only="reason,wishes", require="reason,wishes"),
    button("reject", "否決", tone="danger", only="reason"),
)
FORM = form(INTRO, REASON, DAY, WISHES, *BUTTONS)
EVERY = {"approve", "conditions", "reject"}


def keys(parts) -> list[str]:
    return [one.key for part in parts for one in part.fields]


def page(*leading: str, offered: set[str] = EVERY, **values: str) -> FormView:
    return led(view(FORM, values, context()), leading, offered)


def test_what_others_ask_and_what_nobody_asks_is_folded():
    found = page("approve")
    assert [one.key for one in found.outcomes] == ["approve"]
    assert [one.key for one in found.others] == ["conditions", "reject"]
    assert (keys(found.parts), keys(found.aside)) == (["", "reason"], ["day", "wishes"])
    assert not found.aside_open


def test_what_the_leading_outcome_asks_stays_in_sight_and_its_button_leads():
    found = page("conditions", offered={"conditions", "reject"})
    assert [(one.key, one.tone) for one in found.outcomes] == [("conditions", "primary")]
    assert keys(found.parts) == ["", "reason", "wishes"]
    assert [(one.key, one.tone) for one in found.others] == [("reject", "danger")]
    assert keys(found.aside) == []


def test_what_is_not_offered_is_left_out_with_its_fields():
    found = page("approve", offered={"approve"})
    assert (found.others, keys(found.aside)) == ((), ["reason", "day"])
    assert "wishes" not in keys(found.parts)


def test_the_fold_is_open_when_something_stands_in_it_or_one_of_its_buttons_was_pressed():
    assert page("approve", wishes="毎年報告").aside_open
    refused = Invalid("", {"reason": ["理由を書いてください。"]})
    again = view_posted(FORM, {"reason": [""]}, context(), refused, "reject")
    assert led(again, ["approve"], EVERY, "reject").aside_open
    assert not led(again, ["approve"], EVERY, "approve").aside_open


def test_one_button_of_several_alike_leads_before_the_others():
    found = page("reject", "approve", offered={"approve", "reject"})
    assert [(one.key, one.tone) for one in found.outcomes] == [
        ("reject", "primary"), ("approve", "secondary"),
    ]  # fmt: skip
