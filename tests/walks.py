"""Ways through the standard process: each plays one case up to a stage, as its people would."""

from typing import Any

from sqlalchemy import or_, select

from dxflow.db.process import WorkItem, WorkItemGroup
from dxflow.services.acts.tasks import Completed
from dxflow.services.reading.inbox import Listed
from tests.factories import ANALYSIS, SHEET, City

MEMBERS = ("civic_head", "tax_head", "mgmt_head", "it_head", "planning_head", "cio")
ROUTE = ("review", "agree_together", "agree_in_turn")
TRIAGE: dict[str, Any] = {
    "lead": "counter", "cost": 3_000_000, "sections_touched": 2, "personal_data": True,
    "citizen_effect": "large", "importance": [],
}  # fmt: skip


def task_of(city: City, by: str, case: str, element: str) -> Listed:
    """Return the open task of an element that waits for somebody on a case."""
    return next(t for t in city.open_tasks(by) if t.case_id == case and t.element == element)


def dated_otherwise(city: City) -> list[str]:
    """Return the work whose offers, by which inboxes are sorted, have other dates than itself."""
    with city.site.database.read() as tx:
        return list(
            tx.execute(
                select(WorkItem.element)
                .join(WorkItemGroup, WorkItemGroup.work_item_id == WorkItem.id)
                .where(
                    or_(
                        WorkItem.due_at.is_distinct_from(WorkItemGroup.due_at),
                        WorkItem.created_at.is_distinct_from(WorkItemGroup.created_at),
                    )
                )
            ).scalars()
        )


def whoever(city: City, case: str, element: str) -> str:
    """Return the first person for whom a task of an element waits."""
    return next(
        name
        for name in city.person
        if any(t.case_id == case and t.element == element for t in city.open_tasks(name))
    )


def do(city: City, case: str, by: str, element: str, outcome: str, **values: Any) -> Completed:
    """Complete a task of a case as somebody."""
    return city.complete_id(by, task_of(city, by, case, element).id, outcome, **values)


def to_triage(city: City, **idea: Any) -> str:
    """Hand an idea in and have the head approve it; return the case."""
    case = city.start(**idea).id
    do(city, case, "head", "head_approval", "approve")
    return case


def to_sheet(city: City, idea: dict[str, Any] | None = None, **triage: Any) -> str:
    """Play a case until the project sheet is asked for."""
    case = to_triage(city, **(idea or {}))
    do(city, case, "secretariat", "triage", "proceed", **(TRIAGE | triage))
    return case


def to_opinions(
    city: City, idea: dict[str, Any] | None = None, sheet: dict[str, Any] | None = None
) -> str:
    """Play a case until the opinions are asked for."""
    case = to_sheet(city, idea)
    do(city, case, "applicant", "project_sheet", "submit", **(SHEET | (sheet or {})))
    do(city, case, "applicant", "bpr_analysis", "submit", **ANALYSIS)
    do(city, case, "head", "sheet_approval", "approve")
    return case


def to_committee(
    city: City, idea: dict[str, Any] | None = None, sheet: dict[str, Any] | None = None
) -> str:
    """Play a case until the committee votes."""
    case = to_opinions(city, idea, sheet)
    do(city, case, "security", "security_opinion", "agree", comment="問題なし", points=[])
    do(
        city, case, "finance", "finance_opinion", "remark",
        comment="予算に注意", funding_outlook="planned",
    )  # fmt: skip
    do(city, case, "tax_head", "related_opinion", "agree", comment="協力する", impact="some")
    return case


def vote(city: City, case: str, verdict: str = "approve", but: tuple[str, ...] = ()) -> None:
    """Have every member with a seat vote, all but the named."""
    wanted = {"conditions_wanted": "影響評価を"} if verdict == "conditions" else {}
    for member in MEMBERS:
        waits = [t for t in city.open_tasks(member) if t.case_id == case]
        if member not in but and any(t.element == "verdict" for t in waits):
            do(city, case, member, "verdict", verdict, reason="効果が見込める", **wanted)


def to_decision(
    city: City,
    resolution: str = "approve",
    idea: dict[str, Any] | None = None,
    sheet: dict[str, Any] | None = None,
    **values: Any,
) -> str:
    """Play a case until somebody has to decide; `values` are the chair's."""
    case = to_committee(city, idea, sheet)
    vote(city, case, "approve" if resolution == "approve" else "conditions")
    do(city, case, "cio", "conclude", resolution, reason="委員の意見は一致", **values)
    return case


def circulate(city: City, case: str) -> None:
    """Have everybody on the route of the decision document agree, until the decider has it."""
    while on_the_way := [
        (name, task.id)
        for name in city.person
        for task in city.open_tasks(name)
        if task.case_id == case and task.element in ROUTE
    ]:
        name, task_id = on_the_way[0]
        city.complete_id(name, task_id, "agree")


def to_execution(
    city: City,
    idea: dict[str, Any] | None = None,
    sheet: dict[str, Any] | None = None,
    **resolution: Any,
) -> str:
    """Play a case until it is being carried out."""
    case = to_decision(city, idea=idea, sheet=sheet, **resolution)
    do(city, case, whoever(city, case, "decide"), "decide", "approve", reason="決裁する")
    return case


def to_kpi(
    city: City,
    idea: dict[str, Any] | None = None,
    sheet: dict[str, Any] | None = None,
    **resolution: Any,
) -> str:
    """Play a case until its measures are followed."""
    case = to_execution(city, idea, sheet, **resolution)
    do(
        city, case, "applicant", "execution_report", "done",
        progress="すべて終えた", reports=[],
    )  # fmt: skip
    return case
