"""The outer door: nothing is open that does not say so, nothing unsafe comes from elsewhere."""

from dataclasses import replace

import pytest
from werkzeug.routing import AnyConverter, BaseConverter, Rule

from dxflow.services.people import access
from dxflow.web.app import create_app
from tests.web.conftest import Browser, text_of

SAMPLES = {
    "Identifier": "0" * 32, "UnicodeConverter": "proposal", "PathConverter": "css/base.css",
    "IntegerConverter": 1,
}  # fmt: skip


def sample(converter: BaseConverter) -> object:
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return SAMPLES[type(converter).__name__]


def address(rule: Rule) -> str:
    values = {name: sample(converter) for name, converter in rule._converters.items()}
    built = rule.build(values)
    assert built is not None
    return built[1]


def test_every_endpoint_says_who_may_call_it(app):
    views = app.view_functions.items()
    assert [endpoint for endpoint, view in views if access.declared(view) is None] == []


def test_only_a_few_endpoints_are_open_to_everybody(app):
    public = {
        endpoint
        for endpoint, view in app.view_functions.items()
        if (found := access.declared(view)) is not None and found.public
    }
    assert public == {
        "static",
        "healthz",
        "login.form",
        "login.enter",
        "login.code",
        "login.bring_code",
        "login.goodbye",
        "tongue.choose",
    }


def test_whoever_is_not_logged_in_is_led_to_the_login_everywhere(app, anybody):
    visited = 0
    for rule in app.url_map.iter_rules():
        declared = access.declared(app.view_functions[rule.endpoint])
        if declared is None or declared.public:
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = anybody.client.open(address(rule), method=method)
            assert answer.status_code == 303, (method, rule.rule)
            assert answer.headers["Location"].startswith("/login?next=/"), rule.rule
            visited += 1
    assert visited > 10


def test_a_program_that_is_not_logged_in_gets_a_problem_document(anybody):
    answer = anybody.get("/", headers={"Accept": "application/json"})
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.get_json()["status"] == 401


def test_an_endpoint_that_says_nothing_answers_nobody(sqlite_city, app, browse):
    app._got_first_request = False
    app.add_url_rule("/forgotten", "forgotten", lambda: "secret")
    answer = browse("cio").get("/forgotten")
    assert answer.status_code == 403
    assert "secret" not in answer.text


def test_roles_are_asked_for(sqlite_city, app, browse):
    app._got_first_request = False
    app.add_url_rule("/cio-only", "cio_only", access.needs_role("cio")(lambda: "for the CIO"))
    assert browse("cio").get("/cio-only").status_code == 200
    refused = browse("head").get("/cio-only")
    assert refused.status_code == 403
    assert "あなたの職では使えません" in refused.text


def test_acts_without_the_csrf_token_are_refused(app, browse):
    browser = browse("head")
    for path in ("/logout", "/password", "/acting-post", f"/tasks/{'0' * 32}/claim"):
        assert browser.post(path, token="").status_code == 400, path
        assert browser.post(path, token="nonsense").status_code == 400, path
    assert browser.get("/").status_code == 200


def test_the_token_of_somebody_else_is_refused(browse):
    assert browse("head").post("/logout", token=browse("cio").token()).status_code == 400


def test_the_token_may_come_in_a_header(browse):
    browser = browse("head")
    answer = browser.post("/logout", token="", headers={"X-CSRFToken": browser.token()})
    assert answer.status_code == 303


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_acts_from_other_sites_are_refused_even_with_a_token(browse, headers):
    browser = browse("head")
    assert browser.post("/logout", headers=headers).status_code == 403
    assert browser.get("/").status_code == 200


def test_acts_from_our_own_pages_are_taken(browse):
    answer = browse("head").post(
        "/logout", headers={"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    )
    assert answer.status_code == 303


def test_every_page_forbids_foreign_content_and_is_not_kept(browse, anybody):
    for answer in (browse("head").get("/"), anybody.get("/login"), anybody.get("/nothing")):
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert "Cookie" in answer.headers.get("Vary", "Cookie")
        assert len(answer.headers["X-Request-Id"]) == 32


def test_no_page_holds_inline_script_or_style(browse, sqlite_city):
    sqlite_city.start()
    browser = browse("head")
    task = sqlite_city.open_tasks("head")[0]
    for path in ("/", "/mine", "/proposals/new", "/password", f"/tasks/{task.id}"):
        page = browser.page(path)
        assert page.xpath("//style | //@style | //script[not(@src)]") == [], path
        assert page.xpath("//@*[starts-with(name(), 'on')]") == [], path


def test_static_files_carry_their_digest_and_are_kept(anybody):
    page = anybody.get("/login").text
    start = page.index("/static/css/base.css?v=")
    with anybody.get(page[start : page.index('"', start)]) as pinned:
        assert "immutable" in pinned.headers["Cache-Control"]
    with anybody.get("/static/css/base.css") as plain:
        assert "immutable" not in plain.headers["Cache-Control"]


def test_over_https_the_cookie_is_bound_to_the_host(sqlite_city):
    settings = replace(sqlite_city.site.settings, https=True)
    settings.make_secret_key()
    app = create_app(replace(sqlite_city.site, settings=settings))
    answer = app.test_client().get("/login", base_url="https://city.example")
    set_cookie = answer.headers["Set-Cookie"]
    assert set_cookie.startswith("__Host-dxflow=")
    assert "Secure" in set_cookie
    assert "Path=/" in set_cookie
    assert "Domain" not in set_cookie
    assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_behind_a_proxy_the_outer_address_counts(sqlite_city):
    settings = replace(sqlite_city.site.settings, proxies=1)
    settings.make_secret_key()
    app = create_app(replace(sqlite_city.site, settings=settings))
    browser = Browser(app.test_client())
    outside = {"X-Forwarded-Host": "city.example", "X-Forwarded-Proto": "https"}
    token = browser.get("/login", headers=outside)
    assert token.status_code == 200
    answer = browser.post(
        "/login",
        {"username": "head", "password": "wrong-password"},
        headers={**outside, "Origin": "https://city.example"},
    )
    assert answer.status_code == 401


def test_unknown_addresses_and_methods_are_answered_calmly(browse):
    browser = browse("head")
    assert browser.get("/nothing").status_code == 404
    assert browser.get("/tasks/1").status_code == 404
    assert browser.get("/tasks/%00").status_code == 404
    refused = browser.client.delete("/mine")
    assert refused.status_code == 405
    assert "GET" in refused.headers["Allow"]
    assert "この操作はできません" in text_of(refused)


def test_too_much_at_once_is_refused(browse):
    browser = browse("head")
    answer = browser.post("/acting-post", {"post": "x" * 2_200_000}, token="x")
    assert answer.status_code == 413
    assert "2 MB" in answer.text


def test_the_health_of_the_installation_can_be_asked_by_anybody(anybody):
    answer = anybody.get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})
