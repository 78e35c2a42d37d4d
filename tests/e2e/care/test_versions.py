"""A corrected process in the browser: sent, looked at, published, and running cases moved to it."""

import pytest
from playwright.sync_api import Page, expect

from dxflow.services.packs import archives
from tests.e2e.acts import press, said
from tests.e2e.care.conftest import sound
from tests.e2e.conftest import Opened
from tests.e2e.town import Town
from tests.integration.test_migrations import renamed
from tests.walks import to_triage


def send(page: Page, content: bytes) -> None:
    page.goto("/admin/processes")
    file = {"name": "standard.zip", "mimeType": "application/zip", "buffer": content}
    page.get_by_label("zip ファイル").set_input_files([file])
    press(page, "送って確かめる")


@pytest.fixture(scope="module")
def corrected(town: Town) -> bytes:
    """The pack with another id for the triage, which is where one of two cases stands."""
    town.cases["triage"] = to_triage(town.city)
    town.cases["started"] = town.city.start(title="公園の予約の電子化").id
    return archives.write(renamed(), "standard")


def test_a_version_is_sent_looked_at_published_and_compared(
    corrected: bytes, window: Opened
) -> None:
    page = window("admin")
    send(page, b"no zip at all")
    assert "zip ファイルとして読めません" in page.locator("main").inner_text()
    sound(page, "versions-refused")
    broken = renamed()
    broken["idea.bpmn"] = broken["idea.bpmn"].replace("head_approval", "no_such_form", 1)
    send(page, archives.write(broken, "standard"))
    assert "このままでは公開できません" in page.locator("main").inner_text()
    expect(page.get_by_role("button", name="この内容で公開する")).to_have_count(0)
    sound(page, "versions-problems")
    send(page, corrected)
    assert (
        "reception"
        in page.locator("section", has=page.locator("#changes")).locator(".table-box").inner_text()
    )
    sound(page, "versions-looked-at")
    press(page, "この内容で公開する")
    assert "第 2 版を公開しました" in said(page)
    sound(page, "versions")
    page.get_by_role("link", name="前の版との違い").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("第1版と第2版の違い")
    sound(page, "versions-compared")


def test_cases_are_planned_previewed_moved_and_put_back(
    corrected: bytes, town: Town, window: Opened
) -> None:
    page = window("admin")
    triage = page.locator(f'[name=case][value="{town.cases["triage"]}"]')
    if "standard:2" not in _targets(page):
        send(page, corrected)
        press(page, "この内容で公開する")
        page.goto("/admin/migrations")
    sound(page, "migrations-none")
    page.get_by_label("版", exact=True).select_option("standard:2")
    press(page, "何が変わるかを見る")
    assert "移せません" in page.locator("main").inner_text()
    expect(triage).to_have_count(0)
    sound(page, "migration-blocked")
    page.get_by_label("受付審査").select_option("idea/reception")
    press(page, "もう一度確かめる")
    expect(triage).to_have_count(1)
    sound(page, "migration-plan")
    assert page.locator("[name=case]:checked").count() == 0
    triage.check()
    press(page, "選んだ案件を移す")
    assert "移行を始めました" in said(page)
    sound(page, "migration-waiting")
    town.city.run_jobs()
    page.reload()
    assert page.locator("tbody tr").count() == 1
    assert "移した" in page.locator("tbody").inner_text()
    sound(page, "migration-moved")
    press(page, "1件を戻す")
    town.city.run_jobs()
    page.reload()
    assert "戻した" in page.locator("tbody").inner_text()
    page.goto("/admin/migrations")
    assert "戻した 1件" in page.locator("main").inner_text()
    sound(page, "migrations")


def _targets(page: Page) -> list[str]:
    page.goto("/admin/migrations")
    options = page.get_by_label("版", exact=True).locator("option")
    return [one.get_attribute("value") or "" for one in options.all()]
