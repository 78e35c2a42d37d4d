"""Administrators at work in the browser: a case stopped and resumed, steps coloured by waiting."""

import re

from playwright.sync_api import expect

from tests.e2e.acts import unfold
from tests.e2e.conftest import NARROW, WIDE, Opened, breaches, overflow, shoot
from tests.e2e.town import Town
from tests.walks import task_of


def test_a_case_is_stopped_for_a_while_and_goes_on(town: Town, window: Opened) -> None:
    case = town.city.start(title="街路灯の通報フォーム").id
    task = task_of(town.city, "head", case, "head_approval").id
    page = window("admin")
    page.goto(f"/admin/cases/{case}")
    page.get_by_label("一時停止の理由").fill("担当課の確認を待つため")
    page.get_by_role("button", name="一時停止する").click()
    expect(page.get_by_text("担当課の確認を待つため").first).to_be_visible()
    head = window("head", viewport=NARROW)
    head.goto(f"/tasks/{task}")
    expect(head.get_by_text("井上 大輔 さんが止めています").first).to_be_visible()
    expect(head.locator("button[name=_outcome]")).to_have_count(0)
    shoot(head, "operations-task-390")
    assert overflow(head) == []
    page.get_by_role("button", name="再開する").click()
    head.reload()
    head.locator("button[name=_outcome][value=approve]").click()
    expect(head.get_by_text("済ませました").first).to_be_visible()
    page.goto(f"/admin/cases/{case}/cancel")
    shoot(page, "operations-cancel-1280")
    page.get_by_label("取消しの理由").fill("別の案件と重なるため")
    page.get_by_role("button", name="案件を取り消す").click()
    expect(page.get_by_text("取り消しました").first).to_be_visible()


def test_the_pages_are_readable_wide_and_narrow(town: Town, window: Opened) -> None:
    for size in (WIDE, NARROW):
        page = window("admin", viewport=size)
        for name, path in (
            ("list", "/admin/cases"),
            ("one", f"/admin/cases/{town.cases['vote']}"),
            ("incidents", "/admin/incidents"),
        ):
            page.goto(path)
            shoot(page, f"operations-{name}-{size['width']}")
            assert breaches(page) == []
            assert overflow(page) == []


def test_steps_are_coloured_and_numbered(town: Town, window: Opened) -> None:
    for size in (WIDE, NARROW):
        page = window("cio", viewport=size)
        page.goto("/admin/steps")
        page.locator("[data-bpmn][data-ready]").wait_for()
        assert page.locator(".djs-element[class*='heat-']").count() > 0
        assert page.locator(".diagram__count").count() > 0
        shoot(page, f"operations-steps-{size['width']}")
        shoot(page, f"operations-steps-diagram-{size['width']}", "[data-bpmn]")
        page.locator(".diagram__inner button").first.click()
        page.locator("[data-bpmn][data-ready]").wait_for()
        shoot(page, f"operations-steps-inner-{size['width']}", "[data-bpmn]")
        assert breaches(page) == []
        assert overflow(page) == []
        unfold(page, "[name=sort]")
        page.get_by_label("並べ方").select_option("median")
        page.get_by_role("button", name="絞り込む").click()
        expect(page).to_have_url(re.compile("sort=median"))
