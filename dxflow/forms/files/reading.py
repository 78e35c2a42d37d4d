"""A form-js file -> `FormDefinition`, or every problem in it.

Everything dxflow would not obey is refused here, at publication: unknown components, external
content, doubtful keys, expressions that do not parse, buttons that name fields that are not there.
"""

import hashlib
import json
import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from dxflow.forms.coerce import canonical
from dxflow.forms.definition import Component, FormDefinition
from dxflow.forms.files.components import KINDS, read_component
from dxflow.forms.files.findings import Findings
from dxflow.forms.files.source import BrokenJson, Located, read_json
from dxflow.forms.formula import Formula
from dxflow.forms.shapes import Outcome
from dxflow.problems import Problem, Refused
from dxflow.texts import gettext as _

SCHEMA_VERSION = 19
LARGEST_FILE = 1_000_000
MOST_COMPONENTS = 500
DEEPEST = 5

_OUTCOME = re.compile(r"[a-z][a-z0-9_-]{0,40}", re.ASCII)
_TONES = ("primary", "secondary", "danger")
_BUTTON = frozenset({"outcome", "tone", "require", "only"})
_NOT_MEANING = frozenset(
    {"id", "layout", "exporter", "schemaVersion", "executionPlatform", "executionPlatformVersion"}
    | {"versionTag", "$schema"}
)
_ROOT = "default"


def read(text: str | bytes, file: str) -> FormDefinition:
    """Return the form in a file's text. Raises Refused with every problem found in it."""
    root = _document(text, file)
    findings = Findings(file)
    key = _check_root(root, findings)
    reader = _Reader(findings)
    components = reader.components(root, depth=1, inside="")
    definition = FormDefinition(
        key=key,
        title=_title(root, components) or key,
        digest=_digest(root, key),
        file=file,
        components=components,
        outcomes=reader.finished_outcomes(root),
        hidden_outcomes=tuple(reader.hidden_outcomes),
    )
    _check_fields(definition, reader.buttons, findings)
    if findings.problems:
        raise Refused(sorted(findings.problems, key=lambda problem: problem.line))
    return definition


def _document(text: str | bytes, file: str) -> Located:
    def refused(code: str, message: str, line: int = 0, column: int = 0) -> Refused:
        return Refused([Problem(code, message, file, line, column)])

    if len(text) > LARGEST_FILE:
        raise refused(
            "form.size", _("ファイルが大きすぎます（{most}文字まで）。", most=LARGEST_FILE)
        )
    try:
        decoded = text.decode("utf-8-sig") if isinstance(text, bytes) else text
        root = read_json(decoded)
    except UnicodeDecodeError as error:
        line = bytes(error.object[: error.start]).count(b"\n") + 1
        raise refused("form.encoding", _("UTF-8で書かれていません。"), line) from None
    except BrokenJson as error:
        message = _("JSONとして読めません（{reason}）。", reason=error)
        raise refused("form.json", message, error.line, error.column) from None
    if not isinstance(root, Located):
        raise refused("form.json", _("フォームはJSONオブジェクトで書いてください。"), 1)
    return root


def _check_root(root: Located, findings: Findings) -> str:
    if root.get("type") != _ROOT:
        findings.add("root", root, _("form-jsのフォームではありません（typeがdefaultでない）。"))
    version = root.get("schemaVersion")
    if isinstance(version, bool) or not isinstance(version, int) or version > SCHEMA_VERSION:
        findings.add(
            "schema",
            root,
            _("schemaVersionは{known}以下の整数にしてください。", known=SCHEMA_VERSION),
            _("新しすぎる編集ソフトのファイルは読めません。"),
        )
    key = findings.text(root, "id")
    if not _OUTCOME.fullmatch(key):
        findings.add(
            "id",
            root,
            _("フォームのid「{key}」は使えません。", key=key),
            _("英小文字で始め、英小文字・数字・_・-だけで41文字までにしてください。"),
        )
    return key


class _Reader:
    """Walks the components once; gathers the buttons on the way."""

    def __init__(self, findings: Findings) -> None:
        self.findings = findings
        self.count = 0
        self.buttons: list[tuple[Located, Outcome]] = []
        self.hidden_outcomes: list[tuple[str, bool | Formula]] = []

    def components(
        self, node: Located, depth: int, inside: str, taken: set[str] | None = None
    ) -> tuple[Component, ...]:
        """Read the inner components; `inside` is "" or "list", `taken` the keys of the scope."""
        taken = set() if taken is None else taken
        if depth > DEEPEST:
            message = _("入れ子が深すぎます（{most}段まで）。", most=DEEPEST)
            self.findings.add("depth", node, message)
            return ()
        found = []
        for part in self.findings.parts(node, "components"):
            self.count += 1
            if self.count == MOST_COMPONENTS + 1:
                message = _("項目が多すぎます（{most}個まで）。", most=MOST_COMPONENTS)
                self.findings.add("size", part, message)
            if (component := self.component(part, depth, inside, taken)) is not None:
                found.append(component)
        return tuple(found)

    def component(
        self, node: Located, depth: int, inside: str, taken: set[str]
    ) -> Component | None:
        kind = node.get("type")
        if kind == "button":
            self.button(node, inside)
            return None
        known = KINDS.get(kind) if isinstance(kind, str) else None
        if known is None:
            self.refuse(node, kind)
            return None
        component = read_component(node, known, self.findings)
        if component.key:
            if component.key in taken:
                message = _("「{key}」が二度使われています。", key=component.key)
                self.findings.add("key", node, message, _("別の名前にしてください。"))
            taken.add(component.key)
        if known not in ("group", "list"):
            return component
        shared = taken if known == "group" and not component.key else None
        inner = "list" if known == "list" else inside
        return replace(component, components=self.components(node, depth + 1, inner, shared))

    def refuse(self, node: Located, kind: object) -> None:
        reasons = {
            "html": _("htmlは使えません。利用者の画面で外の命令が動くおそれがあります。"),
            "iframe": _("iframeは使えません。外部の内容を読み込むためです。"),
            "documentPreview": _("documentPreviewは使えません。外部の内容を読み込むためです。"),
            "image": _("imageは使えません。外部の内容を読み込むためです。"),
        }
        default = _("種類「{kind}」は知らないものです。", kind=kind)
        reason = reasons.get(kind, default) if isinstance(kind, str) else default
        hint = _("説明の文はtext、入力はほかの種類で書いてください。")
        self.findings.add("type", node, reason, hint)

    def button(self, node: Located, inside: str) -> None:
        findings = self.findings
        if inside:
            findings.add("button", node, _("ボタンは一覧の中に置けません。"))
        if node.get("action", "submit") != "submit":
            findings.add(
                "button",
                node,
                _("ボタンのactionはsubmitだけが使えます。"),
                _("入力を消すボタン（reset）は誤って押されるため受け付けません。"),
            )
            return
        properties = findings.part(node, "properties")
        findings.only_known(properties, _BUTTON, _("ボタンのproperties"))
        tone = findings.text(properties, "tone")
        if tone and tone not in _TONES:
            message = _("toneはprimary・secondary・dangerのどれかにしてください。")
            findings.add("button", properties, message)
        label = findings.plain_text(node, "label")
        if not label:
            findings.add("button", node, _("ボタンに文字がありません。"))
        only = properties.get("only")
        outcome = Outcome(
            key=findings.text(properties, "outcome"),
            label=label,
            tone=tone,
            require=_names(findings.text(properties, "require")),
            only=None if only is None else _names(findings.text(properties, "only")),
        )
        hide = findings.flag_or_formula(findings.part(node, "conditional"), "hide")
        self.buttons.append((node, outcome))
        if hide:
            self.hidden_outcomes.append((outcome.key, hide))

    def finished_outcomes(self, root: Located) -> tuple[Outcome, ...]:
        """Return the outcomes with keys and tones settled; note what is missing."""
        if not self.buttons:
            self.findings.add(
                "button",
                root,
                _("送信ボタンがありません。"),
                _("type「button」、action「submit」のボタンを置いてください。"),
            )
        found: dict[str, Outcome] = {}
        for node, outcome in self.buttons:
            key = outcome.key or ("submit" if len(self.buttons) == 1 else "")
            if not _OUTCOME.fullmatch(key):
                message = _(
                    "ボタン「{label}」のoutcomeがないか、使えない形です。", label=outcome.label
                )
                hint = _("properties.outcomeに英小文字・数字・_・-で書いてください。")
                self.findings.add("button", node, message, hint)
            elif key in found:
                message = _("outcome「{key}」が二度使われています。", key=key)
                self.findings.add("button", node, message)
            tone = outcome.tone or ("secondary" if found else "primary")
            found[key] = replace(outcome, key=key, tone=tone)
        self.hidden_outcomes = [(key or "submit", hide) for key, hide in self.hidden_outcomes]
        return tuple(found.values())


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for part in text.split(",") if (name := part.strip()))


def _check_fields(
    definition: FormDefinition, buttons: list[tuple[Located, Outcome]], findings: Findings
) -> None:
    kinds = {fact.path: fact.kind for fact in definition.fields()}
    lists = [path + "." for path, kind in kinds.items() if kind == "list"]
    reachable = {path for path in kinds if not path.startswith(tuple(lists))}
    demandable = {path for path in reachable if kinds[path] not in ("group", "expression")}
    for node, outcome in buttons:
        for name, paths, known in (
            ("require", outcome.require, demandable),
            ("only", outcome.only or (), reachable),
        ):
            for path in paths:
                if path not in known:
                    message = _("{name}の「{path}」という項目はありません。", name=name, path=path)
                    hint = _("使えるもの: {known}", known=", ".join(sorted(known)))
                    findings.add("button", node, message, hint)
        if outcome.only is not None:
            _check_required_kept(node, outcome, findings)
    _check_rows(definition.components, findings)


def _check_required_kept(node: Located, outcome: Outcome, findings: Findings) -> None:
    only = outcome.only or ()
    for path in outcome.require:
        if not any(path == kept or path.startswith(kept + ".") for kept in only):
            message = _("requireの「{path}」がonlyに入っていません。", path=path)
            findings.add("button", node, message, _("onlyにも書いてください。"))


def _check_rows(components: tuple[Component, ...], findings: Findings) -> None:
    """Refuse read-only fields in lists whose rows may move: nobody knows whose value it is."""
    for component in components:
        if component.kind == "list" and not component.fixed_rows:
            for inner in _fields_of(component.components):
                if inner.readonly:
                    place = Located(inner.line)
                    place.owner = inner.key
                    findings.add(
                        "readonly",
                        place,
                        _("行を増減できる一覧の中に読み取り専用の項目は置けません。"),
                        _("一覧のallowAddRemoveをfalseにするか、readonlyを外してください。"),
                    )
        _check_rows(component.components, findings)


def _fields_of(components: tuple[Component, ...]) -> list[Component]:
    found = []
    for component in components:
        found.append(component)
        if component.kind == "group":
            found.extend(_fields_of(component.components))
    return found


def _title(root: Located, components: tuple[Component, ...]) -> str:
    properties = root.get("properties")
    given = properties.get("title") if isinstance(properties, Located) else root.get("title")
    if isinstance(given, str) and given:
        return given
    for component in components:
        if component.kind == "text" and component.text.startswith("# "):
            return component.text.splitlines()[0].removeprefix("# ").strip()
    return ""


def _digest(root: Located, key: str) -> str:
    meaning = {"id": key, "form": _meaning(root)}
    text = json.dumps(meaning, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _meaning(value: Any) -> Any:
    """Return a value without what only editors need: ids, layout, the tool that wrote it."""
    if isinstance(value, Located):
        return {name: _meaning(part) for name, part in value.items() if name not in _NOT_MEANING}
    if isinstance(value, list):
        return [_meaning(part) for part in value]
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return canonical(Decimal(value))
    return value
