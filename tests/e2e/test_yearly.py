"""The yearly clock in the browser: a case begun by an administrator, the order, last year's case."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests import yearly
from tests.e2e.acts import follow, press, said
from tests.e2e.conftest import Opened, fits, remembered, without_cases
from tests.e2e.town import LATER, Town
from tests.integration.test_continuing import number
from tests.walks import to_opinions


@pytest.fixture(scope="module")
def town(
    chromium: Browser, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """A town whose sections are asked each April, with the case of a year ago and this year's."""
    with without_cases(sqlite_template, tmp_path_factory.mktemp("yearly")) as town:
        city = town.city
        town.cases["before"] = to_opinions(
            city, {"title": "窓口の予約"}, LATER | {"title": "窓口の予約"}
        )
        city.clock.moment += timedelta(days=30)
        again = {"title": "窓口の予約（二年目）"}
        town.cases["again"] = to_opinions(city, again, LATER | again)
        yearly.publish(city, task=yearly.EVERY_SECTION, flows=yearly.SECTION_FLOWS)
        yield town


@pytest.fixture(scope="module")
def logins(chromium: Browser, town: Town) -> Callable[[str], Any]:
    return remembered(chromium, town)


def test_an_administrator_begins_what_would_begin_by_itself(window: Opened) -> None:
    page = window("admin")
    page.goto("/admin/processes")
    table = page.locator("table", has_text="決まった時期に始まる案件")
    expect(table).to_contain_text("経営企画課長（中村 恵）")
    table.locator("summary").click()
    fits(page, "starts")
    table.get_by_label("理由").fill("組織の改正があったため")
    press(page, "始める")
    assert "を始めました" in said(page)
    owner = window("mgmt_head")
    owner.goto("/mine")
    follow(owner, "DX推進担当者の任命")
    expect(owner.get_by_text("担当者の推薦").first).to_be_visible()
    fits(owner, "begun")


def test_the_secretariat_puts_a_case_first_and_says_why(window: Opened, town: Town) -> None:
    page = window("secretariat")
    page.goto("/portfolio")
    follow(page, "優先順位")
    row = page.locator("tbody tr", has_text="窓口の予約（二年目）")
    expect(row.locator("td").first).to_have_text("2")
    row.locator("summary").click()
    fits(page, "backlog-open")
    row.get_by_label("何番にするか").fill("1")
    row.get_by_label("理由").fill("市長の公約のため")
    press(page, "この順位にする")
    assert "優先順位を変えました" in said(page)
    expect(page.locator("tbody tr").first).to_contain_text("1番に決定 市長の公約のため")
    fits(page, "backlog")


def test_last_years_case_is_named_and_compared(window: Opened, town: Town) -> None:
    page = window("applicant")
    page.goto(f"/cases/{town.cases['again']}")
    follow(page, "前年の案件を指定する")
    fits(page, "previous-none")
    page.get_by_label("前年の案件の番号").fill(number(town.city, town.cases["before"]))
    press(page, "指定する")
    assert "前年の案件を指定しました" in said(page)
    expect(page.locator("tr", has_text="取組の名前")).to_contain_text("窓口の予約（二年目）")
    fits(page, "previous")
