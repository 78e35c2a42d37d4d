"""A vote closed early is asked about, its conclusion is led by the votes, a decision begins on top."""

import pytest

from tests.e2e.acts import fill, open_task, press, said
from tests.e2e.conftest import NARROW, WIDE, breaches, fits, overflow, shoot
from tests.e2e.town import LATER, TITLES
from tests.factories import PASSWORD
from tests.sessions import opened
from tests.walks import do, task_of

SMALL = {"width": 1280, "height": 800}


@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_a_vote_is_closed_without_script_after_it_was_asked(town, window, viewport):
    size = viewport["width"]
    title = f"早く締め切る案件{size}"
    case, meeting, _matter = opened(
        town.city, ("cio", "it_head", "civic_head", "tax_head"),
        idea={"title": title}, sheet=LATER | {"title": title},
    )  # fmt: skip
    for member in ("it_head", "civic_head"):
        do(town.city, case, member, "verdict", "approve", reason="効果が見込める")
    chair = window("cio", viewport=viewport, java_script_enabled=False)
    chair.goto(f"/meetings/{meeting}")
    chair.get_by_role("button", name="表決を締め切る").click()
    asked = chair.get_by_role("alert")
    assert "出席していて判断がまだの席" in asked.inner_text()
    assert overflow(chair) == []
    shoot(chair, f"close-early-{size}")
    chair.get_by_role("button", name="このまま締め切る").click()
    assert "表決を締め切りました" in said(chair)

    chair = window("cio", viewport=viewport)
    open_task(town, chair, case, "conclude", "cio")
    (leading,) = chair.locator("form > .outcomes > .buttons button").all_inner_texts()
    assert leading == "承認"
    assert (overflow(chair), breaches(chair)) == ([], [])
    shoot(chair, f"conclude-{size}")
    chair.locator("summary", has_text="そのほかの結論").click()
    assert (overflow(chair), breaches(chair)) == ([], [])
    fill(chair, {"reason": "賛成多数"})
    press(chair, "承認")
    assert "済ませました" in said(chair)


def ends(box: dict[str, float] | None) -> float:
    """Return where something that is on the page ends, from its top."""
    assert box is not None
    return box["y"] + box["height"]


def test_a_decision_shows_what_by_which_right_and_its_button_on_the_first_screen(town, window):
    page = window("civic_head", viewport=SMALL)
    page.goto(town.task(town.cases["decide"], "decide"))
    for seen in ("金額", "決裁区分", "回議・合議"):
        box = page.locator("dt", has_text=seen).first.bounding_box()
        assert ends(box) < SMALL["height"], seen
    button = page.get_by_role("button", name="承認する", exact=True).bounding_box()
    assert ends(button) < SMALL["height"]
    assert TITLES["decide"] in page.locator(".title").inner_text()
    assert not page.get_by_role("button", name="差し戻す", exact=True).is_visible()
    shoot(page, "decide-first-screen")
    page.locator("summary", has_text="そのほかの決め方").click()
    assert page.get_by_role("button", name="差し戻す", exact=True).is_visible()
    fits(page, "decide-unfolded")
    press(page, "差し戻す")
    assert page.locator("#error-summary").is_visible()
    assert page.get_by_role("button", name="差し戻す", exact=True).is_visible()
    fits(page, "decide-refused")


def test_what_was_typed_is_back_after_the_login_ran_out(town, window):
    case = town.city.start(title="ログインの切れる案件").id
    way = f"/tasks/{task_of(town.city, 'head', case, 'head_approval').id}"
    page = window("head", java_script_enabled=False)
    page.goto(way)
    page.locator("[name=reason]").fill("期限が切れる前に書いた理由")
    page.context.clear_cookies()
    page.locator("[name=_outcome][value=send_back]").click()
    assert "もう一度ログインしてください" in page.locator("main").inner_text()
    for size in (WIDE, NARROW):
        page.set_viewport_size(size)
        assert overflow(page) == []
        shoot(page, f"logged-out-{size['width']}")
    page.get_by_label("利用者名").fill("head")
    page.get_by_label("パスワード").fill(PASSWORD)
    page.get_by_role("button", name="ログインして、書いた内容を入力欄に戻す").click()
    assert "入力欄に戻しました" in said(page)
    assert page.locator("[name=reason]").input_value() == "期限が切れる前に書いた理由"
    shoot(page, "logged-in-again")
