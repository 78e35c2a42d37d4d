"""An open conclusion goes to whoever may conclude, whatever became of its chair meanwhile."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import insert, select, update

from dxflow.authority.filling import LEAVE
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Deliberation, Notice
from dxflow.db.process import ProcessInstance, Submission
from dxflow.errors import NotAllowed
from dxflow.ids import new_id
from dxflow.services import plain
from dxflow.services.acts import tasks
from dxflow.services.administration import working
from dxflow.services.administration.transfers import choosing, scheduling, undoing
from dxflow.services.meetings import concluding, recusing, session
from dxflow.services.operations import case_acts, reassigning
from dxflow.services.people import appointments, registry
from tests.factories import City
from tests.integration.transfers import on_the_day, plan, rehearse, upload
from tests.sessions import audited, opened
from tests.walks import MEMBERS, do, task_of, to_committee, vote


def look(city: City) -> None:
    """Let the worker do what it does by itself, some time later."""
    city.clock.advance(seconds=concluding.LOOK.total_seconds())
    worker = working.make_worker(city.site)
    while worker.run_due():
        pass


def concluder(city: City, case: str) -> set[str]:
    return {
        name
        for name in city.person
        for task in city.open_tasks(name)
        if (task.case_id, task.element) == (case, "conclude")
    }


def counted(city: City, but: tuple[str, ...] = ()) -> str:
    """Play a case until its votes are counted and the chair is to conclude."""
    case = to_committee(city)
    vote(city, case, but=but)
    assert concluder(city, case) == {"cio"}
    return case


def drafts(city: City, case: str, name: str) -> None:
    """Let somebody have drafted a part of the case, as a process may ask it of them at any time."""
    with city.site.database.write() as tx:
        row = tx.execute(
            select(Submission.__table__).where(
                Submission.case_id == case, Submission.act == "draft"
            )
        ).first()
        assert row is not None
        own = {
            "id": new_id(city.clock()), "person_id": city.person[name], "idempotency_key": None,
            "at": row.at - timedelta(seconds=1),  # whoever drafted last stamps the document
        }  # fmt: skip
        tx.execute(insert(Submission).values(**{**row._mapping, **own}))
        tx.execute(  # as every act on the case does
            update(ProcessInstance)
            .where(ProcessInstance.case_id == case)
            .values(version=ProcessInstance.version + 1)
        )


def takes_the_chair(city: City, case: str) -> None:
    del case
    by = city.actor("admin")
    appointments.end_post(city.site, by, "cio", "cio")
    appointments.grant_post(city.site, by, "applicant", "cio", concurrent=True)


def chair_drafts(city: City, case: str) -> None:
    drafts(city, case, "cio")


def leaves_tomorrow(city: City, case: str) -> None:
    del case
    day = city.site.today() + timedelta(1)
    appointments.end_post(city.site, city.actor("admin"), "cio", "cio", day=day)
    look(city)
    city.clock.advance(days=1)


def account_closes(city: City, case: str) -> None:
    del case
    registry.disable(city.site, city.actor("admin"), "cio")


def changed(city: City, case: str) -> list[dict[str, tuple[object, object]]]:
    with city.site.database.read() as tx:
        bodies = tx.execute(
            select(AuditEvent.body)
            .where(AuditEvent.type == "committee.chair_changed", AuditEvent.stream.contains(case))
            .order_by(AuditEvent.id)
        ).scalars()
        return [
            {
                one["field"]: (one.get("before"), one.get("after"))
                for one in plain.loads(body)["changes"]
            }
            for body in bodies
        ]


def notices(city: City, word: str) -> dict[str, str]:
    with city.site.database.read() as tx:
        rows = tx.execute(select(Notice.group_key, Notice.message))
        return {row.group_key: row.message for row in rows if word in row.message}


OWN = "就いている人がこの案件の申請者か起案者であるため"
VACANT = "就いていて利用できる人がいないため"


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (takes_the_chair, OWN), (chair_drafts, OWN),
        (leaves_tomorrow, VACANT), (account_closes, VACANT),
    ],
)  # fmt: skip
def test_the_deputy_concludes_when_the_chair_may_not_any_more(
    city: City, happens: Callable[[City, str], None], reason: str
):
    case = counted(city)
    task = task_of(city, "cio", case, "conclude").id
    tasks.claim(city.site, city.actor("cio"), task)
    happens(city, case)
    look(city)
    assert concluder(city, case) == {"planning_head"}
    (event,) = changed(city, case)
    assert event["post"] == ("cio", "head-planning")
    assert event["reason"] == (None, reason)
    assert "最初の席が議長となる" in str(event["rule"][1])
    told = notices(city, "に代わって")
    assert set(told) == {"post:cio", "post:head-planning"}
    assert reason in told["post:head-planning"]
    look(city)
    assert len(changed(city, case)) == 1, "nothing more to do"
    do(city, case, "planning_head", "conclude", "approve", reason="賛成多数")
    assert len(audited(city.site.database)) == (happens is chair_drafts), "but for its own row"
    with city.site.database.read() as tx:
        row = tx.execute(select(Deliberation.__table__)).one()
    assert (row.chair, row.resolved_by) == ("head-planning", city.person["planning_head"])


def test_before_the_deputy_has_it_nobody_concludes_their_own_matter(city):
    case = counted(city)
    task = task_of(city, "cio", case, "conclude").id
    takes_the_chair(city, case)
    with pytest.raises(NotAllowed, match="申請者"):
        city.complete_id("applicant", task, "approve", reason="自分で")


def test_a_chair_who_is_back_concludes_and_the_deputys_claim_ends(city):
    case = counted(city)
    account_closes(city, case)
    look(city)
    task = task_of(city, "planning_head", case, "conclude").id
    tasks.claim(city.site, city.actor("planning_head"), task)
    registry.enable(city.site, city.actor("admin"), "cio")
    look(city)
    assert concluder(city, case) == {"cio"}
    back = changed(city, case)[-1]
    assert back["post"] == ("head-planning", "cio")
    assert back["reason"] == (None, "順が先の席が議長を務められるようになったため")
    do(city, case, "cio", "conclude", "approve", reason="賛成多数")


def test_where_no_seat_may_preside_the_secretariat_concludes_until_one_may(city):
    case = counted(city)
    drafts(city, case, "cio")
    drafts(city, case, "planning_head")
    look(city)
    assert concluder(city, case) == {"secretariat"}
    assert "事務局が" in str(changed(city, case)[-1]["rule"][1])
    by = city.actor("admin")
    appointments.grant_post(city.site, by, "other", "head-planning", concurrent=True)
    look(city)
    assert concluder(city, case) >= {"other"}
    assert "secretariat" not in concluder(city, case)


def test_a_vacant_chair_waits_for_its_next_holder_where_no_deputy_may(city):
    case = counted(city)
    drafts(city, case, "planning_head")
    by = city.actor("admin")
    appointments.end_post(city.site, by, "cio", "cio")
    look(city)
    assert concluder(city, case) == set()
    appointments.grant_post(city.site, by, "other", "cio", concurrent=True)
    assert concluder(city, case) == {"other"}
    assert changed(city, case) == []


def test_a_tie_stays_as_the_chair_of_the_count_broke_it(city):
    case = to_committee(city)
    voting = [
        name for name in MEMBERS
        if any((t.case_id, t.element) == (case, "verdict") for t in city.open_tasks(name))
    ]  # fmt: skip
    assert {"cio", "planning_head"} <= set(voting)
    others = [name for name in voting if name not in ("cio", "planning_head")]
    ayes = {"cio", *others[: len(voting) // 2 - 1]}
    abstains = set(others[-1:]) if len(voting) % 2 else set()
    for name in voting:
        verdict = "approve" if name in ayes else "abstain" if name in abstains else "reject"
        do(city, case, name, "verdict", verdict, reason="よく考えた")
    before = result(city)
    assert before["approve"] == before["reject"]
    assert before["leaning"] == "approve", "the chair's ballot broke the tie"
    account_closes(city, case)
    look(city)
    do(city, case, "planning_head", "conclude", "approve", reason="表決のとおり")
    assert result(city) == before


def result(city: City) -> dict[str, object]:
    with city.site.database.read() as tx:
        return dict(plain.loads(tx.execute(select(Deliberation.result)).scalar_one()))


def test_a_deputy_who_was_not_in_the_room_does_not_conclude(city):
    there = [name for name in MEMBERS if name != "planning_head"]
    case, _meeting, matter = opened(city, there)
    for name in there[:5]:
        if any(t.element == "verdict" for t in city.open_tasks(name)):
            do(city, case, name, "verdict", "approve", reason="効果が見込める")
    if not concluder(city, case):
        session.close_vote(city.site, city.actor("secretariat"), matter)
    drafts(city, case, "cio")
    look(city)
    assert concluder(city, case) == {"secretariat"}
    do(city, case, "secretariat", "conclude", "approve", reason="賛成多数")


def test_a_recusal_passes_the_chair_over_who_made_the_proposal(city):
    case, _meeting, matter = opened(city)
    drafts(city, case, "planning_head")
    recusing.declare(city.site, city.actor("cio"), matter, "cio", "利害があるため")
    (event,) = changed(city, case)
    assert event["post"] == ("cio", None)
    assert event["stepped_back.head-planning"] == (None, OWN)
    with city.site.database.read() as tx:
        assert tx.execute(select(Deliberation.chair)).scalar_one() == ""
    assert len(audited(city.site.database)) == 1, "the row that was written past the program"


def test_one_of_two_who_hold_the_chair_loses_the_claim_and_the_other_concludes(city):
    case = counted(city)
    appointments.grant_post(city.site, city.actor("admin"), "other", "cio", concurrent=True)
    task = task_of(city, "cio", case, "conclude").id
    tasks.claim(city.site, city.actor("cio"), task)
    look(city)
    assert concluder(city, case) == {"cio"}
    drafts(city, case, "cio")
    look(city)
    assert concluder(city, case) == {"other"}
    assert changed(city, case) == []
    do(city, case, "other", "conclude", "approve", reason="賛成多数")


def test_a_suspended_case_is_handed_on_when_it_goes_on(city):
    case = counted(city)
    by = city.actor("admin")
    case_acts.suspend(city.site, by, case, "調べる")
    account_closes(city, case)
    look(city)
    assert changed(city, case) == []
    case_acts.resume(city.site, by, case)
    look(city)
    assert concluder(city, case) == {"planning_head"}


def test_what_an_operator_has_given_to_others_stays_theirs(city):
    case = counted(city)
    task = task_of(city, "cio", case, "conclude").id
    reassigning.reassign(city.site, city.actor("admin"), task, "role:cio", "CIOとして")
    drafts(city, case, "cio")
    look(city)
    assert changed(city, case) == []


def test_the_deputy_of_a_missed_quorum_decides_how_to_go_on(city):
    case = to_committee(city)
    account_closes(city, case)
    city.clock.advance(days=40)
    look(city)
    (event,) = changed(city, case)
    assert event["post"] == ("cio", "head-planning")
    registry.enable(city.site, city.actor("admin"), "cio")
    look(city)
    assert task_of(city, "cio", case, "reconvene")
    drafts(city, case, "cio")
    look(city)
    do(city, case, "planning_head", "reconvene", "extend", reason="もう一度募る")
    assert task_of(city, "planning_head", case, "verdict")


def test_a_transfer_that_makes_the_applicant_the_chair_gives_it_to_the_deputy_and_taken_back_back(
    city,
):
    case = counted(city)
    tomorrow = city.site.today() + timedelta(1)
    made = plan(city, upload("cio,退職,,", "applicant,異動,副市長,"), day=tomorrow)
    left = {one.hole.id: (LEAVE, "副委員長が確定する") for one in rehearse(city, made).open}
    choosing.fill(city.site, city.actor("admin"), made, left)
    scheduling.schedule(city.site, city.actor("admin"), made)
    on_the_day(city, tomorrow)
    look(city)
    assert concluder(city, case) == {"planning_head"}
    undoing.undo(city.site, city.actor("admin"), made)
    look(city)
    assert concluder(city, case) == {"cio"}
    assert audited(city.site.database) == ()
