"""Before its circulation a draft is written together (共同起案) or read beforehand (根回し)."""

import hashlib
import json

import pytest
from sqlalchemy import select

from dxflow.authority.segregation import Part
from dxflow.db.process import Submission, WorkItem
from dxflow.errors import NotAllowed
from dxflow.services.acts import history, papers
from dxflow.services.acts.task_forms import task_form
from tests.factories import ANALYSIS, SHEET, City
from tests.integration.test_decision_papers import Ticking, events, page
from tests.integration.test_standing_in import away, lists
from tests.logged import changes
from tests.walks import circulate, do, task_of, to_sheet, vote


@pytest.fixture(autouse=True)
def _time_goes_on(city: City) -> None:
    city.clock.__class__ = Ticking


def share(city: City, way: str, *units: str) -> str:
    """Play a case until the lead section has handed its sheet round."""
    case = to_sheet(city)
    do(city, case, "applicant", "project_sheet", "share", **SHEET)
    do(city, case, "applicant", "share", way, units=list(units), message="二章を見てほしい")
    return case


def on_to_decision(city: City, case: str) -> None:
    do(city, case, "applicant", "bpr_analysis", "submit", **ANALYSIS)
    do(city, case, "head", "sheet_approval", "approve")
    do(city, case, "security", "security_opinion", "agree", comment="問題なし", points=[])
    do(
        city, case, "finance", "finance_opinion", "remark",
        comment="予算に注意", funding_outlook="planned",
    )  # fmt: skip
    do(city, case, "tax_head", "related_opinion", "agree", comment="協力する", impact="some")
    vote(city, case)
    do(city, case, "cio", "conclude", "approve", reason="委員の意見は一致")
    circulate(city, case)


def test_another_section_writes_on_the_same_text_and_stands_on_the_document(city):
    case = share(city, "co_draft", "tax")
    assert not any(t.case_id == case for t in city.open_tasks("applicant"))
    form = task_form(city.site, city.actor("other"), task_of(city, "other", case, "co_draft").id)
    assert form.values["content"] == SHEET["content"]
    do(
        city, case, "other", "co_draft", "written",
        **(SHEET | {"content": "収納課の窓口にも入れる。"}),
    )  # fmt: skip
    task = task_of(city, "applicant", case, "project_sheet")
    mine = task_form(city.site, city.actor("applicant"), task.id)
    assert mine.values["content"] == "収納課の窓口にも入れる。"
    do(
        city, case, "applicant", "project_sheet", "submit",
        **(SHEET | {"content": mine.values["content"]}),
    )  # fmt: skip
    on_to_decision(city, case)
    document = page(city, case).documents[0]
    drafted = [(one.title, one.person) for one in document.stamps if one.part == "draft"]
    assert drafted == [("市民課 主任", "applicant"), ("収納課 主事", "other")]
    texts = [part.get("text") for one in document.sections for part in one["parts"]]
    assert "収納課の窓口にも入れる。" in texts


def test_everybody_who_wrote_is_a_drafter_and_judges_nothing(city):
    case = share(city, "co_draft", "tax", "it")
    assert not any(t.case_id == case for t in city.open_tasks("it_head"))
    do(city, case, "tax_head", "co_draft", "written", **SHEET)
    do(city, case, "it_head", "co_draft", "written", **SHEET)
    do(city, case, "applicant", "project_sheet", "submit", **SHEET)
    with city.site.database.read() as tx:
        involved = history.involvement(tx, case, city.person["applicant"])
    for name in ("applicant", "tax_head", "it_head"):
        assert Part.DRAFTER in involved.parts_of(city.person[name])
    on_to_decision(city, case)
    lists(city, "head-civic", "head-tax")
    away(city, "civic_head")
    task = task_of(city, "civic_head", case, "decide")
    assert task.id not in [one.id for one in city.open_tasks("tax_head")]
    with pytest.raises(NotAllowed, match="起案者"):
        city.complete_id("tax_head", task.id, "approve", reason="自分の文案")


def test_the_log_says_who_read_which_version_when(city):
    case = share(city, "pre_read", "tax", "it", "counter")
    do(city, case, "tax_head", "pre_read", "read", comment="収納にも使える")
    assert not any(t.case_id == case for t in city.open_tasks("applicant"))
    do(city, case, "it_head", "pre_read", "read")
    do(city, case, "applicant", "project_sheet", "share", **(SHEET | {"content": "書き直した"}))
    do(city, case, "applicant", "share", "pre_read", units=["tax"])
    do(city, case, "tax_head", "pre_read", "read")
    digests = [one["content"] for one in handed_in(city, case, "project_sheet")]
    read = events(city, case, "draft.read")
    assert [one["actor"]["person"] for one in read] == [
        city.person[name] for name in ("tax_head", "it_head", "tax_head")
    ]
    said = [changes(one) for one in read]
    assert [int(one["version"]) for one in said] == [1, 1, 2]
    assert [one["content"] for one in said] == [digests[0], digests[0], digests[1]]
    assert said[0]["remark"] == "収納にも使える"
    assert task_of(city, "applicant", case, "project_sheet")


def handed_in(city: City, case: str, element: str) -> list[dict]:
    """Return the log's entries of forms handed in at an element, in their order."""
    with city.site.database.read() as tx:
        tasks = set(
            tx.execute(
                select(WorkItem.id).where(WorkItem.case_id == case, WorkItem.element == element)
            ).scalars()
        )
    return [one for one in events(city, case, "task.completed") if one["object"]["id"] in tasks]


def test_what_was_read_cannot_be_guessed_from_the_log(city):
    """Whoever has the log, and guesses what a form says, cannot tell that the guess is right."""
    case = share(city, "pre_read", "tax")
    do(city, case, "tax_head", "pre_read", "read")
    with city.site.database.read() as tx:
        guess = tx.execute(
            select(Submission.body).where(
                Submission.case_id == case, Submission.form_key == "project_sheet"
            )
        ).scalar_one()
    log = json.dumps([changes(one) for one in events(city, case, "draft.read")])
    assert hashlib.sha256(guess.encode()).hexdigest() not in log


def test_an_entry_of_before_with_a_plain_hash_is_still_accepted(city, monkeypatch):
    plain = hashlib.sha256(b"{}").hexdigest()
    monkeypatch.setattr(papers, "version_of", lambda _act, _form: (1, plain))
    case = share(city, "pre_read", "tax")
    do(city, case, "tax_head", "pre_read", "read")
    assert changes(events(city, case, "draft.read")[0])["content"] == plain


def test_who_reads_beforehand_may_judge_later_and_nothing_is_stamped(city):
    case = share(city, "pre_read", "tax")
    do(city, case, "tax_head", "pre_read", "read")
    do(city, case, "applicant", "project_sheet", "submit", **SHEET)
    on_to_decision(city, case)
    document = page(city, case).documents[0]
    assert not [one for one in document.stamps if one.person == "tax_head"]
    lists(city, "head-civic", "head-tax")
    away(city, "civic_head")
    do(city, case, "tax_head", "decide", "approve", reason="代決する")
