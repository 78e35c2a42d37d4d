"""The transfer of 1 April in a browser: headings mapped, holes filled, scheduled, applied, undone."""

from datetime import date

from playwright.sync_api import Page

from tests.e2e.acts import follow, press
from tests.e2e.care.conftest import sound
from tests.integration.transfers import content

MAY = date(2027, 5, 1)
FILE = content("tax_head,退職,", "it_head,異動,収納課長", head="職員番号,区分,辞令の職")


def send(page: Page, day: date) -> None:
    page.get_by_label("異動の日").fill(day.isoformat())
    page.get_by_label("CSV か Excel のファイル").set_input_files(
        {"name": "異動.csv", "mimeType": "text/csv", "buffer": FILE}
    )
    press(page, "読んで確かめる")


def test_a_transfer_is_rehearsed_filled_scheduled_applied_and_taken_back(window, town):
    case = town.city.start("other", title="異動のころの案件").id
    admin = window("admin")
    main = admin.locator("main")
    admin.goto("/admin")
    follow(admin, "人事異動")
    sound(admin, "transfers")
    send(admin, MAY)
    assert "知らない見出しがあります: 辞令の職" in admin.get_by_role("alert").inner_text()
    sound(admin, "transfer-mapping")
    admin.get_by_label("辞令の職").select_option("post")
    press(admin, "この対応で読む")
    assert "職「情報政策課長」にだれも就いていません" in main.inner_text()
    sound(admin, "transfer-rehearsed")
    press(admin, "その日の0時に適用するよう予約する")
    assert "決めていない穴" in admin.get_by_role("alert").inner_text()
    row = admin.get_by_role("row", name="情報政策課長").first
    row.get_by_label("別の人か職").fill("nobody")
    press(admin, "埋め方を保存する")
    assert "利用者「nobody」はいない" in admin.get_by_role("alert").inner_text()
    sound(admin, "transfer-refused")
    row.get_by_label("別の人か職").fill("security")
    press(admin, "埋め方を保存する")
    sound(admin, "transfer-filled")
    press(admin, "その日の0時に適用するよう予約する")
    assert "予約済み" in main.inner_text()
    sound(admin, "transfer-scheduled")
    press(admin, "予約を取り消す")
    press(admin, "計画を破棄する")
    assert "破棄" in main.inner_text()

    admin.goto("/admin/transfers")
    send(admin, town.city.site.today())  # the headings are known by now
    press(admin, "残りはすべて最初の提案にする")
    press(admin, "いま適用する")
    assert "適用済み" in main.inner_text()
    sound(admin, "transfer-applied")
    successor = window("it_head")
    successor.goto(f"/cases/{case}")
    assert "異動のころの案件" in successor.locator("main").inner_text()
    press(admin, "異動を取り消して元に戻す")
    assert "取消し済み" in main.inner_text()
