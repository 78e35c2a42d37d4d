"""Mail on the pages and the command line: off, set up, tried, chosen, and what became of it."""

import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dxflow import cli
from dxflow.jobs import queue
from dxflow.services.administration import working
from dxflow.services.people import mail_choices, mail_settings
from tests import smtp_sink
from tests.factories import City
from tests.smtp_sink import CERTIFICATE, Sink
from tests.web.conftest import Browser, text_of

Browse = Callable[[str], Browser]
PAGE = "/admin/notifications"


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as made:
        yield made


def typed(sink: Sink, **values: str) -> dict[str, str]:
    return {
        "on": "yes", "host": "127.0.0.1", "port": str(sink.port), "security": "none", "user": "",
        "sender": "dxflow@city.example", "sender_name": "改善提案",
        "base_url": "https://dxflow.city.example", "default_choice": "at_once", "hour": "8",
        "tasks": "yes", "keep_days": "30",
    } | values  # fmt: skip


def test_without_settings_the_page_says_that_mail_is_off(browse: Browse) -> None:
    assert "メールは使っていません" in text_of(browse("admin").get(PAGE))
    assert "[良好]" not in text_of(browse("admin").get("/admin/status"))
    assert "使っていません" in text_of(browse("admin").get("/admin/status"))
    assert "いまはメールを送っていません" in text_of(browse("cio").get("/account/mail"))


def test_settings_are_saved_recorded_and_kept_when_wrong(
    browse: Browse, sqlite_city: City, sink: Sink
) -> None:
    admin = browse("admin")
    assert admin.post(PAGE, typed(sink)).status_code == 303
    assert "メールを送っています" in text_of(admin.get(PAGE))
    assert mail_settings.stored(sqlite_city.site).port == sink.port
    wrong = admin.post(
        PAGE, typed(sink, host="", port="９９", sender="だれか", base_url="javascript:alert(1)")
    )
    assert wrong.status_code == 422
    assert 'value="だれか"' in wrong.text
    wrong = admin.post(
        PAGE, typed(sink, host="a b", sender="だれか", base_url="javascript:alert(1)", hour="24",
                    keep_days="0", user="u\nx", security="none"),
    )  # fmt: skip
    for name in ("host", "sender", "base_url", "hour", "keep_days", "user", "security"):
        assert f'id="f-{name}-error"' in wrong.text, name
    assert mail_settings.stored(sqlite_city.site).sender == "dxflow@city.example"
    log = text_of(browse("auditor").get("/audit"))
    assert "設定を変更" in log


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}/outgoing"])
def test_nobody_else_may_look(browse: Browse, path: str) -> None:
    assert browse("cio").get(path).status_code == 403


def test_nobody_else_may_act(browse: Browse, sink: Sink) -> None:
    cio = browse("cio")
    for path in (PAGE, f"{PAGE}/try", f"{PAGE}/outgoing/{'0' * 32}/resend"):
        assert cio.post(path, typed(sink)).status_code == 403


def test_a_mail_to_try_says_what_the_server_answered(browse: Browse, sink: Sink) -> None:
    admin = browse("admin")
    assert "先に、メールサーバー" in admin.post(f"{PAGE}/try", {"address": "a@b.example"}).text
    admin.post(PAGE, typed(sink, on=""))
    assert admin.post(f"{PAGE}/try", {"address": "だれか"}).status_code == 422
    admin.post(f"{PAGE}/try", {"address": "me@city.example"})
    assert "サーバーがメールを受け取りました（250 2.0.0 queued）" in text_of(admin.get(PAGE))
    assert sink.received[0].recipients == ("me@city.example",)
    assert "試しのメール" in sink.received[0].message["Subject"]
    sink.says["RCPT"] = "550 5.1.1 no such user <b>bold</b>"
    admin.post(f"{PAGE}/try", {"address": "me@city.example"})
    answer = admin.get(PAGE)
    assert "サーバーがメールを断りました（550 5.1.1 no such user" in text_of(answer)
    assert "<b>bold" not in answer.text
    sink.says["CONNECT"] = "421 closed"
    admin.post(f"{PAGE}/try", {"address": "me@city.example"})
    assert "サーバーに渡せませんでした（421 closed）" in text_of(admin.get(PAGE))
    assert "試しのメールを送信" in text_of(browse("auditor").get("/audit"))


def test_the_password_is_used_and_never_shown(
    browse: Browse, sqlite_city: City, monkeypatch: pytest.MonkeyPatch, caplog
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    secret = "correct-horse-battery"
    with Sink(starttls=True, login=("dxflow", secret)) as sink:
        admin = browse("admin")
        values = typed(sink, host="localhost", security="starttls", user="dxflow")
        assert admin.post(PAGE, values).status_code == 303
        assert "dxflow mail settings --password-stdin" in text_of(admin.get(PAGE))
        admin.post(f"{PAGE}/try", {"address": "me@city.example"})
        assert "パスワードのファイルがありません" in text_of(admin.get(PAGE))
        sqlite_city.site.settings.write_mail_password("ひみつ")
        admin.post(f"{PAGE}/try", {"address": "me@city.example"})
        assert "半角だけ" in text_of(admin.get(PAGE))
        sqlite_city.site.settings.write_mail_password(secret)
        sink.says["AUTH"] = f"535 wrong password {secret}"
        admin.post(f"{PAGE}/try", {"address": "me@city.example"})
        page = admin.get(PAGE)
        assert "535 wrong password ***" in text_of(page)
        sink.says.clear()
        admin.post(f"{PAGE}/try", {"address": "me@city.example"})
        page = admin.get(PAGE)
        assert "サーバーがメールを受け取りました" in text_of(page)
        assert len(sink.received) == 1
        assert secret not in page.text + caplog.text + repr(sqlite_city.site.settings)
        place = sqlite_city.site.settings.mail_password_place
        assert place.stat().st_mode & 0o777 == 0o600
        place.chmod(0o644)
        refused = admin.post(f"{PAGE}/try", {"address": "me@city.example"})
        assert "chmod 600" in text_of(refused)


def test_encrypted_from_the_first_byte(browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    with Sink(tls=True) as sink:
        admin = browse("admin")
        admin.post(PAGE, typed(sink, host="localhost", security="tls"))
        admin.post(f"{PAGE}/try", {"address": "me@city.example"})
        assert "暗号化した接続ができません" in text_of(admin.get(PAGE))  # nobody vouches for it
        monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
        admin.post(f"{PAGE}/try", {"address": "me@city.example"})
        assert "サーバーがメールを受け取りました" in text_of(admin.get(PAGE))


def test_a_password_does_not_go_over_the_network_in_the_clear(browse: Browse, sink: Sink) -> None:
    admin = browse("admin")
    refused = admin.post(PAGE, typed(sink, host="mail.city.example", user="dxflow"))
    assert refused.status_code == 422
    assert "暗号化せずに送る" in refused.text


def test_people_choose_for_themselves(browse: Browse, sqlite_city: City, sink: Sink) -> None:
    applicant = browse("applicant")
    assert "登録されていない" in text_of(applicant.get("/account/mail"))
    smtp_sink.with_mail(sqlite_city, sink.port)
    page = applicant.page("/account/mail")
    assert page.xpath("//input[@name='choice' and @checked]/@value") == ["at_once"]
    assert "管理者が決めた受け取り方" in page.text_content()
    assert not page.xpath("//input[@name='weekly']")
    assert applicant.post("/account/mail", {"choice": "sometimes"}).status_code == 422
    assert applicant.post("/account/mail", {"choice": "daily"}).status_code == 303
    wish = mail_choices.of_person(sqlite_city.site, sqlite_city.actor("applicant"))
    assert (wish.choice, wish.own) == ("daily", True)
    assert browse("cio").page("/account/mail").xpath("//input[@name='weekly']")
    assert "メールの受け取り方を変更" in text_of(browse("auditor").get("/audit"))
    assert applicant.page("/notices").xpath("//a[@href='/account/mail']")


def test_what_did_not_go_out_is_seen_and_sent_again_or_put_aside(
    browse: Browse, sqlite_city: City, sink: Sink
) -> None:
    city, admin = sqlite_city, browse("admin")
    working.make_worker(city.site).run_due()
    smtp_sink.with_mail(city, sink.port)
    sink.says["RCPT"] = "550 nobody of that name"
    with city.site.database.write() as tx:
        queue.defer(
            tx, city.clock(), kind="notice.deliver", key="k",
            payload={"groups": ["role:cio", "role:auditor"], "message": "秘密の知らせ"},
        )  # fmt: skip
    city.clock.advance(seconds=10)
    working.make_worker(city.site).run_due()
    assert "送れなかったか結果不明 2 件" in text_of(admin.get("/admin/status"))
    page = admin.page(f"{PAGE}/outgoing?state=troubled")
    assert len(page.xpath("//tbody/tr")) == 2
    assert "550 nobody of that name" in page.text_content()
    assert "秘密の知らせ" not in page.text_content()
    again, aside = page.xpath("//form[contains(@action, '/outgoing/')]/@action")[0::3][:2]
    first = page.xpath("//form[contains(@action, '/resend')]/@action")
    close = page.xpath("//form[contains(@action, '/close')]/@action")
    assert again == first[0]
    assert aside == close[1]
    sink.says.clear()
    assert admin.post(first[0]).status_code == 303
    assert admin.post(close[1]).status_code == 303
    assert admin.post(close[1]).status_code == 409
    city.clock.advance(seconds=10)
    city.site.kept.clear()
    working.make_worker(city.site).run_due()
    assert len(sink.received) == 1
    assert "送れなかったか結果不明" not in text_of(admin.get("/admin/status"))
    log = text_of(browse("auditor").get("/audit"))
    assert "メールをもう一度送信" in log
    assert "メールの結果を確認済みに" in log


def test_the_command_line_sets_and_tries(
    tmp_path: Path, sink: Sink, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    monkeypatch.setenv("DXFLOW_HOME", str(tmp_path))
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert cli.main(["init", "--admin", "root", "--generate"]) == 0
    capsys.readouterr()
    assert cli.main(
        ["mail", "settings", "--on", "--host", "127.0.0.1", "--port", str(sink.port),
         "--sender", "dxflow@city.example", "--json"]
    ) == 0  # fmt: skip
    found = json.loads(capsys.readouterr().out)
    assert (found["on"], found["port"], found["password"]) == (True, sink.port, False)
    assert cli.main(["mail", "settings", "--port", "x"]) == 1
    assert cli.main(["mail", "test", "me@city.example"]) == 0
    assert "サーバーがメールを受け取りました" in capsys.readouterr().out
    sink.says["TEXT"] = "554 spam"
    assert cli.main(["mail", "test", "me@city.example"]) == 1
    assert "554 spam" in capsys.readouterr().out
