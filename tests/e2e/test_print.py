"""A case on paper: the whole of it, on A4."""

import re

from tests.e2e.acts import on_case
from tests.e2e.conftest import SHOTS, Opened, overflow, shoot
from tests.e2e.town import TITLES, Town

PAGE = re.compile(rb"/Type\s*/Page\b")


def test_a_case_prints_as_a_whole_on_a4(town: Town, window: Opened) -> None:
    page = window("mgmt_head")
    on_case(page, town.cases["reviewing"])
    page.get_by_role("link", name="印刷").click()
    page.wait_for_url("**/print")
    paper = page.pdf(prefer_css_page_size=True)
    if SHOTS:
        with open(f"{SHOTS}/case.pdf", "wb") as file:
            file.write(paper)
    pages = len(PAGE.findall(paper))
    assert 3 <= pages <= 40
    assert paper.count(b"/FontFile") + paper.count(b"/FontDescriptor") > 0
    page.emulate_media(media="print")
    text = page.locator("main").inner_text()
    for part in (
        TITLES["reviewing"],
        "経過",
        "提出された様式",
        "成果の指標",
        "委員会の審議",
        "決裁",
    ):
        assert part in text
    assert page.locator(".timeline__entry").last.is_visible()
    assert page.get_by_role("button", name="印刷する").count() == 0, "no frame on paper"


def test_nothing_on_paper_is_wider_than_the_sheet(town: Town, window: Opened) -> None:
    page = window("mgmt_head", viewport={"width": 680, "height": 960})
    page.emulate_media(media="print")
    on_case(page, town.cases["reviewing"], "/print")
    assert overflow(page) == []


#: A form that begins in the second half of a sheet and is longer than the rest of it.
LONG_FORM = """main => {
  const rows = Array.from({length: 36}, (_, n) => `<dt>項目${n}</dt><dd>値</dd>`).join("");
  main.innerHTML = `<div></div><article class="paper-form"><h3>様式</h3>
    <p class="paper-stamp">提出</p><dl class="facts">${rows}</dl></article>`;
  main.firstElementChild.style.height = "150mm";
}"""


def test_a_form_begins_below_its_heading_and_goes_on_on_the_next_sheet(
    town: Town, window: Opened
) -> None:
    page = window("mgmt_head")
    on_case(page, town.cases["reviewing"], "/print")
    page.locator("main").evaluate(LONG_FORM)
    assert len(PAGE.findall(page.pdf(prefer_css_page_size=True))) == 2


def test_a_seal_that_is_not_set_yet_is_an_empty_box_on_paper(town: Town, window: Opened) -> None:
    page = window("mgmt_head")
    on_case(page, town.cases["decide"], "/decision/print")
    assert page.get_by_text("いまここ").is_visible(), "on the screen it says where the sheet is"
    page.emulate_media(media="print")
    boxes = page.locator(".stamps__place--open")
    assert boxes.count() >= 1
    for one in boxes.all():
        assert one.inner_text().split() == one.locator(".stamps__head").inner_text().split()
    shoot(page, "sheet-on-paper")
    assert page.locator(".seal").first.is_visible()
