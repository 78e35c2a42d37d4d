"""The transfer of 1 April in a browser: headings mapped, holes filled, applied at its hour, undone."""

from datetime import date

from tests.e2e.acts import press
from tests.e2e.care.conftest import sound
from tests.integration.transfers import content, on_the_day

MAY = date(2027, 5, 1)


def test_a_transfer_is_rehearsed_filled_applied_at_its_hour_and_taken_back(window, town):
    town.city.start(title="異動のころの案件")
    admin = window("admin")
    admin.goto("/admin")
    admin.get_by_role("link", name="人事異動").click()
    sound(admin, "transfers")
    admin.get_by_label("異動の日").fill(MAY.isoformat())
    file = content("head,退職,", "other,異動,市民課 主任", head="職員番号,区分,辞令の職")
    admin.get_by_label("CSV か Excel のファイル").set_input_files(
        {"name": "五月.csv", "mimeType": "text/csv", "buffer": file}
    )
    press(admin, "読んで確かめる")
    assert "知らない見出しがあります: 辞令の職" in admin.get_by_role("alert").inner_text()
    sound(admin, "transfer-mapping")
    admin.get_by_label("辞令の職").select_option("post")
    press(admin, "この対応で読む")
    assert "職「市民課長」にだれも就いていません" in admin.locator("main").inner_text()
    sound(admin, "transfer-rehearsed")
    press(admin, "その日の0時に適用するよう予約する")
    assert "決めていない穴" in admin.get_by_role("alert").inner_text()
    row = admin.get_by_role("row", name="市民課長").first
    row.get_by_label("別の人か職").fill("colleague")
    press(admin, "埋め方を保存する")
    press(admin, "残りはすべて最初の提案にする")
    sound(admin, "transfer-filled")
    press(admin, "その日の0時に適用するよう予約する")
    assert "予約済み" in admin.locator("main").inner_text()
    sound(admin, "transfer-scheduled")

    on_the_day(town.city, MAY)
    admin.reload()
    if admin.locator("#f-username").count():
        raise AssertionError("the administrator was not moved and is logged in still")
    assert "適用済み" in admin.locator("main").inner_text()
    sound(admin, "transfer-applied")
    colleague = window("colleague")
    colleague.goto("/")
    entry = colleague.locator(".work__entry", has_text="異動のころの案件")
    assert entry.count() == 1

    press(admin, "異動を取り消して元に戻す")
    assert "取消し済み" in admin.locator("main").inner_text()
