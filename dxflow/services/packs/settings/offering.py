"""What a pack's `[start]` or `[[start]]` settles: what people may begin, who may, with which form.

One table is one way to begin that is open to whoever has a section. Several stand in the order in
which they are offered, each with its own key, words and people; two may begin the same process,
which tells them apart by the values it is given.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dxflow import feel
from dxflow.errors import DxflowError, Invalid
from dxflow.feel import FeelSyntaxError, parse
from dxflow.forms import FormDefinition
from dxflow.models.formulas import RESERVED, VARIABLE
from dxflow.models.model import Kind, Process
from dxflow.problems import Problem
from dxflow.services.packs.settings.authority import Complain
from dxflow.services.packs.settings.starting import GIVEN, Functions, variables
from dxflow.texts import gettext as _

KEY = "start"
#: Whoever has a section.
STAFF = "staff"
#: Groups that may be named; persons are not: a pack outlives them.
KINDS = ("section", "head", "post", "role")
_PLAIN = frozenset({"process", "form"})
_KEYS = _PLAIN | {"key", "title", "about", "who", "values", "outputs"}
#: What the expressions of `outputs` may name.
SCOPE = (GIVEN - {"started_on"}) | {"values", "outcome"}
#: The longest key and title: both stand in addresses and lists.
LONGEST_KEY, LONGEST_TITLE = 64, 100


@dataclass(frozen=True)
class Start:
    """A way for people to begin a case.

    `who` are groups, one of which the person must be in; without any nobody may. `values` are
    variables the process is given beside those of every case, `outputs` others by FEEL over what
    was handed in (`values`, `outcome`) and the variables of every case.
    """

    process: str
    form: str
    key: str = ""
    title: str = ""
    about: str = ""
    who: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)

    def variables(
        self, case: Mapping[str, Any], values: Mapping[str, Any], outcome: str, functions: Functions
    ) -> dict[str, Any]:
        """Return the variables that a case begins with. Raises Invalid."""
        scope = {**self.values, **case, "values": feel.to_feel(dict(values)), "outcome": outcome}
        found = {}
        for name, text in self.outputs.items():
            try:
                found[name] = parse(text).evaluate(scope, functions)
            except (DxflowError, ArithmeticError, LookupError, TypeError, ValueError) as wrong:
                message = _("変数「{name}」の値を求められません: {why}", name=name, why=wrong)
                raise Invalid(message) from wrong
        return {**self.values, **found, **case}

    def is_open_to(self, groups: Collection[str]) -> bool:
        """Return whether somebody in these groups, who has a section, may begin here."""
        return any(one == STAFF or one in groups for one in self.who)


def find(starts: Sequence[Start], name: str) -> Start | None:
    """Return the start of a name: its key, or else the first that begins the process of this id."""
    keyed = (one for one in starts if one.key == name)
    return next(keyed, None) or next((one for one in starts if one.process == name), None)


def names(starts: Sequence[Start], start: Start) -> tuple[str, ...]:
    """Return every name that `find` leads from to a start: its key, the process's id perhaps."""
    return tuple(
        name
        for name in dict.fromkeys((start.key, start.process))
        if find(starts, name) == start
    )  # fmt: skip


def read(raw: Any, complain: Complain) -> tuple[Start, ...]:
    """Return the starts in their order; what is wrong is told."""
    if isinstance(raw, dict):
        return (_plain(raw, complain),)
    if not isinstance(raw, list) or not raw or not all(isinstance(one, dict) for one in raw):
        complain(KEY, _("[[{key}]] は表の並びとして書いてください。", key=KEY))
        return ()
    return tuple(_one(table, place, complain) for place, table in enumerate(raw, start=1))


def _plain(raw: Mapping[str, Any], complain: Complain) -> Start:
    process, form = (_text(raw, key, key, complain, needed=True) for key in ("process", "form"))
    for key in sorted(set(raw) & _KEYS - _PLAIN):
        complain(
            f"{KEY}.{key}",
            _("{key} は [[start]] と二重の角括弧で始めた表に書いてください。", key=key),
        )
    return Start(process, form, process, who=(STAFF,))


def _one(raw: Mapping[str, Any], place: int, complain: Complain) -> Start:
    process = raw.get("process")
    where = f"{KEY}.{raw.get('key') or process or place}"
    for key in sorted(set(raw) - _KEYS):
        complain(where, _("[{table}] に {key} という項目はありません。", table=where, key=key))
    texts = {
        key: _text(raw, key, f"{where}.{key}", complain, needed=key in ("process", "form", "title"))
        for key in ("process", "form", "key", "title", "about")
    }
    texts["key"] = texts["key"] or texts["process"]
    if len(texts["key"]) > LONGEST_KEY or not all(
        one.isascii() and (one.isalnum() or one in "_-.") for one in texts["key"]
    ):
        complain(
            where,
            _("{key} は半角の英数字と _ - . で {n} 文字以内にしてください。",
              key=f"{where}.key", n=LONGEST_KEY),
        )  # fmt: skip
    if len(texts["title"]) > LONGEST_TITLE:
        complain(
            where,
            _("{key} は {n} 文字以内にしてください。", key=f"{where}.title", n=LONGEST_TITLE),
        )
    values = raw.get("values", {})
    if not isinstance(values, dict):
        complain(where, _("[{key}] は表として書いてください。", key=f"{where}.values"))
        values = {}
    given = dict(variables(where, values, complain))
    outputs = _outputs(where, raw.get("outputs", {}), complain)
    who = _who(where, raw.get("who"), complain)
    return Start(**texts, who=who, values=given, outputs=outputs)


def _outputs(where: str, raw: Any, complain: Complain) -> dict[str, str]:
    if not isinstance(raw, dict) or not all(isinstance(one, str) for one in raw.values()):
        complain(
            where, _("{key} には、変数の名前と FEEL の式を並べてください。", key=f"{where}.outputs")
        )
        return {}
    found = {}
    for name, text in raw.items():
        if not VARIABLE.fullmatch(name) or name in RESERVED | GIVEN:
            complain(where, _("変数名「{name}」は使えません。", name=name))
            continue
        try:
            parse(text)
        except FeelSyntaxError as wrong:
            key = f"{where}.outputs.{name}"
            complain(where, _("{key} の式が読めません: {why}", key=key, why=wrong))
            continue
        found[name] = text
    return found


def _who(where: str, raw: Any, complain: Complain) -> tuple[str, ...]:
    if raw is None or raw == []:
        complain(
            where,
            _("{key} に、始められる人を書いてください（例: [\"staff\"]、[\"role:secretariat\"]）。",
              key=f"{where}.who"),
        )  # fmt: skip
        return ()
    if not isinstance(raw, list) or not all(isinstance(one, str) for one in raw):
        complain(where, _("{key} に文字列の並びを書いてください。", key=f"{where}.who"))
        return ()
    for one in raw:
        kind, colon, key = one.partition(":")
        if one != STAFF and not (colon and key and kind in KINDS):
            complain(
                where,
                _("始められる人「{group}」は、staff か、{kinds} で始まるグループで書いてください。",
                  group=one, kinds=_("、").join(f"{kind}:" for kind in KINDS)),
            )  # fmt: skip
    return tuple(raw)


def _text(
    raw: Mapping[str, Any], key: str, named: str, complain: Complain, *, needed: bool
) -> str:  # fmt: skip
    value = raw.get(key, "")
    if isinstance(value, str) and (value.strip() or not needed):
        return value.strip()
    complain(named, _("{key} に文字列を書いてください。", key=named))
    return ""


def check(
    starts: Sequence[Start],
    processes: Mapping[str, Process],
    forms: Mapping[str, FormDefinition],
    offered: Collection[str],
) -> Iterator[Problem]:
    """Yield what keeps people from beginning, or what would leave two starts the same.

    `offered` are the functions that expressions may call.
    """
    keys: set[str] = set()
    for one in starts:
        plain = not one.title
        where = KEY if plain else f"{KEY}.{one.key}"
        if one.key in keys:
            yield _problem(where, _("始め方「{key}」が二つあります。", key=one.key))
        keys.add(one.key)
        process = processes.get(one.process)
        if process is None and (one.process or plain):
            yield _problem(
                f"{where}.process", _("始めるプロセス「{key}」がありません。", key=one.process)
            )
        elif process is not None and not _begun_by_people(process):
            yield _problem(
                f"{where}.process",
                _("プロセス「{key}」に、人が始める開始イベントがありません。", key=one.process),
                _("タイマーのない開始イベントを図に置いてください。"),
            )
        if one.key != one.process and one.key in processes:
            yield _problem(
                where,
                _("始め方の key「{key}」は、別のプロセスの ID です。", key=one.key),
                _("ほかの名前にしてください。"),
            )
        yield from _form(where, one, forms, plain)
        yield from _names(where, one, offered)


def _names(where: str, one: Start, offered: Collection[str]) -> Iterator[Problem]:
    known = SCOPE | one.values.keys()
    for name, text in one.outputs.items():
        key, asked = f"{where}.outputs.{name}", parse(text)
        if unknown := sorted(asked.free_names - known):
            yield _problem(
                where,
                _("{key} の式が使う変数「{name}」はありません。",
                  key=key, name=_("、").join(unknown)),
                _("様式の項目は values.項目 と書きます。"),
            )  # fmt: skip
        for function in sorted(feel.unknown_functions(asked, set(offered))):
            yield _problem(
                where, _("{what}の式が使う関数「{name}」はありません。", what=key, name=function)
            )


def _form(
    where: str, one: Start, forms: Mapping[str, FormDefinition], plain: bool
) -> Iterator[Problem]:  # fmt: skip
    form = forms.get(one.form)
    if form is None:
        if one.form or plain:
            yield _problem(f"{where}.form", _("最初の様式「{key}」がありません。", key=one.form))
    elif all(fact.path != "title" for fact in form.fields()):
        yield _problem(
            f"{where}.form",
            _("最初の様式「{key}」に件名の項目（title）がありません。", key=one.form),
        )


def _begun_by_people(process: Process) -> bool:
    return any(element.kind is Kind.START for element in process.elements.values())


def _problem(element: str, message: str, hint: str = "") -> Problem:
    return Problem("pack-setting", message, "pack.toml", element=element, hint=hint)
