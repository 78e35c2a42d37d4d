"""The single days of a pack's calendar: those that can be counted with, and a sentence for others."""

import pytest

from dxflow.services.packs import store
from dxflow.services.packs.settings import FILE, read_settings
from tests.factories import ROOT

SETTLED = store.read_folder(ROOT / "processes" / "standard")[FILE]


def said(days: str, key: str = "closed_dates") -> list[str]:
    """Return what is said of the days of a calendar; every problem names its line."""
    assert f"{key} = []" in SETTLED
    _settings, problems = read_settings(SETTLED.replace(f"{key} = []", f"{key} = [{days}]"))
    assert all(one.line and one.element == f"calendar.{key}" for one in problems)
    return [one.message for one in problems]


@pytest.mark.parametrize("key", ["closed_dates", "open_dates"])
@pytest.mark.parametrize("day", ["1873-12-31", "2200-01-01", "9999-12-31", '"0001-01-01"'])
def test_days_that_are_taken_nowhere_are_not_taken_here(key: str, day: str):
    written = day.strip('"')
    assert said(day, key) == [
        f"「{written}」は使えません。日付は1874年から2199年までで指定してください。"
    ]


def test_days_are_dates_or_their_text():
    assert said('1874-01-01, "2199-12-31"') == []
    assert said('"来年", 2026-05-01T09:00:00') == [
        "「来年」は日付として読めません。",
        "「2026-05-01 09:00:00」は日付として読めません。",
    ]
