"""An administrator finds a person, is refused, mends it, and resets a password: wide and narrow."""

import pytest

from tests.e2e.acts import follow, press
from tests.e2e.conftest import NARROW, WIDE, breaches, overflow, shoot


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
