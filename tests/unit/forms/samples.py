"""Forms for the tests, and a browser that posts exactly what a drawn page would."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from dxflow.forms import Context, FieldView, FormDefinition, FormView, Option, read

TODAY = date(2026, 11, 21)
SUBMIT = {"type": "button", "action": "submit", "label": "提出"}


def context(**changes: Any) -> Context:
    options = {
        "units": [Option("kikaku", "経営企画課"), Option("shimin", "市民課")],
        "tools": [Option("rpa", "RPA"), Option("ai", "生成AI")],
    }
    given = {"options": options, "variables": {}, "functions": {}, "today": TODAY, **changes}
    return Context(**given)


def form_text(*components: dict[str, Any], **root: Any) -> str:
    """Return a form with the components and, unless there is one, a submit button."""
    parts = list(components)
    if not any(part.get("type") == "button" for part in parts):
        parts.append(SUBMIT)
    whole = {"type": "default", "id": "sample", "schemaVersion": 19, "components": parts, **root}
    return json.dumps(whole, ensure_ascii=False, indent=1)


def form(*components: dict[str, Any], **root: Any) -> FormDefinition:
    return read(form_text(*components, **root), "sample.form")


def field(kind: str, key: str = "x", label: str = "項目", **more: Any) -> dict[str, Any]:
    return {"type": kind, "key": key, "label": label, **more}


def required(**more: Any) -> dict[str, Any]:
    return {"required": True, **more}


def button(outcome: str, label: str, **properties: str) -> dict[str, Any]:
    given = {"outcome": outcome, **properties}
    return {"type": "button", "action": "submit", "label": label, "properties": given}


CHOICES = [{"value": "life", "label": "暮らしのDX"}, {"value": "office", "label": "市役所のDX"}]

PROJECT_SHEET = (
    {"type": "text", "id": "T1", "text": "# 取組個票\n\n取組の内容を書いてください。"},
    field("textfield", "title", "取組名", validate=required(maxLength=60)),
    field("select", "class", "分類", values=CHOICES, validate=required()),
    field("checklist", "tools", "活用する手法", valuesKey="tools"),
    field("textarea", "issue", "現状と課題", validate=required(maxLength=2000)),
    field("select", "lead", "主管課", valuesKey="units", validate=required()),
    field("textfield", "contact", "担当者名", properties={"pii": "true"}),
    {
        "type": "group",
        "path": "cost",
        "label": "費用",
        "components": [
            field(
                "number",
                "initial",
                "初期費用",
                decimalDigits=0,
                validate=required(min=0, max=9_999_999_999),
                appearance={"suffixAdorner": "円"},
            ),
            field(
                "textarea",
                "reason",
                "100万円以上となる理由",
                conditional={"hide": "=initial = null or initial < 1000000"},
                validate=required(),
            ),
        ],
    },
    {
        "type": "dynamiclist",
        "path": "kpis",
        "label": "KPI",
        "properties": {"min_rows": "1", "max_rows": "20"},
        "components": [
            field("textfield", "name", "指標名", validate=required(maxLength=60)),
            field("select", "direction", "向き", defaultValue="up", validate=required(),
                  values=[{"value": "up", "label": "増やす"}, {"value": "down", "label": "減らす"}]),
            field("number", "baseline", "基準値", validate=required()),
            {
                "type": "dynamiclist",
                "path": "targets",
                "label": "目標",
                "components": [
                    field("number", "year", "年度", decimalDigits=0, validate=required(min=2020)),
                    field("number", "value", "目標値", validate=required(min="=0")),
                ],
            },
            field("textfield", "why", "減らす理由", conditional={"hide": '=direction != "down"'},
                  validate=required()),
        ],
    },
    {
        "type": "dynamiclist",
        "path": "steps",
        "label": "作業",
        "components": [
            field("textfield", "name", "作業名", validate=required()),
            field("number", "count", "年間件数", validate=required(min=0)),
            field("number", "minutes", "1件あたりの分", validate=required(min=0)),
            {"type": "expression", "key": "hours", "label": "年間時間",
             "expression": "=count * minutes / 60"},
        ],
    },
    {"type": "expression", "key": "total_hours", "label": "合計時間",
     "expression": "=sum(for s in steps return s.hours)"},
    field("datetime", "start", "開始予定日", subtype="date", dateLabel="開始予定日",
          disallowPassedDates=True, validate=required()),
    field("radio", "bpr", "BPRの実施", values=[{"value": "yes", "label": "はい"},
                                            {"value": "no", "label": "いいえ"}], validate=required()),
    field("checkbox", "agree", "記載内容に誤りはありません", validate=required()),
    button("submit", "提出", tone="primary"),
    button("return", "差し戻す", tone="secondary", require="comment", only="comment"),
    field("textarea", "comment", "コメント"),
)  # fmt: skip


def project_sheet() -> FormDefinition:
    return form(*PROJECT_SHEET, id="project_sheet")


def project_values() -> dict[str, Any]:
    """A complete project sheet as a program sends it."""
    return {
        "title": "窓口の予約",
        "class": "life",
        "tools": ["rpa"],
        "issue": "待ち時間が長い。\n特に月曜。",
        "lead": "shimin",
        "contact": "前橋 花子",
        "cost": {"initial": "1,500,000", "reason": "機器が要る"},
        "kpis": [
            {"name": "待ち時間", "direction": "down", "baseline": 20, "why": "短いほどよい",
             "targets": [{"year": 2027, "value": "12.5"}, {"year": 2028, "value": "10"}]},
            {"name": "予約数", "direction": "up", "baseline": "0", "targets": []},
        ],
        "steps": [
            {"name": "受付", "count": "２，０００", "minutes": 15},
            {"name": "照合", "count": 600, "minutes": "10"},
        ],
        "start": "2027-04-01",
        "bpr": "yes",
        "agree": True,
    }  # fmt: skip


PROJECT_CLEANED = {
    "title": "窓口の予約",
    "class": "life",
    "tools": ["rpa"],
    "issue": "待ち時間が長い。\n特に月曜。",
    "lead": "shimin",
    "contact": "前橋 花子",
    "cost": {"initial": Decimal(1_500_000), "reason": "機器が要る"},
    "kpis": [
        {"name": "待ち時間", "direction": "down", "baseline": Decimal(20), "why": "短いほどよい",
         "targets": [{"year": Decimal(2027), "value": Decimal("12.5")},
                     {"year": Decimal(2028), "value": Decimal(10)}]},
        {"name": "予約数", "direction": "up", "baseline": Decimal(0), "targets": []},
    ],
    "steps": [
        {"name": "受付", "count": Decimal(2000), "minutes": Decimal(15), "hours": Decimal(500)},
        {"name": "照合", "count": Decimal(600), "minutes": Decimal(10), "hours": Decimal(100)},
    ],
    "total_hours": Decimal(600),
    "start": date(2027, 4, 1),
    "bpr": "yes",
    "agree": True,
    "comment": None,
}  # fmt: skip


def posted_by(drawn: FormView, outcome: str = "") -> dict[str, list[str]]:
    """Return what a browser posts for an untouched page."""
    posted = dict(_posted(drawn.fields))
    posted["_csrf"] = ["token"]
    if outcome:
        posted["_outcome"] = [outcome]
    return posted


def _posted(fields: tuple[FieldView, ...]) -> Iterator[tuple[str, list[str]]]:
    for one in fields:
        yield from _posted(one.children)
        if one.kind == "list":
            for row in one.rows:
                yield from _posted(row)
        elif one.readonly or one.kind in ("text", "separator", "group", "table", "expression"):
            continue
        elif one.kind == "checkbox":
            if one.value:
                yield one.name, ["true"]
        elif one.kind == "checklist":
            if one.value:
                yield one.name, list(one.value)
        elif one.kind == "radio":
            if one.value:
                yield one.name, [one.value]
        else:
            yield (
                one.name,
                ["\r\n".join(one.value.replace("\r\n", "\n").split("\n"))]
                if "\n" in one.value
                else [one.value],
            )


def find(drawn: FormView, name: str) -> FieldView:
    return next(one for one in _all(drawn.fields) if one.name == name)


def names(drawn: FormView) -> list[str]:
    return [one.name for one in _all(drawn.fields) if one.name]


def _all(fields: tuple[FieldView, ...]) -> Iterator[FieldView]:
    for one in fields:
        yield one
        yield from _all(one.children)
        for row in one.rows:
            yield from _all(row)
