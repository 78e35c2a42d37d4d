"""What people enter: the processes that are started and the tasks that are known."""

import random
from typing import Any

from tests.factories import ANALYSIS, POSTS, SHEET
from tests.walks import TRIAGE

STARTERS = ("applicant", "colleague", "other")
REASON = {"reason": "確かめました。"}
#: element -> (outcome, values) to choose from; those that come often stand often.
KNOWN: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "check": [("approve", {})] * 4 + [("send_back", REASON)],
    "revise": [("submit", REASON)],
    "opinion": [("submit", REASON)],
    "decide": [("approve", {})] * 3 + [("send_back", REASON), ("reject", REASON)],
    "closing": [("submit", REASON)],
    "head_approval": [("approve", {})] * 4 + [("send_back", REASON)],
    "triage": [("proceed", TRIAGE)],
    "project_sheet": [("submit", SHEET)],
    "bpr_analysis": [("submit", ANALYSIS)],
    "sheet_approval": [("approve", {})],
    "security_opinion": [("agree", {"comment": "問題なし", "points": []})],
    "finance_opinion": [("remark", {"comment": "注意", "funding_outlook": "planned"})],
    "related_opinion": [("agree", {"comment": "協力する", "impact": "some"})],
    "verdict": [("approve", {"reason": "効果が見込める"})],
}
#: Elements of the torture pack -> whom a task is offered to.
_GROUPS = {
    "check": None, "closing": None, "opinion": ("secretariat", "finance", "security"),
    "decide": tuple(row[5] for row in POSTS if "committee" in row[4].split()),
}  # fmt: skip
_SECTION = {
    unit: tuple(row[5] for row in POSTS if row[2] == unit) for unit in {row[2] for row in POSTS}
}


def start(chance: random.Random) -> tuple[str, dict[str, Any]]:
    """Return a process and what its first form says."""
    title = f"耐久試験の提案 {chance.randrange(10**9)}"
    if chance.random() < 0.8:
        return "torture", {"title": title, "reason": "動きを確かめる。"}
    return "proposal", {
        "title": title, "trouble": "待ち時間が長い。", "change": "予約できるようにする。",
        "beneficiary": ["citizen"],
    }  # fmt: skip


def knows(task: dict[str, Any]) -> bool:
    """Return whether it is known what to enter."""
    return task["element"] in KNOWN


def choose(chance: random.Random, task: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return a button and what is entered."""
    outcome, values = chance.choice(KNOWN[task["element"]])
    return outcome, _plain(values)


def fields(chance: random.Random, task: dict[str, Any]) -> dict[str, Any] | None:
    """Return the fields of a posted page, None for forms with rows of rows."""
    outcome, values = chance.choice(KNOWN[task["element"]])
    if any(isinstance(value, list | dict) for value in values.values()):
        return None
    posted = {key: _posted(value) for key, value in values.items()}
    return {**posted, "_outcome": outcome}


def people_of(task: dict[str, Any]) -> tuple[str, ...]:
    """Return who may do a task of the torture pack, empty when that is not known here."""
    groups = task["candidate_groups"]
    if task["element"] not in _GROUPS:
        return ()
    fixed = _GROUPS[task["element"]]
    if fixed is not None:
        return fixed
    return tuple(
        name for group in groups for name in _SECTION.get(group.removeprefix("section:"), ())
    )


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, bool | str) or value is None:
        return value
    return int(value)


def _posted(value: Any) -> str:
    return ("true" if value else "") if isinstance(value, bool) else str(value)
