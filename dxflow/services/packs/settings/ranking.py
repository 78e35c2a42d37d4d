"""What a pack's `[backlog]` settles: which cases wait in one list, and what puts them in order."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dxflow.forms import FormDefinition
from dxflow.problems import Problem
from dxflow.services.packs.settings.authority import Complain
from dxflow.texts import gettext as _
from dxflow.texts import mark

KEY = "backlog"
ASCENDING, DESCENDING = "ascending", "descending"
#: What the program knows of every case, by the word a pack uses for it.
KNOWN = {
    "amount": mark("金額（円）"),
    "saved_hours": mark("減る時間（時間／年）"),
    "saved_yen": mark("減る費用（円／年）"),
}
_KEYS = frozenset({"name", "stages", "order"})
_ORDER_KEYS = frozenset({"label", "form", "field", "value", "values", "order"})


@dataclass(frozen=True)
class Priority:
    """One thing that cases are ordered by: a field of a form, or a value the program knows.

    `values` are the field's answers, the first comes first; without any the numbers decide, from
    the largest down when it is `descending`. Cases without an answer come last.
    """

    label: str = ""
    form: str = ""
    field: str = ""
    value: str = ""
    values: tuple[str, ...] = ()
    descending: bool = False


@dataclass(frozen=True)
class Backlog:
    """The list; `stages` are where its cases stand, all of them when there is none."""

    name: str
    stages: tuple[str, ...] = ()
    order: tuple[Priority, ...] = ()

    @property
    def forms(self) -> tuple[str, ...]:
        """Return the forms whose answers are asked for."""
        return tuple(dict.fromkeys(one.form for one in self.order if one.form))


def read(raw: Any, complain: Complain) -> Backlog | None:
    """Return the list of a pack, None without any; what is wrong is told."""
    if raw is None:
        return None
    if not isinstance(raw, dict):
        complain(KEY, _("[{key}] は表として書いてください。", key=KEY))
        return None
    for key in sorted(set(raw) - _KEYS):
        complain(key, _("[{table}] に {key} という項目はありません。", table=KEY, key=key))
    name, stages, order = raw.get("name"), raw.get("stages", []), raw.get("order", [])
    if not isinstance(name, str) or not name.strip():
        complain(KEY, _("{key} に文字列を書いてください。", key=f"{KEY}.name"))
        name = ""
    if not _texts(stages):
        complain("stages", _("{key} に文字列の並びを書いてください。", key=f"{KEY}.stages"))
        stages = []
    if not isinstance(order, list) or not order or not all(isinstance(o, dict) for o in order):
        complain(KEY, _("[[{key}]] を一つは書いてください。", key=f"{KEY}.order"))
        order = []
    return Backlog(name, tuple(stages), tuple(_priority(one, complain) for one in order))


def _priority(raw: Mapping[str, Any], complain: Complain) -> Priority:
    where = f"{KEY}.order"
    for key in sorted(set(raw) - _ORDER_KEYS):
        complain(key, _("[{table}] に {key} という項目はありません。", table=where, key=key))
    texts = {key: raw.get(key, "") for key in ("label", "form", "field", "value")}
    for key, value in texts.items():
        if not isinstance(value, str):
            complain(key, _("{key} に文字列を書いてください。", key=f"{where}.{key}"))
            texts[key] = ""
    if bool(texts["value"]) == bool(texts["form"] and texts["field"]):
        complain(
            where,
            _("[[{key}]] には、form と field か、value のどちらかを書いてください。", key=where),
        )
    if texts["value"] and texts["value"] not in KNOWN:
        complain(
            "value", _("{key} には {ways} だけを書けます。", key="value", ways=_("、").join(KNOWN))
        )
        texts["value"] = ""
    values, way = raw.get("values", []), raw.get("order", ASCENDING)
    if not _texts(values):
        complain("values", _("{key} に文字列の並びを書いてください。", key=f"{where}.values"))
        values = []
    if way not in (ASCENDING, DESCENDING):
        words = _("、").join((ASCENDING, DESCENDING))
        complain("order", _("{key} には {ways} だけを書けます。", key="order", ways=words))
    return Priority(**texts, values=tuple(values), descending=way == DESCENDING)


def _texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def check(
    backlog: Backlog | None, stages: frozenset[str], forms: Mapping[str, FormDefinition],
    problem: Callable[[str, str], Problem],
) -> Iterator[Problem]:  # fmt: skip
    """Yield stages that the pack has not, and fields that no form asks for."""
    if backlog is None:
        return
    for stage in backlog.stages:
        if stage not in stages:
            yield problem(KEY, _("段階「{key}」はありません。", key=stage))
    for one in backlog.order:
        form = forms.get(one.form)
        if one.form and form is None:
            yield problem(KEY, _("優先順位の様式「{key}」がありません。", key=one.form))
        elif form is not None and one.field not in {fact.path for fact in form.fields()}:
            yield problem(
                KEY,
                _(
                    "優先順位の項目「{field}」は様式「{key}」にありません。",
                    field=one.field,
                    key=one.form,
                ),
            )
