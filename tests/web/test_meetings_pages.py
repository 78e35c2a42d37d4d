"""会議・議事録 on pages: planned, prepared, held, written down, and refused in words."""

import pytest

from dxflow.services.meetings import session
from tests.factories import City
from tests.sessions import SEAT_OF, attend, drawn, plan
from tests.walks import MEMBERS, do, task_of, to_committee, vote
from tests.web.conftest import text_of


def _planned(city: City, browser) -> str:
    answer = browser.post(
        "/meetings",
        {"body": "dx_committee", "kind": "meeting", "held_on": city.site.today().isoformat(),
         "begins": "14:00", "place": "第一会議室"},
    )  # fmt: skip
    assert answer.status_code == 303
    return answer.location


def test_a_vote_offers_its_buttons_only_while_the_meeting_takes_it(sqlite_city, browse):
    city = sqlite_city
    case, meeting, matter = drawn(city)
    task = f"/tasks/{task_of(city, 'it_head', case, 'verdict').id}"

    def buttons() -> set[str]:
        page = browse("it_head").page(task)
        return set(page.xpath("//button[@name='_outcome']/@value"))

    assert "議長が始めてから出します" in text_of(browse("it_head").get(task))
    assert buttons() == set()
    attend(city, meeting)
    session.begin(city.site, city.actor("secretariat"), meeting)
    session.open_vote(city.site, city.actor("cio"), matter)
    assert "approve" in buttons()
    assert "いまは出せません" not in text_of(browse("it_head").get(task))
    vote(city, case)
    conclude = f"/tasks/{task_of(city, 'cio', case, 'conclude').id}"
    assert "表決を締め切ってから" not in text_of(browse("cio").get(conclude))


def test_a_meeting_from_its_plan_to_its_sealed_minutes(sqlite_city, browse):
    city = sqlite_city
    case = to_committee(city)
    secretariat, chair = browse("secretariat"), browse("cio")
    way = _planned(city, secretariat)
    page = secretariat.get(way).text
    assert "転入手続のオンライン予約" in page
    assert "議題がありません" in page
    assert "そろっていないもの" in secretariat.get("/meetings").text
    assert secretariat.post(f"{way}/add", {"case": case}).status_code == 303
    assert secretariat.post(f"{way}/distribute").status_code == 303

    member = browse("it_head")
    papers = member.get(f"{way}/papers")
    assert "窓口の待ち時間が長い" in papers.text
    for whose in (browse("secretariat"), browse("auditor")):  # no seat of theirs counts
        assert whose.page(way).xpath("//form[contains(@action, '/read')]") == []
    (read,) = member.page(f"{way}/papers").xpath("//form[contains(@action, '/read')]/@action")
    assert member.post(read, {"back": "papers"}).status_code == 303
    assert "確認済み" in member.get(f"{way}/papers").text
    assert "1／6 が確認済み" in text_of(secretariat.get(way))

    secretariat.post(f"{way}/attend", {"seat": SEAT_OF[MEMBERS[0]], "here": "yes"})
    assert "まだの人を全員出席にする" in secretariat.get(way).text
    assert secretariat.post(f"{way}/attend", {"here": "yes"}).status_code == 303
    assert f"{len(SEAT_OF) - 1}人の出席を記録しました" in secretariat.get(way).text
    assert secretariat.post(f"{way}/begin").status_code == 303
    (vote,) = chair.page(way).xpath("//form[contains(@action, '/open')]/@action")
    assert chair.post(vote).status_code == 303
    assert f"/tasks/{task_of(city, 'it_head', case, 'verdict').id}" in member.get(way).text
    recuse = vote.replace("/open", "/recuse")
    assert member.post(recuse, {"seat": "cio", "reason": "他人"}).status_code == 403
    assert browse("tax_head").post(
        recuse, {"seat": "head-tax", "reason": "委託先の親族"}
    ).status_code == 303  # fmt: skip
    declared = browse("tax_head").page(way)
    assert declared.xpath("//form[contains(@action, '/rejoin')]//option[@value='head-tax']")
    assert not member.page(way).xpath("//form[contains(@action, '/rejoin')]")
    back = {"seat": "head-tax", "reason": "親族でなかった"}
    rejoin = vote.replace("/open", "/rejoin")
    assert member.post(rejoin, back).status_code == 403
    assert browse("tax_head").post(rejoin, back).status_code == 303
    assert task_of(city, "tax_head", case, "verdict")
    assert browse("tax_head").post(
        recuse, {"seat": "head-tax", "reason": "委託先の親族"}
    ).status_code == 303  # fmt: skip
    for name in MEMBERS:
        if name != "tax_head":
            do(city, case, name, "verdict", "approve", reason="効果が見込める")
    do(city, case, "cio", "conclude", "approve", reason="賛成多数")
    assert secretariat.post(f"{way}/close").status_code == 303

    minutes = f"{way}/minutes"
    assert "まだありません" in secretariat.get(minutes).text
    assert secretariat.post(f"{minutes}/draft").status_code == 303
    page = text_of(secretariat.get(minutes))
    assert "承認 5（出席5人、定足数3人）" in page
    assert "収納課長（委託先の親族）" in page
    (field,) = secretariat.page(minutes).xpath("//textarea[@name!='remark-']/@name")
    assert (
        secretariat.post(f"{minutes}/draft", {field: "費用の見込みを確かめた。"}).status_code == 303
    )
    assert secretariat.post(f"{minutes}/seal").status_code == 409
    (digest,) = chair.page(minutes).xpath("//input[@name='digest']/@value")
    assert member.post(f"{minutes}/approve", {"digest": digest}).status_code == 403
    assert chair.post(f"{minutes}/approve", {"digest": "x"}).status_code == 409
    assert chair.post(f"{minutes}/approve", {"digest": digest}).status_code == 303
    assert secretariat.post(f"{minutes}/seal").status_code == 303
    assert secretariat.post(f"{minutes}/draft").status_code == 409
    assert secretariat.post(f"{minutes}/correct", {"text": "", "reason": "誤記"}).status_code == 422
    assert secretariat.post(
        f"{minutes}/correct", {"text": "「5人」は「5席」", "reason": "誤記"}
    ).status_code == 303  # fmt: skip
    page = text_of(member.get(minutes))
    assert "一致しています" in page
    assert "訂正 1 「5人」は「5席」" in page
    assert "費用の見込みを確かめた" in member.get(f"{minutes}/print").text
    file = member.get(f"{minutes}/pdf")
    assert (file.mimetype, file.data[:4]) == ("application/pdf", b"%PDF")


def test_who_has_nothing_to_do_with_a_body_sees_nothing_of_its_meetings(sqlite_city, browse):
    meeting = plan(sqlite_city, days=3)
    applicant = browse("applicant")
    for path in ("/meetings", "/meetings/bodies", f"/meetings/{meeting}"):
        assert applicant.get(path).status_code == 403
    assert "/meetings" not in applicant.get("/").text
    assert applicant.post("/meetings", {}).status_code == 403
    assert browse("auditor").get(f"/meetings/{meeting}").status_code == 200
    assert browse("cio").get("/meetings/" + "0" * 32).status_code == 404
    assert "三分の二" not in browse("cio").get("/meetings/bodies").text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"held_on": ""}, "日を入れて"),
        ({"held_on": "あした"}, "2026-04-01 の形"),
        ({"begins": "二時"}, "14:00 の形"),
        ({"held_on": "2020-01-01"}, "今日以後"),
        ({"place": "長" * 201}, "200 文字以内"),
    ],
)
def test_a_wrong_plan_is_refused_and_stays_in_the_form(sqlite_city, browse, typed, said):
    given = {"body": "dx_committee", "kind": "meeting", "held_on": "2026-06-01",
             "begins": "14:00", "place": "第一会議室"} | typed  # fmt: skip
    answer = browse("secretariat").post("/meetings", given)
    assert answer.status_code == 422
    assert said in text_of(answer)


def test_an_act_too_early_is_answered_with_the_page_and_the_reason(sqlite_city, browse):
    city = sqlite_city
    _case, meeting, matter = drawn(city, days=3)
    secretariat = browse("secretariat")
    answer = secretariat.post(f"/meetings/{meeting}/begin")
    assert answer.status_code == 409
    assert "会議の日" in text_of(answer)
    answer = secretariat.post(f"/meetings/{meeting}/matters/{matter}/open")
    assert answer.status_code == 409
    assert secretariat.post(f"/meetings/{meeting}/change", {"version": "1"}).status_code in (
        409,
        422,
    )
    assert secretariat.post(f"/meetings/{meeting}/nothing").status_code == 404


def test_a_deliberation_in_writing_asks_for_consent_first(sqlite_city, browse):
    city = sqlite_city
    case, meeting, _matter = drawn(city, days=7, written=True)
    secretariat = browse("secretariat")
    assert secretariat.post(f"/meetings/{meeting}/begin").status_code == 409
    for name in ("it_head", "tax_head", "cio", "civic_head"):
        answer = browse(name).post(
            f"/meetings/{meeting}/consent", {"seat": SEAT_OF[name], "agrees": "yes"}
        )
        assert answer.status_code == 303
    assert browse("it_head").post(
        f"/meetings/{meeting}/consent", {"seat": "cio", "agrees": "yes"}
    ).status_code == 403  # fmt: skip
    task = f"/tasks/{task_of(city, 'it_head', case, 'verdict').id}"
    before = text_of(browse("it_head").get(task))
    assert "持ち回り審議が始まってから出します" in before
    assert "表決は会議で行います" not in before
    secretariat.post(f"/meetings/{meeting}/distribute")
    city.run_jobs()
    assert "同意するかどうかを答えてください" in browse("it_head").get("/notices").text
    assert secretariat.post(f"/meetings/{meeting}/begin").status_code == 303
    assert "持ち回り審議の議題です。期限" in text_of(browse("it_head").get(task))
    do(city, case, "it_head", "verdict", "approve", reason="賛成")
