"""Logging in and out: throttled, rotating, expiring, dying with the account."""

import pytest
from sqlalchemy import func, select

from dxflow.db.identity import Person, WebSession
from dxflow.services.people import registry as people
from tests.factories import PASSWORD
from tests.web.conftest import Browser, text_of


def sessions(city) -> int:
    with city.site.database.read() as tx:
        return tx.execute(select(func.count()).select_from(WebSession)).scalar_one()


def cookie(browser: Browser) -> str:
    found = browser.client.get_cookie("dxflow")
    assert found is not None
    return found.value


def test_a_person_logs_in_and_sees_who_they_are(anybody, sqlite_city):
    answer = anybody.log_in("head")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    words = text_of(anybody.get("/"))
    assert "市民課長" in words
    assert "ログアウト" in words


def test_a_wrong_password_and_an_unknown_name_get_the_same_answer(anybody):
    wrong = anybody.log_in("head", "wrong-password")
    unknown = anybody.log_in("nobody", "wrong-password")
    assert wrong.status_code == unknown.status_code == 401
    message = "利用者名またはパスワードが違います。"
    assert message in wrong.text
    assert message in unknown.text
    assert 'value="head"' in wrong.text  # what was typed is kept
    assert "wrong-password" not in wrong.text


def test_many_failures_must_wait_and_are_told_how_long(anybody, sqlite_city):
    for _try in range(5):
        anybody.log_in("head", "wrong-password")
    answer = anybody.log_in("head")
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    sqlite_city.clock.advance(minutes=1)
    assert anybody.log_in("head").status_code == 303


def test_a_name_with_control_characters_is_just_a_wrong_name(anybody):
    assert anybody.log_in("he\x00ad\n", "wrong-password").status_code == 401


def test_logging_out_ends_the_session_on_the_server_too(browse, sqlite_city):
    browser = browse("head")
    kept = cookie(browser)
    assert browser.post("/logout").headers["Location"] == "/goodbye"
    assert sessions(sqlite_city) == 0
    browser.client.set_cookie("dxflow", kept)
    assert browser.get("/").headers["Location"].startswith("/login")


def test_logging_in_gives_a_fresh_session_and_a_fresh_csrf_token(anybody):
    before = anybody.token()
    planted = cookie(anybody)
    anybody.log_in("head")
    assert cookie(anybody) != planted
    assert anybody.post("/logout", token=before).status_code == 400


def test_the_cookie_is_kept_from_scripts_and_other_sites(anybody):
    answer = anybody.get("/login")
    set_cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in set_cookie
    assert "SameSite=Lax" in set_cookie


def test_a_session_ends_when_nobody_uses_it(browse, sqlite_city):
    browser = browse("head")
    sqlite_city.clock.advance(minutes=31)
    assert browser.get("/").status_code == 303


def test_a_session_in_use_goes_on_but_not_for_ever(browse, sqlite_city):
    browser = browse("head")
    for _step in range(29):
        sqlite_city.clock.advance(minutes=20)
        assert browser.get("/").status_code == 200
    sqlite_city.clock.advance(minutes=21)
    assert browser.get("/").status_code == 303


def test_a_closed_account_is_out_at_once(browse, sqlite_city):
    browser = browse("head")
    people.disable(sqlite_city.site, sqlite_city.actor("admin"), "head")
    assert browser.get("/").headers["Location"].startswith("/login")
    assert browser.log_in("head").status_code == 401


@pytest.mark.parametrize(
    ("target", "goes"),
    [
        ("/mine?page=2", "/mine?page=2"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("/\\evil.example", "/"),
        ("/a\\..\\b", "/"),
        ("javascript:alert(1)", "/"),
        ("/\t/evil.example", "/"),
        ("", "/"),
    ],
)
def test_login_leads_to_local_pages_only(anybody, target, goes):
    assert anybody.log_in("head", next=target).headers["Location"] == goes


def test_the_way_back_survives_the_login(anybody):
    way = anybody.get("/mine?page=1").headers["Location"]
    assert way == "/login?next=/mine%3Fpage%3D1"
    assert 'name="next" value="/mine?page=1"' in anybody.get(way).text


def test_a_person_changes_their_password_and_other_devices_are_out(browse, sqlite_city):
    here, there = browse("head"), browse("head")
    answer = here.post(
        "/password",
        {"current": PASSWORD, "password": "une phrase nouvelle", "repeat": "une phrase nouvelle"},
    )
    assert answer.status_code == 303
    assert here.get("/").status_code == 200
    assert there.get("/").status_code == 303
    assert there.log_in("head").status_code == 401
    assert there.log_in("head", "une phrase nouvelle").status_code == 303


@pytest.mark.parametrize(
    ("current", "password", "repeat", "field"),
    [
        ("wrong-password", "une phrase nouvelle", "une phrase nouvelle", "f-current"),
        (PASSWORD, "short", "short", "f-password"),
        (PASSWORD, PASSWORD, PASSWORD, "f-password"),
        (PASSWORD, "une phrase nouvelle", "une autre phrase", "f-repeat"),
    ],
)
def test_a_password_that_will_not_do_is_refused_at_its_field(
    browse, current, password, repeat, field
):
    answer = browse("head").post(
        "/password", {"current": current, "password": password, "repeat": repeat}
    )
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text


def test_a_password_set_by_the_operator_must_be_changed_first(anybody, sqlite_city):
    site, admin = sqlite_city.site, sqlite_city.actor("admin")
    people.set_password(site, admin, "head", password="given-by-admin-1")
    assert anybody.log_in("head", "given-by-admin-1").headers["Location"] == "/password"
    assert anybody.get("/").headers["Location"] == "/password"
    assert "はじめにもらったパスワード" in anybody.get("/password").text
    new = "une phrase nouvelle"
    anybody.post("/password", {"current": "given-by-admin-1", "password": new, "repeat": new})
    assert anybody.get("/").status_code == 200


def test_whoever_holds_several_posts_chooses_one(app, sqlite_city):
    from dxflow.services.people import organisation
    from dxflow.services.people.organisation import HoldingRow, Organisation
    from tests.factories import BEGIN

    second = HoldingRow(sqlite_city.person["head"], "head-tax", BEGIN, concurrent=True)
    with sqlite_city.site.database.write() as tx:
        organisation.write(tx, Organisation(holdings=(second,)), sqlite_city.site)
    browser = Browser(app.test_client())
    browser.log_in("head")
    current = "//p[@class='x']|//span[@class='who__post']/text()"
    assert any("市民課長" in text for text in browser.page("/").xpath(current))
    browser.post("/acting-post", {"post": "head-tax"})
    assert any("収納課長" in text for text in browser.page("/").xpath(current))
    browser.post("/acting-post", {"post": "mayor"})
    assert not any(text.strip() == "市長" for text in browser.page("/").xpath(current))


def test_nobody_is_logged_in_beside_a_token(browse):
    browser = browse("head")
    answer = browser.get("/", headers={"Authorization": "Bearer nonsense"})
    assert answer.status_code == 303


def test_the_hash_of_a_reference_is_all_that_is_stored(browse, sqlite_city):
    browser = browse("head")
    with sqlite_city.site.database.read() as tx:
        stored = tx.execute(select(WebSession.reference_hash)).scalar_one()
        assert tx.execute(select(Person.id)).first() is not None
    assert stored not in cookie(browser)
