"""What changed between two versions of a DMN file, in words: decisions, columns and rows."""

from collections.abc import Callable, Iterator, Sequence

from dxflow.decisions import Decision, DecisionModel, RuleView, TableView
from dxflow.decisions.logic import LiteralLogic
from dxflow.decisions.table import TableLogic
from dxflow.feel import text_of
from dxflow.services.packs.wording import Told, came_and_went, facets, quoted
from dxflow.texts import gettext as _

_DECISION = {"name": _("名前"), "variable": _("結果の変数"), "requires": _("もとにする判定")}
_TABLE = {
    "policy": _("ヒットポリシー"), "aggregation": _("集計"), "inputs": _("入力の列"),
    "outputs": _("結果の列"),
}  # fmt: skip
#: What makes two rows the same row, the surest first; a row without an id is nobody's by its id.
_SAMENESS: tuple[Callable[[RuleView], object], ...] = (
    lambda one: (one.inputs, one.outputs, one.annotation),
    lambda one: (one.inputs, one.outputs),
    lambda one: one.id or object(),
    lambda one: one.inputs,
)
#: Policies under which the order of the rows means something.
_ORDERED = frozenset({"FIRST", "RULE ORDER"})


def decision_changes(before: DecisionModel, after: DecisionModel) -> Iterator[Told]:
    """Tell what changed, decision by decision, then the functions they call."""
    old, new = before.decisions, after.decisions
    yield from came_and_went(
        _("判定"),
        {key: one.name or key for key, one in old.items()},
        {key: one.name or key for key, one in new.items()},
    )
    for key, decision in new.items():
        if key in old:
            yield from _decision(old[key], decision)
    known, given = before.knowledge, after.knowledge
    yield from came_and_went(
        _("関数"),
        {key: one.variable for key, one in known.items()},
        {key: one.variable for key, one in given.items()},
    )
    for key, model in given.items():
        if key in known and (
            (known[key].variable, known[key].logic.canonical, sorted(known[key].knowledge))
            != (model.variable, model.logic.canonical, sorted(model.knowledge))
        ):
            yield key, _("関数「{name}」の計算のしかたを変えました。", name=model.variable)


def _decision(old: Decision, new: Decision) -> Iterator[Told]:
    name = _("判定{name}", name=quoted(new.name or new.id))
    facts = [
        {
            "name": one.name, "variable": one.variable,
            "requires": sorted((*one.decisions, *one.knowledge)),
        }
        for one in (old, new)
    ]  # fmt: skip
    yield from facets(new.id, name, _DECISION, facts[0], facts[1])
    if isinstance(old.logic, TableLogic) and isinstance(new.logic, TableLogic):
        yield from _table(new.id, name, old.logic, new.logic)
    elif isinstance(old.logic, LiteralLogic) and isinstance(new.logic, LiteralLogic):
        texts = [{"formula": one.expression.text} for one in (old.logic, new.logic)]
        yield from facets(new.id, name, {"formula": _("式")}, texts[0], texts[1])
    elif old.logic.canonical != new.logic.canonical:
        yield new.id, _("{name}の計算のしかたを変えました。", name=name)


def _table(element: str, name: str, before: TableLogic, after: TableLogic) -> Iterator[Told]:
    facts = [_columns(one) for one in (before, after)]
    yield from facets(element, name, _TABLE, facts[0], facts[1])
    old, new = before.view, after.view
    pairs, gone, came = _matched(old.rules, new.rules)
    for was in gone:
        yield (
            was.id,
            _("{name}の {n} 行目を削除しました: {row}", name=name, n=was.index, row=_row(was, old)),
        )
    for now in came:
        yield (
            now.id,
            _("{name}の {n} 行目を追加しました: {row}", name=name, n=now.index, row=_row(now, new)),
        )
    for was, now in pairs:
        yield from _rule(name, (was, old), (now, new))
    places = [was.index for was, _now in sorted(pairs, key=lambda pair: pair[1].index)]
    if places != sorted(places):
        if new.hit_policy in _ORDERED:
            sentence = _("{name}の行の順序を変えました。上の行が先に効きます。", name=name)
        else:
            sentence = _("{name}の行の順序を変えました。", name=name)
        yield element, sentence


def _columns(table: TableLogic) -> dict[str, object]:
    """Return what a table asks and gives, apart from its rows."""
    outputs = []
    for one in table.outputs:
        allowed = _("、").join(text_of(value) for value in one.values)
        default = one.default.text if one.default else ""
        outputs.append(f"{one.label}（{' / '.join(filter(None, (one.name, allowed, default)))}）")
    return {
        "policy": table.policy.value,
        "aggregation": table.aggregation,
        "inputs": [f"{one.label}（{one.expression.text.strip()}）" for one in table.inputs],
        "outputs": outputs,
    }


def _rule(
    name: str, old: tuple[RuleView, TableView], new: tuple[RuleView, TableView]
) -> Iterator[Told]:
    """Tell a row that says something else; its columns being renamed is told once, above."""
    was, now = old[0], new[0]
    if (was.inputs, was.outputs) != (now.inputs, now.outputs):
        yield (
            now.id,
            _(
                "{name}の {n} 行目を変えました: {old} → {new}",
                name=name, n=now.index, old=_row(*old), new=_row(*new),
            ),
        )  # fmt: skip
    elif was.annotation != now.annotation:
        what = _("{name}の {n} 行目", name=name, n=now.index)
        notes = [{"note": one.annotation} for one in (was, now)]
        yield from facets(now.id, what, {"note": _("説明")}, notes[0], notes[1])


def _matched(
    old: Sequence[RuleView], new: Sequence[RuleView]
) -> tuple[list[tuple[RuleView, RuleView]], list[RuleView], list[RuleView]]:
    """Pair rows that are the same, by their cells, then their id, then their conditions."""
    gone, came = list(old), list(new)
    pairs: list[tuple[RuleView, RuleView]] = []
    for sameness in _SAMENESS:
        for now in tuple(came):
            was = next((one for one in gone if sameness(one) == sameness(now)), None)
            if was is not None:
                pairs.append((was, now))
                gone.remove(was)
                came.remove(now)
    return pairs, gone, came


def _row(rule: RuleView, table: TableView) -> str:
    """Return a row as a sentence: what must hold, and what follows."""
    asked = [
        _("{label}が {text}", label=label, text=text)
        for label, text in zip(table.inputs, rule.inputs, strict=True)
        if text != "-"
    ]
    given = [
        f"{label} = {text}" for label, text in zip(table.outputs, rule.outputs, strict=True) if text
    ]
    result = _("、").join(given) or _("なし")
    if not asked:
        return _("どの場合も {given}", given=result)
    return _("{asked}なら {given}", asked=_("、").join(asked), given=result)
