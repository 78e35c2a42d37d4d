"""The sample city and its cases fit the pack: people, posts, and what they enter in the forms."""

import datetime as dt
import json
from functools import cache
from typing import Any

import pytest

from dxflow import forms
from dxflow.authority.directory import Directory
from dxflow.authority.organisation import Holding, Post, Unit
from dxflow.forms.shapes import Option
from tests.process.standard_pack import OPTIONS, PROCESSES, standard

DAYS = (dt.date(2022, 4, 1), dt.date(2024, 4, 1), dt.date(2026, 3, 31), dt.date(2026, 4, 1))
STARTED = dt.date(2026, 5, 11)


@cache
def sample() -> Any:
    return json.loads((PROCESSES / "sample.json").read_text())


def day(text: str | None) -> dt.date | None:
    return None if text is None else dt.date.fromisoformat(text)


@cache
def directory(on: dt.date) -> Directory:
    city = sample()
    units = [
        Unit(key=u["key"], name=u["name"], kind=u["kind"], parent=u["parent"],
             valid_from=dt.date.fromisoformat(u["valid_from"]))
        for u in city["units"]
    ]  # fmt: skip
    posts = [
        Post(key=p["key"], title=p["title"], unit=p["unit"], kind=p["kind"],
             roles=frozenset(p["roles"]), valid_from=dt.date.fromisoformat(p["valid_from"]))
        for p in city["posts"]
    ]  # fmt: skip
    holdings = [
        Holding(person=person["id"], post=h["post"], concurrent=h.get("concurrent", False),
                valid_from=dt.date.fromisoformat(h["from"]), valid_to=day(h.get("to")))
        for person in city["people"]
        for h in person["holdings"]
    ]  # fmt: skip
    return Directory(units, posts, holdings, on)


def cases() -> list[Any]:
    return [pytest.param(case, id=case["key"]) for case in sample()["cases"]]


def measure(case: Any) -> Any:
    sheet = case["forms"].get("project_sheet") or case["forms"]["small_sheet"]
    assert len(sheet["kpis"]) == 1
    return sheet["kpis"][0]


# -- the organisation


@pytest.mark.parametrize("on", DAYS)
def test_every_post_is_held_on_every_day_that_something_changes(on: dt.date) -> None:
    who = directory(on)
    assert [key for key in who.posts if not who.holders(f"post:{key}")] == []


@pytest.mark.parametrize("on", DAYS)
def test_every_section_has_a_head_and_somebody_beside_it(on: dt.date) -> None:
    who = directory(on)
    for unit in who.units.values():
        if unit.kind == "section":
            assert len(who.holders(f"head:{unit.key}")) == 1, unit.key
            assert len(who.holders(f"section:{unit.key}")) >= 2, unit.key


@pytest.mark.parametrize("on", DAYS)
def test_every_role_the_process_offers_work_to_has_somebody(on: dt.date) -> None:
    who = directory(on)
    for role in ("secretariat", "security", "finance", "cio", "auditor", "admin"):
        assert who.holders(f"role:{role}"), role
    assert len(who.holders("role:secretariat")) >= 2  # one may be the applicant
    assert len(who.holders("role:committee-member")) == 7
    assert len(who.holders("role:committee-chair")) == 1


def test_posts_change_hands_so_that_the_date_of_a_question_matters() -> None:
    before, after = directory(dt.date(2026, 3, 31)), directory(dt.date(2026, 4, 1))
    changed = {
        key for key in after.posts if before.holders(f"post:{key}") != after.holders(f"post:{key}")
    }
    assert {"citizen_head", "dept_citizen_head", "tax_head", "committee_member_2"} <= changed


def test_somebody_serves_in_two_posts() -> None:
    assert any(len(directory(DAYS[-1]).posts_of(p["id"])) > 1 for p in sample()["people"])


def test_the_demo_accounts_are_people_of_the_city() -> None:
    people = {person["id"] for person in sample()["people"]}
    accounts = sample()["accounts"]
    assert {account["person"] for account in accounts} <= people
    assert 8 <= len({account["username"] for account in accounts}) == len(accounts) <= 10


# -- the cases


def test_there_are_the_21_initiatives_with_one_measure_each() -> None:
    assert len({case["key"] for case in sample()["cases"]}) == 21
    measures = [measure(case) for case in sample()["cases"]]
    directions = [one["direction"] for one in measures]
    assert (directions.count("decrease"), directions.count("maintain")) == (1, 1)
    assert sum(one["baseline"] == "新規事業のためなし" for one in measures) == 5
    assert {int(one["target_year"]) for one in measures} == {2026, 2027, 2028, 2029}


@pytest.mark.parametrize(
    ("key", "figures"),
    [
        ("front_desk", (7, "2025", 124, "2029", "件")),
        ("online_procedures", (53.3, "2025", 100, "2029", "%")),
        ("taxi", (8668, "2024", 190000, "2029", "回")),
        ("care_assessment", (45.3, "2023", 37, "2029", "日")),
        ("blackboard", ("新規事業のためなし", None, 4.2, "2027", "ポイント")),
        ("esports", (2000, "2025", 2400, "2026", "人")),
        ("city_model", ("新規事業のためなし", None, 139.44, "2029", "km²")),
        ("e_invoice", (3160, "2025", 5000, "2029", "件")),
    ],
)
def test_the_figures_are_those_of_the_plan(key: str, figures: tuple[object, ...]) -> None:
    case = next(case for case in sample()["cases"] if case["key"] == key)
    kpi = measure(case)
    names = ("baseline", "baseline_year", "target", "target_year", "unit")
    assert tuple(kpi.get(name) for name in names) == figures


@pytest.mark.parametrize("case", cases())
def test_the_applicant_serves_in_the_lead_section_and_does_not_lead_it(case: Any) -> None:
    for on in DAYS:
        groups = directory(on).groups_of(case["applicant"])
        assert f"section:{case['lead']}" in groups
        assert f"head:{case['lead']}" not in groups
    assert set(case["related"]) <= set(directory(DAYS[0]).units)


@pytest.mark.parametrize("case", cases())
def test_what_is_entered_passes_the_forms(case: Any) -> None:
    buttons = {"triage": "proceed"}
    for key, values in case["forms"].items():
        form = standard().forms[key]
        submission = forms.submit_values(
            form, entered(values), buttons.get(key, "submit"), context()
        )
        assert submission.values


@pytest.mark.parametrize("case", cases())
def test_every_step_of_a_plan_presses_a_button_that_is_there(case: Any) -> None:
    tasks = {
        element.id: element.form_key
        for process in standard().processes.values()
        for element in process.elements.values()
        if element.form_key
    }
    defaults = sample()["defaults"]
    assert (
        set(defaults["tasks"])
        == set(defaults["pace"])
        == set(tasks) - {key for key in ("security_opinion", "finance_opinion", "related_opinion")}
        | {"security_opinion", "finance_opinion", "related_opinion"}
    )
    plan = case["plan"]
    for step in [*plan.get("steps", ()), *({"task": k, **v} for k, v in defaults["tasks"].items())]:
        form = standard().forms[tasks[step["task"]]]
        button = next(one for one in form.outcomes if one.key == step["outcome"])
        allowed = {fact.path for fact in form.fields()}
        given = set(step.get("values", {}))
        assert given <= allowed
        assert set(button.require) <= given or step["task"] in case["forms"]
    for left in plan.get("leave", ()):
        assert left["task"] in tasks


def entered(value: Any) -> Any:
    """Replace {"$days": n} by the date n days after the start."""
    if isinstance(value, dict):
        if set(value) == {"$days"}:
            return (STARTED + dt.timedelta(days=value["$days"])).isoformat()
        return {key: entered(inner) for key, inner in value.items()}
    return [entered(inner) for inner in value] if isinstance(value, list) else value


def context() -> forms.Context:
    choices = {key: tuple(Option(v, v) for v in values) for key, values in OPTIONS.items()}
    choices["units"] = tuple(Option(key, key) for key in directory(DAYS[0]).units)
    for key, rows in standard().settings["options"].items():
        choices[key] = tuple(Option(row["value"], row["label"]) for row in rows)
    return forms.Context(choices, {}, {}, STARTED)
