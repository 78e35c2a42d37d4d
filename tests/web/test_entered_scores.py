"""The form and the call by which the secretariat enters scores from paper."""

import pytest

from tests.settings import settle
from tests.walks import to_committee
from tests.web.api_client import Caller, application
from tests.web.conftest import text_of

SCORES = {"effect": 5, "feasibility": 4, "cost": 3}


@pytest.fixture
def case(sqlite_city) -> str:
    settle(sqlite_city, "bodies.dx_committee.evaluation", from_paper="true")
    return to_committee(sqlite_city)


def test_the_secretariat_enters_a_paper_on_the_page_of_the_evaluation(case, browse):
    way, here = f"/cases/{case}/evaluation/entered", f"/cases/{case}/evaluation"
    secretariat = browse("secretariat")
    assert "紙の評価を入れる（収納課長）" in text_of(secretariat.get(here))
    assert way not in browse("civic_head").get(here).text
    typed = {f"score.{key}": str(value) for key, value in SCORES.items()} | {
        "seat": "head-tax", "remark": "窓口に効く", "source": "",
    }  # fmt: skip
    assert browse("civic_head").post(way, typed).status_code == 403
    refused = secretariat.post(way, typed)
    assert refused.status_code == 422
    assert "窓口に効く" in refused.text
    assert "いつ、どのように受け取ったか" in text_of(refused)
    assert secretariat.post(way, typed | {"source": "郵送"}).status_code == 303
    words = text_of(secretariat.get(here))
    assert "紙（郵送）" in words
    assert "紙の評価を入れる（収納課長）" not in words
    assert "17" in text_of(browse("tax_head").get(here))


def test_a_program_of_the_secretariat_enters_a_paper(case, sqlite_city):
    app = application(sqlite_city)
    secretariat, member = Caller.of(app, "secretariat"), Caller.of(app, "tax_head")
    body = {"seat": "head-tax", "scores": SCORES, "source": "郵送"}
    here = f"/cases/{case}/entered-evaluation"
    assert member.post(here, body).status_code == 403
    assert secretariat.post(here, body | {"source": ""}).status_code == 422
    given = secretariat.post(here, body)
    assert given.status_code == 200
    seats = {one["key"]: one for one in given.json["evaluation"]["seats"]}
    assert (seats["head-tax"]["entered"], seats["head-tax"]["total"]) == ("郵送", "")
    assert seats["head-it"]["enter"]
    assert secretariat.post(here, body).status_code == 409
