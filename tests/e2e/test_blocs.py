"""一括審議 in the browser: put together, one taken out, voted on and concluded; wide and narrow."""

import pytest

from dxflow.services.meetings import agenda, session
from tests.blocs import statuses, vote
from tests.e2e.acts import press, said
from tests.e2e.conftest import NARROW, WIDE, breaches, overflow, shoot
from tests.e2e.town import LATER
from tests.sessions import attend, plan
from tests.walks import MEMBERS, to_committee


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_committee_decides_several_items_with_one_form(town, window, viewport):
    city, size = town.city, viewport["width"]
    secretariat = city.actor("secretariat")
    meeting = plan(city)
    for number in range(3):
        title = f"一括で決める案件{number + 1}（{size}）"
        case = to_committee(city, {"title": title}, LATER | {"title": title})
        agenda.add(city.site, secretariat, meeting, case)
    attend(city, meeting)
    session.begin(city.site, secretariat, meeting)

    def sound(page, picture: str) -> None:
        assert (overflow(page), breaches(page)) == ([], [])
        shoot(page, f"{picture}-{size}")

    way, chair = f"/meetings/{meeting}", window("cio", viewport=viewport)
    chair.goto(way)
    chair.locator("summary", has_text="一括して審議する議題を選ぶ").click()
    sound(chair, "bloc-chooser")
    for box in chair.locator("[name=matter]").all():
        box.uncheck()
    press(chair, "一括審議にする")
    assert "二つ以上" in chair.get_by_role("alert").inner_text()
    for box in chair.locator("[name=matter]").all():
        box.check()
    press(chair, "一括審議にする")
    assert "3件を一括審議にしました" in said(chair)
    with chair.expect_navigation():
        chair.get_by_role("button", name="3件の表決を始める").click()
    sound(chair, "bloc-voting")

    member = window("it_head", viewport=viewport)
    member.goto(way)
    member.locator("summary", has_text="一括審議からの分離を求める").last.click()
    sound(member, "bloc-parting")
    member.locator("li.duty").last.get_by_role("button", name="この議題を分離する").click()
    member.wait_for_url("**/meetings/*")
    assert "分離しました" in said(member)
    member.get_by_role("link", name="2件をまとめて判断する").click()
    member.wait_for_url("**/vote")
    sound(member, "bloc-vote")
    press(member, "承認")
    assert "理由" in member.get_by_role("alert").inner_text()
    sound(member, "bloc-vote-refused")
    member.locator("[name=reason]").fill("効果が見込める")
    press(member, "承認")
    assert "2件に判断「承認」を出しました" in said(member)

    for name in MEMBERS:
        if name != "it_head":
            vote(city, name, meeting)
    chair.goto(way)
    chair.get_by_role("link", name="2件の結論をまとめて出す").click()
    chair.wait_for_url("**/conclude")
    sound(chair, "bloc-conclude")
    chair.locator("[name=reason]").first.fill("全員一致")
    press(chair, "承認")
    assert "2件の結論「承認」を出しました" in said(chair)
    sound(chair, "bloc-concluded")
    assert statuses(city, meeting) == ["resolved", "resolved", "voting"]
    chair.goto(f"{way}/papers")
    assert "議題1～2は、一括して審議します" in chair.locator("main").inner_text()
    sound(chair, "bloc-papers")
