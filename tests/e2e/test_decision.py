"""A costly case through 回議, 合議 and 決裁 by its people, its stamps on screen and on paper."""

import pytest

from tests import walks
from tests.e2e.acts import add_row, complete, fill, on_case, open_task, press
from tests.e2e.conftest import NARROW, WIDE, Opened, breaches, overflow, shoot
from tests.e2e.town import LATER, Town
from tests.walks import whoever


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


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_what_only_one_decision_asks_is_folded_under_its_name(
    town: Town, window: Opened, script: bool
) -> None:
    case = walks.to_decision(town.city, sheet=LATER)
    by = whoever(town.city, case, "decide")
    page = window(by, java_script_enabled=script)
    open_task(town, page, case, "decide", by)
    conditions = page.locator("details details", has_text="「条件を付けて承認」を選ぶとき")
    assert page.get_by_label("理由・指示").is_visible()
    page.locator("summary", has_text="そのほかの決め方").click()
    assert not page.get_by_role("button", name="条件を足す").is_visible()
    press(page, "条件を付けて承認")
    assert "条件" in page.get_by_role("alert").inner_text()
    assert page.get_by_role("button", name="条件を足す").is_visible(), "where it is wrong is open"
    add_row(page, "conditions")
    due = {"conditions[0].text": "評価書を出す", "conditions[0].due": "2027-06-01"}
    fill(page, {"reason": "条件を付けて認める。"} | due)
    assert conditions.locator("tbody tr").count() == 1
    press(page, "条件を付けて承認")
    assert "評価書を出す" in on_case(page, case)
