"""The page of a decision whose case was disposed of, its sheet of paper, its PDF; the register."""

import pytest

from dxflow.services.reading import decision_papers
from tests.integration.test_disposed_documents import NAME, STAYS, dispose, personal
from tests.web.api_client import Caller, application
from tests.web.conftest import text_of

SENTENCE = "この文書から個人情報の値 3 件と添付ファイルの名前 1 件を廃棄しました"


@pytest.fixture
def disposed(sqlite_city, monkeypatch) -> str:
    case = personal(sqlite_city, monkeypatch)
    dispose(sqlite_city, case)
    return case


def test_page_and_paper_say_what_was_disposed_of_and_show_both_hashes(
    disposed, browse, sqlite_city
):
    browser = browse("civic_head")
    document = decision_papers.page(
        sqlite_city.site, sqlite_city.actor("civic_head"), disposed
    ).documents[0]
    for path, times in (("decision", 6), ("decision/print", 3)):  # two versions, and one
        page = text_of(browser.get(f"/cases/{disposed}/{path}"))
        assert SENTENCE in page, path
        assert "令和14年4月1日 に" in page, path
        assert page.count("（廃棄済み）") == times, path
        assert "廃棄済みのファイル" in page, path
        assert STAYS in page, path
        assert NAME not in page, path
        assert "一致しません" not in page, path
        assert document.digest in page, path
        assert f"廃棄の前（決裁したとき） {document.drawn_digest}" in page, path
        assert "追記する" not in page, path
    first = text_of(browser.get(f"/cases/{disposed}/decision/print?revision=1"))
    assert "廃棄の前（起案したとき）" in first


def test_nothing_that_is_gone_is_linked(disposed, browse):
    page = browse("civic_head").page(f"/cases/{disposed}/decision")
    assert page.xpath("//ul[@class='files']/li")
    assert page.xpath("//ul[@class='files']//a") == []


def test_programs_read_what_is_gone(disposed, sqlite_city):
    caller = Caller.of(application(sqlite_city), "civic_head")
    found = caller.get(f"/cases/{disposed}/decision").json
    document = found["documents"][0]
    assert (document["gone"]["values"], document["gone"]["names"]) == (3, 1)
    assert document["digest"] != document["drawn_digest"]
    assert document["intact"] is True
    assert any(
        one.get("text", "") is None for section in document["sections"] for one in section["parts"]
    )


def test_the_pdf_is_still_made(disposed, browse):
    answer = browse("civic_head").get(f"/cases/{disposed}/decision/pdf")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")


def test_a_reader_of_english_finds_the_same(disposed, browse):
    browser = browse("civic_head")
    browser.get("/language/en")
    page = text_of(browser.get(f"/cases/{disposed}/decision"))
    assert "personal values (3) and names of attached files (1) of this document" in page
    assert "(disposed of)" in page


def test_the_register_counts_the_documents(disposed, browse):
    auditor = browse("auditor")
    for path in ("", "/print"):
        page = text_of(auditor.get(f"/admin/retention/register{path}"))
        assert "決裁の文書 2件" in page, path
    sheet = auditor.get("/admin/retention/register.csv").text.splitlines()
    assert sheet[0].endswith("決裁の文書")
    assert sheet[1].endswith(",2")
    assert "値を消した決裁の文書の数" in text_of(auditor.get("/audit?type=retention.disposed"))
    assert disposed
