"""The administrators' pages of status and maintenance, and what others meet meanwhile."""

from collections.abc import Callable

from flask.testing import FlaskClient
from lxml import html

from dxflow.services.installation.bootstrap import operator
from dxflow.services.people import maintenance
from tests.factories import City
from tests.web.conftest import Browser, text_of

Browse = Callable[[str], Browser]


def test_status_page(browse: Browse) -> None:
    answer = browse("admin").get("/admin/status")
    assert answer.status_code == 200
    assert "動いていません" in text_of(answer)
    assert browse("applicant").get("/admin/status").status_code == 403


def test_status_names_what_needs_care_and_leads_to_where_it_is_mended(browse: Browse) -> None:
    page = browse("admin").page("/admin/status")
    (banner,) = page.xpath("//main//div[contains(@class, 'notice--error')]")
    assert "異常: 自動処理" in " ".join(banner.text_content().split())
    assert (
        "注意: バックアップ、添付のウイルス検査、監査の検証、監査のチェックポイント、作業を受ける人"
        in banner.text_content()
    )
    (care,) = page.xpath("//section[h2/@id='care']")
    assert len(care.xpath(".//tbody/tr")) == 6
    assert care.xpath(".//a[@href='/admin/groups']")
    assert all(cell.text_content() != "―" for cell in care.xpath(".//td[last()]"))
    good = page.xpath("//section[not(h2/@id='care')]//tbody/tr")
    assert not [row for row in good if "良好" not in row.text_content()]
    assert page.xpath("//a[@href='/admin/incidents'][.='未解決の障害']")
    assert not page.xpath("//main//a[@href='/audit']"), "an administrator does not read the log"


def test_maintenance_from_banner_to_end(browse: Browse) -> None:
    admin, applicant = browse("admin"), browse("applicant")
    assert "保守のため" not in text_of(applicant.get("/"))
    values = {"message": "サーバーを点検します。", "start": "", "until": ""}
    asked = admin.post("/admin/maintenance", values)
    assert "いますぐ、全員が閲覧だけになります" in text_of(asked)
    assert "ほかに開いているログインは 1件" in text_of(asked)
    assert "サーバーを点検します。" not in text_of(applicant.get("/"))
    assert admin.post("/admin/maintenance", values | {"message": ""}).status_code == 422
    (form,) = html.fromstring(asked.text).xpath("//form[@action='/admin/maintenance']")
    assert admin.post("/admin/maintenance", dict(form.fields)).status_code == 303
    assert "サーバーを点検します。" in text_of(applicant.get("/"))
    refused = applicant.post(f"/proposals/proposal/{'a' * 32}", {"title": "打ちかけの提案の題名"})
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) == 300
    assert "打ちかけの提案の題名" in refused.text
    assert "サーバーを点検します。" in text_of(refused)
    assert applicant.get("/healthz").status_code == 200
    assert admin.post("/admin/maintenance/end").status_code == 303
    assert "サーバーを点検します。" not in text_of(applicant.get("/"))


def test_a_maintenance_ahead_is_announced_on_every_page(browse: Browse, sqlite_city: City) -> None:
    admin = browse("admin")
    values = {"message": "点検します。", "start": "2026-05-12T18:00", "until": "2026-05-12T20:00"}
    assert admin.post("/admin/maintenance", values).status_code == 303
    for name, path in (("admin", "/admin/maintenance"), ("applicant", "/"), ("cio", "/cases")):
        answer = browse(name).get(path)
        assert answer.status_code == 200
        assert "令和8年5月12日 18:00 から保守のため" in text_of(answer)
    assert "令和8年5月12日 18:00 から保守のため" in text_of(browse("cio").get("/nowhere"))


def test_wrong_time_keeps_what_was_typed(browse: Browse) -> None:
    admin = browse("admin")
    answer = admin.post("/admin/maintenance", {"message": "点検", "start": "きょう", "until": ""})
    assert answer.status_code == 422
    assert 'value="点検"' in answer.text


def test_the_api_refuses_with_a_document(sqlite_city: City) -> None:
    from dxflow.cli.application import build

    sqlite_city.site.settings.make_secret_key()
    client: FlaskClient = build(sqlite_city.site).test_client()
    maintenance.announce(sqlite_city.site, operator(sqlite_city.site), "点検", None, None)
    answer = client.post("/api/v1/cases", json={})
    assert answer.status_code == 503
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["Retry-After"] == "300"
