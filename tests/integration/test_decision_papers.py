"""A formal decision from its authority row to the locked document, on both databases."""

from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from dxflow.audit import verify_database
from dxflow.authority.papers import content_digest
from dxflow.db.document import DecisionDocument
from dxflow.db.identity import Holding
from dxflow.errors import Conflict, Invalid, NotAllowed
from dxflow.services import plain
from dxflow.services.acts import additions, duties, holds, later_reading, pulling_back
from dxflow.services.packs import store as packs
from dxflow.services.people import organisation
from dxflow.services.reading import case_view, decision_papers
from dxflow.services.reading import standing as reading
from tests import logged
from tests.factories import ANALYSIS, ROOT, SHEET, City, TestClock
from tests.integration.test_standing_in import away, lists
from tests.walks import do, task_of, to_decision

#: Costs that the table gives to the mayor, after the department head, deputy mayor and finance.
COSTLY = {"cost_initial": 60_000_000}


class Ticking(TestClock):
    """A clock on which no two acts fall on one moment, as it is in life."""

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


@pytest.fixture(autouse=True)
def _time_goes_on(city: City) -> None:
    city.clock.__class__ = Ticking


def page(city: City, case: str, by: str = "secretariat") -> decision_papers.DecisionPage:
    return decision_papers.page(city.site, city.actor(by), case)


def events(city: City, case: str, kind: str) -> list[dict]:
    with city.site.database.read() as tx:
        assert verify_database(tx).findings == ()
    return logged.events(city, case, kind)


def test_the_page_says_who_decides_by_which_row_before_and_after(city):
    case = to_decision(city)
    (document,) = page(city, case).documents
    assert (document.ruling.row, document.ruling.own_right) == ("第4号", True)
    assert "市民部長が決裁します" in document.ruling.explanation
    assert [(one.part, one.title, one.state) for one in document.stamps] == [
        ("draft", "市民課 主任", "done"),
        ("review", "市民課長", "done"),
        ("decide", "市民部長", "now"),
    ]
    assert document.stamps[-1].since is not None
    do(city, case, "civic_head", "decide", "approve", reason="妥当")
    (document,) = page(city, case).documents
    assert document.decided_at is not None
    assert document.stamps[-1].person == "civic_head"
    assert document.intact


def test_the_entry_of_a_decision_alone_says_everything(city):
    """Who, in which post, for whom, by which row, on which day, after seeing which version."""
    case = to_decision(city)
    do(city, case, "civic_head", "decide", "approve", reason="妥当")
    (event,) = events(city, case, "decision.recorded")
    said = logged.changes(event)
    assert event["actor"]["person"] == city.person["civic_head"]
    assert event["object"] == {"kind": "decision", "id": "head-civic", "case": case}
    assert said["post"] == "head-civic"
    assert (said["row"], said["table"], said["valid_from"]) == ("第4号", "authority", "2000-04-01")
    assert said["decided_on"] == "2026-05-11"
    assert "専決" in event["actor"]["authority"]
    assert "on_behalf_of" not in event["actor"]
    with city.site.database.read() as tx:
        row = tx.execute(
            select(DecisionDocument.__table__).where(DecisionDocument.id == said["document"])
        ).one()
    assert said["content"] == row.digest == content_digest(plain.loads(row.content))


def test_the_entry_of_a_substitute_names_both_and_the_stamp_bears_the_mark(city):
    case = to_decision(city)
    lists(city, "head-civic", "head-tax")
    away(city, "civic_head")
    do(city, case, "tax_head", "decide", "approve", reason="代決する")
    (event,) = events(city, case, "decision.recorded")
    assert event["actor"]["person"] == city.person["tax_head"]
    assert event["actor"]["on_behalf_of"] == city.person["civic_head"]
    assert logged.changes(event)["way"] == "代決"
    stamp = page(city, case).documents[0].stamps[-1]
    assert (stamp.person, stamp.mark, stamp.later) == ("tax_head", "代", "後閲待ち")


def test_a_costly_matter_goes_its_way_in_order(city):
    case = to_decision(city, sheet=COSTLY)
    document = page(city, case).documents[0]
    assert [(one.part, one.title, one.state) for one in document.stamps[2:]] == [
        ("review", "市民部長", "now"),
        ("review", "副市長", "next"),
        ("agree", "財政担当", "next"),
        ("decide", "市長", "next"),
    ]
    assert not any(t.case_id == case for t in city.open_tasks("cio"))
    do(city, case, "civic_head", "review", "agree", comment="効果が大きい")
    do(city, case, "cio", "review", "agree")
    do(city, case, "finance", "agree_together", "agree", comment="財源あり")
    do(city, case, "mayor", "decide", "approve", reason="決裁")
    document = page(city, case).documents[0]
    assert [one.state for one in document.stamps] == ["done"] * 6
    assert document.stamps[2].remark == "効果が大きい"
    stamped = events(city, case, "document.stamped")
    assert {logged.changes(one)["content"] for one in stamped} == {document.digest}


def test_a_stamp_that_is_pulled_back_is_gone(city):
    case = to_decision(city, sheet=COSTLY)
    do(city, case, "civic_head", "review", "agree", comment="早まった")
    pulling_back.pull_back(city.site, city.actor("civic_head"), case)
    stamp = page(city, case).documents[0].stamps[2]
    assert (stamp.state, stamp.person, stamp.remark) == ("now", "", "")
    do(city, case, "civic_head", "review", "send_back", comment="費用を分けて書く")
    assert task_of(city, "applicant", case, "project_sheet")


def test_who_does_not_agree_sends_it_back_with_the_reason(city):
    case = to_decision(city, sheet=COSTLY)
    do(city, case, "civic_head", "review", "agree")
    do(city, case, "cio", "review", "agree")
    do(city, case, "finance", "agree_together", "object", comment="財源がない")
    assert task_of(city, "applicant", case, "project_sheet")
    assert page(city, case).documents[0].stamps[4].outcome_name == "不同意"


def test_what_the_decider_passes_up_is_decided_by_the_head_alone(city):
    case = to_decision(city)
    do(city, case, "civic_head", "decide", "escalate", reason="先例になる", flags=["precedent"])
    (event,) = events(city, case, "decision.passed_up")
    assert logged.changes(event)["flags"] == ["precedent"]
    new, old = page(city, case).documents
    assert (new.revision, new.ruling.row, new.ruling.goes_up) == (2, "第1号", True)
    assert old.decided_at is None
    do(city, case, "civic_head", "review", "agree")
    do(city, case, "cio", "review", "agree")
    do(city, case, "finance", "agree_together", "agree")
    do(city, case, "secretariat", "agree_together", "agree")
    with pytest.raises(Invalid, match="最上位"):
        do(city, case, "mayor", "decide", "escalate", reason="さらに", flags=["unusual"])
    do(city, case, "mayor", "decide", "approve", reason="決裁")
    assert logged.changes(events(city, case, "decision.recorded")[0])["own_right"] is False


def test_straight_back_returns_to_the_decider_without_the_committee(city):
    case = to_decision(city)
    do(
        city, case, "civic_head", "decide", "send_back", reason="期日を直す",
        after_return="straight",
    )  # fmt: skip
    do(city, case, "applicant", "project_sheet", "submit", **SHEET)
    do(city, case, "applicant", "bpr_analysis", "submit", **ANALYSIS)
    do(city, case, "head", "sheet_approval", "approve")
    assert task_of(city, "civic_head", case, "decide")
    assert page(city, case).documents[0].revision == 2


# -- provisional, then final


def test_one_document_is_decided_twice_and_only_the_final_one_locks_it(city):
    case = to_decision(city)
    do(
        city, case, "civic_head", "decide", "provisional", reason="入札の公告を急ぐ",
        consult=["tax"],
    )  # fmt: skip
    (document,) = page(city, case).documents
    assert (document.decided_at, document.outcome) == (None, "")
    assert document.provisional_on == city.actor("head").on
    assert [(one.part, one.title, one.state) for one in document.stamps[2:]] == [
        ("provisional", "市民部長", "done"),
        ("agree", "収納課長", "now"),
        ("decide", "市民部長", "next"),
    ]
    with pytest.raises(NotAllowed, match="決裁のあと"):
        additions.add(city.site, city.actor("applicant"), document.id, "早すぎる")
    do(city, case, "tax_head", "agree_together", "agree", comment="差し支えない")
    do(city, case, "civic_head", "decide", "approve", reason="本決裁")
    (after,) = page(city, case).documents
    assert (after.id, after.digest, after.outcome) == (document.id, document.digest, "approve")
    assert after.provisional_on is None
    assert [one.state for one in after.stamps] == ["done"] * 5
    names = [one.outcome_name for one in page(city, case).decisions]
    assert names == ["承認", "仮決裁"]


def test_each_of_the_two_entries_alone_says_everything(city):
    case = to_decision(city)
    lists(city, "head-civic", "head-tax")
    away(city, "civic_head")
    do(city, case, "tax_head", "decide", "provisional", reason="急ぐ", consult=["it"])
    do(city, case, "it_head", "agree_together", "agree")
    do(city, case, "tax_head", "decide", "approve", reason="妥当")
    first, last = (entry_of_decision(one) for one in events(city, case, "decision.recorded"))
    assert (first.pop("outcome"), last.pop("outcome")) == ("provisional", "approve")
    assert (first.pop("asked"), last.pop("asked")) == (["情報政策課長"], [])
    assert first == last
    assert first["person"] == city.person["tax_head"]
    assert first["for"] == city.person["civic_head"]
    assert first["content"] == page(city, case).documents[0].digest


def entry_of_decision(event: dict) -> dict:
    """Return what an entry says without anything but itself: who, for whom, by which row, of what."""
    said = logged.changes(event)
    return {
        "person": event["actor"]["person"], "for": event["actor"].get("on_behalf_of"),
        "asked": said.get("asked", []),
        **{key: said[key] for key in (
            "outcome", "post", "row", "table", "valid_from", "decided_on", "content", "document",
        )},
    }  # fmt: skip


@pytest.mark.parametrize(
    ("consult", "said"), [([], "必須"), (["nowhere"], ""), (["counter"], "答えられる人がいません")]
)
def test_a_provisional_decision_names_somebody_who_can_answer(city, consult, said):
    case = to_decision(city)
    if consult == ["counter"]:
        end_holding(city, "head-counter")
    with pytest.raises(Invalid) as refused:
        do(city, case, "civic_head", "decide", "provisional", reason="急ぐ", consult=consult)
    assert "consult" in refused.value.fields
    if said != "必須":
        assert said in str(refused.value.fields)
    assert page(city, case).decisions == ()
    assert [one.part for one in page(city, case).documents[0].stamps][-1] == "decide"


def end_holding(city: City, post: str) -> None:
    with city.site.database.write() as tx:
        tx.execute(Holding.__table__.delete().where(Holding.post == post))
        organisation.raise_version(tx, city.site.now())


def test_it_is_taken_once_and_who_is_asked_after_it_may_refuse(city):
    case = to_decision(city)
    do(city, case, "civic_head", "decide", "provisional", reason="急ぐ", consult=["tax"])
    do(city, case, "tax_head", "agree_together", "agree")
    with pytest.raises(Conflict, match="すでに仮決裁"):
        do(city, case, "civic_head", "decide", "provisional", reason="また", consult=["it"])
    other = to_decision(city)
    do(city, other, "civic_head", "decide", "provisional", reason="急ぐ", consult=["tax"])
    do(city, other, "tax_head", "agree_together", "object", comment="様式が要る")
    assert task_of(city, "applicant", other, "project_sheet")
    (document,) = page(city, other).documents
    assert document.decided_at is None


# -- a reviewer who is away, passed over (後閲 A)


def passing_over(city: City) -> None:
    """Publish the pack with regime A."""
    files = packs.read_folder(ROOT / "processes" / "standard")
    text = files["pack.toml"].replace('absent_reviewer = "wait"', 'absent_reviewer = "pass_over"')
    packs.install(city.site, files | {"pack.toml": text}, "system")


def test_a_reviewer_who_is_away_is_not_waited_for_and_reads_it_afterwards(city):
    passing_over(city)
    away(city, "civic_head")
    case = to_decision(city, sheet=COSTLY)
    document = page(city, case).documents[0]
    assert [(one.title, one.state, one.person, one.later) for one in document.stamps[2:4]] == [
        ("市民部長", "passed", "civic_head", "後閲待ち"),
        ("副市長", "now", "", ""),
    ]
    assert not any(t.case_id == case for t in city.open_tasks("civic_head"))
    (drawn,) = events(city, case, "document.drawn")
    assert logged.changes(drawn)["passed_over"] == ["市民部長"]
    assert logged.changes(drawn)["owed_by"] == [city.person["civic_head"]]
    do(city, case, "cio", "review", "agree")
    do(city, case, "finance", "agree_together", "agree")
    do(city, case, "mayor", "decide", "approve", reason="決裁")
    (event,) = events(city, case, "decision.recorded")
    assert logged.changes(event)["passed_over"] == ["市民部長"]
    assert logged.changes(event)["content"] == document.digest
    owed = reading.page(city.site, city.actor("civic_head")).owed
    assert [(one.case_id, one.way, one.post, one.days) for one in owed] == [
        (case, "不在のため後閲", "市民部長", 0)
    ]
    city.clock.moment += timedelta(9)
    (one,) = reading.page(city.site, city.actor("civic_head")).owed
    assert one.days == 9
    with pytest.raises(NotAllowed, match="本人"):
        later_reading.read(city.site, city.actor("cio"), one.submission_id)
    later_reading.read(city.site, city.actor("civic_head"), one.submission_id, "承知した")
    assert reading.page(city.site, city.actor("civic_head")).owed == ()
    with pytest.raises(Conflict):
        later_reading.read(city.site, city.actor("civic_head"), one.submission_id)
    assert page(city, case).documents[0].stamps[2].later.startswith("後閲 R8.5")
    (done,) = events(city, case, "later_reading.done")
    assert done["object"] == {"kind": "document", "id": document.id, "case": case}


def test_deciders_and_those_asked_to_agree_are_never_passed_over(city):
    passing_over(city)
    for name in ("finance", "mayor"):
        away(city, name)
    case = to_decision(city, sheet=COSTLY)
    document = page(city, case).documents[0]
    assert {one.state for one in document.stamps[2:]} == {"now", "next"}


# -- dates


def test_a_decision_may_be_dated_within_what_the_pack_allows(city):
    case = to_decision(city)
    earlier = city.actor("head").on - timedelta(20)
    do(city, case, "civic_head", "decide", "approve", decided_on=earlier.isoformat())
    (event,) = events(city, case, "decision.recorded")
    said = logged.changes(event)
    assert (said["decided_on"], said["dating"]) == (earlier.isoformat(), "遡及")
    assert event["at"].startswith("2026-05-11T")
    assert page(city, case).documents[0].stamps[-1].dated == earlier


@pytest.mark.parametrize("days", [-32, 32])
def test_a_date_beyond_that_is_refused_and_nothing_is_written(city, days):
    case = to_decision(city)
    day = city.actor("head").on + timedelta(days)
    with pytest.raises(Invalid, match="決裁の日は"):
        do(city, case, "civic_head", "decide", "approve", decided_on=day.isoformat())
    assert page(city, case).decisions == ()


def test_who_did_not_hold_the_post_on_the_date_may_not_decide_for_it(city):
    case = to_decision(city)
    today = city.actor("head").on
    with city.site.database.write() as tx:
        tx.execute(
            Holding.__table__.update()
            .where(Holding.post == "head-civic")
            .values(valid_from=today - timedelta(5))
        )
        organisation.raise_version(tx, city.site.now())
    with pytest.raises(NotAllowed, match="職にない"):
        do(
            city, case, "civic_head", "decide", "approve",
            decided_on=(today - timedelta(6)).isoformat(),
        )  # fmt: skip
    do(
        city, case, "civic_head", "decide", "approve",
        decided_on=(today - timedelta(5)).isoformat(),
    )  # fmt: skip


# -- the locked document


def test_a_decided_document_cannot_be_changed_in_the_database(city):
    case = to_decision(city)
    do(city, case, "civic_head", "decide", "approve")
    for statement in (
        "UPDATE decision_document SET content = '{}' WHERE case_id = :case",
        "DELETE FROM decision_document WHERE case_id = :case",
    ):
        with pytest.raises(DBAPIError), city.site.database.write() as tx:
            tx.execute(text(statement), {"case": case})
    assert page(city, case).documents[0].intact


def test_additions_stand_beside_and_change_nothing(city):
    case = to_decision(city)
    document = page(city, case).documents[0]
    with pytest.raises(NotAllowed, match="決裁のあと"):
        additions.add(city.site, city.actor("applicant"), document.id, "早すぎる")
    do(city, case, "civic_head", "decide", "approve")
    assert (
        additions.add(city.site, city.actor("colleague"), document.id, " 契約の日を補う ") == case
    )
    with pytest.raises(NotAllowed, match="関わった人"):
        additions.add(city.site, city.actor("security"), document.id, "関係のない人")
    with pytest.raises(Invalid):
        additions.add(city.site, city.actor("applicant"), document.id, "  ")
    after = page(city, case).documents[0]
    assert [one.text for one in after.additions] == ["契約の日を補う"]
    assert after.digest == document.digest
    assert logged.changes(events(city, case, "document.added_to")[0])["content"] == document.digest


# -- conditions


def test_a_condition_has_its_own_owner_and_moves_only_with_a_reason(city):
    case = to_decision(city)
    do(
        city, case, "civic_head", "decide", "conditions", reason="条件付き",
        conditions=[{"text": "評価書を出す", "due": "2026-06-30", "owner": "tax"}],
    )  # fmt: skip
    (duty,) = case_view.page(city.site, city.actor("tax_head"), case).duties
    assert (duty.owner, duty.due_on, duty.mine) == ("収納課", date(2026, 6, 30), True)
    with pytest.raises(NotAllowed):
        duties.meet(city.site, city.actor("applicant"), duty.id, "済んだ")
    with pytest.raises(NotAllowed):
        duties.hand_over(city.site, city.actor("finance"), duty.id, "it", "よそから")
    with pytest.raises(Invalid):
        duties.hand_over(city.site, city.actor("tax_head"), duty.id, "it", " ")
    with pytest.raises(Invalid):
        duties.hand_over(city.site, city.actor("tax_head"), duty.id, "nowhere", "理由")
    duties.hand_over(city.site, city.actor("tax_head"), duty.id, "counter", "所管が移った")
    duties.meet(city.site, city.actor("applicant"), duty.id, "評価書を提出した")
    with pytest.raises(Conflict):
        duties.hand_over(city.site, city.actor("secretariat"), duty.id, "it", "遅い")
    (event,) = events(city, case, "duty.handed_over")
    assert next((one["before"], one["after"]) for one in event["changes"]) == ("収納課", "市民課")


# -- laid aside


def test_a_task_laid_aside_says_why_and_until_when_and_is_still_there(city):
    case = to_decision(city)
    task = task_of(city, "civic_head", case, "decide")
    until = city.actor("head").on + timedelta(7)
    with pytest.raises(NotAllowed):
        holds.hold(city.site, city.actor("head"), task.id, "待つ", until)
    for reason, day in (("", until), ("待つ", None), ("待つ", until - timedelta(7))):
        with pytest.raises(Invalid):
            holds.hold(city.site, city.actor("civic_head"), task.id, reason, day)
    holds.hold(city.site, city.actor("civic_head"), task.id, "予算の内示を待つ", until)
    (held,) = page(city, case).holds
    assert (held.reason, held.until, held.over, held.task) == (
        "予算の内示を待つ", until, False, "決裁する",
    )  # fmt: skip
    assert task_of(city, "civic_head", case, "decide").due_at == task.due_at
    holds.resume(city.site, city.actor("civic_head"), task.id)
    assert page(city, case).holds == ()
    with pytest.raises(Conflict):
        holds.resume(city.site, city.actor("civic_head"), task.id)
    do(city, case, "civic_head", "decide", "approve")
