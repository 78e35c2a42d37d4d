"""The second factor, clicked: set up and given up, asked for without a script."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from dxflow.services.people import second_factor
from tests.e2e.acts import follow, log_in, press, said, unfold
from tests.e2e.conftest import NARROW, Opened, fits
from tests.e2e.town import Town
from tests.factories import PASSWORD
from tests.factors import Phone, phone_of

WHO = "finance"


@pytest.fixture(autouse=True)
def afterwards(town: Town) -> Iterator[None]:
    """Leave nobody with a second factor behind: the town is of all tests."""
    yield
    admin = town.city.actor("admin")
    for name in (WHO, "other"):
        if second_factor.state(town.city.site, town.city.actor(name)).since:
            second_factor.reset(town.city.site, admin, name, "片付け")


def bring(page: Page, code: str) -> None:
    page.get_by_role("textbox", name="確認コード").fill(code)
    press(page, "ログイン")


def test_it_is_set_up_used_and_given_up(town: Town, window: Opened) -> None:
    page = window()
    log_in(page, WHO)
    follow(page, "二段階認証")
    fits(page, "second-factor-off")
    page.get_by_label("いまのパスワード").fill(PASSWORD)
    press(page, "設定を始める")
    fits(page, "second-factor-app")
    expect(page.get_by_role("img", name="QR コード")).to_be_visible()
    phone = Phone(town.city, "".join(page.locator(".secret code").all_inner_texts()), [])
    page.get_by_role("textbox", name="確認コード").fill("000000")
    press(page, "二段階認証を始める")
    assert "スマートフォンの時計" in page.locator(".error-summary").inner_text()
    page.get_by_role("textbox", name="確認コード").fill(phone.code())
    press(page, "二段階認証を始める")
    fits(page, "second-factor-reserve")
    reserve = page.locator(".reserve code").all_inner_texts()
    assert len(reserve) == 10
    expect(page.get_by_role("button", name="印刷する")).to_be_visible()
    follow(page, "控えたので、受信箱へ")

    again = window()
    log_in(again, WHO)
    fits(again, "login-code")
    bring(again, "000000")
    fits(again, "login-code-refused")
    bring(again, phone.next_code())
    expect(again.get_by_role("heading", level=1)).to_be_visible()
    again.goto("/account/second-factor")
    fits(again, "second-factor-on")
    unfold(again, "#f-off-current")
    again.locator("#f-off-current").fill(PASSWORD)
    again.locator("#f-off-code").fill(reserve[0])
    press(again, "二段階認証をやめる")
    assert "パスワードだけでログインします" in said(again)


def test_without_a_script_the_code_and_one_in_reserve_open_the_door(
    town: Town, window: Opened
) -> None:
    phone = phone_of(town.city, "other")
    page = window(java_script_enabled=False)
    log_in(page, "other")
    wide = phone.next_code().translate({ord("0") + n: ord("０") + n for n in range(10)})
    bring(page, wide)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    other = window(java_script_enabled=False)
    log_in(other, "other")
    other.get_by_text("スマートフォンが手元にないとき").click()
    other.get_by_role("textbox", name="予備コード").fill(phone.reserve[0])
    press(other, "予備コードでログイン")
    other.goto("/notices")
    assert re.search("予備コードを一つ使いました（残り 9 個）", other.locator("main").inner_text())


def test_an_administrator_takes_it_off(town: Town, window: Opened) -> None:
    phone_of(town.city, "other")
    page = window("admin", viewport=NARROW)
    page.goto(f"/admin/people/{town.city.person['other']}")
    follow(page, "二段階認証を解除する…")
    fits(page, "second-factor-reset")
    page.get_by_label("理由").fill("スマートフォンの紛失")
    press(page, "二段階認証を解除する")
    assert "二段階認証を解除しました" in said(page)
