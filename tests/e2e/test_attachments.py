"""Files of a case in a real browser: with a script and without one, by keyboard, on a telephone."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from dxflow.attachments.limits import MEGABYTE
from tests import walks
from tests.e2e.acts import open_task, press, said
from tests.e2e.conftest import NARROW, Opened, breaches, overflow
from tests.e2e.town import Town
from tests.files import PDF, PNG


def chosen(page: Page, field: str, name: str, body: bytes) -> None:
    file = {"name": name, "mimeType": "application/octet-stream", "buffer": body}
    page.set_input_files(field, file)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_file_is_attached_at_a_task_and_opened_by_the_next_reader(
    town: Town, window: Opened, script: bool
) -> None:
    case = walks.to_triage(town.city, title=f"添付のある提案 {script}")
    page = window("secretariat", java_script_enabled=script)
    open_task(town, page, case, "triage", "secretariat")
    page.locator("summary", has_text="ファイルを添付する").click()
    chosen(page, "#file-task", "見積書（令和8年度）.pdf", PDF)
    press(page, "添付する")
    assert "添付しました" in said(page)
    assert "/tasks/" in page.url
    reader = window("applicant", java_script_enabled=script)
    reader.goto(f"/cases/{case}")
    with reader.expect_download() as loading:
        reader.get_by_role("link", name="見積書（令和8年度）.pdf", exact=True).click()
    assert loading.value.suggested_filename == "見積書（令和8年度）.pdf"
    assert Path(loading.value.path()).read_bytes() == PDF


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(
    town: Town, window: Opened, tmp_path: Path
) -> None:
    case = walks.to_triage(town.city, title="大きな添付")
    page = window("applicant")
    page.goto(f"/cases/{case}/attachments")
    large = tmp_path / "large.pdf"
    with large.open("wb") as file:
        file.truncate(2048 * MEGABYTE)  # of no size on the disk
    page.set_input_files("#file-new", large)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.method))
    page.get_by_role("button", name="添付する", exact=True).click()
    assert "25 MB までです" in page.locator("#file-new-error").inner_text()
    assert page.locator("#file-new").evaluate("one => one === document.activeElement")
    assert "POST" not in sent
    chosen(page, "#file-new", "図面.png", PNG)
    press(page, "添付する")
    assert "添付しました" in said(page)


@pytest.mark.parametrize("viewport", [None, NARROW], ids=["desk", "telephone"])
def test_versions_and_a_withdrawal_on_a_page_for_everybody(
    town: Town, window: Opened, viewport: dict[str, int] | None
) -> None:
    case = walks.to_triage(town.city, title=f"版のある添付 {viewport}")
    page = window("applicant", **({"viewport": viewport} if viewport else {}))
    page.goto(f"/cases/{case}/attachments")
    chosen(
        page, "#file-new", "業務分析_とても長い名前のファイル_令和八年度_第三版_確認済み.png", PNG
    )
    press(page, "添付する")
    page.locator("summary", has_text="新しい版を添付する").click()
    chosen(page, "li.file input[type=file]", "業務分析.pdf", PDF)
    press(page, "新しい版として添付する")
    page.locator("summary", has_text="これより前の版").click()
    assert breaches(page) == []
    assert overflow(page) == []
    page.locator("summary", has_text="取り下げる").click()
    page.locator("li.file textarea").fill("別の案件のもの")
    press(page, "取り下げる")
    assert "理由: 別の案件のもの" in page.locator("li.file").inner_text()
    assert breaches(page) == []
