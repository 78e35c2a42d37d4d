"""A head is away: the administrator's list, the substitute's inbox, and reading afterwards."""

from datetime import timedelta

from tests.e2e.acts import follow, press
from tests.e2e.care.conftest import sound


def test_a_substitute_approves_and_the_head_reads_it_afterwards(window, town):
    town.city.start(title="公用車の予約をまとめる")
    admin = window("admin")
    admin.goto("/admin/substitutes")
    admin.get_by_role("row", name="市民課長").get_by_role("link", name="変える").click()
    admin.get_by_label("第1順位").select_option("staff-counter-2")
    sound(admin, "substitutes")
    press(admin, "保存する")
    assert "市民課 主事" in admin.get_by_role("row", name="市民課長").first.inner_text()

    head = window("head")
    head.goto("/standing")
    head.locator("summary", has_text="不在を登録する").click()
    press(head, "不在を登録する")
    assert "終わりの日" in head.get_by_role("alert").inner_text()
    sound(head, "standing-refused")
    last = town.city.site.today() + timedelta(2)
    head.locator("#f-absence-last").fill(last.isoformat())
    head.locator("#f-absence-reason").fill("出張")
    press(head, "不在を登録する")
    assert "不在中" in head.locator("main").inner_text()

    colleague = window("colleague")
    colleague.goto("/")
    entry = colleague.locator(".work__entry", has_text="公用車の予約をまとめる")
    assert "市民課長の代決" in entry.inner_text()
    sound(colleague, "inbox-substitute")
    entry.get_by_role("link").first.click()
    press(colleague, "承認する")

    head.goto("/")
    follow(head, "後閲")
    sound(head, "standing-owed")
    with head.expect_navigation():
        head.get_by_role("button", name="目を通しました").click()
    assert head.get_by_role("button", name="目を通しました").count() == 0
    with head.expect_navigation():
        head.get_by_role("button", name="今日から戻る").click()
    assert "登録されている不在はありません" in head.locator("main").inner_text()
