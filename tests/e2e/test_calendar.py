"""The office calendar in a browser: entered, refused, mended, read by everybody, on one sheet."""

import re

import pytest

from tests.e2e.acts import press
from tests.e2e.conftest import NARROW, WIDE, Opened, breaches, overflow, shoot

PAGE = re.compile(rb"/Type\s*/Page\b")


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_day_is_refused_then_entered_and_everybody_reads_it(window: Opened, viewport) -> None:
    day = 1 if viewport is WIDE else 2
    page = window("admin", viewport=viewport)
    page.goto("/admin/calendar?year=2028")
    page.get_by_label("日付").fill("2028年")
    page.get_by_label("名称", exact=False).last.fill("開港記念日")
    press(page, "入力する")
    assert page.get_by_role("alert").is_visible()
    assert (overflow(page), breaches(page)) == ([], [])
    page.get_by_label("日付").fill(f"令和10年9月{day}日")
    press(page, "入力する")
    page.get_by_text("1 日を変えました").wait_for()
    page.locator("summary", has_text="変える・取り消す").first.click()
    assert (overflow(page), breaches(page)) == ([], [])
    shoot(page, f"calendar-{viewport['width']}")
    reader = window("applicant", viewport=viewport)
    reader.goto("/")
    reader.get_by_role("link", name="閉庁日カレンダー").click()
    reader.goto("/calendar?year=2028")
    assert f"{day}閉" in reader.locator(".day--closed").all_text_contents()[-1]
    assert (overflow(reader), breaches(reader)) == ([], [])


def test_a_year_prints_on_one_sheet(window: Opened) -> None:
    page = window("applicant")
    page.goto("/calendar")
    assert len(PAGE.findall(page.pdf(prefer_css_page_size=True))) == 1
