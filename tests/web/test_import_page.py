"""The page of the import: errors are shown with their lines, what was seen is what is written."""

import io
from collections.abc import Callable

from lxml import html
from werkzeug.test import TestResponse

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
