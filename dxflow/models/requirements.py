"""What each kind of element must say, may say and may refer to."""

import re
from collections.abc import Iterator

from dxflow.models.context import Context
from dxflow.models.extensions import COMMAND, WORDS
from dxflow.models.findings import Place, at, called
from dxflow.models.model import Element, Kind, TimerKind
from dxflow.problems import Problem
from dxflow.texts import gettext as _

STATUSES = frozenset({"completed", "rejected", "withdrawn", "stopped"})
"""What the property `status` of an end event may say about the case."""

_REPEATABLE = frozenset({Kind.USER_TASK, Kind.CALL_ACTIVITY, Kind.SUB_PROCESS})
_SETTINGS: dict[str, tuple[str, frozenset[Kind]]] = {
    "form_key": ("formDefinition", frozenset({Kind.USER_TASK})),
    "candidate_groups": ("candidateGroups", frozenset({Kind.USER_TASK})),
    "assignee": ("assignee", frozenset({Kind.USER_TASK})),
    "due": ("dueDate", frozenset({Kind.USER_TASK})),
    "job_type": ("taskDefinition", frozenset({Kind.SERVICE_TASK})),
    "script": ("script", frozenset({Kind.SCRIPT_TASK})),
    "decision": ("calledDecision", frozenset({Kind.BUSINESS_RULE_TASK})),
    "result_variable": (
        "resultVariable", frozenset({Kind.SCRIPT_TASK, Kind.BUSINESS_RULE_TASK}),
    ),
    "called_process": ("calledElement", frozenset({Kind.CALL_ACTIVITY})),
    "inputs": ("input", frozenset({Kind.SERVICE_TASK, Kind.CALL_ACTIVITY})),
    "outputs": ("output", frozenset({Kind.USER_TASK, Kind.SERVICE_TASK, Kind.CALL_ACTIVITY})),
    "multi": ("multiInstanceLoopCharacteristics", _REPEATABLE),
    "boundaries": ("boundaryEvent", _REPEATABLE),
}  # fmt: skip
"""Field of `Element`: its name in BPMN, and the kinds that heed it."""

_NEEDED: dict[Kind, dict[str, str]] = {
    Kind.USER_TASK: {"form_key": "フォーム（formId）"},
    Kind.SERVICE_TASK: {"job_type": "コマンド（taskDefinition の type）"},
    Kind.SCRIPT_TASK: {"script": "FEEL 式", "result_variable": "結果の変数（resultVariable）"},
    Kind.BUSINESS_RULE_TASK: {
        "decision": "決定（decisionId）", "result_variable": "結果の変数（resultVariable）",
    },
    Kind.CALL_ACTIVITY: {"called_process": "呼び出すプロセス（processId）"},
}  # fmt: skip

_ID = re.compile(r"[^\W\d][\w-]{0,99}")


def requirements(element: Element, context: Context, top: bool) -> list[Problem]:
    """Return what one element lacks or says in vain; `top`: not inside a sub-process."""
    if element.kind is Kind.OTHER:
        return []
    return [
        *identity(element),
        *(problem for boundary in element.boundaries for problem in identity(boundary)),
        *_settings(element),
        *_references(element, context),
        *_repetition(element),
        *_timers(element, top),
        *_properties(element, context, top),
        *(_owner(element, context) if element.kind is Kind.USER_TASK else ()),
    ]


def identity(place: Place) -> Iterator[Problem]:
    """Yield a problem when the id cannot serve in the engine's and the database's names."""
    if not _ID.fullmatch(place.id):
        yield at(
            place, "bpmn-bad-id", _("ID「{id}」は使えません。", id=place.id),
            _("ID は文字か「_」で始め、文字・数字・「_」・「-」の 100 字以内にしてください。"),
        )  # fmt: skip


def _settings(element: Element) -> Iterator[Problem]:
    for field, (written, kinds) in _SETTINGS.items():
        if getattr(element, field) and element.kind not in kinds:
            yield at(
                element, "bpmn-setting-unused",
                _("{name}に付けた {setting} は、この種類の要素では働きません。",
                  name=called(element), setting=written),
                _("設定を消すか、別のタスクに移してください。"),
                line=element.lines.get(field, 0),
            )  # fmt: skip
    for field, meaning in _NEEDED.get(element.kind, {}).items():
        if not getattr(element, field):
            yield at(
                element, "bpmn-setting-missing",
                _("{name}に{what}の指定がありません。", name=called(element), what=_(meaning)),
                _("モデリングツールのプロパティ欄で指定してください。"),
            )  # fmt: skip


def _references(element: Element, context: Context) -> Iterator[Problem]:
    """Yield names that stand for nothing; they are plain names, since all are checked here."""
    for field in ("form_key", "job_type", "decision", "called_process"):
        if getattr(element, field).startswith("="):
            yield at(
                element, "bpmn-dynamic-reference",
                _("{name}の {setting} を式で決めることはできません。",
                  name=called(element), setting=_SETTINGS[field][0]),
                _("排他ゲートウェイで分岐し、要素を一つずつ置いてください。"),
                line=element.lines.get(field, 0),
            )  # fmt: skip
            return
    known = (
        ("form_key", context.forms, "フォーム"),
        ("job_type", context.commands, "コマンド"),
        ("decision", context.decisions, "決定"),
    )
    for field, names, what in known:
        name = getattr(element, field)
        if name and names is not None and name not in names:
            yield at(
                element, "bpmn-unknown-reference",
                _("{what}「{name}」は見つかりません。", what=_(what), name=name),
                _("名前の綴りと、パックに入っているかを確かめてください。"),
                line=element.lines.get(field, 0),
            )  # fmt: skip


def _repetition(element: Element) -> Iterator[Problem]:
    multi = element.multi
    if multi is None:
        return
    if not multi.collection or not multi.element_variable:
        yield at(
            element, "bpmn-multi-incomplete",
            _("マルチインスタンスに、くり返す対象（inputCollection）と一件を入れる変数（inputElement）の指定が要ります。"),
            _("モデリングツールのプロパティ欄で指定してください。"), line=multi.line,
        )  # fmt: skip
    if bool(multi.output_collection) != bool(multi.output_element):
        yield at(
            element, "bpmn-multi-incomplete",
            _("マルチインスタンスの outputCollection と outputElement は対で指定します。"),
            _("結果を集めないなら、両方を消してください。"), line=multi.line,
        )  # fmt: skip


def _timers(element: Element, top: bool) -> Iterator[Problem]:
    for boundary in element.boundaries:
        if boundary.interrupting and boundary.timer.kind is TimerKind.CYCLE:
            yield at(
                boundary, "bpmn-interrupting-cycle",
                _("中断する境界イベントに、くり返すタイマー（timeCycle）は使えません。"),
                _("一度だけなら timeDuration か timeDate に、"
                  "くり返すなら中断しない境界イベントに変えてください。"),
            )  # fmt: skip
    if element.kind is Kind.TIMER_START:
        yield from _timed_start(element, top)
    elif element.timer is not None and element.timer.kind is TimerKind.CYCLE:
        yield at(
            element, "bpmn-catch-cycle",
            _("中間イベントに、くり返すタイマー（timeCycle）は使えません。"),
            _("timeDuration か timeDate に変えてください。"),
        )  # fmt: skip


def _timed_start(element: Element, top: bool) -> Iterator[Problem]:
    if not top:
        yield at(
            element, "bpmn-timed-start-inside",
            _("サブプロセスの中に、タイマー開始イベントは置けません。"),
            _("ふつうの開始イベントにし、その先にタイマー中間イベントを置いてください。"),
        )  # fmt: skip
    if element.timer is not None and element.timer.kind is TimerKind.DURATION:
        yield at(
            element, "bpmn-timed-start-duration",
            _("タイマー開始イベントに、期間（timeDuration）は使えません。数え始める時がありません。"),
            _("くり返すなら timeCycle（例: {cycle}）に、一度だけなら timeDate に変えてください。",
              cycle="R/2027-04-01/P1Y"), line=element.timer.line,
        )  # fmt: skip


def _properties(element: Element, context: Context, top: bool) -> Iterator[Problem]:
    line = element.lines.get("properties", 0)
    for key in element.properties:
        if key in WORDS and element.kind is not Kind.USER_TASK:
            yield at(
                element, "bpmn-setting-unused",
                _("{key} はユーザータスクでだけ働きます。", key=key),
                _("受け取った人が入力するユーザータスクに変えてください。"), line=line,
            )  # fmt: skip
        if not key.startswith(COMMAND):
            continue
        name = key.removeprefix(COMMAND)
        if element.kind is not Kind.USER_TASK:
            yield at(
                element, "bpmn-setting-unused",
                _("{key} はユーザータスクでだけ働きます。", key=key),
                _("サービスタスクを置いてください。"), line=line,
            )  # fmt: skip
        elif context.commands is not None and name not in context.commands:
            yield at(
                element, "bpmn-unknown-reference",
                _("{what}「{name}」は見つかりません。", what=_("コマンド"), name=name),
                _("名前の綴りを確かめてください。"), line=line,
            )  # fmt: skip
    status = element.properties.get("status", "")
    if status and element.kind in (Kind.END, Kind.TERMINATE_END):
        yield from _status(element, status, top, line)


def _status(element: Element, status: str, top: bool, line: int) -> Iterator[Problem]:
    if status not in STATUSES:
        yield at(
            element, "bpmn-bad-status", _("終了の状態「{status}」は使えません。", status=status),
            _("使えるのは {known} です。", known=", ".join(sorted(STATUSES))), line=line,
        )  # fmt: skip
    elif not top:
        yield at(
            element, "bpmn-bad-status",
            _("サブプロセスの終了イベントは、案件の状態を決められません。"),
            _("結果を変数に入れ、外側のプロセスで分岐させてください。"), line=line,
        )  # fmt: skip


def _owner(task: Element, context: Context) -> Iterator[Problem]:
    """Yield a problem unless the task says for whom it is, by itself or through its lane."""
    if task.candidate_groups or task.assignee:
        return
    if not task.lane:
        yield at(
            task, "bpmn-no-owner", _("{name}の担当が決まっていません。", name=called(task)),
            _("レーンの中に置くか、candidateGroups を指定してください。"),
        )  # fmt: skip
    elif context.lanes is not None and task.lane not in context.lanes:
        yield at(
            task, "bpmn-lane-without-group",
            _("レーン「{lane}」に対応するグループがありません。", lane=task.lane),
            _("pack.toml の [lanes] にレーンを加えるか、candidateGroups を指定してください。"),
        )  # fmt: skip
