"""A committee meets: planned, recused, voted, concluded, minuted and sealed; wide and narrow."""

import pytest

from tests.e2e.acts import complete, press, said
from tests.e2e.conftest import NARROW, WIDE, breaches, overflow, shoot
from tests.e2e.town import LATER, TODAY
from tests.sessions import SEAT_OF
from tests.walks import MEMBERS, do, to_committee


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_meeting_from_its_plan_to_its_sealed_minutes(town, window, viewport):
    size = viewport["width"]
    title = f"会議で決める案件{size}"
    case = to_committee(town.city, {"title": title}, LATER | {"title": title})
    secretariat, chair = (
        window("secretariat", viewport=viewport), window("cio", viewport=viewport),
    )  # fmt: skip

    secretariat.goto("/meetings")
    secretariat.get_by_label("日", exact=False).first.wait_for()
    secretariat.locator("[name=held_on]").fill(TODAY.isoformat())
    secretariat.locator("[name=place]").fill("第一会議室")
    press(secretariat, "計画する")
    assert "14:00 の形" in secretariat.get_by_role("alert").inner_text()
    assert secretariat.locator("[name=place]").input_value() == "第一会議室"
    assert (overflow(secretariat), breaches(secretariat)) == ([], [])
    secretariat.locator("[name=begins]").fill("14:00")
    press(secretariat, "計画する")
    way = secretariat.url

    with secretariat.expect_navigation():
        secretariat.locator("li.duty", has_text=title).get_by_role(
            "button", name="議題に加える"
        ).click()
    press(secretariat, "資料を配付する")
    assert "配付しました" in said(secretariat)
    assert (overflow(secretariat), breaches(secretariat)) == ([], [])
    shoot(secretariat, f"meeting-planned-{size}")

    for member in MEMBERS:
        row = secretariat.locator("tr", has=secretariat.locator(f'[value="{SEAT_OF[member]}"]'))
        with secretariat.expect_navigation():
            row.get_by_role("button", name="出席").click()
    press(secretariat, "開会する")
    assert (overflow(secretariat), breaches(secretariat)) == ([], [])

    recused = window("tax_head", viewport=viewport)
    recused.goto(way)
    recused.locator("summary", has_text="除斥を申し出る").click()
    recused.locator('li.duty [name="reason"]').first.fill("委託先の役員の親族であるため")
    press(recused, "この議題に加わらない")
    assert "除斥を記録しました" in said(recused)

    chair.goto(way)
    with chair.expect_navigation():
        chair.get_by_role("button", name="表決を始める").click()
    shoot(chair, f"meeting-voting-{size}")
    for member in MEMBERS:
        if member != "tax_head":
            do(town.city, case, member, "verdict", "approve", reason="効果が見込める")
    complete(town, chair, case, "conclude", "cio", "承認", reason="賛成多数")
    secretariat.goto(way)
    press(secretariat, "閉会する")
    secretariat.get_by_role("link", name="議事録").last.click()
    press(secretariat, "記録から案を作る")
    secretariat.locator("textarea").first.fill("費用の見込みを確かめた。")
    press(secretariat, "案を作り直す")
    chair.goto(f"{way}/minutes")
    press(chair, "この内容で承認する")
    secretariat.goto(f"{way}/minutes")
    press(secretariat, "確定する")
    assert "一致しています" in secretariat.locator("main").inner_text()
    assert "費用の見込みを確かめた" in secretariat.locator("main").inner_text()
    assert (overflow(secretariat), breaches(secretariat)) == ([], [])
    shoot(secretariat, f"minutes-{size}")
    secretariat.get_by_role("link", name="印刷用").click()
    secretariat.wait_for_url("**/print")
    assert (overflow(secretariat), breaches(secretariat)) == ([], [])
    shoot(secretariat, f"minutes-paper-{size}")
