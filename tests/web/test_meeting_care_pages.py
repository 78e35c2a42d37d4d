"""Pages of a meeting and of its conclusion that ask before they act, and say what the votes bind to."""

from lxml import html

from dxflow.db.case import Notice
from dxflow.services.meetings import planning
from tests.sessions import attend, drawn, opened
from tests.walks import MEMBERS, do, task_of
from tests.web.conftest import text_of


def test_closing_a_vote_early_names_the_silent_seats_and_asks(sqlite_city, browse):
    case, meeting, matter = opened(sqlite_city, ("cio", "it_head", "civic_head", "tax_head"))
    for name in ("it_head", "civic_head"):
        do(sqlite_city, case, name, "verdict", "approve", reason="効果が見込める")
    chair, way = browse("cio"), f"/meetings/{meeting}/matters/{matter}/close"
    asked = chair.post(way)
    assert asked.status_code == 409
    words = text_of(asked)
    for said in (
        "表決を締め切る前に確かめてください", "収納課長", "企画部長", "賛否には数えません",
        "出席は4席で、定足数3席を満たしています", "出された2席の判断だけで",
    ):  # fmt: skip
        assert said in words, said
    assert "表決を締め切りました" not in words
    assert "表決中" in text_of(chair.get(f"/meetings/{meeting}"))
    (silent,) = chair_form(asked.text, way)
    assert chair.post(way, {"without": silent}).status_code == 303
    assert "結論待ち" in text_of(chair.get(f"/meetings/{meeting}"))


def chair_form(page: str, way: str) -> list[str]:
    """Return the seats that the confirmation of a page names, as it sends them."""
    tree = html.fromstring(page)
    return tree.xpath(f"//form[@action='{way}']/input[@name='without']/@value")


def test_a_vote_that_waited_for_the_recused_alone_is_closed(sqlite_city, browse):
    case, meeting, matter = opened(sqlite_city)
    for name in MEMBERS[:-1]:
        do(sqlite_city, case, name, "verdict", "approve", reason="効果が見込める")
    way = f"/meetings/{meeting}/matters/{matter}"
    recused = {"seat": "cio", "reason": "委託先の役員の親族であるため"}
    assert browse("cio").post(f"{way}/recuse", recused).status_code == 303
    assert "結論待ち" in text_of(browse("secretariat").get(f"/meetings/{meeting}"))


def test_a_meeting_whose_day_is_over_says_so_and_offers_what_makes_sense(sqlite_city, browse):
    city = sqlite_city
    _case, meeting, _matter = drawn(city, days=1)
    way = f"/meetings/{meeting}"
    assert "過ぎました" not in text_of(browse("secretariat").get("/meetings"))
    city.clock.advance(days=3)
    secretariat, member = browse("secretariat"), browse("it_head")
    for page in ("/meetings", way):
        assert "開会しないまま日を過ぎました" in text_of(secretariat.get(page)), page
    page = secretariat.page(way)
    assert page.xpath("//form[contains(@action, '/begin')]//input[@name='late_reason']")
    assert page.xpath("//form[contains(@action, '/change')]")
    assert page.xpath("//form[contains(@action, '/cancel')]")
    assert "開会されていません" in text_of(member.get(way))
    assert not member.page(way).xpath("//form[contains(@action, '/begin')]")
    attend(city, meeting)
    refused = secretariat.post(f"{way}/begin")
    assert refused.status_code == 422
    assert "理由を" in text_of(refused)
    assert secretariat.post(f"{way}/begin", {"late_reason": "台風のため"}).status_code == 303
    after = text_of(secretariat.get(way))
    assert "予定の日より遅れて開会しました" in after
    assert "台風のため" in after
    assert "過ぎました" not in after


def test_a_written_deliberation_past_its_last_day_is_moved_or_called_off(sqlite_city, browse):
    _case, meeting, _matter = drawn(sqlite_city, days=1, written=True)
    sqlite_city.clock.advance(days=3)
    page = browse("secretariat").page(f"/meetings/{meeting}")
    assert not page.xpath("//form[contains(@action, '/begin')]")
    assert page.xpath("//form[contains(@action, '/change')]")
    assert "期限を改める" in page.text_content()


def test_a_conclusion_leads_with_what_the_votes_bind_to(sqlite_city, browse):
    case, _meeting, _matter = opened(sqlite_city)
    for name in MEMBERS:
        do(sqlite_city, case, name, "verdict", "approve", reason="効果が見込める")
    chair = browse("cio")
    way = f"/tasks/{task_of(sqlite_city, 'cio', case, 'conclude').id}"
    page = chair.page(way)
    assert buttons(page) == ["approve", "return_sheet", "return_analysis"]
    assert folded(page) == ["return_sheet", "return_analysis"]
    words = " ".join(page.text_content().split())
    assert "表決の結果は「承認」です。" in words
    assert "議長は表決の結果に従って結論を出します。" in words
    refused = chair.post(way, {"reason": "予算がない", "_outcome": "reject"})
    assert refused.status_code in (409, 422)
    assert chair.post(way, {"reason": "賛成多数", "_outcome": "approve"}).status_code == 303


def test_votes_for_conditions_lead_to_the_conditions_in_sight(sqlite_city, browse):
    case, _meeting, _matter = opened(sqlite_city)
    wanted = {"reason": "効果が見込める", "conditions_wanted": "影響評価を"}
    for name in MEMBERS:
        do(sqlite_city, case, name, "verdict", "conditions", **wanted)
    page = browse("cio").page(f"/tasks/{task_of(sqlite_city, 'cio', case, 'conclude').id}")
    assert buttons(page)[0] == "conditions"
    assert "approve" not in buttons(page)
    (add,) = page.xpath("//button[@name='_row' and @value='add:conditions']")
    assert not add.xpath("ancestor::details")


def buttons(page) -> list[str]:
    return page.xpath("//button[@name='_outcome']/@value")


def folded(page) -> list[str]:
    return page.xpath("//details//button[@name='_outcome']/@value")


def test_a_notice_of_a_meeting_leads_to_it_and_old_ones_are_still_read(sqlite_city, browse):
    city = sqlite_city
    _case, meeting, _matter = drawn(city, days=3)
    planning.distribute(city.site, city.actor("secretariat"), meeting)
    city.run_jobs()
    with city.site.database.write() as tx:
        tx.execute(
            Notice.__table__.insert().values(
                id="f" * 32, group_key="post:head-it", message="会議の資料が配付されました: 前の会議",
                at=city.site.now(),
            )
        )  # fmt: skip
    page = browse("it_head").page("/notices")
    links = page.xpath("//li[contains(@class, 'notice-list__entry')]//a/@href")
    assert links == [f"/meetings/{meeting}"]
    assert "前の会議" in page.text_content()


def test_a_recused_member_is_told_that_no_verdict_is_wanted(sqlite_city, browse):
    case, meeting, matter = opened(sqlite_city)
    task = task_of(sqlite_city, "tax_head", case, "verdict").id
    member = browse("tax_head")
    way = f"/meetings/{meeting}/matters/{matter}/recuse"
    assert member.post(way, {"seat": "head-tax", "reason": "委託先の親族"}).status_code == 303
    assert f"/tasks/{task}" not in member.get(f"/meetings/{meeting}").text
    answer = member.get(f"/tasks/{task}")
    assert answer.status_code == 409
    assert "除斥されているため、判断は出せません" in text_of(answer)
    voter = browse("it_head")
    own = f"/tasks/{task_of(sqlite_city, 'it_head', case, 'verdict').id}"
    values = voter.controls(own) | {"reason": "効果", "_outcome": "approve"}
    said = text_of(voter.post(own, values, follow_redirects=True))
    assert "で済ませました。次は" in said
    assert "収納課長（" not in said.partition("次は")[2].partition("です。")[0]


def test_the_last_vote_beside_the_recused_names_who_concludes(sqlite_city, browse):
    case, _meeting, matter = opened(sqlite_city, MEMBERS)
    for name in MEMBERS[2:]:
        do(sqlite_city, case, name, "verdict", "approve", reason="効果が見込める")
    way = f"/meetings/{_meeting}/matters/{matter}/recuse"
    seat = {"seat": "head-tax", "reason": "委託先の親族"}
    assert browse("tax_head").post(way, seat).status_code == 303
    voter = browse(MEMBERS[0])
    own = f"/tasks/{task_of(sqlite_city, MEMBERS[0], case, 'verdict').id}"
    values = voter.controls(own) | {"reason": "効果", "_outcome": "approve"}
    said = text_of(voter.post(own, values, follow_redirects=True))
    assert "で済ませました。次は" in said
    assert task_of(sqlite_city, "cio", case, "conclude")
