"""Whoever judges finds the question, what it is about and the buttons before the papers."""

from collections.abc import Callable
from typing import Any

from dxflow.services.meetings import session
from tests.factories import ANALYSIS, SHEET, City
from tests.sessions import attend, opened
from tests.walks import do, task_of, to_committee, to_decision, to_sheet, vote
from tests.web.conftest import Browser

#: So much that the document goes round before its decision.
COSTLY = {"cost_initial": 60_000_000}


def parts(browser: Browser, task: str) -> tuple[list[str], str]:
    """Return the parts of a task's page in their order, and the words of the form's card."""
    page = browser.page(f"/tasks/{task}")
    found = page.xpath("//main//section[@aria-labelledby='do' or @aria-labelledby='so-far']")
    (card,) = page.xpath("//section[@aria-labelledby='do']")
    order = [one.get("aria-labelledby") for one in found]
    return order, " ".join(card.text_content().split())


def test_a_member_votes_above_the_papers(
    sqlite_city: City, browse: Callable[[str], Browser]
) -> None:
    case = to_committee(sqlite_city)
    task = task_of(sqlite_city, "it_head", case, "verdict")
    order, words = parts(browse("it_head"), task.id)
    assert order == ["do", "so-far"]
    assert "提案の要点" in words
    assert "総費用" in words
    assert "0／6席" in words


def test_the_chair_concludes_above_the_papers(
    sqlite_city: City, browse: Callable[[str], Browser]
) -> None:
    case = to_committee(sqlite_city)
    vote(sqlite_city, case)
    task = task_of(sqlite_city, "cio", case, "conclude")
    order, words = parts(browse("cio"), task.id)
    assert order == ["do", "so-far"]
    assert "表決の結果は「承認」です。" in words


def test_who_sees_the_document_before_its_decision_does_so_above_the_papers(
    sqlite_city: City, browse: Callable[[str], Browser]
) -> None:
    case = to_decision(sqlite_city, sheet=COSTLY)
    name, task = next(
        (name, one)
        for name in sqlite_city.person
        for one in sqlite_city.open_tasks(name)
        if one.case_id == case
    )
    assert task.element == "review"
    order, words = parts(browse(name), task.id)
    assert order == ["do", "so-far"]
    assert "決裁区分" in words


def test_a_head_checks_a_proposal_above_the_papers(
    sqlite_city: City, browse: Callable[[str], Browser]
) -> None:
    case = sqlite_city.start().id
    order, _words = parts(
        browse("head"), task_of(sqlite_city, "head", case, "head_approval").id
    )  # fmt: skip
    assert order == ["do", "so-far"]


def test_without_a_quorum_no_result_is_claimed(
    sqlite_city: City, browse: Callable[[str], Browser]
) -> None:
    case, meeting, matter = opened(sqlite_city, ("cio", "it_head", "civic_head"))
    do(sqlite_city, case, "it_head", "verdict", "approve", reason="賛成")
    attend(sqlite_city, meeting, ("civic_head",), here=False)
    session.close_vote(sqlite_city.site, sqlite_city.actor("secretariat"), matter)
    _order, words = parts(browse("cio"), task_of(sqlite_city, "cio", case, "reconvene").id)
    assert "定足数に達しなかったため、表決は成立していません。" in words
    assert "表決の結果は" not in words


def test_whose_proposal_came_back_goes_on_with_it_right_below_the_reason(
    sqlite_city: City, browse: Callable[[str], Browser]
) -> None:
    case = sqlite_city.start().id
    sqlite_city.clock.advance(minutes=1)  # what was handed in last is what sent it back
    do(sqlite_city, case, "head", "head_approval", "send_back", reason="だれの申請書か")
    task = next(one for one in sqlite_city.open_tasks("applicant") if one.case_id == case)
    browser = browse("applicant")
    order, _words = parts(browser, task.id)
    assert order == ["do", "so-far"]
    main = browser.page(f"/tasks/{task.id}").xpath("//main")[0].text_content()
    assert main.index("戻された理由") < main.index("だれの申請書か") < main.index("どう変えたいか")
    assert main.count("戻された理由") == 1


def test_a_head_who_gets_a_sheet_again_reads_what_the_correction_changed(
    sqlite_city: City, browse: Callable[[str], Browser]
) -> None:
    case = to_sheet(sqlite_city)

    def hand_in(**values: Any) -> str:
        sqlite_city.clock.advance(minutes=1)
        do(sqlite_city, case, "applicant", "project_sheet", "submit", **SHEET | values)
        do(sqlite_city, case, "applicant", "bpr_analysis", "submit", **ANALYSIS)
        sqlite_city.clock.advance(minutes=1)
        return task_of(sqlite_city, "head", case, "sheet_approval").id

    browser, task = browse("head"), hand_in()
    assert "前回からの変更" not in browser.get(f"/tasks/{task}").text
    back = {"reason": "費用を直す", "return_to": "sheet"}
    do(sqlite_city, case, "head", "sheet_approval", "send_back", **back)
    page = browser.page(f"/tasks/{hand_in(cost_initial=2_400_000)}")
    (row,) = page.xpath("//table[contains(@class, 'diff')]//tr[th='初期費用']")
    assert [cell.text_content().strip() for cell in row.xpath("td")] == [
        "3,000,000円",
        "2,400,000円",
    ]
    assert page.xpath("//section[@aria-labelledby='do']//a[contains(., '前回からの変更')]")
    assert "前回からの変更: 個票" in browser.get("/papers").text


def test_who_writes_a_sheet_finds_the_form_before_the_files(
    sqlite_city: City, browse: Callable[[str], Browser]
) -> None:
    case = to_sheet(sqlite_city)
    task = task_of(sqlite_city, "applicant", case, "project_sheet")
    browser = browse("applicant")
    order, _words = parts(browser, task.id)
    assert order == ["so-far", "do"]
    labels = browser.page(f"/tasks/{task.id}").xpath("//main//section/@aria-labelledby")
    assert labels.index("do") < labels.index("attachments")


def test_what_was_done_is_said_above_the_head_of_the_case(
    sqlite_city: City, browse: Callable[[str], Browser]
) -> None:
    case = sqlite_city.start().id
    task = task_of(sqlite_city, "head", case, "head_approval").id
    head = browse("head")
    values = head.controls(f"/tasks/{task}") | {"_outcome": "approve"}
    page = head.post(f"/tasks/{task}", values, follow_redirects=True).text
    assert page.index("で済ませました") < page.index('class="case-head"')
    assert page.count("で済ませました") == 1
