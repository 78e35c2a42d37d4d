"""Versions in the browser: upload, look, publish; compare; back to an earlier one; retire."""

import io

import pytest
from sqlalchemy import select

from dxflow.db.process import Draft
from dxflow.services.acts import drafts
from dxflow.services.packs import archives
from tests.integration.test_versions import arranged, changed
from tests.web.conftest import text_of


def upload(browser, content, name="pack.zip"):
    return browser.post(
        "/admin/processes/upload",
        {"file": (io.BytesIO(content), name)},
        content_type="multipart/form-data",
    )


def test_a_pack_is_uploaded_looked_at_and_published(browse):
    browser = browse("admin")
    looked = upload(browser, changed())
    assert looked.status_code == 200
    assert "課長の承認" in looked.text
    digest = looked.text.split('name="digest" value="')[1].split('"')[0]
    assert browser.post("/admin/processes/publish", {"digest": digest}).status_code == 303
    page = browser.page("/admin/processes")
    assert "第2版" in page.text_content()
    (way,) = page.xpath("//a[contains(@href, 'compare')]/@href")
    assert "課長の承認" in browser.get(way).text
    assert browser.get("/admin/processes/standard/2.zip").data[:2] == b"PK"


def test_an_upload_is_no_draft_of_ordinary_work(browse, sqlite_city):
    browser, site = browse("admin"), sqlite_city.site
    before = [text_of(browser.get(path)) for path in ("/", "/mine", "/proposals/new")]
    assert upload(browser, changed()).status_code == 200
    with site.database.read() as tx:
        (subject,) = tx.execute(select(Draft.subject)).scalars()
    assert subject.startswith("pack:")
    assert drafts.mine(site, sqlite_city.actor("admin")) == []
    after = [text_of(browser.get(path)) for path in ("/", "/mine", "/proposals/new")]
    assert after == before


def test_what_is_no_pack_is_refused_on_the_page(browse):
    browser = browse("admin")
    answer = upload(browser, b"nothing of a zip")
    assert answer.status_code == 422
    assert "zip ファイルとして読めません" in answer.text


def test_a_pack_without_any_difference_is_not_offered_for_publication(browse):
    browser = browse("admin")
    content = browser.get("/admin/processes/standard/1.zip").data
    answer = upload(browser, content)
    assert answer.status_code == 409
    assert "公開するものはありません" in answer.text
    assert 'name="digest"' not in answer.text


def test_a_drawing_that_was_only_arranged_is_published_with_a_reason(browse):
    browser = browse("admin")
    looked = upload(browser, arranged())
    assert "動きは何も変わりません" in looked.text
    digest = looked.text.split('name="digest" value="')[1].split('"')[0]
    refused = browser.post("/admin/processes/publish", {"digest": digest, "reason": ""})
    assert refused.status_code == 422
    assert 'name="digest"' in refused.text
    done = browser.post("/admin/processes/publish", {"digest": digest, "reason": "図を整えた"})
    assert done.status_code == 303


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("pack.toml", 'name = "standard"\n件名 = "x"\n', "2行目の1文字目"),
        ("forms/triage.form", '{"components": [', "値がありません"),
        ("idea.bpmn", "<a><b></a>", "始まりのタグと終わりのタグが合っていません"),
    ],
)
def test_a_broken_file_is_told_in_the_readers_language(browse, name, text, said):
    browser = browse("admin")
    files = archives.read(browser.get("/admin/processes/standard/1.zip").data)
    content = archives.write({**files, name: text}, "standard")
    answer = upload(browser, content)
    assert answer.status_code == 422
    assert said in answer.text
    for english in ("Invalid statement", "Expecting", "expected", "mismatch"):
        assert english not in answer.text
    browser.get("/language/en")
    assert said not in upload(browser, content).text


def test_reasons_are_asked_for(browse):
    browser = browse("admin")
    assert browser.post("/admin/processes/standard/retire", {"reason": ""}).status_code == 422
    done = browser.post("/admin/processes/standard/retire", {"reason": "試行の終わり"})
    assert done.status_code == 303
    assert "廃止" in browser.get("/admin/processes").text
    back = browser.post("/admin/processes/standard/1/current", {"reason": "再開"})
    assert back.status_code == 303
    assert browser.get("/admin/processes/standard/compare?from=x&to=1").status_code == 422


def test_others_are_kept_out(browse):
    assert browse("secretariat").get("/admin/processes").status_code == 403
