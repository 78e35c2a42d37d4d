"""The diagram: where the case stands, drawn; the mark of bpmn.io stays as its licence asks."""

from playwright.sync_api import Page, expect

from tests.e2e.conftest import NARROW, Opened, shoot
from tests.e2e.town import Town


def opened(page: Page, case: str) -> str:
    """Open the page of a case's progress and return the key of the diagram on show."""
    page.goto(f"/cases/{case}/progress")
    mount = page.locator("[data-bpmn][data-ready]")
    mount.wait_for()
    return mount.get_attribute("data-ready") or ""


def test_it_opens_in_the_active_phase_and_goes_up_to_the_overview(
    town: Town, window: Opened
) -> None:
    page = window("cio")
    inside = opened(page, town.cases["vote"])
    active = page.locator(".djs-element.is-active[data-element-id]")
    assert "verdict" in [one.get_attribute("data-element-id") for one in active.all()]
    shoot(page, "diagram-inside", "[data-bpmn]")
    page.locator(".diagram__up").first.click()
    expect(page.locator("[data-bpmn]")).not_to_have_attribute("data-ready", inside)
    page.locator("[data-bpmn][data-ready]").wait_for()
    assert (
        page.locator(".djs-element.is-active").first.get_attribute("data-element-id") == "committee"
    )
    assert page.locator(".djs-element.is-done").count() > 2
    shoot(page, "diagram-overview", "[data-bpmn]")
    page.locator(".diagram__open--active").click()
    page.locator(f'[data-bpmn][data-ready="{inside}"]').wait_for()


def test_the_rounds_of_a_case_that_was_sent_back_are_marked(town: Town, window: Opened) -> None:
    page = window("applicant")
    opened(page, town.cases["returned"])
    assert page.locator(".djs-element.is-returned").count() > 0
    assert "差戻し" in page.locator(".steps").first.inner_text()


def test_the_mark_of_bpmn_io_is_visible_and_nothing_lies_over_it(
    town: Town, window: Opened
) -> None:
    for size in ({"width": 1280, "height": 900}, NARROW):
        page = window("cio", viewport=size)
        opened(page, town.cases["vote"])
        mark = page.locator("a.bjs-powered-by")
        mark.scroll_into_view_if_needed()
        shoot(page, f"diagram-{size['width']}", "[data-bpmn]")
        assert mark.is_visible()
        assert mark.get_attribute("href") == "http://bpmn.io"
        box = mark.bounding_box()
        assert box is not None
        assert box["width"] > 20
        points = [(x, y) for x in (0.1, 0.5, 0.9) for y in (0.1, 0.5, 0.9)]
        on_top = page.evaluate(
            "points => points.map(([x, y]) => !!document.elementFromPoint(x, y)?.closest('.bjs-powered-by'))",
            [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points],
        )
        assert on_top == [True] * 9


def test_it_zooms_with_its_buttons(town: Town, window: Opened) -> None:
    page = window("cio")
    opened(page, town.cases["vote"])
    layer = page.locator(".djs-container .viewport")
    before = layer.get_attribute("transform")
    page.get_by_role("button", name="拡大").click()
    expect(layer).not_to_have_attribute("transform", before or "")
    page.get_by_role("button", name="全体を表示").click()
