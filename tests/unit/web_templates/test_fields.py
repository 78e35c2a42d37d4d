"""How a field is drawn: label, help and errors are tied to the control, typed values are kept."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from jinja2 import Environment
from lxml import html

KINDS = [
    "textfield", "textarea", "number", "date", "time", "datetime", "checkbox", "checklist",
    "radio", "select", "text", "separator", "group", "list", "expression", "table",
]  # fmt: skip
CONTROLS = ["textfield", "textarea", "number", "date", "time", "datetime", "select"]


@dataclass(frozen=True)
class Option:
    value: str
    label: str


def field(kind: str, **given: Any) -> SimpleNamespace:
    """A FieldView of the kind with everything empty but what is given."""
    empty: dict[str, Any] = {
        "kind": kind, "key": "cost", "name": "cost", "id": "f-cost", "label": "費用", "help": "",
        "required": False, "readonly": False, "value": "", "errors": (), "minimum": "",
        "options": (Option("a", "甲"), Option("b", "乙")), "maximum": "", "max_length": None,
        "step": "", "inputmode": "", "width": "", "unit": "", "pii": False, "children": (),
        "rows": (), "add_label": "", "may_add": True, "may_remove": True, "text": "",
        "refers": "",
    }  # fmt: skip
    columns: dict[str, SimpleNamespace] = {}
    for child in (child for row in given.get("rows", ()) for child in row):
        columns.setdefault(child.key, child)
    return SimpleNamespace(**{**empty, "columns": (*columns.values(),), **given})


def drawn(pages: Environment, view: SimpleNamespace) -> html.HtmlElement:
    macros: Any = pages.get_template("macros/forms.html").module
    return html.fromstring(f"<main>{macros.draw_field(view)}</main>")


def texts_of(tree: html.HtmlElement, ids: str | None) -> str:
    return " ".join(tree.get_element_by_id(each).text_content() for each in (ids or "").split())


def test_every_kind_of_field_has_its_partial(pages: Environment) -> None:
    for kind in KINDS:
        assert drawn(pages, field(kind)) is not None


@pytest.mark.parametrize("kind", CONTROLS)
def test_label_help_and_errors_belong_to_the_control(pages: Environment, kind: str) -> None:
    view = field(kind, help="税込で書きます", errors=("数字ではありません",), required=True)
    tree = drawn(pages, view)
    control = tree.get_element_by_id("f-cost")
    assert control.get("name") == "cost"
    (label,) = tree.xpath("//label[@for='f-cost']")
    assert "費用" in label.text_content()
    assert "※必須" in label.text_content()
    described = texts_of(tree, control.get("aria-describedby"))
    assert "税込で書きます" in described
    assert "数字ではありません" in described
    assert control.get("aria-invalid") == "true"
    assert control.get("aria-required") == "true"


@pytest.mark.parametrize("kind", ["radio", "checklist"])
def test_choices_share_a_legend_and_the_summary_can_lead_to_the_first(
    pages: Environment, kind: str
) -> None:
    tree = drawn(pages, field(kind, value="b" if kind == "radio" else ["b"], errors=("選択",)))
    assert "費用" in tree.xpath("//fieldset/legend")[0].text_content()
    assert "選択" in texts_of(tree, tree.xpath("//fieldset")[0].get("aria-describedby"))
    assert tree.get_element_by_id("f-cost").get("value") == "a"
    assert tree.xpath("//input[@checked]/@value") == ["b"]


@pytest.mark.parametrize("kind", ["textfield", "textarea", "number"])
def test_what_was_typed_is_kept_and_never_becomes_markup(pages: Environment, kind: str) -> None:
    typed = '５百万 "<script>alert(1)</script>'
    control = drawn(pages, field(kind, value=typed)).get_element_by_id("f-cost")
    kept = control.text_content().removeprefix("\n") if kind == "textarea" else control.get("value")
    assert kept == typed


def test_a_leading_empty_line_in_a_text_area_survives(pages: Environment) -> None:
    source = str(
        pages.get_template("macros/forms.html").module.draw_field(  # type: ignore[attr-defined]
            field("textarea", value="\n二行目")
        )
    )
    assert ">\n\n二行目</textarea>" in source


@pytest.mark.parametrize(
    ("kind", "value", "shown"),
    [("select", "b", "乙"), ("radio", "b", "乙"), ("checklist", ["a", "b"], "甲、乙")],
)
def test_a_choice_that_may_only_be_read_is_shown_and_still_travels(
    pages: Environment, kind: str, value: Any, shown: str
) -> None:
    tree = drawn(pages, field(kind, value=value, text=shown, readonly=True))
    assert shown in tree.text_content()
    assert not tree.xpath("//select | //input[@type='radio' or @type='checkbox']")
    sent = tree.xpath("//input[@type='hidden' and @name='cost']/@value")
    assert sent == (value if isinstance(value, list) else [value])


def test_list_rows_can_be_added_and_removed_without_a_script(pages: Environment) -> None:
    rows = tuple(
        (field("textfield", name=f"kpis[{n}].name", id=f"f-kpis-{n}-name", label="指標名"),)
        for n in range(2)
    )
    tree = drawn(pages, field("list", key="kpis", name="kpis", label="指標", rows=rows))
    buttons = tree.xpath("//button[@name='_row' and @formnovalidate]/@value")
    assert buttons == ["remove:kpis:0", "remove:kpis:1", "add:kpis"]
    assert [label.text_content() for label in tree.xpath("//label")] == [
        "指標名（1行目）",
        "指標名（2行目）",
    ]


def test_a_list_that_may_not_change_has_no_row_buttons(pages: Environment) -> None:
    rows = ((field("textfield"),),)
    tree = drawn(pages, field("list", rows=rows, may_add=False, may_remove=False))
    assert not tree.xpath("//button")


def test_fields_of_a_group_stand_inside_its_fieldset(pages: Environment) -> None:
    child = field("number", name="cost.initial", id="f-cost-initial", label="初期費用", unit="円")
    tree = drawn(pages, field("group", children=(child,)))
    assert tree.xpath("//fieldset//input/@name") == ["cost.initial"]
    assert "単位: 円" in tree.xpath("//label")[0].text_content()


def test_text_blocks_become_headings_paragraphs_and_lists(pages: Environment) -> None:
    tree = drawn(pages, field("text", text="# 見出し\n\n本文\n\n- 一\n- 二"))
    assert tree.xpath("//h3/text()") == ["見出し"]
    assert tree.xpath("//p/text()") == ["本文"]
    assert tree.xpath("//li/text()") == ["一", "二"]


def test_the_error_summary_leads_to_each_field(pages: Environment) -> None:
    errors = [SimpleNamespace(id="f-cost", label="費用", message="数字ではありません")]
    macros: Any = pages.get_template("macros/forms.html").module
    tree = html.fromstring(str(macros.error_summary(errors)))
    assert tree.get("role") == "alert"
    (link,) = tree.xpath("//a")
    assert link.get("href") == "#f-cost"
    assert link.text_content() == "費用: 数字ではありません"
    assert str(macros.error_summary([])).strip() == ""


def test_only_one_button_is_primary_and_danger_stands_apart(pages: Environment) -> None:
    outcomes = [
        SimpleNamespace(key=key, label=key, tone=tone, require=(), only=None)
        for key, tone in [("approve", "primary"), ("also", "primary"), ("reject", "danger")]
    ]
    macros: Any = pages.get_template("macros/forms.html").module
    tree = html.fromstring(str(macros.outcome_buttons(outcomes)))
    assert tree.xpath("//button[contains(@class, 'primary')]/@value") == ["approve"]
    assert tree.xpath("//*[@class='buttons__apart']//button/@value") == ["reject"]


def test_no_template_carries_inline_script_or_style(pages: Environment) -> None:
    for name in pages.list_templates(["html"]):
        source = pages.loader.get_source(pages, name)[0] if pages.loader else ""
        tree = html.fromstring(source) if source.strip() else None
        if tree is None:
            continue
        assert not tree.xpath("//@style | //style"), name
        assert not tree.xpath("//@*[starts-with(name(), 'on')]"), name
        assert not tree.xpath("//script[not(@src) and not(@type='application/json')]"), name


def test_a_column_hidden_in_some_rows_keeps_the_others_in_line(pages: Environment) -> None:
    name, reason = field("textfield", key="name"), field("textarea", key="reason", label="理由")
    tree = drawn(pages, field("list", key="x", name="x", rows=((name,), (name, reason))))
    assert [head.text_content() for head in tree.xpath("//thead//th")] == ["行", "費用", "理由"]
    assert [len(row.xpath("./td")) for row in tree.xpath("//tbody/tr")] == [3, 3]


def test_every_row_says_that_it_is_there(pages: Environment) -> None:
    rows = ((field("checkbox", name="x[0].a"),), (field("checkbox", name="x[1].a"),))
    tree = drawn(pages, field("list", key="x", name="x", rows=rows))
    assert tree.xpath("//input[@type='hidden']/@name") == ["x[0]._", "x[1]._"]


def test_a_submitted_form_reads_as_a_document(pages: Environment) -> None:
    measure = (
        field("textfield", key="name", text="待ち時間"),
        field("number", key="t", text="15分"),
    )
    view = SimpleNamespace(
        fields=(
            field("textfield", key="title", label="取組名", text="窓口予約"),
            field("textarea", key="note", label="備考"),
            field("group", key="g", label="内訳", children=(field("number", text="3,200円"),)),
            field("list", key="kpis", label="指標", rows=(measure,)),
        )
    )
    macros: Any = pages.get_template("macros/reading.html").module
    tree = html.fromstring(str(macros.form_reading(view)))
    said = [part.strip() for part in tree.xpath("//dt/text()")]
    assert said == ["取組名", "備考", "内訳", "費用", "指標"]
    assert tree.xpath("./dd[1]/text()") == ["窓口予約"]
    assert tree.xpath("./dd[2]/text()") == ["―"]
    assert [cell.text_content() for cell in tree.xpath("//td")] == ["待ち時間", "15分"]
    assert not tree.xpath("//input | //select | //textarea")
