"""What was disposed of, on the page and on the sheet that goes into the files."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from sqlalchemy import select

from dxflow.db.retention import RetentionProposal
from dxflow.services.acts import cases
from dxflow.services.operations import retention
from tests.e2e.conftest import Opened, fits, remembered, shoot, without_cases
from tests.e2e.town import Town
from tests.walks import to_triage


@pytest.fixture(scope="module")
def town(
    chromium: Browser, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Town]:
    """A town in which a case was disposed of."""
    with without_cases(sqlite_template, tmp_path_factory.mktemp("retention")) as town:
        city = town.city
        case = to_triage(city)
        cases.withdraw(city.site, city.actor("applicant"), case, "別の案件で行う")
        city.clock.at(date(2033, 4, 1))
        retention.propose(
            city.site, city.actor("secretariat"), case, "disposal",
            "保存期間が満了し、引き続き保存する理由がないため",
        )  # fmt: skip
        with city.site.database.read() as tx:
            proposal = tx.execute(select(RetentionProposal.id)).scalar_one()
        retention.decide(city.site, city.actor("cio"), proposal, approve=True)
        yield town


@pytest.fixture(scope="module")
def logins(chromium: Browser, town: Town) -> Any:
    return remembered(chromium, town)


def test_the_register_fits_the_screen_and_the_sheet(window: Opened) -> None:
    page = window("secretariat")
    page.goto("/admin/retention/register")
    fits(page, "register")
    page.goto("/admin/retention/register/print")
    fits(page, "register-print")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 718, "height": 1000})  # A4 within its margins
    shoot(page, "register-paper")
    assert page.locator("thead th").first.is_visible(), "on paper it stays a table"
