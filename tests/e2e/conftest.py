"""A served town, one Chromium for all tests, and a browser window of one's own for each."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from dxflow.db.engine import Database
from tests.e2e.acts import log_in
from tests.e2e.town import TODAY, Town, found_empty_town, found_town, served
from tests.e2e.watching import Watch

CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 390, "height": 844}
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
#: A folder that keeps pictures of the pages, for people who want to look at them.
SHOTS = os.environ.get("DXFLOW_SHOTS", "")

Opened = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    found = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if found is None:
        pytest.skip(f"NO BROWSER: none of {', '.join(CHROMIUMS)} is installed")
    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def town(
    chromium: Browser, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """The town of all tests; it needs the browser so that none is built in vain."""
    with settled(sqlite_template, tmp_path_factory.mktemp("town"), found_town) as town:
        yield town


@contextmanager
def settled(template: Path, home: Path, found: Callable[[Database, Path], Town]) -> Iterator[Town]:
    """Make a town in a folder of its own and serve it."""
    shutil.copy(template, home / "dxflow.db")
    database = Database(f"sqlite:///{home}/dxflow.db")
    with served(found(database, home)) as town:
        yield town
    database.close()


@contextmanager
def without_cases(template: Path, home: Path) -> Iterator[Town]:
    """Make a town with its people and no case, on TODAY, and serve it."""
    with settled(template, home, found_empty_town) as town:
        town.city.clock.at(TODAY)
        yield town


@pytest.fixture(scope="session")
def logins(chromium: Browser, town: Town) -> Callable[[str], Any]:
    """Return a function that gives somebody's cookies, logging them in at most once."""
    return remembered(chromium, town)


def remembered(chromium: Browser, town: Town) -> Callable[[str], Any]:
    """Return the function of `logins` for a town."""
    known: dict[str, Any] = {}

    def cookies(name: str) -> Any:
        if name not in known:
            context = chromium.new_context(base_url=town.url)
            log_in(context.new_page(), name)
            known[name] = context.storage_state()
            context.close()
        return known[name]

    return cookies


@pytest.fixture
def watch(town: Town) -> Iterator[Watch]:
    """Watches every window of a test; what went wrong in any of them fails it."""
    watch = Watch(town.url)
    yield watch
    assert watch.wrong == []


@pytest.fixture
def window(
    chromium: Browser, town: Town, logins: Callable[[str], Any], watch: Watch
) -> Iterator[Opened]:
    """Return a function that opens a window of somebody's own, logged in unless nobody is named."""
    contexts: list[BrowserContext] = []

    def open_window(name: str = "", **options: Any) -> Page:
        if name:
            options["storage_state"] = logins(name)
        options.setdefault("viewport", WIDE)
        context = chromium.new_context(
            base_url=town.url, locale="ja-JP", timezone_id="Asia/Tokyo", **options
        )
        context.set_default_timeout(10_000)
        watch.over(context)
        contexts.append(context)
        return context.new_page()

    yield open_window
    for context in contexts:
        context.close()


def breaches(page: Page) -> list[str]:
    """Return what axe finds wrong with the page on show, one line for each element.

    A click comes back as soon as the next page begins, so this waits until that page is whole.
    """
    page.wait_for_load_state()
    found = page.evaluate(
        "if (!window.axe) {"
        + AXE.read_text("utf-8")
        + "}; axe.run(document, {resultTypes: ['violations']})"
    )
    return [
        f"{one['id']} at {' '.join(map(str, node['target']))}: {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def overflow(page: Page) -> list[str]:
    """Return what sticks out at the right of the page, innermost last; empty when it fits."""
    page.wait_for_load_state()
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] :
          [`page ${document.documentElement.scrollWidth} > ${innerWidth}`].concat(
            [...document.querySelectorAll("main *")]
              .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
              .slice(0, 6).map((one) => `${one.tagName}.${one.className}`))"""
    )


def shoot(page: Page, name: str, part: str = "") -> None:
    """Keep a picture of the page or a part of it, when somebody wants to look at it."""
    page.wait_for_load_state()
    path = Path(SHOTS) / f"{name}.png"
    if SHOTS and part:
        page.locator(part).screenshot(path=path)
    elif SHOTS:
        page.screenshot(path=path, full_page=True)


def fits(page: Page, name: str) -> None:
    """Fail unless the page on show is accessible and fits, wide and narrow; it is wide again then."""
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        shoot(page, f"{name}-{size['width']}")
        assert (overflow(page), breaches(page)) == ([], []), (name, size["width"])
    page.set_viewport_size(WIDE)
