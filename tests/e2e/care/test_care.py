"""Caring for the installation in the browser: people from a file, logins, maintenance, groups."""

import re

from playwright.sync_api import Page, expect

from tests.e2e.acts import fill, follow, log_in, press, said
from tests.e2e.care.conftest import sound
from tests.e2e.conftest import NARROW, Opened, breaches, overflow
from tests.e2e.town import Town
from tests.e2e.watching import Watch

HEAD = "利用者名,氏名,職\n"


def choose(page: Page, text: str) -> None:
    page.goto("/admin/import")
    file = {"name": "異動.csv", "mimeType": "text/csv", "buffer": (HEAD + text).encode()}
    page.get_by_label("CSV か Excel のファイル").set_input_files([file])
    press(page, "確かめる")


def test_a_bad_file_shows_its_lines_and_a_good_one_is_taken(window: Opened) -> None:
    page = window("admin")
    page.goto("/admin/import")
    sound(page, "import")
    press(page, "確かめる")
    assert "ファイルを選んでください" in page.locator("main").inner_text()
    choose(page, "new1,新人,no-such-post\nbad name,新人,\n")
    cells = page.locator("tbody tr td:first-child").all_inner_texts()
    assert [re.sub(r"\D", "", cell) for cell in cells] == ["2", "3"]
    assert "職「no-such-post」はありません" in page.locator("tbody").inner_text()
    sound(page, "import-problems")
    choose(page, "new1,新人 一郎,staff-tax\n")
    assert "新しい人" in page.locator("#plan ~ *").first.inner_text()
    sound(page, "import-plan")
    press(page, "この内容で登録する")
    assert len(page.locator("code").inner_text()) == 16
    sound(page, "import-done")
    page.goto("/admin/people?q=new1")
    page.get_by_role("link", name="新人 一郎").click()
    assert "収納課 主事" in page.locator("main").inner_text()
    choose(page, "new1,新人 一郎,staff-tax\n")
    assert "変わるものはありません" in page.locator("main").inner_text()


def test_a_login_is_ended_and_its_person_logs_in_again(window: Opened) -> None:
    page, other = window("admin"), window()
    log_in(other, "other")
    page.goto("/admin/sessions")
    row = page.locator("tbody tr", has_text="森 由紀")
    expect(row).to_have_count(1)
    sound(page, "sessions")
    with page.expect_navigation():
        row.get_by_role("button", name="終わらせる").click()
    assert "1 件のログインを終わらせました" in said(page)
    expect(page.locator("tbody tr", has_text="森 由紀")).to_have_count(0)
    other.goto("/mine")
    expect(other).to_have_url(re.compile("/login"))
    follow(page, "API トークン")
    assert "開いているものはありません" in page.locator("main").inner_text()
    sound(page, "sessions-none")


def test_a_maintenance_is_announced_lasts_and_ends(window: Opened, watch: Watch) -> None:
    page, other = window("admin"), window("applicant", viewport=NARROW)
    other.goto("/proposals/new")
    form = other.url
    page.goto("/admin/maintenance")
    sound(page, "maintenance")
    fill(page, {"message": "点検", "start": "2027-05-01T18:00", "until": "2027-05-01T17:00"})
    press(page, "予告する")
    assert "始まりより後" in page.locator(".error-summary").inner_text()
    sound(page, "maintenance-refused")
    fill(page, {"until": "2027-05-01T20:00"})
    press(page, "予告する")
    assert "保守を予告しました" in said(page)
    sound(page, "maintenance-announced")
    other.goto("/")
    assert "点検" in other.locator("body").inner_text()
    assert (overflow(other), breaches(other)) == ([], [])
    fill(page, {"message": "いますぐの点検", "start": "", "until": ""})
    press(page, "変える")
    sound(page, "maintenance-asked")
    press(page, "いますぐ閲覧だけにする")
    assert "保守を始めました" in said(page)
    sound(page, "maintenance-on")
    other.goto(form)
    fill(other, {"title": "打ちかけの題"})
    press(other, "下書きを保存")
    told = other.locator("main").inner_text()
    assert "いますぐの点検" in told
    assert "保守作業中です" in told
    other.locator("summary", has_text="送ろうとした文章").click()
    assert "打ちかけの題" in other.locator("main").inner_text()
    assert (overflow(other), breaches(other)) == ([], [])
    refused, watch.wrong[:] = (
        [one for one in watch.wrong if "503" in one],
        [one for one in watch.wrong if "503" not in one],
    )
    assert refused
    press(page, "保守を終える")
    assert "保守を終えました" in said(page)
    other.goto(form)
    fill(other, {"title": "打ちかけの題"})
    press(other, "下書きを保存")
    assert "いますぐの点検" not in other.locator("body").inner_text()


def test_groups_say_who_is_behind_them_and_who_sees_a_case(town: Town, window: Opened) -> None:
    number = town.city.start(title="駐輪場の空き情報").number
    page = window("admin")
    page.goto("/admin/groups")
    assert "高橋 みなみ" in page.locator("#lanes").locator("xpath=ancestor::section").inner_text()
    sound(page, "groups")
    follow(page, "案件を見られる人を調べる")
    sound(page, "seers")
    page.get_by_label("案件の番号").last.fill("R1-なし-0001")
    press(page, "絞り込む")
    assert "R1-なし-0001" in page.locator("main").inner_text()
    sound(page, "seers-unknown")
    page.get_by_label("案件の番号").last.fill(number)
    press(page, "絞り込む")
    assert "市川 遥" in page.locator("tbody").inner_text()
    sound(page, "seers-found")


def test_a_person_is_registered_given_a_post_and_closed(window: Opened) -> None:
    page = window("admin")
    page.goto("/admin/people?q=nobody-at-all")
    assert "当てはまる利用者はいません" in page.locator("main").inner_text()
    sound(page, "people-none")
    page.goto("/admin/people/new")
    fill(page, {"username": "山田", "name": "山田 花子"})
    press(page, "登録する")
    sound(page, "person-new-refused")
    fill(page, {"username": "hanako", "email": "hanako@example.jp"})
    press(page, "登録する")
    sound(page, "person-once")
    follow(page, "この人の画面へ")
    sound(page, "person-fresh")
    follow(page, "無効にする…")
    sound(page, "person-close-asked")
    press(page, "無効にする")
    assert "無効" in page.locator("main").inner_text()
    sound(page, "person-closed")
    page.goto("/admin/people")
    sound(page, "people")
    page.get_by_role("link", name="井上 大輔").click()
    expect(page.get_by_role("link", name="無効にする…")).to_have_count(0)
    sound(page, "person-own")
