"""What a form's expressions and choices count on, checked at publication.

While a form is filled in, an expression that cannot be computed is simply null; so a misspelt
function or options list has to be found before the form is published.
"""

from collections.abc import Collection, Iterator

from dxflow.feel import unknown_functions, unknown_names
from dxflow.forms.definition import Component, FormDefinition, every_component
from dxflow.forms.formula import Formula
from dxflow.problems import Problem
from dxflow.texts import gettext as _


def unknown_references(
    definition: FormDefinition,
    *,
    functions: Collection[str],
    options: Collection[str] | None = None,
    variables: Collection[str] | None = None,
) -> list[Problem]:
    """Return a problem for every function, options list or variable nobody provides.

    `functions`: names offered besides FEEL's own. `options`: the lists `valuesKey` may name.
    `variables`: the outer scope. What is None is not known, and such names are not checked.
    """
    keys = {fact.path.rpartition(".")[2] for fact in definition.fields()} | {"parent"}
    known = None if variables is None else keys | set(variables)
    found: list[Problem] = []
    for component in every_component(definition.components):
        for formula in component.formulas():
            for message in _unknown(formula, set(functions), known):
                found.append(_problem(definition, component, message))
        key = component.choices.key
        if key and options is not None and key not in options:
            message = _("選択肢の一覧「{key}」はありません。", key=key)
            found.append(_problem(definition, component, message))
    for outcome, rule in definition.hidden_outcomes:
        if isinstance(rule, Formula):
            for message in _unknown(rule, set(functions), known):
                found.append(Problem("form.names", message, definition.file, element=outcome))
    return found


def _unknown(formula: Formula, functions: set[str], names: set[str] | None) -> Iterator[str]:
    for name in sorted(unknown_functions(formula.parsed, functions)):
        yield _("式「{text}」の関数「{name}」はありません。", text=formula.text, name=name)
    if names is not None:
        for name in sorted(unknown_names(formula.parsed, names)):
            yield _("式「{text}」の名前「{name}」はありません。", text=formula.text, name=name)


def _problem(definition: FormDefinition, component: Component, message: str) -> Problem:
    element = component.key or component.id
    hint = _("名前の書き誤りがないか確かめてください。")
    return Problem("form.names", message, definition.file, component.line, 0, element, hint)
