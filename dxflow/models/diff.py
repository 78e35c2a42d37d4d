"""What changed between two versions of a process, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

from dxflow.models.findings import called
from dxflow.models.model import Boundary, Element, IoMapping, MultiInstance, Process, Timer
from dxflow.texts import gettext as _


class Step(StrEnum):
    """What happened to an element or flow."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True)
class Change:
    """One difference; `element` is its id, for a flow `source → target`."""

    step: Step
    element: str
    sentence: str


_FIELDS = {
    "kind": "種類", "name": "名前", "lane": "レーン", "documentation": "説明",
    "properties": "プロパティ", "inputs": "入力マッピング", "outputs": "出力マッピング",
    "multi": "マルチインスタンス", "boundaries": "境界イベント", "form_key": "フォーム",
    "candidate_groups": "候補グループ", "assignee": "担当者", "due": "期日", "job_type": "コマンド",
    "script": "スクリプト", "result_variable": "結果の変数", "decision": "決定",
    "called_process": "呼び出すプロセス", "propagate_all": "変数の受け取り", "timer": "タイマー",
    "construct": "要素の種別", "trigger": "きっかけ", "attached_to": "取り付け先",
}  # fmt: skip
"""Fields of `Element` that a reader of the change wants to hear about."""

_PROCESS_FIELDS = {"name": "名前", "executable": "実行可能の印", "version_tag": "版の印"}


def diff(before: Process, after: Process) -> list[Change]:
    """Return the changes from one version to the other: process, elements, then flows.

    Ids of flows, lines and order do not count; insides of sub-processes do.
    """
    changes = [
        Change(Step.CHANGED, after.id, sentence)
        for sentence in _fields(_("プロセス"), before, after, _PROCESS_FIELDS)
    ]
    changes.extend(_elements(before, after))
    changes.extend(_flows(before, after))
    return changes


def _elements(before: Process, after: Process) -> Iterator[Change]:
    for key, element in before.elements.items():
        if key not in after.elements:
            sentence = _("{name}を削除しました。", name=called(element))
            yield Change(Step.REMOVED, key, sentence)
    for key, element in after.elements.items():
        old = before.elements.get(key)
        if old is None:
            sentence = _("{name}を追加しました。", name=called(element))
            yield Change(Step.ADDED, key, sentence)
            continue
        for sentence in _fields(called(element), old, element, _FIELDS):
            yield Change(Step.CHANGED, key, sentence)
        if element.body is not None and old.body is not None:
            yield from _elements(old.body, element.body)
            yield from _flows(old.body, element.body)


def _fields(
    name: str, before: Element | Process, after: Element | Process, labels: Mapping[str, str]
) -> Iterator[str]:
    for field, label in labels.items():
        old, new = _written(getattr(before, field)), _written(getattr(after, field))
        if old != new:
            yield _(
                "{name}の{what}を {old} から {new} に変えました。",
                name=name, what=_(label), old=old or _("なし"), new=new or _("なし"),
            )  # fmt: skip


def _flows(before: Process, after: Process) -> Iterator[Change]:
    old, new = _flow_texts(before), _flow_texts(after)
    for way, text in old.items():
        if way not in new:
            sentence = _("{way} のフローを削除しました。", way=_way(way, before))
            yield Change(Step.REMOVED, " → ".join(way), sentence)
        elif new[way] != text:
            sentence = _(
                "{way} のフローの条件を {old} から {new} に変えました。",
                way=_way(way, after), old=text or _("なし"), new=new[way] or _("なし"),
            )  # fmt: skip
            yield Change(Step.CHANGED, " → ".join(way), sentence)
    for way in (way for way in new if way not in old):
        sentence = _("{way} のフローを追加しました。", way=_way(way, after))
        yield Change(Step.ADDED, " → ".join(way), sentence)


def _flow_texts(process: Process) -> dict[tuple[str, str], str]:
    """Return source and target to the conditions of the flows between them."""
    defaults = {element.default_flow for element in process.elements.values()}
    texts: dict[tuple[str, str], list[str]] = {}
    for flow in process.flows:
        text = _("既定") if flow.id in defaults else flow.condition
        texts.setdefault((flow.source, flow.target), []).append(text)
    return {way: " / ".join(filter(None, sorted(found))) for way, found in texts.items()}


def _way(way: tuple[str, str], process: Process) -> str:
    boundaries = {b.id: b for e in process.elements.values() for b in e.boundaries}
    named = [process.elements.get(key) or boundaries.get(key) for key in way]
    return " → ".join(
        called(place) if place else key for place, key in zip(named, way, strict=True)
    )


def _written(value: Any) -> str:
    """Return a value as a person reads it."""
    if isinstance(value, bool):
        return _("あり") if value else ""
    if isinstance(value, Mapping):
        return "; ".join(f"{key} = {text}" for key, text in value.items())
    if isinstance(value, tuple):
        return "; ".join(_written(part) for part in value)
    if isinstance(value, IoMapping):
        return f"{value.target} = {value.source}"
    if isinstance(value, Timer):
        return f"{value.kind} {value.value}"
    if isinstance(value, Boundary):
        return _(
            "「{name}」（{timer}、{effect}）",
            name=value.name or value.id, timer=_written(value.timer),
            effect=_("中断する") if value.interrupting else _("中断しない"),
        )  # fmt: skip
    if isinstance(value, MultiInstance):
        parts = (f"{f.name}: {_written(getattr(value, f.name))}" for f in fields(value)
                 if f.name != "line" and getattr(value, f.name))  # fmt: skip
        return ", ".join(parts)
    return "" if value is None else str(value)
