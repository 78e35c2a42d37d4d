"""Towns of their own for what a pack may allow, and for days that pass: one for each module."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.e2e.conftest import remembered, without_cases
from tests.e2e.town import Town


@pytest.fixture(scope="module")
def town(
    chromium: Browser, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    with without_cases(sqlite_template, tmp_path_factory.mktemp("together")) as town:
        yield town


@pytest.fixture(scope="module")
def logins(chromium: Browser, town: Town) -> Callable[[str], Any]:
    return remembered(chromium, town)
