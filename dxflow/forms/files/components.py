"""One component of a form file -> `Component`, with every problem noted.

Property names are form-js's (schema version 19). `properties` is its free-form part; dxflow reads
`label.<lang>`, `help`, `pii`, `width`, `unit`, `min_rows`, `max_rows`, `add_label`,
`grouping` ("false" writes 2027, not 2,027), `cell` (a text that may be a number), `refers` (a text
that names a case) there.
"""

import re
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from dxflow.forms.coerce import Unreadable, canonical, read_value, said_of
from dxflow.forms.definition import (
    CELLS,
    INPUT_KINDS,
    MAX_ROWS,
    MAX_TEXT,
    ONE_OF_KINDS,
    REFERRED,
    TEXT_KINDS,
    Bound,
    Choices,
    Component,
    Rules,
)
from dxflow.forms.files.findings import Findings, element_of
from dxflow.forms.files.patterns import LONGEST_INPUT, why_refused
from dxflow.forms.files.source import Located
from dxflow.forms.formula import Formula, is_name
from dxflow.forms.shapes import Option
from dxflow.texts import gettext as _
from dxflow.texts import mark

KINDS = {
    **{name: name for name in INPUT_KINDS - {"date", "time", "datetime"}},
    **{name: name for name in ("text", "separator", "spacer", "group", "expression", "table")},
    "datetime": "date",  # by subtype
    "taglist": "checklist",
    "dynamiclist": "list",
    "filepicker": "select",  # of the files attached to the case; several where it says `multiple`
}
#: The options list of the files that are attached to a case.
FILES = "attachments"
_FILES_HELP = mark(
    "案件に添付したファイルから選びます。まだなら、先に「添付ファイル」の欄から添付してください。"
)
_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}", re.ASCII)
_WIDTHS = ("", "xs", "s", "m", "l", "full")
_PROPERTIES = frozenset(
    {"label", "help", "pii", "width", "unit", "min_rows", "max_rows", "add_label", "grouping"}
    | {"cell", "refers"}
)
_RULES = frozenset(
    {"required", "min", "max", "minLength", "maxLength", "pattern", "patternErrorMessage"}
    | {"validationType"}
)
_TAKEN = frozenset({"parent", "true", "false", "null"})


def read_component(node: Located, kind: str, findings: Findings) -> Component:
    """Return the component of a known type, without its inner components."""
    properties = findings.part(node, "properties")
    findings.only_known(properties, _PROPERTIES, "properties")
    if kind == "date":
        kind = _moment_kind(node, findings)
    picks_files = node.get("type") == "filepicker"
    if picks_files:
        kind = _file_kind(node, findings)
    component = Component(
        kind=kind,
        id=findings.text(node, "id") or f"c{node.line}",
        key=_key(node, kind, findings),
        line=node.line,
        label=_label(node, properties, kind, findings),
        labels=tuple(
            (name.removeprefix("label."), findings.text(properties, name))
            for name in properties
            if name.startswith("label.")
        ),
        help=findings.plain_text(properties, "help")
        or findings.plain_text(node, "description")
        or (_FILES_HELP if picks_files else ""),
        unit=_unit(node, properties, findings),
        width=_width(properties, findings),
        pii=findings.flag(properties, "pii"),
        hide=findings.flag_or_formula(findings.part(node, "conditional"), "hide"),
        readonly=_readonly(node, findings),
        rules=_rules(node, properties, kind, findings),
        choices=Choices(key=FILES)
        if picks_files
        else _choices(node, findings)
        if kind in ONE_OF_KINDS or kind == "checklist"
        else Choices(),
        step=_step(node),
        grouped="grouping" not in properties or findings.flag(properties, "grouping"),
        cell=_cell(properties, findings),
        refers=_refers(properties, kind, findings),
    )
    component = replace(component, **_particulars(node, properties, kind, findings))
    return replace(component, default=_default(node, component, findings))


def _moment_kind(node: Located, findings: Findings) -> str:
    subtype = node.get("subtype", "date")
    if subtype in ("date", "time", "datetime"):
        return str(subtype)
    findings.add("subtype", node, _("subtypeはdate・time・datetimeのどれかにしてください。"))
    return "date"


def _file_kind(node: Located, findings: Findings) -> str:
    if findings.text(node, "accept"):
        findings.add(
            "accept",
            node,
            _("filepickerのacceptは使えません。"),
            _("添付できる種類は、pack.tomlの[attachments]のkindsに書いてください。"),
        )
    return "checklist" if findings.flag(node, "multiple") else "select"


def _key(node: Located, kind: str, findings: Findings) -> str:
    name = "path" if kind in ("group", "list") else "key"
    key = findings.text(node, name)
    if kind in ("text", "separator", "spacer", "table") or (kind == "group" and not key):
        return ""
    if not key:
        findings.add("key", node, _("{name}がありません。", name=name))
        return ""
    if not _NAME.fullmatch(key):
        findings.add(
            "key",
            node,
            _("{name}「{key}」は使えません。", name=name, key=key),
            _("英小文字で始め、英小文字・数字・_だけで41文字までにしてください。"),
        )
    elif key in _TAKEN or not is_name(key):
        findings.add("key", node, _("「{key}」はFEELの語なのでキーに使えません。", key=key))
    return key


def _label(node: Located, properties: Located, kind: str, findings: Findings) -> str:
    own = {"date": "dateLabel", "time": "timeLabel", "datetime": "dateLabel"}.get(kind, "label")
    label = (
        findings.plain_text(node, own)
        or findings.plain_text(node, "label")
        or findings.plain_text(properties, "label")
    )
    if not label.strip() and (kind in INPUT_KINDS or kind == "list"):
        findings.add(
            "label", node, _("ラベルがありません。"), _("利用者に見える項目名を書いてください。")
        )
    return label.strip()


def _unit(node: Located, properties: Located, findings: Findings) -> str:
    appearance = findings.part(node, "appearance")
    return findings.plain_text(properties, "unit") or findings.plain_text(
        appearance, "suffixAdorner"
    )


def _width(properties: Located, findings: Findings) -> str:
    width = findings.text(properties, "width")
    if width not in _WIDTHS:
        findings.add("width", properties, _("widthはxs・s・m・l・fullのどれかにしてください。"))
        return ""
    return width


def _cell(properties: Located, findings: Findings) -> str:
    cell = findings.text(properties, "cell")
    if cell not in CELLS:
        findings.add("cell", properties, _("cellはfreeかmeasureにしてください。"))
        return ""
    return cell


def _refers(properties: Located, kind: str, findings: Findings) -> str:
    refers = findings.text(properties, "refers")
    if refers not in REFERRED or (refers and kind != "textfield"):
        findings.add("refers", properties, _("refersはtextfieldに、caseと書いてください。"))
        return ""
    return refers


def _readonly(node: Located, findings: Findings) -> bool | Formula:
    readonly = findings.flag_or_formula(node, "readonly")
    disabled = findings.flag_or_formula(node, "disabled")
    if isinstance(readonly, Formula) and isinstance(disabled, Formula):
        both = f"({readonly.text}) or ({disabled.text})"
        return findings.formula(node, "readonly", both) or False
    if readonly is True or disabled is True:
        return True
    return readonly or disabled


def _rules(node: Located, properties: Located, kind: str, findings: Findings) -> Rules:
    validate = findings.part(node, "validate")
    findings.only_known(validate, _RULES, "validate")
    required = findings.flag(validate, "required")
    least = findings.count(properties, "min_rows", MAX_ROWS) or 0
    most = findings.count(properties, "max_rows", MAX_ROWS)
    rules = Rules(
        required=required,
        minimum=_bound(validate, "min", findings),
        maximum=_bound(validate, "max", findings),
        min_length=findings.count(validate, "minLength", MAX_TEXT),
        max_length=findings.count(validate, "maxLength", MAX_TEXT),
        shape=_shape(validate, findings),
        digits=findings.count(node, "decimalDigits", 20),
        not_past=findings.flag(node, "disallowPassedDates"),
        min_rows=max(least, 1) if required else least,
        max_rows=MAX_ROWS if most is None else most,
    )
    if rules.min_rows > rules.max_rows:
        findings.add("rows", node, _("min_rowsがmax_rowsより大きくなっています。"))
    lows, highs = rules.min_length, rules.max_length
    if lows is not None and highs is not None and lows > highs:
        findings.add("length", validate, _("minLengthがmaxLengthより大きくなっています。"))
    low, high = rules.minimum, rules.maximum
    if isinstance(low, Decimal) and isinstance(high, Decimal) and low > high:
        findings.add("range", validate, _("minがmaxより大きくなっています。"))
    return _with_pattern(rules, validate, findings) if kind in TEXT_KINDS else rules


def _shape(validate: Located, findings: Findings) -> str:
    shape = findings.text(validate, "validationType")
    if shape not in ("", "custom", "email", "phone"):
        findings.add(
            "shape", validate, _("validationTypeはemail・phone・customのどれかにしてください。")
        )
    return shape if shape in ("email", "phone") else ""


def _with_pattern(rules: Rules, validate: Located, findings: Findings) -> Rules:
    pattern = findings.text(validate, "pattern")
    if not pattern:
        return rules
    if reason := why_refused(pattern):
        findings.add("pattern", validate, reason, _("正規表現を簡単な形に直してください。"))
        return rules
    return replace(
        rules,
        pattern=pattern,
        pattern_message=findings.text(validate, "patternErrorMessage"),
        max_length=min(rules.max_length or LONGEST_INPUT, LONGEST_INPUT),
    )


def _bound(validate: Located, name: str, findings: Findings) -> Bound | None:
    value = validate.get(name)
    if value in (None, ""):
        return None
    if isinstance(value, str) and value.startswith("="):
        return findings.formula(validate, name, value)
    if isinstance(value, str | int | Decimal) and not isinstance(value, bool):
        try:
            number = Decimal(value)
        except InvalidOperation:
            number = Decimal("NaN")
        if number.is_finite() and abs(number.adjusted()) < 30:
            return Decimal(canonical(number))
    findings.add("bound", validate, _("{name}は数か「=FEEL式」で書いてください。", name=name))
    return None


def _choices(node: Located, findings: Findings) -> Choices:
    given = [name for name in ("values", "valuesKey", "valuesExpression") if node.get(name)]
    if len(given) != 1:
        findings.add(
            "options",
            node,
            _("選択肢がありません。") if not given else _("選択肢の出どころが二つ以上あります。"),
            _("values・valuesKey・valuesExpressionのうち一つだけを書いてください。"),
        )
        return Choices()
    if given == ["valuesKey"]:
        return Choices(key=findings.text(node, "valuesKey"))
    if given == ["valuesExpression"]:
        text = findings.text(node, "valuesExpression")
        return Choices(formula=findings.formula(node, "valuesExpression", text))
    return Choices(fixed=_options(node, "values", "value", findings))


def _options(node: Located, name: str, key: str, findings: Findings) -> tuple[Option, ...]:
    found: dict[str, Option] = {}
    for part in findings.parts(node, name):
        value, label = part.get(key), part.get("label")
        if isinstance(value, int | Decimal) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or not value or not isinstance(label, str) or not label:
            findings.add("options", part, _("{key}とlabelを文字列で書いてください。", key=key))
        elif value in found:
            findings.add("options", part, _("「{value}」が二度出てきます。", value=value))
        else:
            found[value] = Option(value, label)
    return tuple(found.values())


def _step(node: Located) -> str:
    step = node.get("increment")
    return str(step) if isinstance(step, str | int | Decimal) else ""


def _particulars(
    node: Located, properties: Located, kind: str, findings: Findings
) -> dict[str, Any]:
    if kind == "expression":
        return {"formula": findings.formula(node, "expression", findings.text(node, "expression"))}
    if kind == "table":
        source = findings.text(node, "dataSource")
        if "columnsExpression" in node:
            findings.add(
                "columns", node, _("columnsExpressionは使えません。columnsを書いてください。")
            )
        return {
            "formula": findings.formula(node, "dataSource", source),
            "columns": _options(node, "columns", "key", findings),
        }
    if kind == "text":
        text = findings.text(node, "text")
        if text.startswith("="):
            return {"formula": findings.formula(node, "text", text)}
        return {"text": findings.plain_text(node, "text")}
    if kind == "list":
        return {
            "default_rows": _default_rows(node, findings),
            "fixed_rows": "allowAddRemove" in node and not findings.flag(node, "allowAddRemove"),
            "add_label": findings.plain_text(properties, "add_label"),
        }
    return {}


def _default_rows(node: Located, findings: Findings) -> int:
    rows = findings.count(node, "defaultRepetitions", MAX_ROWS)
    return 1 if rows is None else rows


def _default(
    node: Located, component: Component, findings: Findings
) -> str | bool | tuple[str, ...] | None:
    value = node.get("defaultValue")
    if value in (None, "", []) or component.kind not in INPUT_KINDS:
        return None
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        value = canonical(Decimal(value))
    try:
        typed = read_value(component, value)
    except Unreadable as error:
        findings.add(
            "default",
            node,
            said_of(element_of(node), str(error)),
            _("defaultValueを直してください。"),
        )
        return None
    offered = {option.value for option in component.choices.fixed}
    chosen = typed if isinstance(typed, list) else [typed]
    if offered and not offered.issuperset(chosen):
        findings.add("default", node, _("defaultValueが選択肢にありません。"))
    return tuple(typed) if isinstance(typed, list) else value
