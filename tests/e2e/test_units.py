"""An administrator makes a section from 1 April with a post in it, and sees both days: wide, narrow."""

import pytest

from tests.e2e.acts import press
from tests.e2e.conftest import NARROW, WIDE, breaches, overflow, shoot
from tests.e2e.town import TODAY

APRIL = f"{TODAY.year + 1}-04-01"


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_section_from_april_with_a_post_is_in_the_tree_of_april_only(window, viewport):
    size = viewport["width"]
    name = f"デジタル課{size}"
    page = window("admin", viewport=viewport)
    page.goto("/admin/units")
    assert (overflow(page), breaches(page)) == ([], [])
    shoot(page, f"units-{size}")
    page.get_by_role("link", name="4月1日時点").click()
    assert page.get_by_label("いつの姿か").input_value() == APRIL
    page.get_by_role("link", name="組織を登録する").click()
    page.get_by_label("コード").fill("tax")
    page.get_by_label("名前").fill(name)
    page.get_by_label("上位の組織").select_option("planning")
    press(page, "登録する")
    assert "すでに使われています" in page.get_by_role("alert").inner_text()
    assert page.get_by_label("名前").input_value() == name
    page.get_by_label("コード").fill(f"digital-{size}")
    press(page, "登録する")
    page.get_by_role("heading", name=name).wait_for()
    page.locator("summary", has_text="職を作る").click()
    page.locator("#f-post-key").fill(f"digital-head-{size}")
    page.get_by_label("職名").fill(f"{name}長")
    page.locator("#f-post-kind").select_option("section_head")
    page.get_by_role("button", name="職を作る").click()
    page.get_by_role("link", name=f"{name}長", exact=True).wait_for()
    assert (overflow(page), breaches(page)) == ([], [])
    shoot(page, f"unit-{size}")
    page.get_by_role("link", name=f"{name}長", exact=True).click()
    page.locator("summary", has_text="廃止する").click()
    page.locator("summary", has_text="職名・所属・役割を変える").click()
    assert (overflow(page), breaches(page)) == ([], [])
    shoot(page, f"post-{size}")
    page.goto(f"/admin/units?on={APRIL}")
    for below in page.locator(".tree__below summary").all():
        if below.is_visible():  # on narrow screens a department's sections are folded
            below.click()
    assert page.get_by_role("link", name=name, exact=True).count() == 1
    page.goto("/admin/units")
    assert page.get_by_text(name, exact=True).count() == 0


def test_what_is_in_the_way_of_closing_is_one_step_away(window):
    page = window("admin")
    page.goto("/admin/unit/civic")
    page.locator("summary", has_text="廃止する").click()
    page.get_by_label("なくなる最初の日").fill(APRIL)
    page.get_by_role("button", name="廃止を登録する").click()
    alert = page.get_by_role("alert")
    assert "廃止できません" in alert.inner_text()
    assert breaches(page) == []
    shoot(page, "unit-refused")
    alert.get_by_role("link", name="収納課").click()
    page.get_by_role("heading", name="収納課").wait_for()
