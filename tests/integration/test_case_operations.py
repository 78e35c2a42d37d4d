"""Running cases in the hands of administrators: suspended, resumed, cancelled, given to others."""

from functools import partial

import pytest
from sqlalchemy import func, select, update

from dxflow import forms
from dxflow.audit import verify_database
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Case, Notice
from dxflow.db.identity import Person
from dxflow.db.job import Job
from dxflow.db.process import Draft, ProcessInstance, Timer, WorkItem, WorkItemGroup
from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound
from dxflow.services.acts import cases, drafts, pulling_back, tasks, upkeep
from dxflow.services.acts.suspension import Suspended
from dxflow.services.operations import case_acts, case_choice, case_sheet, reassigning, unattended
from dxflow.services.operations.case_choice import CaseFilters
from dxflow.services.people import appointments, organisation
from dxflow.services.reading import inbox
from tests.factories import City
from tests.integration.histories import broken
from tests.integration.test_concurrency import at_once
from tests.walks import do, task_of, to_committee, to_decision, to_triage


def scalar(city: City, statement):
    with city.site.database.read() as tx:
        return tx.execute(statement).scalar_one()


def fired(city: City, case: str) -> int:
    return scalar(
        city,
        select(func.count()).select_from(AuditEvent).where(
            AuditEvent.case_id == case, AuditEvent.type == "timer.fired"
        ),
    )  # fmt: skip


def suspend(city: City, case: str, reason: str = "手続きの誤りを直すため") -> str:
    return case_acts.suspend(city.site, city.actor("admin"), case, reason)


def resume(city: City, case: str) -> str:
    return case_acts.resume(city.site, city.actor("admin"), case)


def notices(city: City, group: str) -> list[str]:
    with city.site.database.read() as tx:
        return list(tx.execute(select(Notice.message).where(Notice.group_key == group)).scalars())


def test_nothing_can_be_done_on_a_suspended_case_and_the_sentence_says_why(city):
    case = city.start().id
    task = task_of(city, "head", case, "head_approval")
    suspend(city, case)
    form = city.form("head", task.id)
    assert form.suspension is not None
    assert (form.suspension.by, form.suspension.reason) == ("admin", "手続きの誤りを直すため")
    submission = forms.submit_values(form.definition, {}, "approve", form.context)
    head, applicant = city.actor("head"), city.actor("applicant")
    acts = [
        partial(tasks.complete, city.site, head, task.id, submission),
        partial(tasks.claim, city.site, head, task.id),
        partial(pulling_back.pull_back, city.site, applicant, case),
        partial(cases.withdraw, city.site, applicant, case, "やめる"),
        partial(reassigning.reassign, city.site, city.actor("admin"), task.id, "user:head", "試す"),
    ]
    for act in acts:
        with pytest.raises(Suspended, match=r"admin さんが止めています.*手続きの誤りを直すため"):
            act()
    drafts.save_task(city.site, head, task.id, {"reason": "書きかけ"})
    resume(city, case)
    assert city.form("head", task.id).values["reason"] == "書きかけ"
    do(city, case, "head", "head_approval", "approve")
    assert broken(city) == []


def test_who_suspends_twice_or_resumes_what_goes_is_told(city):
    case = city.start().id
    with pytest.raises(Conflict, match="止められていません"):
        resume(city, case)
    suspend(city, case)
    with pytest.raises(Conflict, match="admin さんが止めています"):
        suspend(city, case)
    resume(city, case)
    case_acts.cancel(city.site, city.actor("admin"), case, "重複のため")
    for act in (suspend, resume):
        with pytest.raises(Conflict, match="終わっています"):
            act(city, case)


def test_bad_input_and_strangers_are_refused_in_sentences(city):
    case = city.start()
    admin = city.actor("admin")
    for reason in ("", "  ", "あ" * 1001):
        with pytest.raises(Invalid, match="理由"):
            case_acts.suspend(city.site, admin, case.id, reason)
    with pytest.raises(NotFound, match="R8-なし"):
        case_acts.suspend(city.site, admin, "R8-なし", "理由")
    for name in ("secretariat", "cio", "applicant"):
        stranger = city.actor(name)
        with pytest.raises(NotAllowed):
            case_acts.suspend(city.site, stranger, case.id, "理由")
        with pytest.raises(NotAllowed):
            case_acts.cancel(city.site, stranger, case.id, "理由")
        with pytest.raises(NotAllowed):
            case_sheet.sheet(city.site, stranger, case.id)
    assert suspend(city, case.number) == case.id


def test_timers_rest_while_suspended_and_fire_once_afterwards(city):
    case = to_committee(city)
    city.run_jobs()
    suspend(city, case)
    before = fired(city, case)
    city.clock.advance(days=40)
    city.run_jobs()
    city.clock.advance(days=40)
    city.run_jobs()
    assert fired(city, case) == before
    assert scalar(city, select(func.count()).select_from(Timer).where(Timer.case_id == case)) > 0
    resume(city, case)
    city.run_jobs()
    after = fired(city, case)
    assert after > before
    city.run_jobs()
    assert fired(city, case) == after
    assert broken(city) == []


def test_a_timer_that_was_queued_before_the_suspension_is_not_lost(city):
    case = to_committee(city)
    city.run_jobs()
    city.clock.advance(days=40)
    upkeep.queue_due_timers(city.site, city.clock())
    suspend(city, case)
    before = fired(city, case)
    city.run_jobs()
    assert fired(city, case) == before
    resume(city, case)
    city.run_jobs()
    assert fired(city, case) > before
    assert broken(city) == []


def test_timer_and_suspension_at_once_lose_nothing(city):
    case = to_committee(city)
    city.run_jobs()
    for _round in range(4):
        city.clock.advance(days=10)
        at_once(city.run_jobs, partial(suspend, city, case))
        at_once(city.run_jobs, partial(resume, city, case))
    city.run_jobs()
    if scalar(city, select(Case.status).where(Case.id == case)) == "running":
        due = select(func.count()).select_from(Timer).where(
            Timer.case_id == case, Timer.due_at <= city.clock()
        )  # fmt: skip
        assert scalar(city, due) == 0
    assert broken(city) == []


def test_suspending_and_completing_at_once_leaves_one_whole_outcome(city):
    for _round in range(3):
        case = city.start().id
        task = task_of(city, "head", case, "head_approval")
        done, stopped = at_once(
            partial(city.complete_id, "head", task.id, "approve"), partial(suspend, city, case)
        )
        assert stopped == case
        assert isinstance(done, tasks.Completed | Suspended)
        open_ = scalar(city, select(WorkItem.status).where(WorkItem.id == task.id)) == "open"
        assert open_ is isinstance(done, Suspended)
    assert broken(city) == []


def test_two_administrators_suspend_at_once_and_one_is_told(city):
    case = city.start().id
    came = at_once(partial(suspend, city, case, "一人目"), partial(suspend, city, case, "二人目"))
    assert sorted(type(one).__name__ for one in came) == ["Conflict", "str"]


def test_cancelling_closes_everything(city):
    case = to_committee(city)
    with city.site.database.write() as tx:
        tx.execute(update(Job).where(Job.case_id == case).values(status="dead"))
    suspend(city, case)
    sheet = case_sheet.sheet(city.site, city.actor("admin"), case)
    assert sheet.tasks
    assert sheet.timers
    with pytest.raises(Conflict, match="案件が変わりました"):
        case_acts.cancel(city.site, city.actor("admin"), case, "重複", version=sheet.version - 1)
    case_acts.cancel(city.site, city.actor("admin"), case, "重複のため", version=sheet.version)
    with city.site.database.read() as tx:
        assert tx.execute(select(Case.status).where(Case.id == case)).scalar_one() == "cancelled"
        assert not tx.execute(select(Timer.id).where(Timer.case_id == case)).all()
        assert not tx.execute(
            select(WorkItem.id).where(WorkItem.case_id == case, WorkItem.status == "open")
        ).all()
        waiting = tx.execute(
            select(Job.kind).where(Job.case_id == case, Job.status.in_(("waiting", "dead")))
        ).scalars()
        assert list(waiting) == ["notice.deliver"]
        assert verify_database(tx).findings == ()
    city.run_jobs()
    assert any(
        "取り消しました" in said for said in notices(city, f"user:{city.person['applicant']}")
    )
    assert broken(city) == []


def test_several_cases_at_once_each_on_its_own(city):
    first, second = city.start().id, city.start().id
    suspend(city, first)
    found = case_choice.running(city.site, city.actor("admin"), CaseFilters(standing="suspended"))
    assert [one.id for one in found.entries] == [first]
    outcomes = case_acts.on_several(
        city.site, city.actor("admin"), [first, second, "なし", second], partial(suspend, city)
    )
    assert [bool(one.refusal) for one in outcomes] == [True, False, True]
    assert scalar(
        city, select(ProcessInstance.status).where(ProcessInstance.case_id == second)
    ) == "suspended"  # fmt: skip
    with pytest.raises(Invalid, match="選んで"):
        case_acts.on_several(city.site, city.actor("admin"), [], partial(suspend, city))


def test_a_task_is_given_to_a_person_and_both_sides_hear_of_it(city):
    case = city.start().id
    task = task_of(city, "head", case, "head_approval")
    admin = city.actor("admin")
    reassigning.reassign(city.site, admin, task.id, "user:civic_head", "課長が休暇のため")
    assert not any(t.id == task.id for t in city.open_tasks("head"))
    assert any(t.id == task.id for t in city.open_tasks("civic_head"))
    city.run_jobs()
    assert any("担当になりました" in said for said in
               notices(city, f"user:{city.person['civic_head']}"))  # fmt: skip
    assert any("担当が変わりました" in said for said in notices(city, "head:counter"))
    do(city, case, "civic_head", "head_approval", "approve")
    with city.site.database.read() as tx:
        assert verify_database(tx).findings == ()
    assert broken(city) == []


def test_a_task_goes_to_nobody_who_may_not_do_it(city):
    case = city.start().id
    task = task_of(city, "head", case, "head_approval")
    admin = city.actor("admin")

    def give(to: str, reason: str = "理由") -> None:
        reassigning.reassign(city.site, admin, task.id, to, reason)

    with pytest.raises(NotAllowed, match="申請者は承認を行えません"):
        give("user:applicant")
    with pytest.raises(NotFound, match="いません"):
        give("user:nobody")
    for wrong in ("", "head", "post:", "group:x", "post:none"):
        with pytest.raises(Invalid):
            give(wrong)
    with pytest.raises(Invalid, match="理由"):
        give("user:civic_head", " ")
    with pytest.raises(NotFound, match="作業"):
        reassigning.reassign(city.site, admin, "f" * 32, "user:head", "理由")
    with city.site.database.write() as tx:
        tx.execute(
            update(Person).where(Person.id == city.person["tax_head"]).values(status="disabled")
        )
    with pytest.raises(Invalid, match="止められている"):
        give("user:tax_head")
    with pytest.raises(Conflict, match="変わりました"):
        reassigning.reassign(city.site, admin, task.id, "user:civic_head", "理由", version=99)
    with pytest.raises(NotAllowed):
        reassigning.reassign(city.site, city.actor("secretariat"), task.id, "user:head", "理由")


def test_a_vote_stays_with_its_seat(city):
    case = to_committee(city)
    task = task_of(city, "mgmt_head", case, "verdict")
    with pytest.raises(NotAllowed, match="職に結び付いた"):
        reassigning.reassign(city.site, city.actor("admin"), task.id, "user:it_head", "代わり")
    decision = to_decision(city)
    decider = next(n for n in city.person if any(t.case_id == decision for t in city.open_tasks(n)))
    with pytest.raises(NotAllowed, match="職に結び付いた"):
        reassigning.reassign(
            city.site, city.actor("admin"), task_of(city, decider, decision, "decide").id,
            "user:secretariat", "代わり",
        )  # fmt: skip


def test_two_reassign_at_once_and_the_second_sees_that_it_is_done(city):
    case = city.start().id
    task = task_of(city, "head", case, "head_approval")
    give = partial(
        reassigning.reassign, city.site, city.actor("admin"), task.id, "user:civic_head", "休暇"
    )
    came = at_once(give, give)
    assert sorted(type(one).__name__ for one in came) == ["Conflict", "str"]


def test_tasks_nobody_can_do_are_listed_with_a_proposal(city):
    case = city.start().id
    admin = city.actor("admin")
    assert unattended.unattended(city.site, admin).total == 0
    with city.site.database.write() as tx:
        for name, post in (("head", "head-counter"), ("civic_head", "head-civic")):
            organisation.end_holding(
                tx, city.person[name], post, city.site.today(), city.site.now()
            )
    city.clock.advance(days=1)
    found = unattended.unattended(city.site, city.actor("admin"))
    assert [one.name for one in found.entries] == ["所属長の確認"]
    assert found.entries[0].proposal == "post:cio"
    reassigning.reassign(
        city.site, city.actor("admin"), found.entries[0].task_id, found.entries[0].proposal, "空席"
    )
    assert unattended.unattended(city.site, city.actor("admin")).total == 0
    do(city, case, "cio", "head_approval", "approve")


def test_a_taken_task_of_a_post_that_nobody_holds_any_more_is_unattended(city):
    case, admin = to_triage(city), city.actor("admin")
    task = task_of(city, "secretariat", case, "triage")
    tasks.claim(city.site, city.actor("secretariat"), task.id)
    appointments.grant_post(city.site, admin, "secretariat", "staff-tax", concurrent=True)
    appointments.end_post(city.site, admin, "secretariat", "secretariat")
    (one,) = unattended.unattended(city.site, admin).entries
    assert one.task_id == task.id


def test_an_approval_that_is_left_to_the_applicant_alone_is_listed(city):
    case = city.start(by="colleague").id
    admin = city.actor("admin")
    appointments.grant_post(city.site, admin, "colleague", "head-counter", concurrent=True)
    for name, post in (("head", "head-counter"), ("civic_head", "head-civic")):
        assert unattended.unattended(city.site, admin).total == 0
        appointments.end_post(city.site, admin, name, post)
    (one,) = unattended.unattended(city.site, admin).entries
    assert (one.case_id, one.name, one.proposal) == (case, "所属長の確認", "post:cio")
    reassigning.reassign(city.site, admin, one.task_id, one.proposal, "本人の案件のため")
    assert unattended.unattended(city.site, admin).total == 0
    do(city, case, "cio", "head_approval", "approve")


def test_a_colleague_whose_account_is_closed_does_not_count_beside_the_applicant(city):
    city.start(by="head")
    admin = city.actor("admin")
    assert unattended.unattended(city.site, admin).total == 0
    with city.site.database.write() as tx:
        tx.execute(
            update(Person).where(Person.id == city.person["civic_head"]).values(status="disabled")
        )
    (one,) = unattended.unattended(city.site, admin).entries
    assert one.name == "所属長の確認"


def test_a_taken_task_of_a_closed_account_is_unattended(city):
    case = to_triage(city)
    task = task_of(city, "secretariat", case, "triage")
    tasks.claim(city.site, city.actor("secretariat"), task.id)
    with city.site.database.write() as tx:
        tx.execute(
            update(Person).where(Person.id == city.person["secretariat"]).values(status="disabled")
        )
    (one,) = unattended.unattended(city.site, city.actor("admin")).entries
    assert one.task_id == task.id


def test_a_case_that_waits_for_nothing_is_found(city):
    case = city.start().id
    admin = city.actor("admin")
    assert unattended.stuck(city.site, admin) == []
    with city.site.database.write() as tx:
        tx.execute(update(WorkItem).where(WorkItem.case_id == case).values(status="cancelled"))
    assert [one.case_id for one in unattended.stuck(city.site, admin)] == [case]


def test_the_inbox_does_not_offer_what_segregation_refuses(city):
    case = city.start().id
    task = task_of(city, "head", case, "head_approval")
    with city.site.database.write() as tx:
        tx.execute(
            WorkItemGroup.__table__.insert().values(
                work_item_id=task.id,
                group_key=f"user:{city.person['applicant']}",
                due_at=task.due_at,
                created_at=task.created_at,
            )
        )
    actor = city.actor("applicant")
    assert city.open_tasks("applicant") == []
    assert inbox.counts(city.site, actor) == (0, 0)
    assert any(t.id == task.id for t in inbox.waiting(city.site, actor, "group").entries)
    assert any(t.id == task.id for t in city.open_tasks("head"))


def test_a_draft_survives_the_whole_suspension(city):
    case = city.start().id
    task = task_of(city, "head", case, "head_approval")
    drafts.save_task(city.site, city.actor("head"), task.id, {"reason": "半分"})
    suspend(city, case)
    city.clock.advance(days=100)
    resume(city, case)
    subject = scalar(city, select(Draft.subject).where(Draft.person_id == city.person["head"]))
    assert subject == f"task:{task.id}"
