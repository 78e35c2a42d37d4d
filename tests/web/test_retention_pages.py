"""The pages of what is due: proposed by the secretariat, approved by the CIO, read in the register."""

import json
from datetime import date

import pytest
from sqlalchemy import select, update

from dxflow.cli import main
from dxflow.db.case import Case
from dxflow.db.retention import RetentionProposal
from dxflow.services.acts import cases
from tests.walks import to_triage
from tests.web.conftest import text_of


@pytest.fixture
def due(sqlite_city):
    """Return a withdrawn case whose period is over."""
    case = to_triage(sqlite_city)
    cases.withdraw(sqlite_city.site, sqlite_city.actor("applicant"), case, "別の案件で行う")
    sqlite_city.clock.at(date(2032, 4, 1))
    return case


def proposal(city) -> str:
    with city.site.database.read() as tx:
        return tx.execute(select(RetentionProposal.id)).scalar_one()


def test_only_those_who_propose_approve_or_audit_find_the_pages(browse, sqlite_city, due):
    for name in ("applicant", "admin", "head", "it_head"):
        for path in ("", "/register", "/register.csv", "/register/print"):
            assert browse(name).get(f"/admin/retention{path}").status_code == 403, (name, path)
    for name in ("secretariat", "cio", "auditor"):
        assert browse(name).get("/admin/retention").status_code == 200
        assert "保存期間と廃棄" in text_of(browse(name).get("/admin"))
    posted = {"case": due, "_act": "disposal", "reason": "満了"}
    for name in ("cio", "auditor", "admin"):
        assert browse(name).post("/admin/retention/proposals", posted).status_code == 403
    for name in ("secretariat", "auditor", "admin"):
        answer = browse(name).post("/admin/retention/decisions", {"_act": "approve"})
        assert answer.status_code == 403


def test_a_case_is_proposed_approved_and_stands_in_the_register(browse, sqlite_city, due):
    secretariat, cio = browse("secretariat"), browse("cio")
    page = text_of(secretariat.get("/admin/retention"))
    assert "転入手続のオンライン予約" in page
    refused = secretariat.post(
        "/admin/retention/proposals", {"case": due, "_act": "disposal", "reason": " "}
    )
    assert (refused.status_code, "理由を書いてください" in text_of(refused)) == (422, True)
    posted = {"case": due, "_act": "disposal", "reason": "保存期間満了"}
    assert secretariat.post("/admin/retention/proposals", posted).status_code == 303
    assert "承認待ち 1件" in text_of(cio.get("/admin"))
    waiting = text_of(cio.get("/admin/retention?standing=proposed"))
    assert "保存期間満了" in waiting
    assert "元に戻せません" in waiting
    refused = cio.post(
        "/admin/retention/decisions", {"proposal": proposal(sqlite_city), "_act": "refuse"}
    )
    assert refused.status_code == 422
    answer = cio.post(
        "/admin/retention/decisions", {"proposal": proposal(sqlite_city), "_act": "approve"}
    )
    assert answer.status_code == 303
    for path in ("", "/print"):
        register = text_of(browse("auditor").get(f"/admin/retention/register{path}"))
        assert "転入手続のオンライン予約" in register
    csv = browse("auditor").get("/admin/retention/register.csv?year=2032").text
    assert "secretariat,cio,保存期間満了" in csv
    assert "転入手続" not in browse("auditor").get("/admin/retention/register.csv?year=2031").text
    log = text_of(browse("auditor").get("/audit?type=retention.disposed"))
    assert "発案した人secretariat" in "".join(log.split())
    assert "令和14年3月31日" in log
    case = text_of(browse("applicant").get(f"/cases/{due}"))
    assert "この案件は廃棄されました" in case
    assert "承認 cio さん" in case
    for tab in ("progress", "attachments", "timeline", "decision"):
        assert browse("applicant").get(f"/cases/{due}/{tab}").status_code in (200, 404), tab


@pytest.mark.parametrize("year", ["02024123", "9999", "x", "２０２６", "-1"])
def test_a_year_that_is_none_is_refused_with_a_sentence(browse, year):
    for path in ("", "/print", ".csv"):
        answer = browse("auditor").get(f"/admin/retention/register{path}?year={year}")
        assert answer.status_code == 422, path
        assert "年度" in text_of(answer)


def test_an_ended_case_says_until_when_it_is_kept(browse, sqlite_city, due):
    assert "令和14年3月31日 まで" in text_of(browse("applicant").get(f"/cases/{due}"))


def test_the_command_line_lists_what_is_due(sqlite_city, due, monkeypatch, capsys):
    monkeypatch.setenv("DXFLOW_HOME", str(sqlite_city.site.settings.home))
    monkeypatch.setenv("DXFLOW_DATABASE", sqlite_city.site.settings.database)
    for what in ("list", "proposed", "register"):
        assert main(["case", "retention", what, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["total"] == 0  # not yet, by today's clock
    with sqlite_city.site.database.write() as tx:
        tx.execute(update(Case).values(kept_until=date(2020, 3, 31)))
    assert main(["case", "retention", "list"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.split("\t")[1] == "転入手続のオンライン予約"
    assert line.endswith("令和2年3月31日 まで")
    assert due
