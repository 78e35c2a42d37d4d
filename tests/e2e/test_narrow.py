"""Pages for those who oversee, on a narrow screen: nothing cut off, the work before the buttons."""

import pytest
from playwright.sync_api import Page, expect

from tests.e2e.acts import press
from tests.e2e.conftest import NARROW, WIDE, Opened, breaches, fits, overflow
from tests.e2e.town import Town


def top(page: Page, selector: str) -> float:
    """Return how far down the page the first of something begins."""
    box = page.locator(selector).first.bounding_box()
    assert box is not None
    return box["y"]


def cut_off(page: Page) -> list[str]:
    """Return the tables that can only be read by moving them sideways."""
    return page.evaluate(
        """() => [...document.querySelectorAll("main .table-box")]
          .filter((one) => one.scrollWidth > one.clientWidth + 1).map((one) => one.innerText)"""
    )


@pytest.mark.parametrize("width", [390, 800])
def test_every_number_of_the_portfolio_is_on_the_page(window: Opened, width: int) -> None:
    page = window("cio", viewport={"width": width, "height": 844})
    page.goto("/portfolio")
    assert (cut_off(page), overflow(page)) == ([], [])
    for link in page.locator(".portfolio tbody td a").all():
        expect(link).to_be_visible()


def test_the_portfolio_leads_to_the_cases_that_wait(window: Opened, town: Town) -> None:
    page = window("cio")
    page.goto("/portfolio")
    fits(page, "portfolio")
    with page.expect_navigation():
        page.locator("section:has(#waiting) tbody a", has_text="委員の判断").click()
    shown = page.locator(".case-table tbody th a").evaluate_all(
        "found => found.map((one) => one.getAttribute('href'))"
    )
    assert f"/cases/{town.cases['vote']}" in shown
    assert f"/cases/{town.cases['decide']}" not in shown
    fits(page, "waiting-cases")


def test_the_inbox_shows_the_work_before_the_buttons_where_it_is_narrow(window: Opened) -> None:
    page = window("secretariat", viewport=NARROW)
    page.goto("/")
    assert top(page, ".title__actions .button") > top(page, ".work__entry")
    page.set_viewport_size(WIDE)
    assert top(page, ".title__actions .button") < top(page, ".work__entry")


@pytest.mark.parametrize("path", ["/audit", "/admin/people", "/cases"])
def test_filters_are_folded_where_it_is_narrow_only(window: Opened, path: str) -> None:
    page = window("admin" if path.startswith("/admin") else "cio", viewport=NARROW)
    page.goto(path)
    button = page.get_by_role("button", name="絞り込む", exact=True)
    expect(button).to_be_hidden()
    page.locator(".narrowing > summary").click()
    expect(button).to_be_visible()
    press(page, "絞り込む")
    expect(button).to_be_hidden()
    page.set_viewport_size(WIDE)
    expect(button).to_be_visible()
    expect(page.locator(".narrowing > summary")).to_be_hidden()
    fits(page, f"folded-{path.strip('/').replace('/', '-')}")


def test_months_that_are_not_near_are_folded_only_where_it_is_narrow(window: Opened) -> None:
    page = window("applicant", viewport=NARROW)
    page.goto("/calendar")
    assert page.locator(".month__days:visible").count() == 2
    page.locator(".month:not([open]) > summary").first.click()
    assert page.locator(".month__days:visible").count() == 3
    assert (overflow(page), breaches(page)) == ([], [])
    wide = window("applicant")
    wide.goto("/calendar")
    assert wide.locator(".month__days:visible").count() == 12
    assert breaches(wide) == []


def test_what_lies_below_a_department_is_folded_only_where_it_is_narrow(window: Opened) -> None:
    page = window("admin", viewport=NARROW)
    page.goto("/admin/units")
    every = page.locator(".tree tbody tr").count()
    folded = page.locator(".tree tbody tr:visible").count()
    assert folded < every
    page.locator(".tree__below > summary").first.click()
    assert folded < page.locator(".tree tbody tr:visible").count() <= every
    assert (overflow(page), breaches(page)) == ([], [])
    page.goto("/admin/units?q=tax")
    assert page.locator(".tree tbody tr:visible").count() == page.locator(".tree tbody tr").count()
    wide = window("admin")
    wide.goto("/admin/units")
    assert wide.locator(".tree tbody tr:visible").count() == every
