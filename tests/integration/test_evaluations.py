"""Scores by criteria, who sees them, one's own notes, and ballots entered for a member."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from dxflow import forms
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Ballot, Evaluation
from dxflow.db.meeting import PrivateNote
from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound
from dxflow.services.acts import pulling_back
from dxflow.services.acts.tasks import Completed, Sent
from dxflow.services.meetings import (
    ballots,
    book,
    evaluating,
    evaluation_page,
    minutes,
    minutes_page,
    notes,
    papers,
    recusing,
    session,
)
from dxflow.services.packs import store as packs
from dxflow.services.reading import audit_log, case_pages, notices
from dxflow.services.reading.evaluations import EvaluationView
from tests.factories import ROOT, City
from tests.sessions import SEAT_OF, at_once, attend, audited, drawn, opened
from tests.walks import MEMBERS, do, task_of, to_committee

GOOD = {"effect": 5, "feasibility": 4, "cost": 3}
POOR = {"effect": 1, "feasibility": 3, "cost": 3}


def settle(city: City, *changes: tuple[str, str]) -> None:
    """Publish the standard pack with other settings; cases from now on are begun with it."""
    files = packs.read_folder(ROOT / "processes" / "standard")
    text = files["pack.toml"]
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    packs.install(city.site, files | {"pack.toml": text}, "system")


def seen_as(rule: str) -> tuple[str, str]:
    return ('verdicts_seen = "after_own"', f'verdicts_seen = "{rule}"')


def score(city: City, case: str, name: str, given: dict[str, int], remark: str = "") -> bool:
    return evaluating.evaluate(
        city.site, city.actor(name), case, SEAT_OF[name], dict(given), remark
    )


def view(city: City, case: str, name: str) -> EvaluationView:
    found = evaluation_page.of_case(city.site, city.actor(name), case).round.evaluation
    assert found is not None
    return found


def told(city: City, case: str, name: str) -> str:
    """Return everything the case's own pages tell somebody."""
    by = city.actor(name)
    whole = case_pages.whole(city.site, by, case)
    return f"{whole}{evaluation_page.of_case(city.site, by, case)}"


def enter(
    city: City, case: str, name: str, verdict: str = "approve", way: str = "paper",
    by: str = "secretariat", source: str = "5月11日 持参",
) -> Completed:  # fmt: skip
    task = task_of(city, name, case, "verdict").id

    def fill(form: ballots.TaskForm) -> forms.Submission:
        return forms.submit_values(form.definition, {"reason": "紙の理由"}, verdict, form.context)

    return ballots.enter(city.site, city.actor(by), task, way, source, fill, Sent())


def test_members_score_before_the_meeting_and_see_where_they_differ(city):
    case, meeting, matter = drawn(city, days=3)
    assert score(city, case, "it_head", GOOD, "窓口が助かる")
    assert not view(city, case, "cio").scores_seen
    assert "窓口が助かる" not in told(city, case, "cio")
    assert score(city, case, "cio", POOR)
    found = view(city, case, "cio")
    assert found.scores_seen
    assert found.lines[0].mean == "3.0"
    assert found.apart == ("効果",)
    assert (found.total, found.most, found.given) == ("12.5", 20, 2)
    assert len(found.missing) == 4
    assert "窓口が助かる" in told(city, case, "cio")
    (on_agenda,) = book.one(city.site, city.actor("cio"), meeting).matters
    assert on_agenda.evaluation == found
    (unseen,) = book.one(city.site, city.actor("secretariat"), meeting).matters
    assert unseen.evaluation is not None
    assert (unseen.evaluation.given, unseen.evaluation.total) == (2, "")
    recusing.declare(city.site, city.actor("it_head"), matter, "head-it", "委託先の親族")
    left = view(city, case, "cio")
    assert (left.given, left.total) == (1, "8.0")
    with pytest.raises(NotAllowed, match="除斥"):
        score(city, case, "it_head", GOOD)
    assert audited(city.site.database) == ()


def test_scores_are_refused_in_words_and_nothing_is_kept(city):
    case = to_committee(city)
    with pytest.raises(Invalid) as refused:
        score(city, case, "it_head", {"effect": 9, "cost": 1})
    assert set(refused.value.fields) == {"effect", "feasibility"}
    with pytest.raises(NotAllowed, match="席に就いている"):
        evaluating.evaluate(city.site, city.actor("it_head"), case, "cio", dict(GOOD))
    with pytest.raises(NotFound):
        evaluating.evaluate(city.site, city.actor("admin"), case, "head-it", dict(GOOD))
    do(city, case, "it_head", "verdict", "approve", reason="賛成")
    with pytest.raises(Conflict, match="判断の前"):
        score(city, case, "it_head", GOOD)
    with city.site.database.read() as tx:
        assert tx.execute(select(Evaluation.id)).all() == []


def test_what_was_given_stands_once_it_opened_the_others(city):
    case = to_committee(city)
    assert score(city, case, "it_head", GOOD)
    with pytest.raises(Conflict, match="変えられません"):
        score(city, case, "it_head", POOR)


def test_until_the_vote_is_over_nobody_sees_and_everybody_may_change_theirs(city):
    settle(city, seen_as("after_vote"))
    case, _meeting, matter = opened(city)
    score(city, case, "it_head", GOOD)
    assert score(city, case, "it_head", POOR)
    assert not score(city, case, "it_head", POOR)
    with city.site.database.read() as tx:
        assert len(tx.execute(select(Evaluation.id)).all()) == 2
    score(city, case, "cio", GOOD, "点の根拠はこれ")
    do(city, case, "cio", "verdict", "approve", reason="議長の考え")
    do(city, case, "it_head", "verdict", "approve", reason="賛成")
    for text in ("点の根拠はこれ", "議長の考え"):
        assert text not in told(city, case, "it_head")
    do(city, case, "tax_head", "verdict", "approve", reason="賛成")
    session.close_vote(city.site, city.actor("cio"), matter)
    for text in ("点の根拠はこれ", "議長の考え"):
        assert text in told(city, case, "it_head")
        assert text not in told(city, case, "secretariat")


def test_open_verdicts_are_seen_by_members_at_once_and_by_nobody_else(city):
    settle(city, seen_as("open"))
    case = to_committee(city)
    score(city, case, "cio", GOOD, "点の根拠はこれ")
    do(city, case, "cio", "verdict", "approve", reason="議長の考え")
    for text in ("点の根拠はこれ", "議長の考え"):
        assert text in told(city, case, "it_head")
        for name in ("secretariat", "applicant", "auditor"):
            assert text not in told(city, case, name)


def log_of(city: City, name: str) -> str:
    return str(audit_log.search(city.site, city.actor(name), audit_log.Filters()).entries)


def test_a_reader_of_the_log_who_sits_in_the_body_learns_nothing_from_it(city):
    case = to_committee(city)
    score(city, case, "it_head", GOOD, "点の根拠はこれ")
    do(city, case, "it_head", "verdict", "approve", reason="先に出した理由")
    by = city.actor("cio")
    with city.site.database.read() as tx:
        (event,) = tx.execute(
            select(AuditEvent.id).where(AuditEvent.type == "committee.voted")
        ).scalars()
    for text in ("点の根拠はこれ", "先に出した理由"):
        assert text not in log_of(city, "cio")
        assert text in log_of(city, "auditor")
    with pytest.raises(Conflict, match="ご自分が加わっている"):
        audit_log.event(city.site, by, event)
    with pytest.raises(Conflict, match="ご自分が加わっている"):
        audit_log.export(city.site, by, audit_log.Filters(), "jsonl")
    score(city, case, "cio", GOOD)
    assert "点の根拠はこれ" not in log_of(city, "cio")  # their own verdict is still owed
    do(city, case, "cio", "verdict", "approve", reason="賛成")
    assert "先に出した理由" in log_of(city, "cio")
    assert audit_log.event(city.site, by, event)
    assert list(audit_log.export(city.site, by, audit_log.Filters(), "jsonl"))


def test_nobody_votes_anew_after_reading_the_others_votes(city):
    case = to_committee(city)
    do(city, case, "it_head", "verdict", "approve", reason="最初の票")
    pulling_back.pull_back(city.site, city.actor("it_head"), case)
    do(city, case, "it_head", "verdict", "approve", reason="出し直し")
    do(city, case, "cio", "verdict", "reject", reason="反対")
    with pytest.raises(Conflict):
        pulling_back.pull_back(city.site, city.actor("cio"), case)


def test_a_body_may_want_the_evaluation_before_the_vote(city):
    settle(city, ("required = false", "required = true"))
    case = to_committee(city)
    with pytest.raises(Conflict, match="先に評価"):
        do(city, case, "it_head", "verdict", "approve", reason="賛成")
    score(city, case, "it_head", GOOD)
    do(city, case, "it_head", "verdict", "approve", reason="賛成")


def test_the_minutes_bear_the_totals_and_the_papers_entered(city):
    case, meeting, matter = opened(city, MEMBERS[:5])
    score(city, case, "it_head", GOOD)
    score(city, case, "tax_head", POOR)
    enter(city, case, "cio", "reject")
    for name in MEMBERS[:5]:
        do(city, case, name, "verdict", "approve", reason="賛成")
    assert task_of(city, "planning_head", case, "conclude") or matter
    whoever = next(
        name for name in MEMBERS
        if any(t.element == "conclude" for t in city.open_tasks(name))
    )  # fmt: skip
    do(city, case, whoever, "conclude", "approve", reason="賛成多数")
    session.close(city.site, city.actor("secretariat"), meeting)
    minutes.draft(city.site, city.actor("secretariat"), meeting)
    found = minutes_page.of_meeting(city.site, city.actor("cio"), meeting)
    assert found is not None
    (one,) = found.body["matters"]
    judged = one["evaluation"]
    assert (judged["given"], judged["total"], judged["most"]) == (2, "12.5", 20)
    assert [(x["name"], x["mean"], x["apart"]) for x in judged["lines"]] == [
        ("効果", "3.0", True), ("実現性", "3.5", False), ("費用", "3.0", False),
    ]  # fmt: skip
    (paper,) = [vote for vote in one["votes"] if vote["entered"]]
    assert paper["verdict"] == "否決"
    assert paper["entered"].startswith("紙票（5月11日 持参")
    # the absent member's vote is counted, but made no quorum
    assert (one["present"], sum(n for _word, n in one["counts"])) == (5, 6)
    assert audited(city.site.database) == ()


def test_the_secretariat_enters_a_paper_for_a_member_who_is_told(city):
    case = to_committee(city)
    task = task_of(city, "it_head", case, "verdict").id
    ready = ballots.ready(city.site, city.actor("secretariat"), task)
    assert (ready.seat, ready.ways) == ("head-it", (("paper", "紙票"),))
    enter(city, case, "it_head")
    with city.site.database.read() as tx:
        row = tx.execute(select(Ballot.__table__)).one()
        (event,) = tx.execute(
            select(AuditEvent.body).where(AuditEvent.type == "committee.voted")
        ).scalars()
    assert row.person_id == city.person["it_head"]
    assert (row.entered_by, row.way) == (city.person["secretariat"], "paper")
    assert "紙票" in event
    assert city.person["it_head"] in event
    city.run_jobs()
    (said, *_) = (
        one.message for one in notices.for_actor(city.site, city.actor("it_head")).entries
    )
    assert "紙票として入れました" in said
    # not twice, neither by the secretariat nor by the member
    with pytest.raises(StopIteration):
        enter(city, case, "it_head")
    assert audited(city.site.database) == ()


def test_of_two_ballots_for_a_seat_at_one_moment_one_is_cast_and_the_other_is_told(city):
    case = to_committee(city)
    task = task_of(city, "it_head", case, "verdict").id
    form = city.form("it_head", task)
    by = city.actor("secretariat")

    def fill(ready: ballots.TaskForm) -> forms.Submission:
        return forms.submit_values(ready.definition, {"reason": "紙"}, "reject", ready.context)

    came = at_once(
        lambda: ballots.enter(city.site, by, task, "paper", "郵送", fill, Sent()),
        lambda: city.complete_form("it_head", form, "approve", reason="本人"),
    )
    assert sum(one is not None for one in came) == 1
    assert all(one is None or "済ませました" in str(one) for one in came)
    with city.site.database.read() as tx:
        assert len(tx.execute(select(Ballot.id)).all()) == 1
    assert audited(city.site.database) == ()


def test_a_paper_entered_wrongly_is_taken_back_alone(city):
    case = to_committee(city)
    enter(city, case, "tax_head")
    settle(city, seen_as("after_vote"))
    blind = to_committee(city)
    for name in ("tax_head", "civic_head"):
        enter(city, blind, name, "reject")
    pulling_back.pull_back(city.site, city.actor("secretariat"), blind)
    with city.site.database.read() as tx:
        standing = tx.execute(select(Ballot.seat).where(Ballot.superseded_at.is_(None)))
        assert sorted(standing.scalars()) == ["head-tax", "head-tax"]
    enter(city, blind, "civic_head", "approve")
    assert audited(city.site.database) == ()


@pytest.mark.parametrize(
    ("act", "why"),
    [
        (lambda city, case: enter(city, case, "it_head", by="cio"), NotAllowed),
        (lambda city, case: enter(city, case, "it_head", way="proxy"), Conflict),
        (lambda city, case: enter(city, case, "it_head", source=" "), Invalid),
    ],
)
def test_entering_a_ballot_is_refused(
    city: City, act: Callable[[City, str], object], why: type[Exception]
):
    case = to_committee(city)
    with pytest.raises(why):
        act(city, case)
    with city.site.database.read() as tx:
        assert tx.execute(select(Ballot.id)).all() == []


def test_a_body_that_takes_no_papers_and_one_that_takes_proxies(city):
    settle(city, ('entered_ballots = "paper"', 'entered_ballots = "paper_and_proxy"'))
    case = to_committee(city)
    enter(city, case, "it_head", way="proxy", source="課長補佐 山本")
    assert "代理投票（課長補佐 山本）" in told(city, case, "it_head")
    settle(city, ('entered_ballots = "paper"', 'entered_ballots = "never"'))
    other = to_committee(city)
    with pytest.raises(Conflict, match="代わって"):
        enter(city, other, "it_head")


def test_no_paper_for_the_recused_nor_after_the_vote(city):
    case, meeting, matter = opened(city)
    asked = task_of(city, "tax_head", case, "verdict").id
    recusing.declare(city.site, city.actor("tax_head"), matter, "head-tax", "委託先の親族")
    with pytest.raises(Conflict, match="除斥"):
        ballots.ready(city.site, city.actor("secretariat"), asked)
    late = task_of(city, "it_head", case, "verdict").id
    for name in ("cio", "civic_head", "mgmt_head"):
        do(city, case, name, "verdict", "approve", reason="賛成")
    session.close_vote(city.site, city.actor("cio"), matter)
    with pytest.raises(Conflict):
        ballots.ready(city.site, city.actor("secretariat"), late)
    attend(city, meeting, ("it_head",), here=False)


def test_a_note_is_its_writer_s_alone(city):
    case, meeting, _matter = drawn(city)
    me, other = city.actor("it_head"), city.actor("cio")
    assert notes.write(city.site, me, case, "ここは譲れない")
    assert not notes.write(city.site, me, case, "ここは譲れない")
    assert notes.read(city.site, me, case) == "ここは譲れない"
    assert notes.read(city.site, other, case) == ""
    for name in ("cio", "secretariat", "auditor", "applicant"):
        assert "ここは譲れない" not in told(city, case, name)
    for name in ("cio", "secretariat", "auditor"):
        by = city.actor(name)
        assert "ここは譲れない" not in str(book.one(city.site, by, meeting))
        assert "ここは譲れない" not in str(papers.of_meeting(city.site, by, meeting))
    with city.site.database.read() as tx:
        assert not any("譲れない" in body for body in tx.execute(select(AuditEvent.body)).scalars())
    notes.write(city.site, me, case, " ")
    with city.site.database.read() as tx:
        assert tx.execute(select(PrivateNote.body)).all() == []
    with pytest.raises(NotFound):
        notes.write(city.site, city.actor("admin"), case, "見えない案件")
    with pytest.raises(Invalid):
        notes.write(city.site, me, case, "あ" * 10_001)
    assert audited(city.site.database) == ()
