"""The transfer of 1 April in a browser: headings mapped, holes filled, scheduled, applied, undone.

A section that goes on hands cases to a new one, chosen one by one and by a sheet.
"""

import csv
import io
from datetime import date
from pathlib import Path

from playwright.sync_api import Page
from sqlalchemy import select

from dxflow.db.case import Case
from tests.e2e.acts import follow, log_in, on_case, open_task, press
from tests.e2e.care.conftest import sound
from tests.integration.transfers import content

MAY = date(2027, 5, 1)
FILE = content("tax_head,退職,", "it_head,異動,収納課長", head="職員番号,区分,辞令の職")


#: 収納課 goes on; 債権管理課 takes a part of it over, led by 渡辺 beside her post.
UNITS = content(
    "claims,債権管理課,section,civic,tax", head="組織コード,組織名,種別,上位の組織,引継元"
)
POSTS = content("head-claims,債権管理課長,claims,section_head", head="職コード,職名,所属,種別")
MOVES = content("finance,兼務,債権管理課長", head="利用者名,区分,新しい職")


def send(page: Page, day: date, file: bytes = FILE) -> None:
    page.get_by_label("異動の日").fill(day.isoformat())
    choose(page, "CSV か Excel のファイル", file)
    press(page, "読んで確かめる")


def choose(page: Page, label: str, file: bytes) -> None:
    page.get_by_label(label).set_input_files(
        {"name": "異動.csv", "mimeType": "text/csv", "buffer": file}
    )


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
    row = admin.get_by_role("row").filter(
        has=admin.get_by_role("rowheader", name="岡田 浩二", exact=True)
    )
    assert row.get_by_role("cell").all_inner_texts()[1:] == ["なし", "利用者を無効にした"]
    retired = window()
    log_in(retired, "tax_head")
    assert "ログインできませんでした" in retired.locator("main").inner_text()
    successor = window("it_head")
    successor.goto(f"/cases/{case}")
    assert "異動のころの案件" in successor.locator("main").inner_text()
    successor.goto("/notices")
    notice = successor.locator(".notice-list__entry").first
    for words in (
        "これまでの職: 情報政策課長。",
        "これからの職: 収納課長。",
        "受け取った作業: 案件",
    ):
        assert words in notice.inner_text()
    sound(successor, "transfer-notice")
    press(admin, "異動を取り消して元に戻す")
    assert "取消し済み" in main.inner_text()
    log_in(retired, "tax_head")
    assert retired.url.endswith("/")


def test_cases_of_a_section_that_goes_on_are_given_to_a_new_one(window, town, tmp_path: Path):
    by_hand = town.city.start("other", title="督促状の電子送付")
    by_sheet = town.city.start("other", title="口座振替の電子申込み")
    stays = town.city.start("other", title="納付相談の予約")
    admin = window("admin")
    main = admin.locator("main")
    admin.goto("/admin/transfers")
    send(admin, town.city.site.today(), UNITS.replace(b"claims,", b"tax,", 1))
    assert "「tax」の引継元に「tax」自身が書いてあります" in main.inner_text()
    sound(admin, "transfer-itself")
    for file in (UNITS, POSTS, MOVES):
        choose(admin, "足すか差し替えるファイル", file)
        press(admin, "読む")
    assert "「収納課」は続きます。" in main.inner_text()
    sound(admin, "transfer-parted")
    admin.get_by_label(f"引継先: {by_hand.number}").select_option("債権管理課")
    press(admin, "引継先を保存する")
    with admin.expect_download() as download:
        admin.get_by_role("link", name="案件の表（CSV）").click()
    download.value.save_as(tmp_path / "cases.csv")
    heading, *lines = csv.reader(io.StringIO((tmp_path / "cases.csv").read_text("utf-8-sig")))
    assert {line[0]: line[-1] for line in lines if line[-1]} == {by_hand.number: "債権管理課"}
    for text, told in (
        ("納税課", "「納税課」は「収納課」の引継先ではありません"),
        ("債権管理課", ""),
    ):
        out = io.StringIO()
        filled = [[*one[:-1], text] if one[0] == by_sheet.number else one for one in lines]
        csv.writer(out).writerows([heading, *filled])
        choose(admin, "引き継ぐ課を書いた表", out.getvalue().encode("cp932"))
        press(admin, "表のとおりに決める")
        if told:
            assert told in main.inner_text()
            assert "直すところが 1 件あります" in admin.get_by_role("alert").inner_text()
            assert admin.get_by_role("button", name="いま適用する").count(), "the plan is sound"
            sound(admin, "transfer-sheet-refused")
    sound(admin, "transfer-given")
    press(admin, "いま適用する")
    assert "適用済み" in main.inner_text()
    for what, before, after in (
        ("渡辺 さくら", "財政課 主査", "財政課 主査、債権管理課長（兼務）"),
        (f"{by_hand.number} 督促状の電子送付", "収納課", "債権管理課"),
        (f"{by_sheet.number} 口座振替の電子申込み", "収納課", "債権管理課"),
    ):
        row = admin.get_by_role("row").filter(
            has=admin.get_by_role("rowheader", name=what, exact=True)
        )
        assert row.get_by_role("cell").all_inner_texts()[:2] == [before, after]
    assert admin.get_by_role("row", name=stays.number).count() == 0
    sound(admin, "transfer-parted-applied")
    address = admin.url
    with town.city.site.database.read() as tx:
        rows = tx.execute(select(Case.id, Case.lead_unit).where(Case.lead_unit == "claims"))
        assert {row.id for row in rows} == {by_hand.id, by_sheet.id}
    successor = window()
    log_in(successor, "finance")
    assert "督促状の電子送付" in successor.locator("main").inner_text()
    assert "納付相談の予約" not in successor.locator("main").inner_text()
    open_task(town, successor, by_hand.id, "head_approval", "finance")
    assert on_case(successor, by_hand.id).count("債権管理課")
    assert "債権管理課" not in on_case(admin, stays.id)
    admin.goto(address)
    press(admin, "異動を取り消して元に戻す")
    assert "取消し済み" in main.inner_text()
    assert "いまは適用する前に戻っています" in main.inner_text()
    assert admin.get_by_role("rowheader", name="督促状の電子送付").count(), (
        "what it did still stands"
    )
    sound(admin, "transfer-parted-undone")
