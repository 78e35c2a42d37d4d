"""Drafts that others read or write on, and scores that came on paper, where the pack allows them."""

from tests import walks
from tests.e2e.acts import fill, follow, open_task, press, said
from tests.e2e.conftest import Opened, fits
from tests.e2e.town import LATER, Town
from tests.factories import SHEET
from tests.files import PDF
from tests.settings import settle
from tests.walks import do

PAPER = {"name": "写真.pdf", "mimeType": "application/pdf", "buffer": PDF}
PROGRAM = {"name": "x.exe", "mimeType": "application/octet-stream", "buffer": b"MZ"}


def test_a_draft_with_its_file_is_read_by_the_section_and_by_nobody_else(
    town: Town, window: Opened
) -> None:
    settle(town.city, "reading", drafts='"section"')
    author = window("applicant")
    author.goto("/proposals/new")
    fill(author, {"title": "窓口の椅子", "trouble": "古くて危ない。"})
    author.locator("#files > summary").click()
    author.set_input_files("[name=_file]", PAPER)
    fits(author, "draft-files-before")
    press(author, "下書きに添付する")
    assert "写真.pdf" in author.locator("#files").inner_text()
    assert author.locator('[name="trouble"]').input_value() == "古くて危ない。"
    fits(author, "draft-files")
    author.set_input_files("[name=_file]", PROGRAM)
    press(author, "下書きに添付する")
    assert author.locator("#file-draft-error").is_visible()
    fits(author, "draft-files-refused")

    reader = window("colleague")
    reader.goto("/mine")
    fits(reader, "shared-drafts")
    follow(reader, "窓口の椅子")
    words = reader.locator("main").inner_text()
    assert "古くて危ない。" in words
    assert "写真.pdf" in words
    assert reader.locator("main form").count() == 0
    fits(reader, "shared-draft")
    other = window("other")
    refused = other.goto(reader.url)
    assert refused is not None
    assert refused.status == 404


def test_another_section_writes_on_the_draft_and_reads_it_beforehand(
    town: Town, window: Opened
) -> None:
    title = {"title": "二つの課で書く個票"}
    case = walks.to_sheet(town.city, title)
    do(town.city, case, "applicant", "project_sheet", "share", **SHEET | LATER | title)
    author = window("applicant")
    open_task(town, author, case, "share", "applicant")
    press(author, "共同で起案してもらう")
    assert "課" in author.get_by_role("alert").inner_text()
    fits(author, "share-refused")
    fill(author, {"units": ["tax"], "message": "二章を見てほしい。"})
    fits(author, "share")
    press(author, "共同で起案してもらう")
    writer = window("other")
    open_task(town, writer, case, "co_draft", "other")
    assert "二章を見てほしい。" in writer.locator("main").inner_text()
    assert writer.locator('[name="content"]').input_value() == SHEET["content"]
    assert writer.get_by_role("button", name="出す前にほかの課へ回す").count() == 0
    fits(writer, "co-draft")
    fill(writer, {"content": "収納課でも受け付ける。"})
    assert writer.get_by_role("button", name="個票を出す").count() == 0, (
        "the lead section hands it in"
    )
    press(writer, "書き終えて渡す")
    assert "済ませました" in said(writer)
    open_task(town, author, case, "project_sheet", "applicant")
    assert author.locator('[name="content"]').input_value() == "収納課でも受け付ける。"


def test_the_secretariat_enters_scores_from_paper(town: Town, window: Opened) -> None:
    settle(town.city, "bodies.dx_committee.evaluation", from_paper="true")
    title = {"title": "紙で評価する案件"}
    case = walks.to_committee(town.city, title, LATER | title)
    page = window("secretariat")
    page.goto(f"/cases/{case}/evaluation")
    form = page.locator("details", has_text="紙の評価を入れる（収納課長）")
    form.locator("summary").click()
    fits(page, "paper-scores")
    for criterion in ("effect", "feasibility", "cost"):
        form.locator(f'[name="score.{criterion}"][value="4"]').check()
    form.get_by_label("所見").fill("窓口に効く。")
    with page.expect_navigation():
        form.get_by_role("button", name="紙の評価を入れる").click()
    assert "いつ、どのように受け取ったか" in page.get_by_role("alert").first.inner_text()
    assert form.get_by_label("所見").input_value() == "窓口に効く。"
    fits(page, "paper-scores-refused")
    form.get_by_label("紙の評価の出どころ").fill("4月20日 持参")
    with page.expect_navigation():
        form.get_by_role("button", name="紙の評価を入れる").click()
    assert form.count() == 0
    fits(page, "paper-scores-entered")
    page.goto("/language/en?next=" + f"/cases/{case}/evaluation")
    fits(page, "paper-scores-english")
    town.city.run_jobs()
    member = window("tax_head")
    member.goto("/notices")
    assert "紙" in member.locator("main").inner_text()
    member.goto(f"/cases/{case}/evaluation")
    assert "紙（4月20日 持参）" in member.locator("main").inner_text()
