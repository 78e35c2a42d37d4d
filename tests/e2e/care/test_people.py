"""An administrator finds a person, is refused, mends it, and resets a password: wide and narrow."""

import pytest

from tests.e2e.acts import follow, press
from tests.e2e.conftest import NARROW, WIDE, breaches, fits, overflow, shoot
from tests.walks import to_triage


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_post_is_refused_then_given_and_a_password_reset(window, viewport):
    narrow = viewport is NARROW
    page = window("admin", viewport=viewport)
    page.goto("/admin/people?unit=tax")
    assert (overflow(page), breaches(page)) == ([], [])
    page.get_by_role("link", name="森 由紀").click()
    page.locator("summary", has_text="職に就ける").click()
    page.get_by_label("職", exact=True).select_option("finance" if narrow else "security")
    assert (overflow(page), breaches(page)) == ([], [])
    shoot(page, f"person-{viewport['width']}")
    press(page, "職に就ける")
    assert "先に終えるか" in page.get_by_role("alert").inner_text()
    page.locator("summary", has_text="職に就ける").click()
    page.get_by_label("職", exact=True).select_option("finance" if narrow else "security")
    page.get_by_label("本務か兼務か").select_option("yes")
    press(page, "職に就ける")
    assert page.locator(".tag", has_text="兼務").count() >= 1
    follow(page, "パスワードを再設定する…")
    assert (overflow(page), breaches(page)) == ([], [])
    press(page, "パスワードを再設定する")
    assert len(page.locator("code").inner_text()) == 16
    assert (overflow(page), breaches(page)) == ([], [])
    page.goto("/admin/groups")
    assert (overflow(page), breaches(page)) == ([], [])


def test_the_end_of_a_post_is_asked_for_with_what_it_leaves(town, window):
    to_triage(town.city)
    page = window("admin")
    page.goto(f"/admin/people/{town.city.person['secretariat']}")
    with page.expect_navigation():
        page.get_by_role("button", name="終える…").first.click()
    assert "残される作業" in page.inner_text("main")
    fits(page, "ask-end-of-post")
    follow(page, "何もせずに戻る")
    assert "経営企画課 DX推進係" in page.inner_text("main")
