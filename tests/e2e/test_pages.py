"""Every main page, wide and narrow: accessible, within its width, true to the content policy."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from tests.e2e.acts import press
from tests.e2e.conftest import NARROW, WIDE, Opened, breaches, overflow, shoot
from tests.e2e.town import Town
from tests.walks import MEMBERS, task_of

Visit = Callable[[Town, Page], None]


def at(path: str) -> Visit:
    return lambda _town, page: visit(page, path)


def of_case(name: str, path: str = "") -> Visit:
    return lambda town, page: visit(page, f"/cases/{town.cases[name]}{path}")


def task(name: str, element: str, by: str) -> Visit:
    def go(town: Town, page: Page) -> None:
        visit(page, f"/tasks/{task_of(town.city, by, town.cases[name], element).id}")

    return go


def visit(page: Page, path: str, status: int = 200) -> None:
    answer = page.goto(path)
    assert answer is not None
    assert answer.status == status, path


def form_with_errors(town: Town, page: Page) -> None:
    task("sheet", "project_sheet", "colleague")(town, page)
    press(page, "個票を出す")
    assert page.locator(".error-summary").is_visible()


def refused_login(_town: Town, page: Page) -> None:
    visit(page, "/login")
    page.get_by_label("利用者名").fill("nobody")
    page.get_by_label("パスワード").fill("wrong")
    press(page, "ログイン")
    assert page.locator(".error-summary").is_visible()


def one_measure(_town: Town, page: Page) -> None:
    visit(page, "/kpis")
    page.locator("main table a").first.click()
    page.locator("#chart").wait_for()


def one_event(_town: Town, page: Page) -> None:
    visit(page, "/audit")
    page.locator("main .log a", has_text="原本と証明").first.click()
    page.locator("#proof").wait_for()


def verified(_town: Town, page: Page) -> None:
    visit(page, "/audit")
    press(page, "全体を検証する")
    page.get_by_text("改変の跡は見つかりませんでした").wait_for()


def not_found(_town: Town, page: Page) -> None:
    visit(page, "/nowhere", 404)


PAGES: dict[str, tuple[str, Visit]] = {
    "login": ("", at("/login")),
    "login-refused": ("", refused_login),
    "inbox": ("applicant", at("/")),
    "inbox-section": ("secretariat", at("/?scope=group")),
    "inbox-empty": ("mayor", at("/")),
    "password": ("applicant", at("/password")),
    "proposal": ("applicant", at("/proposals/new")),
    "mine": ("applicant", at("/mine")),
    "mine-empty": ("finance", at("/mine")),
    "task-sheet-errors": ("colleague", form_with_errors),
    "task-verdict": (MEMBERS[2], task("vote", "verdict", MEMBERS[2])),
    "task-conclude": ("cio", task("conclude", "conclude", "cio")),
    "task-opinion": ("security", task("opinions", "security_opinion", "security")),
    "task-measure": ("applicant", task("measuring", "kpi_measure", "applicant")),
    "cases": ("cio", at("/cases")),
    "case-committee": ("cio", of_case("vote")),
    "case-followed": ("cio", of_case("reviewing")),
    "case-rejected": ("applicant", of_case("rejected")),
    "case-progress": ("cio", of_case("execution", "/progress")),
    "case-timeline": ("cio", of_case("reviewing", "/timeline")),
    "case-forms": ("cio", of_case("reviewing", "/forms")),
    "case-print": ("cio", of_case("reviewing", "/print")),
    "kpis": ("cio", at("/kpis")),
    "kpi": ("cio", one_measure),
    "audit": ("cio", at("/audit")),
    "audit-nothing": ("cio", at("/audit?person=nobody")),
    "audit-event": ("auditor", one_event),
    "audit-verified": ("auditor", verified),
    "notices": ("applicant", at("/notices")),
    "notices-empty": ("auditor", at("/notices")),
    "error": ("applicant", not_found),
}


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_accessible_and_fits_its_window(name: str, town: Town, window: Opened) -> None:
    by, go = PAGES[name]
    page = window(by, viewport=WIDE)
    go(town, page)
    shoot(page, f"{name}-1280")
    wide = (overflow(page), breaches(page))
    page.set_viewport_size(NARROW)
    shoot(page, f"{name}-390")
    assert wide == ([], [])
    assert (overflow(page), breaches(page)) == ([], [])
