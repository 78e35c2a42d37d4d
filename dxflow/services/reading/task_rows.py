"""Compare open and closed tasks with where their cases stand.

The log holds the hash of each case's state, and the state says which tasks wait. A task that is
open in the lists and not there, or the other way round, was changed past the program, and so was
one that waits there and has no row at all, whatever the log tells of it.
"""

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from dxflow import engine
from dxflow.audit import case_stream, reading
from dxflow.audit.findings import Finding, FindingKind
from dxflow.texts import gettext as _
from dxflow.texts import translated

_ITEMS = (
    "SELECT w.id, w.case_id, w.name, w.status, c.number FROM work_item w"
    " JOIN case_file c ON c.id = w.case_id"
)
_CASES = "SELECT id, number FROM case_file"


def task_findings(tx: Connection) -> list[Finding]:
    """Return what does not fit: passes over the cases and over their tasks.

    A state that cannot be read is the finding of whoever compares its hash.
    """
    waiting: dict[str, dict[str, bool]] = {}
    findings: list[Finding] = []
    try:
        for stored in reading.instances(tx):
            try:
                waiting[stored.owner] = engine.waiting(stored.state or b"")
            except engine.StateUnreadable:
                continue
        for item, case, name, status, number in reading.rows(tx, _ITEMS):
            tokens = waiting.get(case)
            if tokens is None:
                continue
            there = tokens.pop(item, None) is not None
            if (status == "open") == there:
                continue
            findings.append(Finding(FindingKind.STATE, case_stream(case), 0, _text(
                number, translated(name), is_open=status == "open")))  # fmt: skip
        lost = {case: sum(tokens.values()) for case, tokens in waiting.items()}
        for case, number in reading.rows(tx, _CASES) if any(lost.values()) else ():
            if lost.get(case):
                text = _(
                    "案件 {number} で、記録された案件の状態では待っている作業 {n} 件がありません"
                    "（削除か書換え）。",
                    number=number, n=lost[case],
                )  # fmt: skip
                findings.append(Finding(FindingKind.STATE, case_stream(case), 0, text))
    except DBAPIError:  # said already by the verification of the log
        return findings
    return findings


def _text(number: str, task: str, *, is_open: bool) -> str:
    if is_open:
        return _(
            "案件 {number} の作業「{task}」が開いていますが、記録された案件の状態では待っていません。",
            number=number,
            task=task,
        )
    return _(
        "案件 {number} の作業「{task}」が終わっていますが、記録された案件の状態では待っています。",
        number=number,
        task=task,
    )
