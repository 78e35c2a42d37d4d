"""受信箱: what is late is seen at a glance, work is taken and given back."""

from datetime import date, timedelta

from sqlalchemy import event

from dxflow.services.reading import owed_conditions
from tests.factories import ANALYSIS, SHEET
from tests.integration.test_due_conditions import conditional
from tests.integration.test_main_job import to_sheet
from tests.walks import do, to_committee
from tests.web.conftest import text_of


def sections(page) -> list[str]:
    return [" ".join(h.text_content().split()) for h in page.xpath("//h2[contains(@id,'work-')]")]


def test_an_empty_inbox_says_what_one_can_do(browse):
    words = text_of(browse("applicant").get("/"))
    assert "いま待っている作業はありません" in words
    assert "新しい提案を書く" in words


def test_late_work_stands_first_with_words_and_icon(browse, sqlite_city):
    sqlite_city.start()
    browser = browse("head")
    assert sections(browser.page("/")) == ["待っている作業 1件"]
    due = sqlite_city.open_tasks("head")[0].due_at
    sqlite_city.clock.moment = due
    sqlite_city.clock.advance(days=-1)
    browser = browse("head")
    assert sections(browser.page("/")) == ["まもなく期限 1件"]
    sqlite_city.clock.advance(days=4)
    browser = browse("head")
    sqlite_city.start(title="あとから出た提案")
    page = browser.page("/")
    assert sections(page) == ["期限を過ぎたもの 1件", "待っている作業 1件"]
    assert "3日超過" in page.text_content()
    assert "期限 令和8年" in page.text_content()
    (count,) = page.xpath("//nav[@class='nav']//span[contains(@class,'count--late')]")
    assert "2" in count.text_content()


def test_work_that_is_laid_aside_says_why_and_until_when(browse, sqlite_city):
    case = sqlite_city.start()
    head = browse("head")
    (task,) = sqlite_city.open_tasks("head")
    until = sqlite_city.site.today() + timedelta(3)
    head.post(f"/tasks/{task.id}/hold", {"until": until.isoformat(), "hold_reason": "内示を待つ"})
    page = text_of(head.get("/"))
    assert f"保留 R8.5.{until.day}まで" in page
    assert "保留の理由: 内示を待つ" in page
    sqlite_city.clock.at(until)
    assert "保留の期日になりました" in text_of(browse("head").get("/"))
    assert case


def test_work_is_taken_and_given_back(browse, sqlite_city):
    to_sheet(sqlite_city)
    (task,) = sqlite_city.open_tasks("applicant")
    mine, theirs = browse("applicant"), browse("colleague")
    assert f"/tasks/{task.id}" in theirs.get("/").text
    assert mine.post(f"/tasks/{task.id}/claim").headers["Location"] == "/"
    assert "あなたが対応中" in text_of(mine.get("/"))
    assert f"/tasks/{task.id}" not in theirs.get("/").text
    assert "applicantが対応中" in text_of(theirs.get("/?scope=group"))
    assert theirs.post(f"/tasks/{task.id}/claim").status_code == 403
    assert theirs.post(f"/tasks/{task.id}/release").status_code == 403
    released = mine.post(f"/tasks/{task.id}/release", {"next": "/?scope=group"})
    assert released.headers["Location"] == "/?scope=group"
    assert f"/tasks/{task.id}" in theirs.get("/").text


def test_all_work_is_offered_to_those_who_read_everything(browse, sqlite_city):
    sqlite_city.start()
    (task,) = sqlite_city.open_tasks("head")
    assert not browse("applicant").page("/").xpath("//a[@href='/?scope=all']")
    page = browse("secretariat").page("/?scope=all")
    assert "所属長の確認" in page.text_content()
    # what is not theirs leads to the case, not to the form
    assert not page.xpath(f"//a[@href='/tasks/{task.id}']")
    assert page.xpath(f"//a[@href='/cases/{task.case_id}']")


def test_long_lists_come_in_pages(browse, sqlite_city, monkeypatch):
    from dxflow.web import inbox

    monkeypatch.setattr(inbox, "PER_PAGE", 2)
    for number in range(5):
        sqlite_city.start(title=f"提案その{number}")
    browser = browse("head")
    seen = [browser.get(f"/?page={number}").text for number in (1, 2, 3)]
    assert [page.count('<li class="work__entry') for page in seen] == [2, 2, 1]
    assert 'rel="next"' in seen[0]


def test_scopes_and_pages_that_are_not_there_are_refused(browse):
    browser = browse("head")
    for query in ("scope=everything", "page=0", "page=-1", "page=x", "page=" + "9" * 30):
        assert browser.get(f"/?{query}").status_code == 422, query


def test_the_frame_costs_two_statements(app, browse, sqlite_city):
    browser = browse("head")
    browser.get("/password")
    statements = []
    engine = sqlite_city.site.database.engine

    def note(_c, _cursor, statement, _p, _ctx, _many):
        if statement.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
            statements.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    browser.get("/password")
    event.remove(engine, "before_cursor_execute", note)
    assert len(statements) <= 3, statements  # who it is, and the frame's two


def test_the_menu_shows_what_a_person_may_use(browse):
    def menu(name: str) -> str:
        (nav,) = browse(name).page("/").xpath("//nav[@class='nav']")
        return " ".join(nav.text_content().split())

    assert "監査ログ" not in menu("head")
    assert "監査ログ" in menu("cio")
    assert "新しい提案" in menu("head")
    assert "新しい提案" not in menu("mayor")


def test_conditions_beyond_the_first_are_counted_and_led_to(browse, sqlite_city, monkeypatch):
    cases = [conditional(sqlite_city), conditional(sqlite_city), conditional(sqlite_city)]
    sqlite_city.clock.at(date(2026, 6, 8))
    browser = browse("tax_head")
    assert not browser.page("/").xpath("//a[@href='/conditions']")
    monkeypatch.setattr(owed_conditions, "MOST", 2)
    page = browser.page("/")
    assert "期日を過ぎた条件が 3 件" in page.text_content()
    (more,) = page.xpath("//a[@href='/conditions']")
    assert "（全部で3件）" in more.text_content()
    listed = browser.page("/conditions").xpath("//*[@class='duty__text']/a/@href")
    assert {link.split("#")[0] for link in listed} == {f"/cases/{case}" for case in cases}
    assert "満たす条件はありません" in browse("colleague").get("/conditions").text


def test_what_waits_for_many_on_one_case_is_one_line(browse, sqlite_city):
    to_committee(sqlite_city)
    page = browse("cio").page("/?scope=all")
    lines = page.xpath("//p[@class='work__name'][a[.='委員の判断']]")
    words = sorted(" ".join(line.text_content().split()) for line in lines)
    assert words == ["委員の判断", "委員の判断 5人分"], "the reader's own vote stands for itself"
    assert sections(page)[-1].endswith("6件")


def test_what_was_sent_back_is_marked_and_nothing_else(browse, sqlite_city):
    case = to_sheet(sqlite_city)
    (line,) = browse("applicant").page("/").xpath("//li[contains(@class,'work__entry')]")
    assert "差戻し" not in line.text_content()
    do(sqlite_city, case, "applicant", "project_sheet", "submit", **SHEET)
    do(sqlite_city, case, "applicant", "bpr_analysis", "submit", **ANALYSIS)
    sqlite_city.clock.advance(hours=1)
    back = {"reason": "根拠を書き足す。", "return_to": "sheet"}
    do(sqlite_city, case, "head", "sheet_approval", "send_back", **back)
    (line,) = browse("applicant").page("/").xpath("//li[contains(@class,'work__entry')]")
    assert "個票を書く" in line.text_content()
    assert "差戻し" in line.text_content()
    sqlite_city.clock.advance(hours=1)
    do(sqlite_city, case, "applicant", "project_sheet", "submit", **SHEET)
    (line,) = browse("applicant").page("/").xpath("//li[contains(@class,'work__entry')]")
    assert "業務を分析" in line.text_content()
    assert "差戻し" not in line.text_content()
