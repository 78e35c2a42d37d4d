"""A draft that goes to its decision at once: the document says what the same act hands in."""

import hashlib
from typing import Any

import pytest
from sqlalchemy import select

from dxflow.audit import verify_database
from dxflow.db.document import DecisionDocument
from dxflow.db.process import Submission
from dxflow.problems import Refused
from dxflow.services import plain
from dxflow.services.acts import pulling_back
from dxflow.services.packs import store as packs
from dxflow.services.reading import decision_papers
from tests.factories import ANALYSIS, ROOT, SHEET, City
from tests.integration.histories import ANSWERS
from tests.integration.test_decision_papers import Ticking
from tests.integration.test_standing_in import away, lists
from tests.unit.packs.test_at_once import HEAD, TAIL, sub_process
from tests.walks import do, task_of, to_decision, to_sheet

FIRST = "窓口の用紙を一枚にまとめる。"
AGAIN = "窓口の用紙をなくし、申請を電子化する。"


@pytest.fixture(autouse=True)
def _time_goes_on(city: City) -> None:
    city.clock.__class__ = Ticking


def publish(city: City) -> None:
    """Publish a pack in which the head drafts the short sheet and nobody stands before the 決裁."""
    files = packs.read_folder(ROOT / "processes" / "standard")
    text, node = files["sheet.bpmn"], "<bpmn:flowNodeRef>small_sheet</bpmn:flowNodeRef>"
    flow = "flow_small_sheet_sheet_approval"
    arrives, done = f"<bpmn:incoming>{flow}</bpmn:incoming>", '<bpmn:endEvent id="sheet_done"'
    assert text.count(node) == text.count(arrives) == text.count(done) == 1
    text = text.replace(node, "").replace(arrives, "")
    text = text.replace('"担当課長">', f'"担当課長">{node}', 1)
    text = text.replace(
        f'{done} name="個票の完成">', f'{done} name="個票の完成">{arrives}'
    ).replace(
        'sourceRef="small_sheet" targetRef="sheet_approval"',
        'sourceRef="small_sheet" targetRef="sheet_done"',
    )  # fmt: skip
    packs.install(city.site, files | {"sheet.bpmn": text}, "system")


def drafted(city: City, case: str, content: str, by: str = "tax_head") -> None:
    sheet = ANSWERS["small_sheet"] | {"lead": "tax", "content": content}
    do(city, case, by, "small_sheet", "submit", **sheet)


def to_draft(city: City) -> str:
    publish(city)
    return to_sheet(city, lead="tax", cost=100_000, sections_touched=1, personal_data=False,
                    citizen_effect="some")  # fmt: skip


def page(city: City, case: str) -> decision_papers.DecisionPage:
    with city.site.database.read() as tx:
        assert verify_database(tx).findings == ()
    return decision_papers.page(city.site, city.actor("secretariat"), case)


def contents(city: City, case: str) -> list[dict[str, Any]]:
    with city.site.database.read() as tx:
        rows = tx.execute(
            select(DecisionDocument.content)
            .where(DecisionDocument.case_id == case)
            .order_by(DecisionDocument.revision)
        ).scalars()
        return [plain.loads(row) for row in rows]


def said(content: dict[str, Any]) -> list[str]:
    """Return what a document says of the matter itself."""
    return [
        part["text"]
        for section in content["sections"]
        for part in section["parts"]
        if part.get("label") == "何をどう変えるか"
    ]


def test_what_the_same_act_hands_in_is_what_is_decided_and_locked(city):
    case = to_draft(city)
    drafted(city, case, FIRST)
    do(city, case, "civic_head", "decide", "send_back", reason="電子化も考える")
    drafted(city, case, AGAIN)
    do(city, case, "civic_head", "decide", "approve", reason="妥当")
    assert [said(one) for one in contents(city, case)] == [[FIRST], [AGAIN]]
    new, old = page(city, case).documents
    assert (new.revision, new.decided_at is None, old.decided_at) == (2, False, None)
    assert new.intact


def test_the_document_names_every_form_handed_in_by_its_hash_once_and_in_order(city):
    case = to_draft(city)
    drafted(city, case, FIRST)
    (content,) = contents(city, case)
    with city.site.database.read() as tx:
        rows = tx.execute(
            select(Submission.id, Submission.form_digest, Submission.body)
            .where(Submission.case_id == case)
            .order_by(Submission.at, Submission.id)
        ).all()
    hashes = [
        [row.id, row.form_digest, hashlib.sha256(row.body.encode()).hexdigest()] for row in rows
    ]
    assert content["sources"] == hashes


def test_whoever_drafted_is_named_as_the_drafter(city):
    case = to_draft(city)
    drafted(city, case, FIRST)
    (document,) = page(city, case).documents
    assert [(one.part, one.title, one.person) for one in document.stamps] == [
        ("draft", "収納課長", "tax_head"),
        ("decide", "市民部長", ""),
    ]


def test_whoever_drafted_for_somebody_who_was_away_bears_the_mark(city):
    case = to_draft(city)
    lists(city, "head-tax", "head-counter")
    away(city, "tax_head")
    drafted(city, case, FIRST, by="head")
    stamp = page(city, case).documents[0].stamps[0]
    assert (stamp.part, stamp.person, stamp.mark) == ("draft", "head", "代")


def test_a_draft_that_is_pulled_back_leaves_no_document_and_no_text(city):
    case = to_draft(city)
    drafted(city, case, FIRST)
    pulling_back.pull_back(city.site, city.actor("tax_head"), case)
    assert contents(city, case) == []
    drafted(city, case, AGAIN)
    (content,) = contents(city, case)
    assert said(content) == [AGAIN]
    assert page(city, case).documents[0].revision == 1


def test_the_approval_that_leads_straight_back_to_the_decider_is_on_the_document(city):
    case = to_decision(city)
    do(
        city, case, "civic_head", "decide", "send_back", reason="期日を直す",
        after_return="straight",
    )  # fmt: skip
    do(city, case, "applicant", "project_sheet", "submit", **SHEET)
    do(city, case, "applicant", "bpr_analysis", "submit", **ANALYSIS)
    do(city, case, "head", "sheet_approval", "approve")
    assert task_of(city, "civic_head", case, "decide")
    assert [(one.part, one.title, one.state) for one in page(city, case).documents[0].stamps] == [
        ("draft", "市民課 主任", "done"),
        ("review", "市民課長", "done"),
        ("decide", "市民部長", "now"),
    ]


def test_items_written_and_decided_beside_each_other_are_not_published(city):
    """Each document would hold the form that was handed in last, whichever item it is of."""
    files = packs.read_folder(ROOT / "processes" / "standard")
    items = HEAD + sub_process(sequential=False) + TAIL
    with pytest.raises(Refused, match="最後に提出された様式"):
        packs.install(city.site, files | {"more.bpmn": items}, "system")
    with city.site.database.read() as tx:
        assert [row.version for row in packs.versions(city.site, tx)] == [1]
