"""The page of the import: errors are shown with their lines, what was seen is what is written."""

import io
import re
import secrets
import zipfile
from collections.abc import Callable

import openpyxl
from lxml import html
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from tests.web.conftest import Browser, text_of

BAD = "利用者名,氏名,職\nnew1,新人,nothing\nbad name,新人,\n"
GOOD = "利用者名,氏名,職\nnew1,新人,staff-tax\n"


def _upload(browser: Browser, text: str) -> TestResponse:
    return browser.post("/admin/import", {"file": (io.BytesIO(text.encode()), "f.csv")})


def test_errors_then_success(browse: Callable[[str], Browser]) -> None:
    admin = browse("admin")
    refused = _upload(admin, BAD)
    assert refused.status_code == 422
    assert "職「nothing」はありません" in text_of(refused)
    rows = html.fromstring(refused.text).xpath("//tbody/tr/td[1]/text()")
    assert rows == ["2", "3"]
    shown = _upload(admin, GOOD)
    fields = html.fromstring(shown.text).xpath("//form[contains(@action,'/apply')]//input")
    values = {field.get("name"): field.get("value") for field in fields}
    forged = admin.post("/admin/import/apply", values | {"digest": "0" * 64})
    assert forged.status_code == 409
    done = admin.post("/admin/import/apply", values)
    assert done.status_code == 200
    secret = html.fromstring(done.text).xpath("//code/text()")[0]
    secrets = html.fromstring(done.text).xpath("//input[@name='secrets']/@value")[0]
    saved = admin.post("/admin/import/passwords.csv", {"secrets": secrets})
    assert secret in saved.text
    assert "new1" in saved.text
    again = _upload(admin, GOOD)
    assert "変わるものはありません" in text_of(again)


def test_only_administrators(browse: Callable[[str], Browser]) -> None:
    assert browse("cio").get("/admin/import").status_code == 403
    template = browse("admin").get("/admin/import/template.csv")
    assert template.text.startswith("\ufeff利用者名,氏名")


def _send(browser: Browser, content: bytes, name: str) -> TestResponse:
    """Upload a large file from memory: the client would leave one of its own open."""
    file = FileStorage(io.BytesIO(content), name)
    boundary, body = encode_multipart({"_csrf": browser.token(), "file": file})
    kind = f"multipart/form-data; boundary={boundary}"
    return browser.client.post("/admin/import", data=body, content_type=kind)


def _form(answer: TestResponse) -> dict[str, str]:
    fields = html.fromstring(answer.text).xpath("//form[contains(@action,'/apply')]//input")
    return {field.get("name"): field.get("value") or "" for field in fields}


def test_units_are_shown_line_by_line_and_a_day_gone_by_asks_for_a_reason(
    browse: Callable[[str], Browser],
) -> None:
    admin = browse("admin")
    text = "組織コード,組織名,種別,開始日\ndx,DX推進部,部,2026-04-01\ntax,収納課,課,\n"
    shown = _upload(admin, text)
    assert "DX推進部" in text_of(shown)
    assert "新しく作る" in text_of(shown)
    values = _form(shown)
    refused = admin.post("/admin/import/apply", values)
    assert refused.status_code == 422
    assert "さかのぼる理由" in text_of(refused)
    done = admin.post("/admin/import/apply", _form(refused) | {"reason": "初期の登録"})
    assert done.status_code == 200
    assert "新しく作ったもの 1 件" in text_of(done)
    assert "DX推進部" in text_of(admin.get("/admin/units"))


def test_an_unknown_post_leads_to_the_page_of_units(browse: Callable[[str], Browser]) -> None:
    refused = _upload(browse("admin"), BAD)
    links = html.fromstring(refused.text).xpath("//main//tbody//a/@href")
    assert links == ["/admin/units"]


def test_templates_for_every_kind_of_file(browse: Callable[[str], Browser]) -> None:
    admin = browse("admin")
    for what, heading in (("people", "利用者名"), ("units", "組織コード"), ("posts", "職コード")):
        answer = admin.get(f"/admin/import/template.csv?what={what}")
        assert answer.text.startswith("\ufeff" + heading)
    assert admin.get("/admin/import/template.csv?what=cats").status_code == 404


def test_a_file_of_several_mebibytes_is_taken_and_a_larger_one_refused_with_the_limit(
    browse: Callable[[str], Browser],
) -> None:
    admin = browse("admin")
    book = openpyxl.Workbook()
    book.active.append(["利用者名", "氏名", "職"])
    book.active.append(["new1", "新人", "staff-tax"])
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out, "a") as archive:
        archive.writestr("xl/media/seal.png", secrets.token_bytes(9 * 1024 * 1024))
    shown = _send(admin, out.getvalue(), "f.xlsx")
    assert shown.status_code == 200
    # The parser of the tests takes no value that long.
    values = dict(re.findall(r'name="(digest|effective|name|content)" value="([^"]+)"', shown.text))
    assert admin.post("/admin/import/apply", values).status_code == 200
    for size, status in ((10 * 1024 * 1024 + 1, 422), (12 * 1024 * 1024, 413)):
        answer = _send(admin, b"a" * size, "f.csv")
        assert (answer.status_code, "10 MiB" in text_of(answer)) == (status, True)


def test_others_may_not_send_more_than_any_page_takes(browse: Callable[[str], Browser]) -> None:
    assert _send(browse("cio"), b"a" * (3 * 1024 * 1024), "f.csv").status_code == 413
