"""What changed between two versions of a form, in words."""

from collections.abc import Iterator, Mapping
from typing import Any

from dxflow.forms import FormDefinition
from dxflow.forms.definition import Component
from dxflow.forms.formula import Formula
from dxflow.services.packs.wording import Told, came_and_went, facets, moved, named, quoted, written
from dxflow.texts import gettext as _

_FACETS = {
    "label": _("表示名"), "labels": _("ほかの言語の表示名"), "kind": _("種類"),
    "required": _("必須"), "minimum": _("最小の値"), "maximum": _("最大の値"),
    "min_length": _("最少の文字数"), "max_length": _("最多の文字数"), "pattern": _("書式"),
    "pattern_message": _("書式の説明"), "shape": _("値の形"), "digits": _("小数の桁数"),
    "not_past": _("過去の日付の禁止"), "min_rows": _("最少の行数"), "max_rows": _("最多の行数"),
    "default_rows": _("はじめの行数"), "fixed_rows": _("行数の固定"),
    "hide": _("隠す条件"), "readonly": _("書き換えられない条件"), "help": _("説明"),
    "unit": _("単位"), "pii": _("個人情報の印"), "default": _("はじめの値"),
    "step": _("刻み"), "grouped": _("桁区切り"), "cell": _("数も書ける欄"), "width": _("幅"),
    "refers": _("案件の番号の欄"), "list": _("選択肢の一覧"), "formula": _("式"), "text": _("文"),
    "add_label": _("行を足すボタン"),
}  # fmt: skip
"""What a component is told by: its own attributes, its rules and where its options come from."""

_OUTCOME = {
    "tone": _("ボタンの調子"), "require": _("必ず書く項目"), "only": _("確かめる項目"),
    "hidden": _("隠す条件"),
}  # fmt: skip
_RULES = (
    "required", "minimum", "maximum", "min_length", "max_length", "pattern", "pattern_message",
    "shape", "digits", "not_past", "min_rows", "max_rows",
)  # fmt: skip


def form_changes(before: FormDefinition, after: FormDefinition) -> Iterator[Told]:
    """Tell what changed, the form itself first, then its fields, then its buttons."""
    form = _("様式")
    yield from facets("", form, {"key": _("ID"), "title": _("題")}, vars(before), vars(after))
    old, new = _components(before), _components(after)
    old_names, new_names = _names(old), _names(new)
    yield from came_and_went(_("項目"), old_names, new_names)
    for path, component in new.items():
        if path in old:
            yield from _component(path, new_names[path], old[path], component)
    yield from moved(_("項目"), old_names, new_names)
    yield from _outcomes(before, after)


def _components(form: FormDefinition) -> dict[str, Component]:
    """Return what the form shows, in page order: by dotted path, by id what carries no value."""
    return dict(_walk(form.components, ""))


def _walk(components: tuple[Component, ...], prefix: str) -> Iterator[tuple[str, Component]]:
    for component in components:
        if component.kind not in ("separator", "spacer"):
            yield (prefix + component.key if component.key else f"#{component.id}"), component
        inner = f"{prefix}{component.key}." if component.key else prefix
        yield from _walk(component.components, inner)


def _names(components: Mapping[str, Component]) -> dict[str, str]:
    return {path: one.label or one.text[:30] or path for path, one in components.items()}


def _component(path: str, name: str, old: Component, new: Component) -> Iterator[Told]:
    what = _("項目{name}", name=quoted(name))
    yield from facets(path, what, _FACETS, _facts(old), _facts(new))
    options = [{one.value: one.label for one in part.choices.fixed} for part in (old, new)]
    yield from named(_("{what}の選択肢", what=what), options[0], options[1], path)
    columns = [{one.value: one.label for one in part.columns} for part in (old, new)]
    yield from named(_("{what}の列", what=what), columns[0], columns[1], path)


def _facts(component: Component) -> dict[str, Any]:
    facts = {key: _plain(getattr(component, key, None)) for key in _FACETS}
    facts |= {key: _plain(getattr(component.rules, key)) for key in _RULES}
    if component.kind != "list":  # a required field has a row count that asks nothing of anybody
        facts |= dict.fromkeys(("min_rows", "max_rows", "default_rows", "fixed_rows"))
    facts["labels"] = [f"{lang}: {label}" for lang, label in component.labels]
    facts["list"] = component.choices.key or _plain(component.choices.formula)
    return facts


def _plain(value: Any) -> Any:
    return value.text if isinstance(value, Formula) else value


def _outcomes(before: FormDefinition, after: FormDefinition) -> Iterator[Told]:
    old, new = ({one.key: one for one in form.outcomes} for form in (before, after))
    names = [{key: one.label for key, one in part.items()} for part in (old, new)]
    yield from named(_("ボタン"), names[0], names[1])
    fields = [_names(_components(form)) for form in (before, after)]
    hidden = [{key: _plain(rule) for key, rule in form.hidden_outcomes} for form in (before, after)]
    for key, outcome in new.items():
        if key in old:
            facts = [
                {
                    "tone": one.tone,
                    "require": [labels.get(path, path) for path in one.require],
                    "only": _("すべて") if one.only is None
                    else written([labels.get(path, path) for path in one.only]),
                    "hidden": rules.get(key),
                }
                for one, labels, rules in zip((old[key], outcome), fields, hidden, strict=True)
            ]  # fmt: skip
            what = _("ボタン{name}", name=quoted(outcome.label))
            yield from facets(key, what, _OUTCOME, facts[0], facts[1])
