"""配付資料: everything that waits for somebody as one document."""

from dxflow.services.reading import papers
from tests.statements import counted
from tests.walks import to_committee


def test_nobody_without_a_login_sees_papers(anybody):
    assert anybody.get("/papers").status_code == 303


def test_nothing_waiting_is_said(browse):
    assert "いま待っている作業はありません" in browse("applicant").get("/papers").text


def test_every_waiting_case_is_there_with_what_was_handed_in(sqlite_city, browse):
    first = sqlite_city.start(title="予約の導入")
    second = sqlite_city.start(title="電子申請の拡充", trouble="紙の申請が多い。")
    page = browse("head").page("/papers")
    for case, trouble in ((first, "窓口の待ち時間が長い。"), (second, "紙の申請が多い。")):
        (article,) = page.xpath(f"//article[@id='case-{case.id}']")
        assert trouble in article.text_content()
        assert page.xpath(f"//table//a[@href='#case-{case.id}']")
    assert not browse("other").page("/papers").xpath("//article")


def test_the_inbox_leads_to_the_papers(sqlite_city, browse):
    sqlite_city.start()
    assert browse("head").page("/").xpath("//a[@href='/papers']")


def test_the_papers_lead_a_member_to_the_evaluation_of_the_case(sqlite_city, browse):
    case = to_committee(sqlite_city)
    member = browse("it_head")
    (link,) = member.page("/papers").xpath("//article//a[normalize-space()='評価と自分用のメモ']")
    assert link.get("href") == f"/cases/{case}/evaluation"
    assert member.get(link.get("href")).status_code == 200


def test_a_page_costs_the_same_however_many_wait_behind_it(sqlite_city):
    for number in range(3):
        sqlite_city.start(title=f"窓口の予約その{number}")
    head, database = sqlite_city.actor("head"), sqlite_city.site.database
    papers.waiting(sqlite_city.site, head, per_page=2)
    with counted(database) as few:
        papers.waiting(sqlite_city.site, head, per_page=2)
    for number in range(4):
        sqlite_city.start(title=f"窓口の予約の続き{number}")
    with counted(database) as many:
        page = papers.waiting(sqlite_city.site, head, per_page=2)
    assert (page.total, len(page.entries)) == (7, 2)
    assert many.statements == few.statements
