"""A costly case through 回議, 合議 and 決裁 by its people, its stamps on screen and on paper."""

import pytest

from tests import walks
from tests.e2e.acts import complete, on_case, press
from tests.e2e.conftest import NARROW, WIDE, Opened, breaches, overflow, shoot
from tests.e2e.town import Town


def test_a_costly_case_is_seen_agreed_to_and_decided(town: Town, window: Opened) -> None:
    case = walks.to_decision(town.city, sheet={"cost_initial": 60_000_000})
    head = window("civic_head")
    complete(town, head, case, "review", "civic_head", "確認した", comment="市民の待ち時間が減る")
    assert "いまここ" in on_case(head, case, "/decision")
    complete(town, window("cio"), case, "review", "cio", "確認した")
    complete(town, window("finance"), case, "agree_together", "finance", "同意する")
    mayor = window("mayor")
    complete(town, mayor, case, "decide", "mayor", "承認する")
    said = on_case(mayor, case, "/decision")
    for words in ("決裁区分 第2号", "決裁により確定", "市民の待ち時間が減る", "内容のハッシュ値"):
        assert words in said
    assert mayor.locator(".seal").count() == 6

    drafter = window("applicant")
    on_case(drafter, case, "/decision")
    drafter.get_by_label("追記する内容").fill("契約の相手は入札で決める。")
    press(drafter, "追記する")
    assert "契約の相手は入札で決める。" in drafter.locator("main").inner_text()

    drafter.get_by_role("link", name="決裁書を印刷").click()
    drafter.wait_for_url("**/decision/print")
    drafter.emulate_media(media="print")
    assert "決裁書" in drafter.locator("main").inner_text()
    assert drafter.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    shoot(drafter, "decision-print")


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["wide", "narrow"])
def test_the_pages_of_a_decision_can_be_used_by_everybody(
    town: Town, window: Opened, size: dict[str, int]
) -> None:
    case = town.cases["decide"]
    page = window("civic_head", viewport=size)
    on_case(page, case, "/decision")
    shoot(page, f"decision-{size['width']}")
    assert breaches(page) == []
    assert overflow(page) == []
    page.goto(town.task(case, "decide"))
    page.get_by_text("この作業を保留する").click()
    shoot(page, f"decide-{size['width']}")
    assert breaches(page) == []
    assert overflow(page) == []
