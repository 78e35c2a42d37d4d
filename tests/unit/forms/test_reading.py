"""What a form file must be, and how its author learns what is wrong."""

import json

import pytest

from dxflow.forms import FieldFact, Option, read
from dxflow.problems import Refused
from tests.unit.forms.samples import CHOICES, button, field, form, form_text, project_sheet


def problems(text: str | bytes) -> list[tuple[str, int, str, str]]:
    with pytest.raises(Refused) as refused:
        read(text, "forms/x.form")
    for problem in refused.value.problems:
        assert problem.file == "forms/x.form"
    return [(p.code, p.line, p.element, p.message) for p in refused.value.problems]


def test_a_form_gives_its_key_title_fields_and_outcomes():
    sheet = project_sheet()

    assert (sheet.key, sheet.title, sheet.file) == ("project_sheet", "取組個票", "sample.form")
    assert [outcome.key for outcome in sheet.outcomes] == ["submit", "return"]
    facts = {fact.path: fact for fact in sheet.fields()}
    assert facts["contact"] == FieldFact("contact", "担当者名", "textfield", True, ())
    assert facts["kpis.targets.year"].kind == "number"
    assert facts["cost"].kind == "group"
    assert facts["start"].kind == "date"
    assert facts["bpr"].options == (Option("yes", "はい"), Option("no", "いいえ"))
    assert len(facts) == len(sheet.fields()) == 27


def test_a_single_plain_button_has_the_outcome_submit():
    (outcome,) = form(field("textfield")).outcomes

    assert (outcome.key, outcome.label, outcome.tone) == ("submit", "提出", "primary")
    assert outcome.only is None


def test_personal_groups_make_their_fields_personal():
    inner = field("textfield", "phone")
    group = {"type": "group", "path": "who", "label": "人", "components": [inner]}
    sheet = form({**group, "properties": {"pii": "true"}})

    assert [fact.pii for fact in sheet.fields()] == [True, True]


def test_the_digest_is_of_the_meaning_not_of_the_tool():
    one = form_text(field("textfield", id="F1", layout={"row": "1"}), exporter={"name": "a"})
    two = json.dumps(json.loads(form_text(field("textfield", id="F2"))), indent=8)

    assert read(one, "a").digest == read(two, "b").digest
    assert read(one, "a").digest != read(one.replace("項目", "品目"), "a").digest
    assert len(read(one, "a").digest) == 64


REFUSED_COMPONENTS = {
    "unknown type": (field("slider"), "form.type", "slider"),
    "no type": ({"key": "x", "label": "a"}, "form.type", ""),
    "html": ({"type": "html", "content": "<b>"}, "form.type", "外の命令"),
    "iframe": ({"type": "iframe", "url": "https://x"}, "form.type", "外部の内容"),
    "document preview": ({"type": "documentPreview"}, "form.type", "外部の内容"),
    "no key": ({"type": "textfield", "label": "a"}, "form.key", "keyがありません"),
    "Japanese key": (field("textfield", "題名"), "form.key", "題名"),
    "dotted key": (field("textfield", "a.b"), "form.key", "a.b"),
    "FEEL word": (field("textfield", "if"), "form.key", "FEELの語"),
    "literal": (field("textfield", "null"), "form.key", "FEELの語"),
    "list without path": ({"type": "dynamiclist", "label": "a", "components": []}, "form.key", "path"),
    "no label": ({"type": "number", "key": "x"}, "form.label", "ラベル"),
    "template label": (field("number", label="{{name}}"), "form.template", "label"),
    "FEEL label": (field("number", label="=name"), "form.template", "label"),
    "broken hide": (field("number", conditional={"hide": "=a +"}), "form.feel", "hide"),
    "broken readonly": (field("number", readonly="=("), "form.feel", "readonly"),
    "broken min": (field("number", validate={"min": "=1 1"}), "form.feel", "min"),
    "min that is no number": (field("number", validate={"min": "many"}), "form.bound", "min"),
    "min over max": (field("number", validate={"min": 3, "max": 2}), "form.range", "min"),
    "misspelt rule": (field("number", validate={"requierd": True}), "form.property", "requierd"),
    "misspelt property": (field("number", properties={"pi": "true"}), "form.property", "pi"),
    "odd width": (field("number", properties={"width": "wide"}), "form.width", "width"),
    "odd flag": (field("number", properties={"pii": "yes"}), "form.flag", "pii"),
    "odd subtype": (field("datetime", subtype="week"), "form.subtype", "subtype"),
    "odd count": (field("textfield", validate={"maxLength": -1}), "form.count", "maxLength"),
    "dangerous pattern": (field("textfield", validate={"pattern": "(a+)+"}), "form.pattern", "長さ"),
    "no options": (field("select"), "form.options", "選択肢がありません"),
    "two sources": (field("select", values=CHOICES, valuesKey="u"), "form.options", "二つ以上"),
    "same option twice": (field("radio", values=CHOICES * 2), "form.options", "life"),
    "bad options formula": (field("radio", valuesExpression="=["), "form.feel", "valuesExpression"),
    "default not offered": (field("radio", values=CHOICES, defaultValue="z"), "form.default", "選択肢"),
    "unreadable default": (field("number", defaultValue="many"), "form.default", "数字"),
    "empty expression": ({"type": "expression", "key": "x"}, "form.feel", "expression"),
    "table of columns by formula": (
        {"type": "table", "dataSource": "=rows", "columnsExpression": "=c"}, "form.columns", "columns"),
    "reset button": ({"type": "button", "action": "reset", "label": "消す"}, "form.button", "submit"),
    "button without text": (button("ok", ""), "form.button", "文字"),
    "misspelt button property": (button("ok", "可", requires="x"), "form.property", "requires"),
    "unknown tone": (button("ok", "可", tone="pink"), "form.button", "tone"),
    "require of nothing": (button("ok", "可", require="nowhere"), "form.button", "nowhere"),
    "only of nothing": (button("ok", "可", only="nowhere"), "form.button", "nowhere"),
    "odd outcome": (button("承認", "承認"), "form.button", "outcome"),
    "component that is none": ("text", "form.list", "components"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED_COMPONENTS)
def test_a_component_that_would_not_be_obeyed_is_refused(name):
    component, code, words = REFUSED_COMPONENTS[name]
    parts = [component] if isinstance(component, str) else [component, button("go", "進む")]
    whole = {"type": "default", "id": "x", "schemaVersion": 19, "components": parts}

    found = problems(json.dumps(whole, ensure_ascii=False, indent=1))

    assert any(code == one[0] and words in one[3] for one in found), found


def test_every_problem_is_told_at_once_with_its_line():
    text = """{"type": "default", "id": "x", "schemaVersion": 19,
 "components": [
  {"type": "textfield", "key": "name", "label": "名前"},
  {"type": "textfield", "key": "name", "label": "名前"},
  {"type": "html", "id": "H1"},
  {"type": "number", "key": "n", "label": "数",
   "conditional": {"hide": "=1 +"}}
 ]}"""

    assert [one[:3] for one in problems(text)] == [
        ("form.button", 1, "x"),
        ("form.key", 4, "name"),
        ("form.type", 5, "H1"),
        ("form.feel", 7, "n"),
    ]


def test_a_broken_expression_is_shown_with_its_column():
    with pytest.raises(Refused) as refused:
        form(field("number", conditional={"hide": "=a > 1 andd"}))

    (problem,) = refused.value.problems
    assert problem.column > 1
    assert "a > 1 andd" in problem.hint


BROKEN_FILES = {
    "cut": ('{"type": "default",\n "id": ', 2),
    "comma": ('{"type": "default",\n "id": "a"\n "b": 1}', 3),
    "repeated name": ('{"id": "a",\n "id": "b"}', 2),
    "not a number": ('{"id":\n NaN}', 2),
    "endless number": ('{"id": 1e999999999999999999999}', 1),
    "long number": ('{"id": ' + "9" * 5000 + "}", 1),
    "deep": ("[" * 5000, 1),
    "trailing": ('{"id": "a"}\n}', 2),
    "half a character": ('{"id": "\\ud800"}', 1),
    "no object": ("[]", 1),
    "nothing": ("", 1),
    "not UTF-8": (b'{"id":\n "\x83\x65"}', 2),
}


@pytest.mark.parametrize("name", BROKEN_FILES)
def test_a_file_that_is_no_json_is_refused_with_its_line(name):
    text, line = BROKEN_FILES[name]

    ((code, where, _element, _message),) = problems(text)

    assert code in ("form.json", "form.encoding")
    assert where == line


def test_a_huge_file_is_not_even_read():
    assert problems(" " * 1_000_001)[0][0] == "form.size"


@pytest.mark.parametrize(
    ("root", "code"),
    [({"schemaVersion": 20}, "schema"), ({"type": "form"}, "root"), ({"id": "個票"}, "id")],
)
def test_a_form_of_another_kind_is_refused(root, code):
    assert f"form.{code}" in [one[0] for one in problems(form_text(field("number"), **root))]


def test_several_buttons_need_an_outcome_each():
    two = form_text(button("", "承認"), button("", "却下"))

    assert [one[0] for one in problems(two)] == ["form.button", "form.button"]


def test_what_a_button_requires_must_be_kept_by_it():
    text = form_text(
        field("textfield"), field("textfield", "y"), button("a", "A", require="x", only="y")
    )

    assert "requireの「x」がonlyに入っていません" in problems(text)[0][3]


def test_nesting_has_an_end():
    deep = field("textfield")
    for _level in range(6):
        deep = {"type": "group", "label": "組", "components": [deep]}

    assert "form.depth" in [one[0] for one in problems(form_text(deep))]


def test_a_read_only_field_may_not_stand_in_rows_that_move():
    inner = field("textfield", readonly=True)
    rows = {"type": "dynamiclist", "path": "rows", "label": "一覧", "components": [inner]}

    assert problems(form_text(rows))[0][0] == "form.readonly"
    assert form({**rows, "allowAddRemove": False}).fields()


def test_keys_may_repeat_in_other_groups_but_not_in_groups_without_path():
    inside = {"type": "group", "label": "組", "components": [field("textfield")]}

    assert form(field("textfield"), {**inside, "path": "g"})
    assert problems(form_text(field("textfield"), inside))[0][0] == "form.key"


def test_a_byte_order_mark_is_no_harm():
    assert read(b"\xef\xbb\xbf" + form_text(field("number")).encode(), "x").key == "sample"
