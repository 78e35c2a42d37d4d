"""新しい提案: an idea in two minutes, drafts that survive, a copy of an earlier one."""

import pytest
from sqlalchemy import func, select

from dxflow.db.case import Case
from dxflow.db.process import Draft
from dxflow.services.acts import drafts
from tests.web.conftest import Browser, text_of

IDEA = {
    "title": "番号札を二次元コードにする",
    "trouble": "番号札の紙をなくす人がいる。",
    "change": "スマートフォンで順番を見られるようにする。",
    "beneficiary": ["citizen", "staff"],
}


def begin(browser: Browser) -> str:
    """Open the page of a new proposal and return the address it is sent to."""
    form = browser.page("/proposals/new").xpath("//form[@data-autosave]")[0]
    return form.get("action")


def counted(city, table) -> int:
    with city.site.database.read() as tx:
        return tx.execute(select(func.count()).select_from(table)).scalar_one()


def test_an_idea_is_handed_in_and_gets_its_number(browse, sqlite_city):
    browser = browse("applicant")
    answer = browser.post(begin(browser), {**IDEA, "_outcome": "submit"})
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/cases/")
    words = text_of(browser.get("/mine"))
    assert "提案 R8-市民-0001 を出しました。" in words
    assert "市民課長" in words
    assert "「所属長の確認」を待っています" in words


def test_opening_the_page_keeps_nothing(browse, sqlite_city):
    begin(browse("applicant"))
    assert counted(sqlite_city, Draft) == 0


def test_a_draft_is_saved_while_typing_and_goes_on_after_a_logout(browse, sqlite_city):
    browser = browse("applicant")
    address = begin(browser)
    autosave = address.replace("/proposals/", "/drafts/start/")
    assert browser.post(autosave, {"title": "途中"}).status_code == 204
    assert browser.post(autosave, {"title": "途中まで"}).status_code == 204
    assert counted(sqlite_city, Draft) == 1
    browser.post("/logout")
    browser.log_in("applicant")
    page = browser.page("/mine")
    (link,) = page.xpath("//a[contains(., '途中まで')]/@href")
    assert browser.page(link).xpath("//input[@name='title']/@value") == ["途中まで"]
    browser.post(link, {**IDEA, "_outcome": "submit"})
    assert counted(sqlite_city, Draft) == 0


def test_a_draft_is_saved_by_its_button(browse, sqlite_city):
    browser = browse("applicant")
    address = begin(browser)
    assert browser.post(address, {"title": "途中", "_save": "1"}).headers["Location"] == address
    assert "下書きを保存しました" in browser.get(address).text


def test_a_blank_page_makes_no_draft(browse, sqlite_city):
    browser = browse("applicant")
    browser.post(begin(browser), {"title": "", "_save": "1"})
    assert counted(sqlite_city, Draft) == 0


def test_drafts_can_be_thrown_away_by_their_owner_only(browse, sqlite_city):
    owner, other = browse("applicant"), browse("colleague")
    address = begin(owner)
    owner.post(address, {"title": "秘密の案", "_save": "1"})
    draft = address.rsplit("/", 1)[1]
    assert other.post(f"/drafts/{draft}/discard").status_code == 404
    assert "秘密の案" not in other.get(address).text
    assert other.post(address, {"title": "横取り", "_save": "1"}).status_code == 404
    assert "秘密の案" in owner.get(address).text
    assert owner.post(f"/drafts/{draft}/discard").status_code == 303
    assert counted(sqlite_city, Draft) == 0


def test_nobody_else_sees_a_draft_whatever_their_role(browse, sqlite_city):
    owner = browse("applicant")
    address = begin(owner)
    owner.post(address, {"title": "秘密の案", "_save": "1"})
    for name in ("head", "secretariat", "cio", "auditor", "admin"):
        browser = browse(name)
        for path in ("/", "/mine", address):
            assert "秘密の案" not in browser.get(path).text, (name, path)


def test_the_address_of_somebody_elses_draft_leads_nowhere(browse):
    owner, other = browse("applicant"), browse("colleague")
    address = begin(owner)
    assert owner.get(address).status_code == 200
    owner.post(address, {"title": "秘密の案", "_save": "1"})
    assert owner.get(address).status_code == 200
    assert other.get(address).status_code == 404


def test_missing_fields_come_back_with_everything_typed(browse, sqlite_city):
    browser = browse("applicant")
    address = begin(browser)
    answer = browser.post(address, {**IDEA, "title": "短", "change": "", "_outcome": "submit"})
    assert answer.status_code == 422
    assert 'href="#f-change"' in answer.text
    assert 'href="#f-title"' in answer.text
    assert "番号札の紙をなくす人がいる。" in answer.text
    assert counted(sqlite_city, Case) == 0


def test_a_page_that_comes_back_still_knows_its_draft(browse):
    browser = browse("applicant")
    address = begin(browser)
    browser.post(address, {"title": "途中", "_save": "1"})
    answer = browser.post(address, {**IDEA, "change": "", "_outcome": "submit"})
    assert answer.status_code == 422
    assert "この下書きを消す" in answer.text


def test_a_double_click_makes_one_case(browse, sqlite_city):
    browser = browse("applicant")
    address = begin(browser)
    first = browser.post(address, {**IDEA, "_outcome": "submit"})
    second = browser.post(address, {**IDEA, "_outcome": "submit"})
    assert first.headers["Location"] == second.headers["Location"]
    assert counted(sqlite_city, Case) == 1


def test_what_has_been_handed_in_cannot_be_handed_in_again_differently(browse, sqlite_city):
    browser = browse("applicant")
    address = begin(browser)
    first = browser.post(address, {**IDEA, "_outcome": "submit"})
    again = browser.post(address, {**IDEA, "title": "別の題名にした", "_outcome": "submit"})
    assert again.status_code == 409
    assert "もう提出されています" in again.text
    assert f'href="{first.headers["Location"]}"' in again.text
    autosave = address.replace("/proposals/", "/drafts/start/")
    assert browser.post(autosave, {"title": "遅れて届く"}).status_code == 409
    assert counted(sqlite_city, Draft) == 0


def test_an_earlier_case_is_copied(browse, sqlite_city):
    case = sqlite_city.start().id
    browser = browse("applicant")
    page = browser.page(f"/proposals/new?copy={case}")
    assert page.xpath("//input[@name='title']/@value") == ["転入手続のオンライン予約"]
    assert "前の提案の内容を写しました" in page.text_content()
    assert browse("other").get(f"/proposals/new?copy={case}").status_code == 404
    assert browser.get("/proposals/new?copy=nonsense").status_code == 404


def test_a_process_that_is_not_there_cannot_be_started(browse):
    browser = browse("applicant")
    assert browser.get("/proposals/new?process=nothing").status_code == 404
    assert browser.post(f"/proposals/nothing/{'0' * 32}", IDEA).status_code == 404


def test_somebody_without_a_section_is_told_so(browse, sqlite_city):
    browser = browse("cio")
    assert "新しい提案" not in text_of(browser.get("/"))
    answer = browser.post(begin(browser), {**IDEA, "_outcome": "submit"})
    assert answer.status_code == 403
    assert "所属する課がない" in answer.text
    assert "番号札の紙をなくす人がいる。" in answer.text  # what was typed can be copied


def test_there_is_an_end_to_drafts(browse, sqlite_city, monkeypatch):
    monkeypatch.setattr(drafts, "MOST", 1)
    browser = browse("applicant")
    browser.post(begin(browser), {"title": "一つめ", "_save": "1"})
    answer = browser.post(begin(browser), {"title": "二つめ", "_save": "1"})
    assert answer.status_code == 422
    assert "二つめ" in answer.text
    assert counted(sqlite_city, Draft) == 1


@pytest.mark.parametrize("title", ["一行目\n二行目\x00", "あ" * 500])
def test_a_drafts_title_is_one_line(browse, sqlite_city, title):
    browser = browse("applicant")
    browser.post(begin(browser), {"title": title, "_save": "1"})
    (row,) = drafts.mine(sqlite_city.site, sqlite_city.actor("applicant"))
    assert row.title.isprintable()
    assert len(row.title) <= drafts.LONGEST_TITLE


def test_the_list_says_where_each_case_stands(browse, sqlite_city):
    browser = browse("applicant")
    assert "まだ提案を出していません" in text_of(browser.get("/mine"))
    sqlite_city.start()
    sqlite_city.start(title="二つめの提案です")
    sqlite_city.complete("head", "head_approval", "send_back", reason="もう少し詳しく")
    words = text_of(browser.get("/mine"))
    assert "二つめの提案です" in words
    assert "あなたの番です" in words
    assert "提案と受付" in words
