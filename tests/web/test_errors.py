"""What goes wrong is said calmly: no traceback, nothing half done, nothing typed lost."""

import json
import logging
from dataclasses import replace

import pytest
from markupsafe import escape
from sqlalchemy import event, func, select, update

from dxflow import texts
from dxflow.db.audit import AuditEvent
from dxflow.db.identity import Person
from dxflow.db.process import Draft, Incident, Submission
from dxflow.errors import Unavailable
from dxflow.services.acts import task_forms
from dxflow.services.people import access
from dxflow.web.app import create_app
from tests.integration.test_main_job import to_sheet
from tests.web.conftest import Browser, text_of
from tests.web.test_task import SHEET, task_of


def counted(city, table) -> int:
    with city.site.database.read() as tx:
        return tx.execute(select(func.count()).select_from(table)).scalar_one()


def fail(_act, _payload, _element):
    raise ValueError("Traceback (most recent call last): a command that breaks")


def test_a_step_that_fails_is_undone_recorded_and_keeps_what_was_typed(sqlite_city):
    to_sheet(sqlite_city)
    task = task_of(sqlite_city, "applicant", "project_sheet")
    site = sqlite_city.site
    site.settings.make_secret_key()
    broken = replace(site, commands={**site.commands, "kpi.register": fail})
    browser = Browser(create_app(broken).test_client())
    browser.log_in("applicant")
    sent = SHEET | {"effect": "とても長い文章", "_outcome": "submit"}
    answer = browser.post(f"/tasks/{task}", sent)
    assert answer.status_code == 500
    words = text_of(answer)
    assert "処理を止めました" in words
    assert "入力は下書きに残っています" in words
    assert "Traceback" not in answer.text
    assert "kpi.register" not in words
    with site.database.read() as tx:
        incident = tx.execute(select(Incident.id, Incident.case_id, Incident.person_id)).one()
        assert tx.execute(
            select(func.count()).select_from(Submission).where(Submission.work_item_id == task)
        ).scalar_one() == 0  # fmt: skip
    assert incident.id in words
    assert incident.case_id
    assert incident.person_id == sqlite_city.person["applicant"]
    assert "とても長い文章" in browser.get(f"/tasks/{task}").text


def test_a_locked_database_gives_the_page_back_with_everything_typed(
    browse, sqlite_city, monkeypatch
):
    to_sheet(sqlite_city)
    task = task_of(sqlite_city, "applicant", "project_sheet")
    browser = browse("applicant")
    sent = {**browser.controls(f"/tasks/{task}"), **SHEET, "_outcome": "submit"}

    def away(*_arguments, **_options):
        raise Unavailable("いまデータベースを使えません。")

    with monkeypatch.context() as patch:
        patch.setattr(task_forms, "hand_in", away)
        answer = browser.post(f"/tasks/{task}", sent)
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "いまデータベースを使えません。" in answer.text
    assert "繁忙期の待ち時間が長い。" in answer.text
    assert browser.post(f"/tasks/{task}", sent).status_code == 303


def test_a_locked_database_is_not_told_as_a_refusal_where_the_task_is_done_by_now(
    browse, sqlite_city, monkeypatch
):
    """The first answer was lost on its way: who sends again is not told that it was too late."""
    to_sheet(sqlite_city)
    task = task_of(sqlite_city, "applicant", "project_sheet")
    browser = browse("applicant")
    sent = {**browser.controls(f"/tasks/{task}"), **SHEET, "_outcome": "submit"}
    assert browser.post(f"/tasks/{task}", sent).status_code == 303

    def away(*_arguments, **_options):
        raise Unavailable("いまデータベースを使えません。")

    with monkeypatch.context() as patch:
        patch.setattr(task_forms, "hand_in", away)
        answer = browser.post(f"/tasks/{task}", sent)
    assert answer.status_code == 503
    assert "いまデータベースを使えません。" in answer.text
    assert browser.post(f"/tasks/{task}", sent).status_code == 303


def test_a_database_that_is_away_gives_a_calm_page(browse, sqlite_city, monkeypatch):
    browser = browse("head")

    def away(*_arguments, **_options):
        raise Unavailable("いまデータベースを使えません。")

    monkeypatch.setattr("dxflow.services.people.accounts.actor_of_session", away)
    answer = browser.get("/")
    assert answer.status_code == 503
    assert "いまデータベースを使えません。" in answer.text
    assert int(answer.headers["Retry-After"]) > 0


def test_a_database_that_made_the_person_wait_is_not_asked_again_for_the_frame(
    browse, sqlite_city, monkeypatch
):
    to_sheet(sqlite_city)
    task = task_of(sqlite_city, "applicant", "project_sheet")
    browser = browse("applicant")
    sent = {**browser.controls(f"/tasks/{task}"), **SHEET, "_outcome": "submit"}
    asked = []

    def away(*_arguments, **_options):
        raise Unavailable("いまデータベースを使えません。")

    def frame(*_arguments, **_options):
        asked.append(1)
        return away()

    monkeypatch.setattr("dxflow.web.errors.PATIENCE_SECONDS", 0)
    monkeypatch.setattr("dxflow.services.acts.task_forms.hand_in", away)
    monkeypatch.setattr("dxflow.services.acts.task_forms.task_form", away)
    monkeypatch.setattr("dxflow.services.reading.inbox.counts", frame)
    answer = browser.post(f"/tasks/{task}", sent, token=sent["_csrf"])
    assert answer.status_code == 503
    assert "いまデータベースを使えません。" in answer.text
    assert "繁忙期の待ち時間が長い。" in answer.text  # nobody types it twice
    assert not asked


def test_what_nobody_foresaw_is_logged_under_a_number_and_not_shown(app, browse, caplog):
    def broken():
        raise KeyError("secret-detail")

    app._got_first_request = False
    app.add_url_rule("/broken", "broken", access.signed_in(broken))
    with caplog.at_level(logging.ERROR, logger="dxflow.web"):
        answer = browse("head").get("/broken")
    assert answer.status_code == 500
    assert "secret-detail" not in answer.text
    assert "Traceback" not in answer.text
    number = answer.headers["X-Request-Id"]
    assert number in answer.text
    record = next(r for r in caplog.records if number in r.getMessage() and r.exc_info)
    assert "secret-detail" in str(record.exc_info[1])


def test_a_refused_attempt_is_recorded(browse, sqlite_city):
    to_sheet(sqlite_city)
    task = task_of(sqlite_city, "applicant", "project_sheet")
    browse("secretariat").get(f"/tasks/{task}")
    with sqlite_city.site.database.read() as tx:
        denied = tx.execute(
            select(AuditEvent.actor).where(AuditEvent.type == "access.denied")
        ).scalar_one()
    assert denied == sqlite_city.person["secretariat"]
    log = browse("auditor").page("/audit?type=access.denied").xpath("//li[@class]")
    assert any(f"画面 /tasks/{task}" in one.text_content() for one in log)


def test_the_log_holds_a_refusal_in_japanese_whatever_the_refused_read(browse, sqlite_city):
    to_sheet(sqlite_city)
    task = task_of(sqlite_city, "applicant", "project_sheet")
    refused = browse("secretariat")
    refused.get("/language/en")
    answer = refused.get(f"/tasks/{task}")
    with sqlite_city.site.database.read() as tx:
        body = tx.execute(
            select(AuditEvent.body).where(AuditEvent.type == "access.denied")
        ).scalar_one()
    reason = json.loads(body)["reason"]
    assert reason == "この作業の担当ではありません。"
    assert reason not in answer.text
    auditor = browse("auditor")
    address = "/audit?type=access.denied"
    assert reason in auditor.get(address).text
    auditor.get("/language/en")
    read = auditor.get(address).text
    assert "この作業の担当" not in read
    assert retold_in_english(reason) in read


def retold_in_english(sentence: str) -> str:
    token = texts.language.set("en")
    try:
        return str(escape(texts.translated(sentence)))
    finally:
        texts.language.reset(token)


@pytest.mark.parametrize("path", ["/", "/mine", "/proposals/new", "/password", "/nothing"])
def test_looking_changes_nothing(browse, sqlite_city, path):
    sqlite_city.start()
    browser = browse("head")
    assert writes_of(sqlite_city, lambda: browser.get(path)) == []


def test_looking_at_a_task_changes_nothing(browse, sqlite_city):
    to_sheet(sqlite_city)
    task = task_of(sqlite_city, "applicant", "project_sheet")
    browser = browse("applicant")
    assert writes_of(sqlite_city, lambda: browser.get(f"/tasks/{task}")) == []


def writes_of(city, look) -> list[str]:
    """Return the statements that wrote something while looking; looking must succeed or be 404."""
    found = []

    def note(_connection, _cursor, statement, _parameters, _context, _many):
        if not statement.lstrip().upper().startswith(("SELECT", "PRAGMA", "BEGIN", "WITH")):
            found.append(statement)

    engine = city.site.database.engine
    before = counted(city, AuditEvent), counted(city, Draft)
    event.listen(engine, "before_cursor_execute", note)
    try:
        assert look().status_code in (200, 404)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert (counted(city, AuditEvent), counted(city, Draft)) == before
    return found


def test_who_is_refused_reads_which_roles_may_and_who_has_them(browse, sqlite_city):
    page = browse("applicant").get("/admin/status")
    assert page.status_code == 403
    words = text_of(page)
    assert "できるのは、次の役割の人です" in words
    assert "システム管理者: admin（情報政策課 システム担当）" in words
    log = text_of(browse("applicant").get("/audit"))
    assert "CIO: cio" in log
    assert "監査担当: auditor" in log
    assert "職を決めるのはシステム管理者です。 システム管理者: admin" in log


def test_somebody_whose_account_is_closed_is_nobody_to_ask(browse, sqlite_city):
    with sqlite_city.site.database.write() as tx:
        tx.execute(update(Person).where(Person.username == "auditor").values(status="disabled"))
    assert "監査担当: いまはいません" in text_of(browse("applicant").get("/audit"))


def test_who_opens_the_task_of_another_is_led_to_whose_turn_it_is(browse, sqlite_city):
    case = sqlite_city.start()
    (task,) = sqlite_city.open_tasks("head")
    page = browse("applicant").get(f"/tasks/{task.id}")
    assert page.status_code == 403
    assert "だれの番かは、案件の画面で分かります" in text_of(page)
    assert f'href="/cases/{case.id}"' in page.text
    stranger = browse("other")
    for answer in (stranger.get(f"/tasks/{task.id}"), stranger.post(f"/tasks/{task.id}/claim")):
        assert answer.status_code in (403, 404)
        assert case.id not in answer.text
        assert case.number not in answer.text


def test_a_case_that_must_not_be_seen_names_nobody(browse, sqlite_city):
    case = sqlite_city.start()
    for path in (f"/cases/{case.id}", f"/cases/{case.id}/timeline"):
        page = browse("other").get(path)
        assert page.status_code == 404
        assert "次の役割の人" not in text_of(page)


@pytest.mark.parametrize(
    "broken", [RuntimeError("broken"), Unavailable("何も変更されていません。")]
)
def test_what_was_saved_before_the_answer_failed_is_not_called_unchanged(
    browse, sqlite_city, monkeypatch, broken
):
    browser = browse("applicant")
    day = sqlite_city.site.today().isoformat()
    sent = {"start": day, "last": day, "reason": "出張"}

    def fails(*_arguments, **_options):
        raise broken

    with monkeypatch.context() as before:
        before.setattr("dxflow.web.standing.standing.enter_absence", fails)
        answer = browser.post("/standing/absences", sent)
    assert answer.status_code in (500, 503)
    assert "保存" not in text_of(answer)
    with monkeypatch.context() as after:
        after.setattr("dxflow.web.standing.redirect", fails)
        answer = browser.post("/standing/absences", sent)
    assert answer.status_code in (500, 503)
    assert "保存されたかを確かめてください" in text_of(answer)
    assert "画面を開き直して確かめてから" in text_of(answer)
    assert "何も変更されていません" not in text_of(answer)
    assert "出張" in browser.get("/standing").text
