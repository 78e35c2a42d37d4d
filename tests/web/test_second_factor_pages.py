"""The second factor in a browser: the page of its code, the set-up, and what administrators do."""

import re
from dataclasses import replace

import pytest

from dxflow.services.installation.bootstrap import operator
from dxflow.services.people import maintenance, registry
from dxflow.services.people.one_time_codes import code_of, step_of
from dxflow.web.app import create_app
from tests.factories import PASSWORD, City
from tests.factors import Phone, phone_of
from tests.web.conftest import Browser, text_of

PAGE = "/account/second-factor"


def set_up(browser: Browser, city: City) -> Phone:
    """Set up a second factor by the pages, typing the secret that they show."""
    assert browser.post(f"{PAGE}/begin", {"current": PASSWORD}).status_code == 303
    page = browser.page(PAGE)
    assert page.xpath("//*[local-name()='svg'][@class='qr']/@aria-label")
    secret = "".join(page.xpath("//p[@class='secret']/code/text()"))
    answer = browser.post(f"{PAGE}/confirm", {"code": code_of(secret, step_of(city.clock()))})
    assert answer.status_code == 200, text_of(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    reserve = re.findall(r"<li><code>([A-Z2-7-]{19})</code>", answer.text)
    assert len(reserve) == 10
    return Phone(city, secret, reserve)


def test_a_person_sets_it_up_and_logs_in_with_it(browse, anybody, sqlite_city):
    phone = set_up(browse("head"), sqlite_city)
    answer = anybody.log_in("head", next="/mine")
    assert answer.headers["Location"] == "/login/code?next=/mine"
    page = anybody.page(answer.headers["Location"])
    (field,) = page.xpath("//input[@id='f-code']")
    assert (field.get("autocomplete"), field.get("inputmode")) == ("one-time-code", "numeric")
    assert anybody.get("/").headers["Location"].startswith("/login"), "nobody is logged in yet"
    wrong = anybody.post("/login/code", {"code": "000000", "next": "/mine"})
    assert wrong.status_code == 401
    assert "確認コードが違うか" in text_of(wrong)
    entered = anybody.post("/login/code", {"code": phone.next_code(), "next": "/mine"})
    assert (entered.status_code, entered.headers["Location"]) == (303, "/mine")
    assert anybody.get("/").status_code == 200


def test_codes_in_reserve_are_shown_once_and_open_the_door(browse, anybody, sqlite_city):
    browser = browse("head")
    phone = set_up(browser, sqlite_city)
    assert phone.reserve[0] not in browser.get(PAGE).text
    assert phone.secret[:4] + "</code>" not in browser.get(PAGE).text
    anybody.log_in("head")
    assert anybody.post("/login/code", {"code": phone.reserve[0]}).status_code == 303
    assert "あと 9 個" in text_of(anybody.get(PAGE))


def test_the_code_belongs_to_the_browser_that_brought_the_password(anybody, app, sqlite_city):
    phone = phone_of(sqlite_city, "head")
    anybody.log_in("head")
    other = Browser(app.test_client())
    assert other.get("/login/code").headers["Location"].startswith("/login?")
    answer = other.post("/login/code", {"code": phone.next_code()})
    assert answer.status_code == 401
    assert 'name="password"' in answer.text
    assert anybody.post("/login/code", {"code": phone.code()}).status_code == 303


def test_after_five_minutes_the_password_is_asked_again(anybody, sqlite_city):
    phone = phone_of(sqlite_city, "head")
    anybody.log_in("head")
    sqlite_city.clock.advance(minutes=6)
    answer = anybody.post("/login/code", {"code": phone.code(), "next": "/mine"})
    assert answer.status_code == 401
    assert "時間がたったため" in text_of(answer)
    assert 'name="next" value="/mine"' in answer.text


def test_many_wrong_codes_must_wait(anybody, sqlite_city):
    phone = phone_of(sqlite_city, "head")
    anybody.log_in("head")
    for _try in range(5):
        anybody.post("/login/code", {"code": "000000"})
    answer = anybody.post("/login/code", {"code": phone.next_code()})
    assert answer.status_code == 303, "the wait of two seconds is over"
    anybody.log_in("head")
    for _try in range(7):
        answer = anybody.post("/login/code", {"code": "000000"})
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0


def test_a_changed_password_asks_for_no_code_in_the_browser_that_changed_it(
    browse, anybody, sqlite_city
):
    browser = browse("head")
    phone = set_up(browser, sqlite_city)
    new = "une phrase nouvelle"
    answer = browser.post("/password", {"current": PASSWORD, "password": new, "repeat": new})
    assert answer.headers["Location"] == "/"
    assert browser.get("/").status_code == 200
    assert anybody.log_in("head", new).headers["Location"].startswith("/login/code")
    assert anybody.post("/login/code", {"code": phone.next_code()}).status_code == 303


def test_a_first_password_is_changed_behind_the_code(anybody, sqlite_city):
    phone = phone_of(sqlite_city, "head")
    admin = sqlite_city.actor("admin")
    registry.set_password(sqlite_city.site, admin, "head", password="given-by-admin-1")
    assert anybody.log_in("head", "given-by-admin-1").headers["Location"].startswith("/login/code")
    entered = anybody.post("/login/code", {"code": phone.next_code()})
    assert entered.headers["Location"] == "/password"


@pytest.mark.parametrize(
    ("act", "data", "field"),
    [
        ("begin", {"current": "wrong-password"}, "f-begin-current"),
        ("off", {"current": "wrong-password", "code": "000000"}, "f-off-current"),
        ("off", {"current": PASSWORD, "code": "000000"}, "f-off-code"),
        ("reserve", {"current": PASSWORD, "code": "000000"}, "f-renew-code"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(browse, sqlite_city, act, data, field):
    browser = browse("head")
    if act != "begin":
        phone_of(sqlite_city, "head")
    answer = browser.post(f"{PAGE}/{act}", data)
    assert answer.status_code == 422
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}"' in answer.text


def test_it_is_given_up_and_codes_are_renewed(browse, sqlite_city):
    browser = browse("head")
    phone = set_up(browser, sqlite_city)
    answer = browser.post(f"{PAGE}/reserve", {"current": PASSWORD, "code": phone.next_code()})
    fresh = re.findall(r"<li><code>([A-Z2-7-]{19})</code>", answer.text)
    assert len(fresh) == 10
    gone = browser.post(f"{PAGE}/off", {"current": PASSWORD, "code": fresh[0]})
    assert gone.status_code == 303
    assert "設定を始める" in text_of(browser.get(PAGE))


def test_who_must_have_one_does_nothing_before(sqlite_city):
    sqlite_city.site.settings.make_secret_key()
    settings = replace(sqlite_city.site.settings, second_factor_roles=("cio",))
    app = create_app(replace(sqlite_city.site, settings=settings))
    other, cio = Browser(app.test_client()), Browser(app.test_client())
    other.log_in("head")
    assert other.get("/").status_code == 200
    cio.log_in("cio")
    for path in ("/", "/mine", "/audit", "/account/mail"):
        assert cio.get(path).headers["Location"] == PAGE
    assert cio.post("/acting-post", {"post": "cio"}).headers["Location"] == PAGE
    assert "CIO" in text_of(cio.get(PAGE))
    phone = set_up(cio, sqlite_city)
    assert cio.get("/").status_code == 200
    cio.post(f"{PAGE}/off", {"current": PASSWORD, "code": phone.next_code()})
    assert cio.get("/").headers["Location"] == PAGE


def test_an_administrator_who_must_have_one_sets_it_up_and_ends_a_maintenance(sqlite_city):
    city = sqlite_city
    city.site.settings.make_secret_key()
    settings = replace(city.site.settings, second_factor_roles=("admin",))
    admin = Browser(create_app(replace(city.site, settings=settings)).test_client())
    maintenance.announce(city.site, operator(city.site), "点検", None, None)
    admin.log_in("admin")
    set_up(admin, city)
    assert admin.post("/admin/maintenance/end").status_code == 303
    assert "点検" not in text_of(admin.get("/"))


def test_an_administrator_sees_who_has_it_and_takes_it_off(browse, sqlite_city):
    browser, head = browse("admin"), sqlite_city.person["head"]
    address = f"/admin/people/{head}"
    assert "二段階認証を解除する" not in text_of(browser.get(address))
    phone_of(sqlite_city, "head")
    listed = browser.page("/admin/people?factor=on").xpath("//tbody//th/a/text()")
    assert listed == ["head"]
    assert "使っています" in browser.get("/admin/people.csv?factor=on").data.decode("utf-8-sig")
    assert "二段階認証を解除する" in text_of(browser.get(address))
    assert "すると、どうなるか" in text_of(browser.get(f"{address}/second-factor"))
    refused = browser.post(f"{address}/second-factor", {"reason": ""})
    assert refused.status_code == 422
    assert 'href="#f-reason"' in refused.text
    done = browser.post(f"{address}/second-factor", {"reason": "紛失"})
    assert (done.status_code, done.headers["Location"]) == (303, address)
    assert browse("head").get("/").status_code == 200
    assert browser.post(f"{address}/second-factor", {"reason": "紛失"}).status_code == 409


def test_what_was_typed_before_the_login_survives_the_code(browse, anybody, sqlite_city):
    phone = phone_of(sqlite_city, "head")
    kept = {"_kept": "{}", "_kept_at": "planted"}
    answer = anybody.log_in("head", **kept)
    assert answer.status_code == 200
    assert 'name="_kept_at" value="planted"' in answer.text
    entered = anybody.post("/login/code", {"code": phone.next_code(), **kept})
    assert entered.status_code == 303
