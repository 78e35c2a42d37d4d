"""What a pack's `[authority]` settles: tables of authority rows by date, the head, the document."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from dxflow.authority.dating import Dating
from dxflow.authority.papers import is_outcome
from dxflow.authority.route import Consent
from dxflow.authority.tables import DatedTable
from dxflow.calendars.given import OutOfRange, is_taken
from dxflow.decisions import DecisionModel
from dxflow.decisions.table import TableLogic
from dxflow.feel import FeelSyntaxError, parse
from dxflow.models.extensions import COMMAND
from dxflow.models.findings import at, called, levels
from dxflow.models.model import Element, Model
from dxflow.problems import Problem
from dxflow.texts import gettext as _

KEY = "authority"
#: (key, message): how a reader tells what is wrong.
Complain = Callable[[str, str], None]
ORDERS = ("together", "one_by_one")
#: What happens to a reviewer who is away: somebody stands in (後閲 B), or the place is passed (A).
ABSENT_REVIEWER = ("wait", "pass_over")
#: What a table must give.
OUTPUTS = frozenset({"row", "post_kind"})
_MOST_DAYS = 366


@dataclass(frozen=True)
class AuthoritySettings:
    """How decisions find their authority. Without tables a process names the row itself.

    `goes_up` is FEEL over the values the table is asked with; `document` the forms that make up
    the document, in order.
    """

    tables: tuple[DatedTable, ...] = ()
    head: str = "mayor"
    goes_up: str = ""
    document: tuple[str, ...] = ()
    in_turn: bool = False
    pass_over: bool = False
    consent: Consent = field(default_factory=Consent)
    dating: Dating = field(default_factory=Dating)

    def raises(self, matter: Mapping[str, Any], functions: Mapping[str, Any]) -> bool:
        """Return whether a matter goes up to the head; what cannot be answered does not."""
        if not self.goes_up:
            return False
        condition = parse(self.goes_up)
        scope = {name: matter.get(name) for name in condition.free_names}
        return condition.evaluate(scope, functions) is True


def read(raw: Any, complain: Complain) -> AuthoritySettings:
    """Return the settings; what is wrong is told, and stands at its default."""
    if not isinstance(raw, dict):
        complain(KEY, _("[{key}] は表として書いてください。", key=KEY))
        return AuthoritySettings()
    order = raw.get("agree_order", ORDERS[0])
    if order not in ORDERS:
        complain(
            "agree_order", _("agree_order には {ways} だけを書けます。", ways="、".join(ORDERS))
        )
    absent = raw.get("absent_reviewer", ABSENT_REVIEWER[0])
    if absent not in ABSENT_REVIEWER:
        complain(
            "absent_reviewer",
            _(
                "{key} には {ways} だけを書けます。",
                key="absent_reviewer",
                ways=_("、").join(ABSENT_REVIEWER),
            ),
        )
    return AuthoritySettings(
        tables=_tables(raw.get("tables", []), complain),
        head=_text(raw, "head", AuthoritySettings.head, complain),
        goes_up=_condition(raw, complain),
        document=_names(raw, complain),
        in_turn=order == ORDERS[1],
        pass_over=absent == ABSENT_REVIEWER[1],
        consent=_consent(raw.get("agree_needed", "all"), complain),
        dating=Dating(_days(raw, "dating_back", complain), _days(raw, "dating_ahead", complain)),
    )


#: Commands that ask the tables: without any they could only fail when a case reaches them.
ASK_TABLES = frozenset({"authority.find", "document.draw"})
_RECORD = f"{COMMAND}decision.record"
#: The pressed button handed on as it is.
_HANDED_ON = re.compile(r"\boutcome\s*:\s*outcome\b")


def commands_of(element: Element) -> set[str]:
    """Return the commands that an element itself calls."""
    named = {key.removeprefix(COMMAND) for key in element.properties if key.startswith(COMMAND)}
    return {element.job_type} | named


def check_use(settings: AuthoritySettings, models: Iterable[Model]) -> Iterator[Problem]:
    """Yield a problem for every element that asks for authority tables where there are none."""
    if settings.tables:
        return
    for model in models:
        for process in model.processes.values():
            for element in process.elements.values():
                for name in sorted(commands_of(element) & ASK_TABLES):
                    yield Problem(
                        "authority-no-table",
                        _("「{command}」は決裁区分の表を引きますが、このパックには表がありません。",
                          command=name),
                        model.file, element.lines.get("job_type", element.line),
                        element=element.id,
                        hint=_("pack.toml に [[authority.tables]] を書き、decision に表の名前、"
                               "valid_from に有効になる日を入れてください。"
                               "表を使わないときは、authority.resolve で職を決めます。"),
                    )  # fmt: skip


def check(
    settings: AuthoritySettings, decisions: Mapping[str, DecisionModel], forms: Mapping[str, Any],
    complain: Complain,
) -> None:  # fmt: skip
    """Tell of tables and forms that are not there, and of tables that do not say who decides."""
    for one in settings.tables:
        model = decisions.get(one.decision)
        if model is None:
            complain("authority.tables", _("決裁区分の表「{key}」がありません。", key=one.decision))
            continue
        logic = model.decisions[one.decision].logic
        given = {out.name for out in logic.outputs} if isinstance(logic, TableLogic) else OUTPUTS
        for name in sorted(OUTPUTS - given):
            complain(
                "authority.tables",
                _("決裁区分の表「{key}」に列「{name}」がありません。", key=one.decision, name=name),
            )
    for name in settings.document:
        if name not in forms:
            complain("authority.document", _("起案に載せる様式「{key}」がありません。", key=name))


def check_outcomes(models: Iterable[Model], forms: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield a problem for every button of a 決裁 of which nobody knows whether it decides."""
    for model in models:
        for process in model.processes.values():
            for level, _owner in levels(process):
                for element in level.elements.values():
                    form = forms.get(element.form_key)
                    if form is None or not _HANDED_ON.search(element.properties.get(_RECORD, "")):
                        continue
                    for key in (one.key for one in form.outcomes if not is_outcome(one.key)):
                        yield at(
                            element, "authority-unknown-outcome",
                            _("{name}のボタン「{key}」は、決裁の結果として扱えません。文書が確定せず、"
                              "決裁区分も確かめられません。", name=called(element), key=key),
                            _("approve、conditions、reject、provisional、escalate、again か、"
                              "send_back、return、hand_back で始まるキーにしてください。"),
                            line=element.lines.get("properties", 0),
                        ).located(model.file)  # fmt: skip


def _tables(raw: Any, complain: Complain) -> tuple[DatedTable, ...]:
    found: list[DatedTable] = []
    for one in raw if isinstance(raw, list) else [raw]:
        decision = one.get("decision") if isinstance(one, dict) else None
        day = one.get("valid_from") if isinstance(one, dict) else None
        if not isinstance(decision, str) or type(day) is not date:
            complain(
                "authority.tables",
                _(
                    "[[authority.tables]] には decision（表の名前）と valid_from（日付）が要ります。"
                ),
            )
            continue
        if not is_taken(day):
            complain("authority.tables", str(OutOfRange(day.isoformat())))
            continue
        if any(other.valid_from == day for other in found):
            complain(
                "authority.tables",
                _("{day}から有効な決裁区分の表が二つあります。", day=day.isoformat()),
            )
        found.append(DatedTable(decision, day))
    return tuple(sorted(found, key=lambda table: table.valid_from))


def _condition(raw: Mapping[str, Any], complain: Complain) -> str:
    expression = _text(raw, "goes_up", "", complain)
    if expression:
        try:
            parse(expression)
        except FeelSyntaxError as exc:
            complain("goes_up", _("{key} の式が読めません: {why}", key="goes_up", why=exc))
            return ""
    return expression


def _consent(raw: Any, complain: Complain) -> Consent:
    if raw == "all":
        return Consent()
    if isinstance(raw, bool) or not isinstance(raw, int) or raw < 1:
        complain("agree_needed", _('agree_needed は "all" か 1 以上の数にしてください。'))
        return Consent()
    return Consent(raw)


def _days(raw: Mapping[str, Any], key: str, complain: Complain) -> int:
    value = raw.get(key, 0)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST_DAYS:
        message = _("{key} は 0 から {most} の日数にしてください。", key=key, most=_MOST_DAYS)
        complain(key, message)
        return 0
    return value


def _names(raw: Mapping[str, Any], complain: Complain) -> tuple[str, ...]:
    value = raw.get("document", [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        complain("document", _("{key} に文字列の並びを書いてください。", key="document"))
        return ()
    return tuple(value)


def _text(raw: Mapping[str, Any], key: str, default: str, complain: Complain) -> str:
    value = raw.get(key, default)
    if not isinstance(value, str):
        complain(key, _("{key} に文字列を書いてください。", key=key))
        return default
    return value
