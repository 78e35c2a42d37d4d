"""A meeting that was not opened on its day: the list and its page say so, and it is opened late."""

from tests.e2e.acts import press, said
from tests.e2e.conftest import fits
from tests.e2e.town import LATER, TODAY
from tests.sessions import attend, drawn


def test_the_day_is_over_and_the_meeting_is_opened_late(town, window):
    title = "日を過ぎた会議の案件"
    city = town.city
    _case, meeting, _matter = drawn(
        city, days=1, idea={"title": title}, sheet=LATER | {"title": title}
    )
    _other, written, _one = drawn(
        city, days=1, written=True, idea={"title": title}, sheet=LATER | {"title": title}
    )
    city.clock.at(TODAY)
    city.clock.advance(days=3)
    page = window("secretariat")
    page.goto("/meetings")
    assert page.locator(".notice", has_text="日を過ぎました").count() == 1
    fits(page, "meetings-days-over")
    page.goto(f"/meetings/{written}")
    fits(page, "written-day-over")
    page.goto(f"/meetings/{meeting}")
    fits(page, "meeting-day-over")
    attend(city, meeting)
    page.goto(f"/meetings/{meeting}")
    page.locator("summary", has_text="きょう、遅れて開会する").click()
    press(page, "開会する")
    assert "理由を" in page.get_by_role("alert").inner_text()
    page.locator("[name=late_reason]").fill("台風で庁舎を閉じたため")
    fits(page, "meeting-opened-late-form")
    press(page, "開会する")
    assert "開会しました" in said(page)
    fits(page, "meeting-opened-late")
