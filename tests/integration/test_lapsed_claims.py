"""Who has taken a task and loses the right to it: it is theirs no longer, and comes back to others."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from dxflow import audit
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Notice
from dxflow.db.identity import Holding
from dxflow.db.process import WorkItem
from dxflow.errors import Conflict, NotAllowed
from dxflow.services.acts import pulling_back, tasks
from dxflow.services.administration import person_acts, working
from dxflow.services.operations import reassigning
from dxflow.services.people import appointments, organisation, registry
from tests.factories import City
from tests.integration.histories import broken
from tests.walks import TRIAGE, do, task_of, to_committee, to_sheet, to_triage


def taken(city: City) -> tuple[str, str]:
    """Let the applicant take the task that is offered to their section; return case and task."""
    case = to_sheet(city)
    task = task_of(city, "applicant", case, "project_sheet").id
    tasks.claim(city.site, city.actor("applicant"), task)
    return case, task


def ends_tomorrow(city: City) -> None:
    """Let the applicant's post have an end that was known when they took the task."""
    with city.site.database.write() as tx:
        tx.execute(
            update(Holding)
            .where(Holding.person_id == city.person["applicant"])
            .values(valid_to=city.site.today() + timedelta(1))
        )
        organisation.raise_version(tx, city.site.now())
    appointments.grant_post(
        city.site, city.actor("admin"), "applicant", "staff-tax",
        since=city.site.today() + timedelta(1),
    )  # fmt: skip


def assignee(city: City, task: str) -> str | None:
    with city.site.database.read() as tx:
        return tx.execute(select(WorkItem.assignee_id).where(WorkItem.id == task)).scalar_one()


def released(city: City) -> list[audit.Entry]:
    with city.site.database.read() as tx:
        bodies = tx.execute(
            select(AuditEvent.body).where(AuditEvent.type == "task.released")
        ).scalars()
        return [audit.describe(body) for body in bodies]


def test_from_the_day_a_post_ends_its_holder_does_nothing_in_it_and_a_colleague_may(city):
    _case, task = taken(city)
    ends_tomorrow(city)
    assert city.open_tasks("applicant")[0].mine
    city.clock.advance(days=1)
    with pytest.raises(NotAllowed, match="担当ではありません"):
        tasks.claim(city.site, city.actor("applicant"), task)
    with pytest.raises(NotAllowed):
        city.form("applicant", task)
    tasks.claim(city.site, city.actor("colleague"), task)
    assert assignee(city, task) == city.person["colleague"]
    assert [one.id for one in city.open_tasks("colleague") if one.mine] == [task]
    assert broken(city) == []


def test_at_the_beginning_of_the_day_the_task_is_free_again_and_its_section_is_told(city):
    case, task = taken(city)
    ends_tomorrow(city)
    city.run_jobs()
    assert assignee(city, task) == city.person["applicant"]
    city.clock.advance(days=1)
    working.make_worker(city.site).run_due()
    assert assignee(city, task) is None
    (event,) = released(city)
    assert [(one.field, one.after) for one in event.changes] == [
        ("holder", "（個人情報）"), ("reason", "引き受けた人が担当から外れた"),
    ]  # fmt: skip
    assert event.channel == "自動処理"
    with city.site.database.read() as tx:
        told = tx.execute(
            select(Notice.message).where(
                Notice.case_id == case, Notice.group_key == "section:counter"
            )
        ).scalars()
        assert any("引き受けた人が担当から外れたため" in one for one in told)
        assert audit.verify_database(tx).findings == ()
    working.make_worker(city.site).run_due()
    assert len(released(city)) == 1


def test_a_post_that_is_ended_by_hand_frees_the_task(city):
    _case, task = taken(city)
    appointments.end_post(city.site, city.actor("admin"), "applicant", "staff-counter")
    city.run_jobs()
    assert assignee(city, task) is None


def test_an_account_that_is_closed_frees_the_task(city):
    _case, task = taken(city)
    person_acts.set_open(city.site, city.actor("admin"), city.person["applicant"], is_open=False)
    city.run_jobs()
    assert assignee(city, task) is None


def test_who_keeps_the_right_keeps_the_task_whatever_else_changes(city):
    _case, task = taken(city)
    appointments.end_post(city.site, city.actor("admin"), "colleague", "staff-counter-2")
    city.run_jobs()
    assert assignee(city, task) == city.person["applicant"]
    assert released(city) == []


def test_what_somebody_was_given_comes_back_to_them_when_they_pull_it_back(city):
    case = to_triage(city)
    task = task_of(city, "secretariat", case, "triage").id
    reassigning.reassign(city.site, city.actor("admin"), task, "user:other", "休暇のため")
    do(city, case, "other", "triage", "proceed", **TRIAGE)
    pulling_back.pull_back(city.site, city.actor("other"), case)
    assert [one.id for one in city.open_tasks("other") if one.mine] == [task]
    do(city, case, "other", "triage", "proceed", **TRIAGE)


def test_who_lost_the_right_takes_their_act_back_for_those_who_have_it_now(city):
    case = to_triage(city)
    task = task_of(city, "secretariat", case, "triage").id
    tasks.claim(city.site, city.actor("secretariat"), task)
    do(city, case, "secretariat", "triage", "proceed", **TRIAGE)
    appointments.end_post(city.site, city.actor("admin"), "secretariat", "secretariat")
    for name, post in (("secretariat", "staff-counter"), ("other", "secretariat")):
        appointments.grant_post(city.site, city.actor("admin"), name, post, concurrent=True)
    pulling_back.pull_back(city.site, city.actor("secretariat"), case)
    with pytest.raises(NotAllowed):
        tasks.claim(city.site, city.actor("secretariat"), task)
    do(city, case, "other", "triage", "proceed", **TRIAGE)


def test_a_vote_is_not_taken_back_where_only_the_applicant_would_sit(city):
    case = to_committee(city)
    do(city, case, "mgmt_head", "verdict", "approve", reason="効果が見込める")
    by = city.actor("admin")
    appointments.grant_post(city.site, by, "applicant", "head-management", concurrent=True)
    appointments.end_post(city.site, by, "mgmt_head", "head-management")
    appointments.grant_post(city.site, by, "mgmt_head", "staff-counter")
    with pytest.raises(Conflict, match="「委員の判断」を行える人がいなくなる"):
        pulling_back.pull_back(city.site, city.actor("mgmt_head"), case)
    assert broken(city) == []


def test_no_act_is_taken_back_for_those_alone_who_cannot_log_in(city):
    case = to_triage(city)
    do(city, case, "secretariat", "triage", "proceed", **TRIAGE)
    by = city.actor("admin")
    appointments.end_post(city.site, by, "secretariat", "secretariat")
    for name, post in (("secretariat", "staff-counter"), ("other", "secretariat")):
        appointments.grant_post(city.site, by, name, post, concurrent=True)
    registry.disable(city.site, by, "other")
    with pytest.raises(Conflict, match="を行える人がいなくなる"):
        pulling_back.pull_back(city.site, city.actor("secretariat"), case)
    assert broken(city) == []
    registry.enable(city.site, by, "other")
    pulling_back.pull_back(city.site, city.actor("secretariat"), case)
    do(city, case, "other", "triage", "proceed", **TRIAGE)
