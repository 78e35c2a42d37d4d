"""What somebody had typed when their login ran out."""

from lxml import html

from tests.factories import PASSWORD
from tests.walks import do, task_of

TYPED = {"title": "消えては困る題名", "trouble": "長い文章"}


def posted(app, **headers):
    return app.test_client().post(
        "/proposals/proposal/" + "0" * 32, data=TYPED, headers={"Accept": "text/html", **headers}
    )


def test_what_was_typed_is_shown_when_the_login_ran_out(app):
    answer = posted(app, Origin="http://localhost")
    assert answer.status_code == 401
    assert "消えては困る題名" in answer.text
    assert "新しいタブでログイン" in answer.text
    assert 'href="/login?next=/proposals/proposal/' in answer.text


def test_words_of_another_site_are_not_shown(app):
    for headers in ({"Origin": "https://elsewhere.example"}, {}):
        answer = posted(app, **headers)
        assert answer.status_code == 303
        assert "消えては困る題名" not in answer.text


def test_sentences_of_other_pages_are_shown_too_and_passwords_never(app):
    client = app.test_client()
    nobody = "0" * 32
    sent = {"headers": {"Accept": "text/html", "Origin": "http://localhost"}}
    for way, name in (
        (f"/cases/{nobody}/decision/{nobody}/add", "text"),
        (f"/meetings/{nobody}/cancel", "reason"),
        (f"/meetings/{nobody}/minutes/draft", "remark_x"),
        (f"/tasks/{nobody}/hold", "hold_reason"),
    ):
        answer = client.post(way, data={name: "書いた意見です", "seat": "head-tax"}, **sent)
        assert answer.status_code == 401, way
        assert "書いた意見です" in answer.text, way
        assert "head-tax" not in answer.text, way
    secret = client.post("/password", data={"new": "ひみつの 合い言葉"}, **sent)
    assert "ひみつの" not in secret.text


def expired(browser):
    """Have a browser's login run out: the cookie is gone, as after a restart of the browser."""
    browser.client.delete_cookie("dxflow_session")
    browser.client._cookies.clear()
    return browser


def sent_late(browser, way, **typed):
    """Send a form that was drawn before the login ran out; return the page that comes back."""
    values = browser.controls(way) | typed
    expired(browser)
    return browser.client.post(
        way, data=values, headers={"Accept": "text/html", "Origin": "http://localhost"}
    )


def logged_in_with(browser, page, name):
    """Log in on the page that came back, which carries along what was typed."""
    form = html.fromstring(page.text).xpath("//form[.//input[@name='password']]")[0]
    values = {one.get("name"): one.get("value") for one in form.xpath(".//input[@type='hidden']")}
    values |= {"username": name, "password": PASSWORD}
    return browser.client.post(form.get("action"), data=values)


def test_what_was_typed_is_back_in_the_task_after_one_login(sqlite_city, browse):
    case = sqlite_city.start().id
    task = task_of(sqlite_city, "head", case, "head_approval").id
    browser, way = browse("head"), f"/tasks/{task}"
    page = sent_late(browser, way, reason="差し戻す理由の長い文章", _outcome="send_back")
    assert page.status_code == 401
    assert "差し戻す理由の長い文章" in page.text
    answer = logged_in_with(browser, page, "head")
    assert (answer.status_code, answer.location) == (303, way)
    shown = browser.get(way).text
    assert "差し戻す理由の長い文章</textarea>" in shown
    assert "入力欄に戻しました" in shown
    assert task_of(sqlite_city, "head", case, "head_approval").id == task  # not handed in


def test_a_wrong_password_loses_nothing(sqlite_city, browse):
    case = sqlite_city.start().id
    way = f"/tasks/{task_of(sqlite_city, 'head', case, 'head_approval').id}"
    browser = browse("head")
    page = sent_late(browser, way, reason="消えては困る理由")
    form = html.fromstring(page.text).xpath("//form[.//input[@name='password']]")[0]
    values = {one.get("name"): one.get("value") for one in form.xpath(".//input[@type='hidden']")}
    again = browser.client.post("/login", data=values | {"username": "head", "password": "違う"})
    assert again.status_code == 401
    assert logged_in_with(browser, again, "head").status_code == 303
    assert "消えては困る理由</textarea>" in browser.get(way).text


def test_what_somebody_typed_is_put_into_nobody_elses_form(sqlite_city, browse):
    case = sqlite_city.start().id
    way = f"/tasks/{task_of(sqlite_city, 'head', case, 'head_approval').id}"
    browser = browse("head")
    page = sent_late(browser, way, reason="課長だけの理由")
    answer = logged_in_with(browser, page, "secretariat")
    assert answer.status_code == 303
    assert "課長だけの理由" not in answer.text
    assert "違う人がログインしました" in browser.get("/").text
    assert "課長だけの理由" not in browse("head").get(way).text


def test_marks_that_are_not_ours_put_nothing_back(sqlite_city, browse):
    case = sqlite_city.start().id
    way = f"/tasks/{task_of(sqlite_city, 'head', case, 'head_approval').id}"
    browser = browse("head")
    page = sent_late(browser, way, reason="偽の理由", _mark="x.y")
    assert page.status_code == 401
    assert "_kept" not in page.text
    assert "偽の理由" in page.text  # to be copied
    for place, kept in (("x.y", '{"reason": ["偽の理由"]}'), ("", "")):
        values = {"_kept": kept, "_kept_at": place, "username": "head", "password": PASSWORD}
        assert browser.post("/login", values | {"next": way}).status_code == 303
        assert "偽の理由" not in browser.get(way).text
        expired(browser)


def test_a_later_draft_is_not_overwritten_and_the_text_is_shown(sqlite_city, browse):
    case = sqlite_city.start().id
    way = f"/tasks/{task_of(sqlite_city, 'head', case, 'head_approval').id}"
    browser = browse("head")
    page = sent_late(browser, way, reason="古い文章です")
    sqlite_city.clock.advance(minutes=1)
    other = browse("head")
    assert (
        other.post(way, other.controls(way) | {"reason": "新しい文章", "_save": "1"}).status_code
        == 303
    )
    answer = logged_in_with(browser, page, "head")
    assert answer.status_code == 409
    assert "新しい下書きが保存されています" in answer.text
    assert "古い文章です" in answer.text
    assert "新しい文章</textarea>" in other.get(way).text


def test_a_task_done_meanwhile_shows_the_text(sqlite_city, browse):
    case = sqlite_city.start().id
    way = f"/tasks/{task_of(sqlite_city, 'head', case, 'head_approval').id}"
    browser = browse("head")
    page = sent_late(browser, way, reason="遅れた理由です")
    do(sqlite_city, case, "head", "head_approval", "approve")
    answer = logged_in_with(browser, page, "head")
    assert answer.status_code == 409
    assert "遅れた理由です" in answer.text


def test_a_proposal_comes_back_as_its_draft(sqlite_city, browse):
    browser = browse("applicant")
    page = browser.page("/proposals/new")
    (way,) = page.xpath("//form[@data-once and .//button[@name='_outcome']]/@action")
    values = browser.controls("/proposals/new")
    expired(browser)
    late = browser.client.post(
        way, data=values | TYPED | {"_outcome": "submit"},
        headers={"Accept": "text/html", "Origin": "http://localhost"},
    )  # fmt: skip
    assert logged_in_with(browser, late, "applicant").status_code == 303
    assert 'value="消えては困る題名"' in browser.get(way).text
