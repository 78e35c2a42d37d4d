"""A town of its own for what administrators change for everybody: versions, people, maintenance."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.e2e.conftest import fits, remembered, without_cases
from tests.e2e.town import Town


@pytest.fixture(scope="session")
def town(
    chromium: Browser, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    with without_cases(sqlite_template, tmp_path_factory.mktemp("care")) as town:
        yield town


@pytest.fixture(scope="session")
def logins(chromium: Browser, town: Town) -> Callable[[str], Any]:
    return remembered(chromium, town)


def sound(page: Page, name: str) -> None:
    """Fail unless the page on show is accessible and fits, wide and narrow; it is wide again then."""
    fits(page, f"care-{name}")
