"""What a person does with a page: fill a form, press a button, read what the page answers."""

from typing import Any

from playwright.sync_api import Page

from tests.e2e.town import Town
from tests.factories import PASSWORD
from tests.walks import task_of


def log_in(page: Page, name: str) -> None:
    """Log somebody in through the login page."""
    page.goto("/login")
    page.get_by_label("利用者名").fill(name)
    page.get_by_label("パスワード").fill(PASSWORD)
    press(page, "ログイン")


def press(page: Page, label: str) -> None:
    """Press the one button of this exact label and wait for the page that follows."""
    with page.expect_navigation():
        page.get_by_role("button", name=label, exact=True).click()


def follow(page: Page, label: str) -> None:
    """Follow the one link of this label and wait for the page behind it."""
    with page.expect_navigation():
        page.get_by_role("link", name=label).click()


def unfold(page: Page, selector: str) -> None:
    """Open the folds in which something stands, the outer one first, where they are closed.

    A fold that has nothing to press, as on a wide screen, is left.
    """
    fold = page.locator(f"details:not([open]):has({selector}) > summary")
    while fold.count() and fold.first.is_visible():
        fold.first.click()


def fill(page: Page, values: dict[str, Any]) -> None:
    """Fill fields by their names; a list ticks boxes, a row's field is called kpis[0].name."""
    for name, value in values.items():
        unfold(page, f'[name="{name}"]')
        control = page.locator(f'[name="{name}"]')
        kind = control.first.evaluate("one => one.type")
        if kind in ("radio", "checkbox"):
            for one in value if isinstance(value, list) else [value]:
                page.locator(f'[name="{name}"][value="{one}"]').check()
        elif kind == "select-one":
            control.select_option(str(value))
        else:
            control.fill(str(value))


def add_row(page: Page, name: str) -> None:
    """Add a row to a list and wait for the page that has it."""
    button = f'button[name="_row"][value="add:{name}"]'
    unfold(page, button)
    with page.expect_navigation():
        page.locator(button).click()


def open_task(town: Town, page: Page, case: str, element: str, by: str) -> None:
    """Open a case's task from the inbox, as people do; `by` is whose window the page is."""
    page.goto("/")
    page.locator(f'main a[href="/tasks/{task_of(town.city, by, case, element).id}"]').click()
    page.wait_for_url("**/tasks/*")


def complete(
    town: Town, page: Page, case: str, element: str, by: str, label: str, **values: Any
) -> None:
    """Open a task, fill its form and press one of its buttons."""
    open_task(town, page, case, element, by)
    fill(page, values)
    press(page, label)


def said(page: Page) -> str:
    """Return what the page says about the act before it."""
    return page.locator(".flashes").inner_text()


def on_case(page: Page, case: str, part: str = "") -> str:
    """Open a page of a case and return what it says."""
    page.goto(f"/cases/{case}{part}")
    return page.locator("main").inner_text()
