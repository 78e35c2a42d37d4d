"""Where the pages of a decision sheet end: no wide gap at their foot, no heading left alone there."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dxflow.web import pdf, pdf_setting
from tests.factories import City
from tests.walks import to_decision
from tests.web.conftest import Browser

#: Pixels of CSS in a millimetre.
MM = 96 / 25.4
#: No page but the last may end with more room than a heading with a line of its own takes.
WIDEST_MM = 20


@pytest.fixture
def sheet(
    sqlite_city: City, browse: Callable[[str], Browser], monkeypatch: pytest.MonkeyPatch
) -> str:
    """The page of a decision as it is handed to the program that sets it."""
    seen: list[str] = []

    def kept(html: str) -> bytes:
        seen.append(html)
        return b"%PDF"

    monkeypatch.setattr(pdf, "made_of", kept)
    case = to_decision(sqlite_city)
    assert browse("applicant").get(f"/cases/{case}/decision/pdf").status_code == 200
    return seen[0]


def pages(html: str) -> list[tuple[float, str]]:
    """Set a page; return the gap at the foot of each sheet (mm) and its last line."""
    weasyprint = pytest.importorskip("weasyprint")
    page = weasyprint.HTML(
        string=html, base_url=pdf_setting.PAGE, url_fetcher=pdf_setting._fetcher()
    )  # fmt: skip
    found = []
    for one in page.render().pages:
        box = one._page_box
        foot = box.content_box_y() + box.height
        bottom, words = max(_lines(box), key=lambda line: line[0])
        found.append(((foot - bottom) / MM, words))
    return found


def _lines(box: Any) -> Iterator[tuple[float, str]]:
    for child in getattr(box, "children", ()):
        if type(child).__name__ == "MarginBox":
            continue
        if type(child).__name__ == "LineBox":
            yield child.position_y + child.height, _words(child)
        yield from _lines(child)


def _words(box: Any) -> str:
    return getattr(box, "text", "") or "".join(map(_words, getattr(box, "children", ())))


@pytest.mark.parametrize("shift", [0, 12, 24, 36, 48])
def test_a_page_is_filled_before_the_next_begins(sheet: str, shift: int) -> None:
    moved = f"<style>.decision-paper {{ padding-bottom: {shift}mm }}</style></head>"
    *before, _last = pages(sheet.replace("</head>", moved, 1))
    assert before
    headings = {"個票", "内容", "費用", "日程", "現状と課題", "内容と効果", "取組のあらまし"}
    for gap, words in before:
        assert gap < WIDEST_MM, words
        assert words not in headings
