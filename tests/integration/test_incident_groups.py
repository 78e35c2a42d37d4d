"""Incidents of one cause at one place: one line, read in as few statements, tried again together."""

from functools import partial

import pytest
from sqlalchemy import select

from dxflow import texts
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Notice
from dxflow.db.job import Job
from dxflow.db.process import Incident
from dxflow.engine import StepFailed
from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound
from dxflow.jobs import queue
from dxflow.jobs.queue import BACKOFF, MAX_ATTEMPTS
from dxflow.services.acts import drafts, incidents
from dxflow.services.operations import case_acts, incident_groups
from tests.factories import SHEET, City
from tests.integration.histories import broken
from tests.integration.test_concurrency import at_once
from tests.integration.test_incidents import SHEET_TYPED, rows, spoiled
from tests.statements import counted
from tests.walks import task_of, to_sheet


def given_up(city: City) -> None:
    """Let every job fail until it is given up."""
    for attempt in range(MAX_ATTEMPTS):
        city.run_jobs()
        city.clock.advance(seconds=BACKOFF[min(attempt, len(BACKOFF) - 1)])


def dead_notices(city: City, cases: list[str]) -> None:
    """Leave a notice of each case that cannot be delivered until its job is dead."""
    with city.site.database.write() as tx:
        for case in cases:
            queue.defer(tx, city.clock(), kind="notice.deliver", key=f"k:{case}", case_id=case,
                        payload={"message": "知らせ"})  # fmt: skip
    given_up(city)


def groups(city: City, status: str = "open"):
    return incident_groups.listed(city.site, city.actor("admin"), status)


def test_one_cause_at_one_place_is_one_line_with_its_cases(city):
    cases = [city.start().id for _ in range(7)]
    say = partial(incidents.record, city.site, process="idea", element="triage")
    for case in cases:
        say(case_id=case, cause="式「x」を評価できません: y")
    say(case_id=cases[0], cause="式「x」を評価できません: y")
    say(case_id=cases[0], cause="別の原因")
    say(case_id=cases[0], cause="式「x」を評価できません: y", task_id="", outcome="")
    found = groups(city)
    shape = {(one.first.cause, one.cases, one.incidents, one.occurrences) for one in found.entries}
    assert shape == {("式「x」を評価できません: y", 7, 7, 9), ("別の原因", 1, 1, 1)}
    assert found.total == 2
    most = max(found.entries, key=lambda one: one.cases)
    assert len(most.latest) == incident_groups.SHOWN
    assert most.first.pack_version == 1
    assert groups(city, "resolved").total == 0


def test_more_incidents_need_no_more_statements(city):
    def read() -> int:
        with counted(city.site.database) as count:
            groups(city)
        return count.statements

    cases = [city.start().id for _ in range(2)]
    for case in cases:
        incidents.record(city.site, case_id=case, element="triage", cause="y")
    read()
    few = read()
    for number in range(30):
        incidents.record(city.site, case_id=cases[number % 2], element=f"e{number}", cause="y")
    assert read() == few


def test_the_cause_is_one_whatever_those_who_meet_it_read(city):
    for language in ("ja", "en"):
        case = to_sheet(city)
        ill = spoiled(city, "kpi.register")
        task = task_of(city, "applicant", case, "project_sheet")
        token = texts.language.set(language)
        try:
            with pytest.raises(StepFailed) as stopped:
                ill.complete_id("applicant", task.id, "submit", **SHEET)
            incidents.of_failure(city.site, city.actor("applicant"), stopped.value, case)
        finally:
            texts.language.reset(token)
    (one,) = groups(city).entries
    assert one.cases == 2
    assert "失敗しました" in one.first.cause


def test_one_press_puts_all_jobs_back_each_on_its_own(city, caplog):
    cases = [city.start().id for _ in range(3)]
    dead_notices(city, cases)
    (group,) = groups(city).entries
    assert (group.cases, group.first.kind) == (3, "job")
    case_acts.suspend(city.site, city.actor("admin"), cases[0], "調べる")
    retry = partial(incident_groups.retry, city.site, city.actor("admin"), group.first.id)
    came = at_once(retry, retry)
    assert sum(one.count("queued") for one in came) == 2
    again = retry()
    assert [(one.case_id, one.came) for one in again.tried] == [(cases[0], "refused")]
    assert "止めています" in again.tried[0].message
    mend(city, cases[2])
    city.run_jobs()
    cause = incident_groups.cause(city.site, city.actor("admin"), group.first.id)
    assert (cause.open, cause.waiting, cause.again, cause.resolved) == (2, 1, 1, 1)
    assert [one.status for one in cause.page.entries] == ["open", "open", "resolved"]
    assert [message for (message,) in rows(city, select(Notice.message))].count("知らせ") == 1
    types = [kind for (kind,) in rows(city, select(AuditEvent.type))]
    assert types.count("incident.retried") == 2
    assert broken(city) == []


def mend(city: City, case: str) -> None:
    """Give a case's notice the groups that it lacks."""
    payload = '{"groups": ["role:cio"], "message": "知らせ"}'
    with city.site.database.write() as tx:
        tx.execute(Job.__table__.update().where(Job.key == f"k:{case}").values(payload=payload))


def test_acts_of_people_are_tried_together_and_nothing_is_kept(city):
    ill, tasks, numbers = spoiled(city, "kpi.register"), [], []
    for _ in range(2):
        case = to_sheet(city)
        task = task_of(city, "applicant", case, "project_sheet")
        with pytest.raises(StepFailed) as stopped:
            ill.complete_id("applicant", task.id, "submit", **SHEET)
        failure = stopped.value
        numbers.append(incidents.of_failure(city.site, city.actor("applicant"), failure, case))
        tasks.append(task.id)
    drafts.save_task(city.site, city.actor("applicant"), tasks[0], SHEET_TYPED)
    admin = city.actor("admin")
    events = len(rows(city, select(AuditEvent.id)))
    still = incident_groups.retry(ill.site, admin, numbers[1])
    assert {one.incident: one.came for one in still.tried} == {
        numbers[0]: "fails", numbers[1]: "unknown",
    }  # fmt: skip
    mended = incident_groups.retry(city.site, admin, numbers[1])
    assert (mended.count("works"), mended.count("unknown"), mended.left) == (1, 1, 0)
    assert len(rows(city, select(AuditEvent.id))) == events


def test_a_group_is_resolved_with_one_note(city):
    cases = [city.start().id for _ in range(3)]
    numbers = [
        incidents.record(city.site, case_id=case, element="triage", cause="y") for case in cases
    ]
    other = incidents.record(city.site, case_id=cases[0], element="triage", cause="z")
    admin = city.actor("admin")
    with pytest.raises(Invalid, match="解消"):
        incident_groups.close(city.site, admin, numbers[0], " ")
    assert incident_groups.close(city.site, admin, numbers[0], "表を直した") == 3
    with pytest.raises(Conflict):
        incident_groups.close(city.site, admin, numbers[1], "表を直した")
    assert rows(city, select(Incident.id).where(Incident.status == "open")) == [(other,)]
    (resolved,) = groups(city, "resolved").entries
    assert (resolved.cases, resolved.first.note) == (3, "表を直した")


def test_groups_are_for_administrators(city):
    number = incidents.record(city.site, case_id=None, element="x", cause="y")
    for act in (
        lambda who: incident_groups.listed(city.site, who),
        lambda who: incident_groups.cause(city.site, who, number),
        lambda who: incident_groups.retry(city.site, who, number),
        lambda who: incident_groups.close(city.site, who, number, "直した"),
    ):
        with pytest.raises(NotAllowed):
            act(city.actor("secretariat"))
    with pytest.raises(NotFound):
        incident_groups.retry(city.site, city.actor("admin"), "none")
    with pytest.raises(Invalid, match="status"):
        incident_groups.listed(city.site, city.actor("admin"), "lost")
