"""The main job over the API: one proposal from `POST /cases` to closed, by several accounts."""

import json
from datetime import date

import pytest
from sqlalchemy import select

from dxflow.audit import verify_database
from dxflow.db.case import Case
from tests.factories import ANALYSIS, SHEET, City
from tests.web.api_client import Caller, application

IDEA = {
    "title": "転入手続のオンライン予約",
    "trouble": "窓口の待ち時間が長い。",
    "change": "来庁前に予約できるようにする。",
    "beneficiary": ["citizen"],
}
TRIAGE = {
    "lead": "counter",
    "cost": 3_000_000,
    "sections_touched": 2,
    "personal_data": True,
    "citizen_effect": "large",
    "importance": [],
}
VERDICT = {"reason": "効果が見込める", "conditions_wanted": "影響評価を"}


class People:
    """Everybody's programs, logged in when they are first needed."""

    def __init__(self, city: City) -> None:
        self.city = city
        self.app = application(city)
        self.callers: dict[str, Caller] = {}

    def __getitem__(self, name: str) -> Caller:
        if name not in self.callers:
            self.callers[name] = Caller.of(self.app, name)
        return self.callers[name]

    def who_has(self, element: str) -> str:
        """Return somebody for whom a task of an element waits."""
        return next(name for name in self.city.person if self[name].has(element))

    def forget(self) -> None:
        """Log everybody in again: tokens end after a day."""
        self.callers.clear()


@pytest.fixture
def people(city: City) -> People:
    return People(city)


def plain(values: dict) -> dict:
    """Return a factory's values as a program sends them."""
    return json.loads(json.dumps(values, default=str))


def done(answer) -> dict:
    assert answer.status_code == 200, answer.text
    return answer.json


def to_committee(people: People) -> str:
    started = people["applicant"].post("/cases", {"process": "proposal", "values": IDEA})
    assert started.status_code == 201
    case = started.json["id"]
    done(people["head"].complete("head_approval", "approve"))
    done(people["secretariat"].complete("triage", "proceed", **TRIAGE))
    done(people["applicant"].complete("project_sheet", "submit", **plain(SHEET)))
    done(people["applicant"].complete("bpr_analysis", "submit", **plain(ANALYSIS)))
    done(people["head"].complete("sheet_approval", "approve"))
    done(people["security"].complete("security_opinion", "agree", comment="問題なし", points=[]))
    done(
        people["finance"].complete(
            "finance_opinion", "remark", comment="予算に注意", funding_outlook="planned"
        )
    )
    done(people["tax_head"].complete("related_opinion", "agree", comment="協力する", impact="some"))
    return case


def test_a_proposal_goes_from_post_cases_to_closed_over_the_api(people):
    city = people.city
    case = to_committee(people)
    voted = 0
    for member in city.person:
        while people[member].has("verdict"):
            done(people[member].complete("verdict", "conditions", **VERDICT))
            voted += 1
    assert voted >= 3
    done(
        people["cio"].complete(
            "conclude", "conditions", reason="条件を付ける",
            conditions=[{"text": "個人情報の影響評価を行う", "due": "2026-12-28"}],
        )
    )  # fmt: skip
    decider = people.who_has("decide")
    done(people[decider].complete("decide", "approve", reason="決裁する"))
    (duty,) = people["applicant"].get(f"/cases/{case}").json["duties"]
    met = people["applicant"].post(f"/duties/{duty['id']}/meet", {"evidence": "評価書 第1号"})
    done(met)
    done(people["applicant"].complete("execution_report", "done", progress="終えた", reports=[]))
    for year in (2026, 2027):
        city.clock.at(date(year + 1, 4, 20))
        city.run_jobs()
        people.forget()
        task = people["applicant"].task("kpi_measure")
        row = {"measure": task["values"]["actuals"][0]["measure"], "value": 30 + 30 * (year - 2026)}
        done(people["applicant"].complete("kpi_measure", "submit", actuals=[row]))
        element = "kpi_review" if year == 2026 else "kpi_closing"
        outcome = "continue" if year == 2026 else "finish"
        reviewer = people.who_has(element)
        done(people[reviewer].complete(element, outcome, reason="順調"))
    closed = people["applicant"].get(f"/cases/{case}").json
    assert (closed["status"], closed["open_tasks"]) == ("completed", [])
    assert closed["timeline"][-1]["what"] == "提案を提出"
    assert [kpi["value"] for kpi in closed["kpis"]] == ["60"]
    assert closed["decisions"][0]["outcome"] == "approve"
    with city.site.database.read() as tx:
        assert tx.execute(select(Case.status)).scalar_one() == "completed"
        assert verify_database(tx).findings == ()


def test_the_log_says_that_the_api_was_the_way(people):
    people["applicant"].post("/cases", {"process": "proposal", "values": IDEA})
    found = people["auditor"].get("/audit/events?type=case.started").json
    (event,) = found["items"]
    assert event["channel"] == "API"
    assert event["actor"] == people.city.person["applicant"]
    assert {change["field"] for change in event["changes"]} >= {"number", "title", "trouble"}
