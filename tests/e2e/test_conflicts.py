"""Two people at once, and one person twice: the act is done once and everybody learns of it."""

from tests import walks
from tests.e2e.acts import fill, press
from tests.e2e.conftest import Opened, breaches
from tests.e2e.town import LATER, Town
from tests.factories import SHEET
from tests.walks import do, task_of


def test_who_comes_second_learns_who_was_first_and_keeps_the_text(
    town: Town, window: Opened
) -> None:
    case = walks.to_sheet(town.city, {"title": "二人で書いた個票"})
    page = window("colleague")
    page.goto(f"/tasks/{task_of(town.city, 'colleague', case, 'project_sheet').id}")
    fill(page, {"as_is": "消えてはならない文章。"})
    do(town.city, case, "applicant", "project_sheet", "submit", **(SHEET | LATER))
    with page.expect_response(lambda one: one.request.method == "POST" and one.status == 409):
        press(page, "個票を出す")
    text = page.locator("main").inner_text()
    assert "この作業はもう済んでいます" in text
    assert "さんが" in text
    page.get_by_text("送ろうとした文章").click()
    assert "消えてはならない文章。" in page.locator("main").inner_text()
    assert breaches(page) == []
    page.get_by_role("link", name="案件を見る").click()
    page.wait_for_url(f"**/cases/{case}")


def test_a_double_click_does_the_act_once(town: Town, window: Opened) -> None:
    case = town.city.start(title="二度押された承認").id
    page = window("head")
    page.goto(f"/tasks/{task_of(town.city, 'head', case, 'head_approval').id}")
    sent: list[str] = []
    page.on("request", lambda one: sent.append(one.url) if one.method == "POST" else None)
    with page.expect_navigation():
        page.get_by_role("button", name="承認する", exact=True).dblclick()
    page.locator(".flashes").wait_for()
    assert len([url for url in sent if "/tasks/" in url and "/drafts/" not in url]) == 1
    page.goto(f"/cases/{case}/timeline")
    assert page.locator(".timeline__what", has_text="所属長の確認").count() == 1


def test_a_double_click_without_a_script_does_the_act_once(town: Town, window: Opened) -> None:
    case = town.city.start(title="スクリプトなしの二度押し").id
    page = window("head", java_script_enabled=False)
    page.goto(f"/tasks/{task_of(town.city, 'head', case, 'head_approval').id}")
    page.get_by_role("button", name="承認する", exact=True).dblclick()
    page.locator(".case-head").wait_for()  # the second click cuts the first one's answer off
    page.goto(f"/cases/{case}/timeline")
    assert page.locator(".timeline__what", has_text="所属長の確認").count() == 1
