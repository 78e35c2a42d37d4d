"""閉庁日カレンダー: everybody reads it, administrators enter days by hand and from a file."""

import io
from collections.abc import Callable

import pytest
from lxml import html
from werkzeug.test import TestResponse

from dxflow.web import uploads
from tests.web.conftest import Browser, text_of

Browse = Callable[[str], Browser]
DAY = {"first": "令和8年10月1日", "last": "", "kind": "closed", "name": "開港記念日", "reason": ""}


def _cells(page: html.HtmlElement, mark: str) -> list[str]:
    found = page.xpath(f"//td[contains(concat(' ', @class, ' '), ' day--{mark} ')]")
    return [" ".join(cell.text_content().split()) for cell in found]


def _upload(browser: Browser, content: bytes, name: str = "days.csv") -> TestResponse:
    return browser.post("/admin/calendar/import", {"file": (io.BytesIO(content), name)})


def test_everybody_reads_the_year_with_a_sign_for_every_mark(browse: Browse) -> None:
    page = browse("applicant").page("/calendar")
    assert len(page.xpath("//table[@class='month__days']")) == 12
    assert "令和8年度" in page.xpath("string(//h1)")
    assert "29祝" in _cells(page, "holiday")
    assert _cells(page, "pack") == ["29休", "30休", "31休", "2休", "3休"]
    assert "昭和の日" in page.xpath("string(//main)")
    assert page.xpath("//form[contains(@action, 'calendar')]") == []
    following = page.xpath("//a[@rel='next']/@href")[0]
    assert "令和9年度" in browse("applicant").page(following).xpath("string(//h1)")
    assert browse("applicant").get("/calendar?year=2200").status_code == 404
    assert browse("applicant").get("/calendar?pack=none").status_code == 404


def test_only_administrators_change_it(browse: Browse) -> None:
    for name in ("cio", "secretariat"):
        somebody = browse(name)
        assert somebody.get("/admin/calendar").status_code == 403
        assert somebody.post("/admin/calendar", DAY).status_code == 403
        assert somebody.post("/admin/calendar/2026-10-01/remove").status_code == 403
        assert _upload(somebody, b"x").status_code == 403


def test_a_day_is_entered_changed_and_taken_back(browse: Browse) -> None:
    admin = browse("admin")
    assert admin.post("/admin/calendar", DAY).status_code == 303
    page = admin.page("/admin/calendar?year=2026")
    assert _cells(page, "closed") == ["1閉"]
    assert "1 日を変えました" in page.xpath("string(//main)")
    path = "/admin/calendar/2026-10-01"
    assert admin.post(path, {"kind": "open", "name": "選挙事務", "reason": ""}).status_code == 303
    assert _cells(browse("applicant").page("/calendar"), "open") == ["1開"]
    assert admin.post(f"{path}/remove", {"reason": ""}).status_code == 303
    page = admin.page("/admin/calendar")
    assert _cells(page, "open") == []
    assert admin.post(f"{path}/remove", {"reason": ""}).status_code == 404
    assert admin.post("/admin/calendar/nonsense", {"kind": "open"}).status_code == 404


def test_what_is_wrong_is_said_at_its_field_and_what_was_typed_stays(browse: Browse) -> None:
    admin = browse("admin")
    refused = admin.post("/admin/calendar", DAY | {"first": "十月一日"})
    assert refused.status_code == 422
    page = html.fromstring(refused.text)
    assert page.xpath("//input[@name='first' and @aria-invalid='true']/@value") == ["十月一日"]
    assert page.xpath("//input[@id='f-name']/@value") == ["開港記念日"]
    past = admin.post("/admin/calendar", DAY | {"first": "2026-05-08"})
    assert past.status_code == 422
    assert "理由を書いてください" in text_of(past)
    assert admin.post("/admin/calendar", DAY | {"name": ""}).status_code == 422
    assert admin.post("/admin/calendar", DAY).status_code == 303
    assert admin.post("/admin/calendar", DAY).status_code == 409
    changed = admin.post("/admin/calendar/2026-10-01", {"kind": "open", "name": "", "reason": ""})
    assert changed.status_code == 422
    assert "令和8年10月1日" in text_of(changed)


def test_a_year_without_anything_entered_is_warned_of(browse: Browse) -> None:
    admin, said = browse("admin"), "令和9年度の閉庁日がまだ一つも入っていません"
    assert said in admin.page("/admin/calendar").xpath("string(//main)")
    admin.post("/admin/calendar", DAY | {"first": "2027-10-01"})
    assert said not in admin.page("/admin/calendar").xpath("string(//main)")


def test_a_file_is_shown_before_it_is_written(browse: Browse) -> None:
    admin = browse("admin")
    lines = "年月日,種別,名称\nR8.10.1,閉庁,開港記念日\nR8.10.3,閉庁,土曜日\n"
    shown = _upload(admin, lines.encode("cp932"))
    assert shown.status_code == 200
    assert "閉庁（開港記念日）" in text_of(shown)
    assert _cells(admin.page("/admin/calendar"), "closed") == []
    fields = html.fromstring(shown.text).xpath("//form[contains(@action,'/apply')]//input")
    values = {field.get("name"): field.get("value") for field in fields}
    forged = admin.post("/admin/calendar/import/apply", values | {"digest": "0" * 64})
    assert forged.status_code == 409
    assert admin.post("/admin/calendar/import/apply", values).status_code == 303
    assert _cells(admin.page("/admin/calendar"), "closed") == ["1閉"]
    assert "変わるものはありません" in text_of(_upload(admin, lines.encode("cp932")))


def test_a_file_for_the_past_asks_for_the_reason(browse: Browse) -> None:
    admin = browse("admin")
    shown = _upload(admin, "日付,名称\n2026-05-08,台風\n".encode())
    fields = html.fromstring(shown.text).xpath("//form[contains(@action,'/apply')]//input")
    values = {field.get("name"): field.get("value") or "" for field in fields}
    refused = admin.post("/admin/calendar/import/apply", values)
    assert refused.status_code == 422
    assert "理由を書いてください" in text_of(refused)
    done = admin.post("/admin/calendar/import/apply", values | {"reason": "台風で閉庁"})
    assert done.status_code == 303


def test_what_is_no_list_of_days_is_refused_with_the_way_out(
    browse: Browse, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin = browse("admin")
    for content in (b"%PDF-1.7", b"\x89PNG\r\n", b'{"days": []}', b"a,b\n1,2\n", b""):
        refused = _upload(admin, content)
        assert refused.status_code == 422
        assert "まだ何も登録していません" in text_of(refused)
    monkeypatch.setattr(uploads, "LARGEST_FILE", 100)
    large = _upload(admin, b"x" * 101)
    assert large.status_code == 422
    assert "大きすぎます" in text_of(large)
    broken = {"content": "***", "name": "f.csv", "digest": "", "reason": ""}
    assert admin.post("/admin/calendar/import/apply", broken).status_code == 400


def test_the_template_is_taken_in_as_it_is(browse: Browse) -> None:
    admin = browse("admin")
    template = admin.get("/admin/calendar/import/template.csv")
    assert template.text.startswith("\ufeff日付,区分,名称")
    assert _upload(admin, template.data).status_code == 200


def test_the_calendar_is_read_in_english(browse: Browse) -> None:
    admin = browse("admin")
    admin.post("/admin/calendar", DAY)
    admin.get("/language/en")
    page = admin.page("/calendar")
    words = page.xpath("string(//main)")
    assert "Shōwa Day" in words
    assert "FY2026" in page.xpath("string(//h1)")
