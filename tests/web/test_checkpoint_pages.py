"""Auditors see which checkpoints were made of the log, and the key that signs them."""

from collections.abc import Callable

from dxflow.services.administration import checkpoint_keys, checkpointing
from dxflow.services.installation.bootstrap import operator
from dxflow.services.people import checkpoint_facts
from dxflow.services.people.checkpoint_facts import Torn
from tests.factories import City
from tests.web.api_client import Caller, application
from tests.web.conftest import Browser, text_of

Browse = Callable[[str], Browser]


def test_the_page_lists_them_with_the_fingerprint_and_the_report_names_the_last(
    browse: Browse, sqlite_city: City
) -> None:
    auditor = browse("auditor")
    assert "チェックポイントはまだありません" in text_of(auditor.get("/audit/checkpoints"))
    made = [checkpointing.make(sqlite_city.site, operator(sqlite_city.site)) for _turn in range(2)]
    key = checkpoint_keys.public(sqlite_city.site, operator(sqlite_city.site))
    page = auditor.page("/audit/checkpoints")
    shown = [" ".join(row.text_content().split()) for row in page.xpath("//main//tbody/tr")]
    assert [row[:1] for row in shown] == ["2", "1"]
    for row, checkpoint in zip(shown, reversed(made), strict=True):
        assert checkpoint.sha256 in row.replace(" ", "")
        assert f"{checkpoint.sha256[:8]} {checkpoint.sha256[8:16]}" in row
    assert key.grouped in page.text_content()
    assert key.pem.splitlines()[1] in page.text_content()
    assert auditor.page("/audit").xpath("//a[@href='/audit/checkpoints']")
    report = text_of(auditor.post("/audit/verify"))
    assert "最後のチェックポイント: 2、" in report
    assert key.grouped in report


def test_the_page_shows_what_no_longer_fits(browse: Browse, sqlite_city: City) -> None:
    made = checkpointing.make(sqlite_city.site, operator(sqlite_city.site))
    checkpointing.make(sqlite_city.site, operator(sqlite_city.site))
    made.file.chmod(0o600)
    made.file.write_bytes(b"")
    report = text_of(browse("auditor").post("/audit/verify"))
    assert "読めません（途中で切れたか、改変）" in report


def test_programs_read_the_same(sqlite_city: City) -> None:
    made = checkpointing.make(sqlite_city.site, operator(sqlite_city.site))
    app = application(sqlite_city)
    found = Caller.of(app, "auditor").get("/audit/checkpoints").json
    assert found["total"] == 1
    (one,) = found["items"]
    assert (one["number"], one["sha256"], one["events"]) == (1, made.sha256, made.events)
    assert found["fingerprint"] == one["key"] == made.fingerprint
    assert found["public_key"].startswith("-----BEGIN PUBLIC KEY-----")
    for name in ("applicant", "admin", "secretariat"):
        assert Caller.of(app, name).get("/audit/checkpoints").status_code == 403


def test_a_folder_that_is_away_is_said_and_the_log_is_verified_all_the_same(
    browse: Browse, sqlite_city: City
) -> None:
    checkpointing.make(sqlite_city.site, operator(sqlite_city.site))
    folder = sqlite_city.site.settings.checkpoint_place
    folder.rename(folder.with_name("elsewhere"))
    report = text_of(browse("auditor").post("/audit/verify"))
    assert "照らし合わせられませんでした" in report
    assert "改変の跡は見つかりませんでした" not in report
    assert "検証した記録" in report


def test_the_alarm_of_a_torn_log_is_shown_and_acknowledged(
    browse: Browse, sqlite_city: City
) -> None:
    auditor, site = browse("auditor"), sqlite_city.site
    assert not auditor.page("/audit/checkpoints").xpath("//main//form")
    found = Torn(sqlite_city.clock(), number=7, before=6, streams=2)
    with site.database.write() as tx:
        checkpoint_facts.tear(tx, found)
    shown = text_of(auditor.get("/audit/checkpoints"))
    assert "チェックポイント 7 が、前のもの（6）の見た記録のうち 2 系列がなくなったか" in shown
    path = "/audit/checkpoints/alarm"
    for name in ("applicant", "admin", "secretariat"):
        assert browse(name).post(path, {"number": "7", "reason": "x"}).status_code == 403
    refused = auditor.post(path, {"number": "7", "reason": " "})
    assert refused.status_code == 422
    assert "何があったかを書いてください" in text_of(refused)
    assert auditor.post(path, {"number": "x", "reason": "x"}).status_code == 404
    assert auditor.post(path, {"number": "6", "reason": "x"}).status_code == 409
    assert auditor.post(path, {"number": "7", "reason": "機器の故障"}).status_code == 303
    assert not auditor.page("/audit/checkpoints").xpath("//main//form")
    assert "機器の故障" in text_of(auditor.get("/audit?type=audit.alarm_closed"))
