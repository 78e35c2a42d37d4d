"""The main job, headless: a proposal from its idea to a measured result, on both databases."""

from datetime import date

from dxflow.services.task_forms import task_form
from tests.factories import ANALYSIS, SHEET, City


def to_sheet(city: City, route_cost: int = 3_000_000) -> str:
    started = city.start()
    city.complete("head", "head_approval", "approve")
    city.complete(
        "secretariat", "triage", "accept", lead="counter", cost=route_cost, sections_touched=2,
        personal_data=True, citizen_effect="large", importance=[],
    )  # fmt: skip
    return started.id


def test_an_idea_reaches_the_project_sheet(city):
    case = to_sheet(city)
    assert [task.element for task in city.open_tasks("applicant")] == ["project_sheet"]
    assert case
