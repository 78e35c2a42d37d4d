"""What a pack's `[starts]` settles: whose case it is that begins when its time has come.

A process with a timer start event has a table of its name there. Everything is FEEL but the
values, which the timer, the title and the process itself may use by their names.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from dxflow import feel
from dxflow.errors import DxflowError
from dxflow.feel import FeelSyntaxError, parse
from dxflow.models.formulas import RESERVED, VARIABLE
from dxflow.models.model import Element, Kind, Process
from dxflow.problems import Problem
from dxflow.services.packs.settings.authority import Complain
from dxflow.texts import gettext as _

KEY = "starts"
#: What a process that begins by itself is given beside the values of its table.
GIVEN = frozenset({"case_id", "applicant", "section", "department", "started_on"})
_KEYS = frozenset({"owner", "title", "values"})

Functions = Mapping[str, Callable[..., Any]]


@dataclass(frozen=True)
class TimedStart:
    """How a process begins by itself: FEEL for its owner's group or groups, and for its title."""

    process: str
    owner: str = ""
    title: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)

    def owners(self, functions: Functions) -> list[str]:
        """Return the groups whose holder owns the case, the first that has one. Raises ValueError."""
        value = _evaluated(self.owner, self.values, functions)
        groups = value if isinstance(value, list) else [value]
        if not groups or not all(isinstance(one, str) and one for one in groups):
            raise ValueError(
                _("担当の式「{text}」の結果がグループではありません。", text=self.owner)
            )
        return [str(one) for one in groups]

    def titled(self, started_on: date, functions: Functions) -> str:
        """Return the title of a case that begins on a day. Raises ValueError."""
        value = _evaluated(self.title, {**self.values, "started_on": started_on}, functions)
        if not isinstance(value, str) or not value.strip():
            raise ValueError(_("件名の式「{text}」の結果が文字列ではありません。", text=self.title))
        return value.strip()


def timer_value(element: Element, values: Mapping[str, Any], functions: Functions) -> Any:
    """Return what the timer of a start event gives. Raises ValueError."""
    return _evaluated(element.timer.value if element.timer else "", values, functions)


def _evaluated(text: str, scope: Mapping[str, Any], functions: Functions) -> Any:
    try:
        return parse(text).evaluate(dict(scope), functions)
    except (DxflowError, ArithmeticError, LookupError, TypeError, ValueError) as wrong:
        raise ValueError(f"{text}: {wrong}") from wrong


def timed_starts(process: Process) -> Iterator[Element]:
    """Yield the timer start events of a process."""
    for element in process.elements.values():
        if element.kind is Kind.TIMER_START and element.timer is not None:
            yield element


def read(raw: Any, complain: Complain) -> Mapping[str, TimedStart]:
    """Return the tables by process; what is wrong is told."""
    if not isinstance(raw, dict) or not all(isinstance(one, dict) for one in raw.values()):
        complain(KEY, _("[{key}] は表として書いてください。", key=KEY))
        return {}
    return {process: _one(process, table, complain) for process, table in raw.items()}


def _one(process: str, raw: Mapping[str, Any], complain: Complain) -> TimedStart:
    where = f"{KEY}.{process}"
    for key in sorted(set(raw) - _KEYS):
        complain(where, _("[{table}] に {key} という項目はありません。", table=where, key=key))
    texts = {}
    for key in ("owner", "title"):
        text = raw.get(key)
        if not isinstance(text, str) or not text.strip():
            complain(where, _("{key} に文字列を書いてください。", key=f"{where}.{key}"))
            continue
        try:
            parse(text)
        except FeelSyntaxError as wrong:
            complain(where, _("{key} の式が読めません: {why}", key=f"{where}.{key}", why=wrong))
            continue
        texts[key] = text
    values = raw.get("values", {})
    if not isinstance(values, dict):
        complain(where, _("[{key}] は表として書いてください。", key=f"{where}.values"))
        values = {}
    return TimedStart(process, **texts, values=dict(variables(where, values, complain)))


def variables(
    where: str, raw: Mapping[str, Any], complain: Complain
) -> Iterator[tuple[str, Any]]:  # fmt: skip
    """Yield the variables of a table of values; what cannot be one is told."""
    for name, value in raw.items():
        if not VARIABLE.fullmatch(name) or name in RESERVED | GIVEN:
            complain(where, _("変数名「{name}」は使えません。", name=name))
            continue
        found = Decimal(str(value)) if isinstance(value, float) else value
        if isinstance(found, bool | int | str | Decimal | date) and not isinstance(found, datetime):
            yield name, feel.to_feel(found)
        else:
            complain(where, _("{key} には文字列、数、true か false、日付を書けます。", key=name))


def check(
    starts: Mapping[str, TimedStart], processes: Mapping[str, Process], offered: Collection[str]
) -> Iterator[Problem]:
    """Yield what keeps cases from beginning by themselves, or what is said in vain."""
    for key, process in processes.items():
        timed = list(timed_starts(process))
        if timed and key not in starts:
            yield _problem(
                key,
                _("時期が来て始まるプロセス「{key}」に、だれの案件とするかがありません。", key=key),
                _("[starts.{key}] に owner（担当するグループ）と title（件名）を書いてください。", key=key),
            )  # fmt: skip
        for element in timed if key in starts else ():
            yield from _names(element, starts[key])
    for key, one in starts.items():
        if key not in processes or not any(timed_starts(processes[key])):
            yield _problem(
                key,
                _("プロセス「{key}」に、タイマー開始イベントがありません。", key=key),
                _("図に置くか、[starts.{key}] を消してください。", key=key),
            )
        for part, text, known in (
            ("owner", one.owner, frozenset[str]()),
            ("title", one.title, frozenset({"started_on"})),
        ):
            if not text:
                continue
            asked = parse(text)
            if unknown := sorted(asked.free_names - known - one.values.keys()):
                yield _problem(
                    key,
                    _("{key} の式が使う変数「{name}」はありません。",
                      key=f"{KEY}.{key}.{part}", name=_("、").join(unknown)),
                    _("文字列なら引用符で囲み、値なら [starts.{key}.values] に書いてください。", key=key),
                )  # fmt: skip
            for name in sorted(feel.unknown_functions(asked, set(offered))):
                yield _problem(
                    key,
                    _("{what}の式が使う関数「{name}」はありません。",
                      what=f"{KEY}.{key}.{part}", name=name),
                    _("関数名の綴りを確かめてください。"),
                )  # fmt: skip


def _names(element: Element, start: TimedStart) -> Iterator[Problem]:
    try:
        asked = parse(element.timer.value if element.timer else "").free_names
    except FeelSyntaxError:
        return  # told where the diagram is checked
    if unknown := sorted(asked - start.values.keys()):
        yield _problem(
            start.process,
            _("開始イベント「{name}」のタイマーが使う変数「{names}」はありません。",
              name=element.name or element.id, names=_("、").join(unknown)),
            _("始まる前なので案件の変数はありません。値を [starts.{key}.values] に書いてください。",
              key=start.process),
        )  # fmt: skip


def _problem(process: str, message: str, hint: str) -> Problem:
    return Problem("pack-start", message, "pack.toml", element=f"{KEY}.{process}", hint=hint)
