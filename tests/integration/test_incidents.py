"""Incidents: counted, listed, tried again once, resolved; a failing timer keeps nobody waiting."""

import re
from dataclasses import replace
from functools import partial

import pytest
from sqlalchemy import func, select

from dxflow import texts
from dxflow.audit import verify_database
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Notice
from dxflow.db.job import Job
from dxflow.db.process import Incident, Submission, WorkItem
from dxflow.engine import StepFailed
from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound
from dxflow.jobs import queue
from dxflow.jobs.queue import BACKOFF, MAX_ATTEMPTS
from dxflow.services.acts import drafts, incidents, upkeep
from dxflow.services.acts.suspension import Suspended
from dxflow.services.operations import case_acts, incident_acts, incident_list
from tests.factories import SHEET, City
from tests.integration.histories import broken
from tests.integration.test_concurrency import at_once
from tests.walks import do, task_of, to_committee, to_sheet, to_triage


def rows(city: City, statement):
    with city.site.database.read() as tx:
        return tx.execute(statement).all()


def fail(_act, _payload, _element):
    raise ValueError("壊れた処理")


def spoiled(city: City, command: str) -> City:
    """Return the city with a command that fails."""
    return replace(
        city, site=replace(city.site, commands={**city.site.commands, command: fail}, packs={})
    )


def dead_notice(city: City) -> str:
    """Leave a notice that cannot be delivered until its job is dead; return the incident."""
    with city.site.database.write() as tx:
        queue.defer(tx, city.clock(), kind="notice.deliver", key="k", payload={"message": "知らせ"})
    for attempt in range(MAX_ATTEMPTS):
        city.run_jobs()
        city.clock.advance(seconds=BACKOFF[min(attempt, len(BACKOFF) - 1)])
    ((incident,),) = rows(city, select(Incident.id))
    return incident


def mend(city: City) -> None:
    with city.site.database.write() as tx:
        tx.execute(
            Job.__table__.update().values(payload='{"groups": ["role:cio"], "message": "知らせ"}')
        )


def test_a_dead_job_runs_again_once_however_often_it_is_asked_for(city, caplog):
    incident = dead_notice(city)
    mend(city)
    retry = partial(incident_acts.retry, city.site, city.actor("admin"), incident)
    came = at_once(retry, retry, retry)
    assert sorted(type(one).__name__ for one in came) == ["Conflict", "Conflict", "Retried"]
    with pytest.raises(Conflict, match="すでに待ち行列"):
        retry()
    city.run_jobs()
    assert rows(city, select(Notice.message)) == [("知らせ",)]
    ((status, note),) = rows(city, select(Incident.status, Incident.note))
    assert (status, bool(note)) == ("resolved", True)
    with pytest.raises(Conflict, match="すでに解消"):
        retry()
    types = [kind for (kind,) in rows(city, select(AuditEvent.type))]
    assert types.count("incident.retried") == 1
    assert types.count("incident.resolved") == 1
    with city.site.database.read() as tx:
        assert verify_database(tx).findings == ()


def test_a_retry_that_fails_again_counts_on_the_same_row(city, caplog):
    incident = dead_notice(city)
    incident_acts.retry(city.site, city.actor("admin"), incident)
    for attempt in range(MAX_ATTEMPTS):
        city.run_jobs()
        city.clock.advance(seconds=BACKOFF[min(attempt, len(BACKOFF) - 1)])
    ((number, times),) = rows(city, select(Incident.id, Incident.occurrences))
    assert (number, times) == (incident, 2)


def test_the_same_failure_is_one_row_and_another_cause_another(city):
    case = city.start().id
    say = partial(incidents.record, city.site, case_id=case, element="triage")
    numbers = {say(cause="表が当てはまらない") for _ in range(5)}
    came = at_once(*[partial(say, cause="表が当てはまらない")] * 4)
    assert {*numbers, *came} == numbers
    assert len(numbers) == 1
    other = say(cause="別の原因")
    found = incident_list.listed(city.site, city.actor("admin"))
    assert {(one.id, one.occurrences) for one in found.entries} == {(*numbers, 9), (other, 1)}
    incident_acts.close(city.site, city.actor("admin"), *numbers, "表を直した")
    assert say(cause="表が当てはまらない") not in numbers
    resolved = incident_list.listed(city.site, city.actor("admin"), "resolved")
    assert [(one.note, one.resolved_by) for one in resolved.entries] == [("表を直した", "admin")]


def test_the_act_of_a_person_is_never_repeated_only_tried(city):
    case = to_sheet(city)
    ill = spoiled(city, "kpi.register")
    task = task_of(city, "applicant", case, "project_sheet")
    with pytest.raises(StepFailed) as stopped:
        ill.complete_id("applicant", task.id, "submit", **SHEET)
    number = incidents.of_failure(city.site, city.actor("applicant"), stopped.value, case)
    admin = city.actor("admin")
    without = incident_acts.retry(city.site, admin, number)
    assert (without.queued, without.works) == (False, None)
    drafts.save_task(city.site, city.actor("applicant"), task.id, SHEET_TYPED)
    events = rows(city, select(func.count()).select_from(AuditEvent))
    still = incident_acts.retry(ill.site, admin, number)
    assert still.works is False
    assert "壊れた処理" in still.message
    mended = incident_acts.retry(city.site, admin, number)
    assert (mended.queued, mended.works, mended.task_id) == (False, True, task.id)
    assert "applicant さん" in mended.message
    # nothing of a trial is kept
    assert rows(city, select(func.count()).select_from(AuditEvent)) == events
    assert rows(city, select(WorkItem.status).where(WorkItem.id == task.id)) == [("open",)]
    assert not rows(city, select(Submission.id).where(Submission.work_item_id == task.id))
    assert broken(city) == []


SHEET_TYPED = {**SHEET, "cost_initial": "3000000", "cost_running": "500000",
               "kpis": [{**SHEET["kpis"][0], "baseline": "0", "target": "50"}]}  # fmt: skip


def test_the_list_says_what_failed_where_and_for_whom(city):
    case = to_sheet(city)
    ill = spoiled(city, "kpi.register")
    task = task_of(city, "applicant", case, "project_sheet")
    with pytest.raises(StepFailed) as stopped:
        ill.complete_id("applicant", task.id, "submit", **SHEET)
    number = incidents.of_failure(city.site, city.actor("applicant"), stopped.value, case)
    one = incident_list.one(city.site, city.actor("admin"), number)
    assert (one.kind, one.person, one.case_id) == ("act", "applicant", case)
    assert one.element_name
    assert one.process_name != one.process
    assert "壊れた処理" in one.cause


def test_a_retry_that_fails_again_says_so_in_words(city, caplog, monkeypatch):
    def refuse(*_args):
        raise Conflict("宛先がありません。")

    monkeypatch.setattr(upkeep, "announce", refuse)
    incident = dead_notice(city)
    admin = city.actor("admin")
    one = incident_list.one(city.site, admin, incident)
    assert (one.cause, one.waiting) == ("宛先がありません。", "")
    incident_acts.retry(city.site, admin, incident)
    assert "戻されています" in incident_list.one(city.site, admin, incident).waiting
    city.run_jobs()
    again = incident_list.one(city.site, admin, incident).waiting
    for words in ("また失敗", "1回", "宛先がありません。", "令和"):
        assert words in again
    monkeypatch.undo()
    mend(city)
    city.clock.advance(seconds=BACKOFF[0])
    city.run_jobs()
    solved = incident_list.one(city.site, admin, incident)
    assert (solved.status_name, solved.waiting) == ("解消済み", "")


def test_an_act_that_has_succeeded_since_is_not_asked_for_again(city):
    case = to_triage(city)
    task = task_of(city, "secretariat", case, "triage").id
    number = incidents.record(
        city.site, case_id=case, element="triage", cause="y", task_id=task,
        actor=city.actor("secretariat"),
    )  # fmt: skip
    tried = incident_acts.retry(city.site, city.actor("admin"), number)
    assert "もう一度操作" in tried.message
    token = texts.language.set("en")
    try:
        said = incident_acts.retry(city.site, city.actor("admin"), number).message
    finally:
        texts.language.reset(token)
    assert not re.search(r"\.[A-Z]", said), "sentences stand apart"
    do(city, case, "secretariat", "triage", "reject", reason="重なる")
    tried = incident_acts.retry(city.site, city.actor("admin"), number)
    assert tried.works is None
    assert "もう開いていません" in tried.message
    assert "もう一度操作" not in tried.message


def test_an_act_that_succeeds_later_resolves_what_it_left(city):
    case = to_sheet(city)
    ill = spoiled(city, "kpi.register")
    task = task_of(city, "applicant", case, "project_sheet")
    with pytest.raises(StepFailed) as stopped:
        ill.complete_id("applicant", task.id, "submit", **SHEET)
    number = incidents.of_failure(city.site, city.actor("applicant"), stopped.value, case)
    elsewhere = incidents.record(
        city.site, case_id=case, element="project_sheet", cause="別の作業", task_id="other"
    )
    token = texts.language.set("en")
    try:
        city.complete_id("applicant", task.id, "submit", **SHEET)
    finally:
        texts.language.reset(token)
    admin = city.actor("admin")
    one = incident_list.one(city.site, admin, number)
    assert (one.status, one.resolved_by) == ("resolved", "システム")
    assert one.note == "同じ操作が成功したため、自動で解消しました。"
    assert [row.id for row in incident_list.listed(city.site, admin).entries] == [elsewhere]
    ((body,),) = rows(city, select(AuditEvent.body).where(AuditEvent.type == "incident.resolved"))
    assert number in body
    assert one.note in body
    assert broken(city) == []


def test_another_button_says_nothing_of_the_one_that_failed(city):
    case = to_triage(city)
    task = task_of(city, "secretariat", case, "triage").id
    incidents.record(
        city.site, case_id=case, element="triage", cause="y", task_id=task, outcome="accept",
        actor=city.actor("secretariat"),
    )  # fmt: skip
    do(city, case, "secretariat", "triage", "reject", reason="重なる")
    assert incident_list.listed(city.site, city.actor("admin")).total == 1


def test_a_start_that_succeeds_later_resolves_what_it_left(city):
    mine, theirs = (
        incidents.record(
            city.site, case_id=None, element="notify", cause="y", process="proposal",
            actor=city.actor(name),
        )
        for name in ("applicant", "colleague")
    )  # fmt: skip
    assert mine == theirs  # counted on one row, as the last who met it
    city.start("applicant")
    assert incident_list.listed(city.site, city.actor("admin")).total == 1
    city.start("colleague")
    assert incident_list.listed(city.site, city.actor("admin")).total == 0


def test_resolving_needs_a_note_and_happens_once(city):
    number = incidents.record(city.site, case_id=None, element="x", cause="y")
    admin = city.actor("admin")
    with pytest.raises(Invalid, match="解消"):
        incident_acts.close(city.site, admin, number, " ")
    with pytest.raises(NotFound, match="none"):
        incident_acts.close(city.site, admin, "none", "直した")
    with pytest.raises(NotAllowed):
        incident_acts.close(city.site, city.actor("secretariat"), number, "直した")
    with pytest.raises(NotAllowed):
        incident_list.listed(city.site, city.actor("cio"))
    with pytest.raises(Invalid, match="status"):
        incident_list.listed(city.site, admin, "lost")
    close = partial(incident_acts.close, city.site, admin, number, "直した")
    came = at_once(close, close)
    assert sorted(type(one).__name__ for one in came) == ["Conflict", "NoneType"]
    events = select(func.count()).select_from(AuditEvent).where(
        AuditEvent.type == "incident.resolved"
    )  # fmt: skip
    assert rows(city, events) == [(1,)]


def test_a_failing_timer_neither_spins_nor_keeps_others_waiting(city, caplog):
    sick, well = to_committee(city), to_committee(city)
    city.run_jobs()
    plain = upkeep.lock

    def lock(site, tx, actor, case):
        if case == sick:
            raise ValueError("読めない進行状態")
        return plain(site, tx, actor, case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(upkeep, "lock", lock)
        city.clock.advance(days=40)
        taken = city.run_jobs()
        assert taken < 20
        assert city.run_jobs() == 0
        well_fired = select(func.count()).select_from(AuditEvent).where(
            AuditEvent.case_id == well, AuditEvent.type == "timer.fired"
        )  # fmt: skip
        assert rows(city, well_fired)[0][0] > 0
        for wait in (*BACKOFF, BACKOFF[-1]):
            city.clock.advance(seconds=wait)
            city.run_jobs()
    found = incident_list.listed(city.site, city.actor("admin")).entries
    assert {one.case_id for one in found} == {sick}
    assert all(one.job_status == "dead" for one in found)
    assert all(one.element_name not in ("", "timer.fire") for one in found)
    case_acts.suspend(city.site, city.actor("admin"), sick, "調べる")
    with pytest.raises(Suspended):
        incident_acts.retry(city.site, city.actor("admin"), found[0].id)
    case_acts.resume(city.site, city.actor("admin"), sick)
    city.run_jobs()
    assert {
        one.job_status for one in incident_list.listed(city.site, city.actor("admin")).entries
    } == {"dead"}
    for one in found:
        incident_acts.retry(city.site, city.actor("admin"), one.id)
    city.run_jobs()
    assert incident_list.listed(city.site, city.actor("admin")).total == 0
    assert broken(city) == []


def test_cancelling_a_case_resolves_its_incidents(city):
    case = city.start().id
    incidents.record(city.site, case_id=case, element="x", cause="y")
    case_acts.cancel(city.site, city.actor("admin"), case, "重複")
    (one,) = incident_list.listed(city.site, city.actor("admin"), "resolved").entries
    assert "重複" in one.note
    with pytest.raises(StopIteration):
        do(city, case, "head", "head_approval", "approve")
