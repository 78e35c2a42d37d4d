"""Cases that begin by themselves: at their time, once, as somebody's, and in the log."""

import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from dxflow.audit import verify_database
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Case, Notice
from dxflow.db.job import Job
from dxflow.db.process import Incident, PlannedStart
from dxflow.errors import Conflict, Invalid, NotAllowed
from dxflow.jobs import carrying, queue
from dxflow.services.acts import timed_starts, upkeep
from dxflow.services.administration.closing_days import changing
from dxflow.services.administration.closing_days.days import Meaning
from dxflow.services.installation.bootstrap import operator
from dxflow.services.operations import incident_acts, versions
from dxflow.services.packs.city_days import CLOSED
from dxflow.services.people import maintenance, organisation
from dxflow.services.people.organisation import HoldingRow, Organisation
from dxflow.services.reading import upcoming_starts
from tests import yearly
from tests.factories import ROOT, City
from tests.integration.test_concurrency import at_once
from tests.statements import counted

APRIL = datetime(2027, 3, 31, 15, tzinfo=UTC)
FIFTH = (
    '<bpmn:timeCycle>=add_business_days(period_end(period_of(today(), "month")), 5)'
    "</bpmn:timeCycle>"
)


def rows(city: City, statement: Any) -> list[Any]:
    with city.site.database.read() as tx:
        return list(tx.execute(statement).all())


def begun(city: City) -> list[Any]:
    """Return the cases that have begun by themselves."""
    return rows(city, select(Case.__table__).where(Case.process_key == "appointment"))


def planned(city: City) -> Any:
    (row,) = rows(city, select(PlannedStart.__table__))
    return row


def sound(city: City) -> bool:
    with city.site.database.read() as tx:
        return verify_database(tx).findings == ()


def test_a_case_begins_at_its_time_as_its_owners_and_the_log_says_who_did_it(city):
    yearly.publish(city)
    assert planned(city).due_at == APRIL
    city.clock.moment = APRIL - timedelta(seconds=1)
    city.run_jobs()
    assert begun(city) == []
    city.clock.moment = APRIL
    city.run_jobs()
    (case,) = begun(city)
    assert case.title == "DX推進担当者の任命（令和9年度）"
    assert (case.applicant_id, case.unit) == (city.person["mgmt_head"], "management")
    assert case.number == "R9-経営企画-0001"
    (event,) = rows(city, select(AuditEvent.__table__).where(AuditEvent.type == "case.begun"))
    assert (event.case_id, event.actor) == (case.id, None)
    assert planned(city).due_at == datetime(2028, 3, 31, 15, tzinfo=UTC)
    city.complete("mgmt_head", "nominate", "submit", nominee="山田")
    assert begun(city)[0].status == "completed"
    assert sound(city)


def test_who_owns_it_is_told_and_reads_it(city):
    yearly.publish(city)
    city.clock.moment = APRIL
    city.run_jobs()
    (case,) = begun(city)
    assert ("DX推進担当者の任命（令和9年度）" in
            rows(city, select(Notice.message).where(Notice.case_id == case.id))[0].message)  # fmt: skip
    assert city.sees("mgmt_head", case.id)
    assert not city.sees("other", case.id)


def test_many_workers_begin_one_case(city):
    yearly.publish(city)
    city.clock.moment = APRIL
    at_once(*[city.run_jobs] * 4)
    assert len(begun(city)) == 1
    assert [row.status for row in rows(city, select(Job.status, Job.kind)) if row.kind == "process.start"] == ["done"]  # fmt: skip
    assert sound(city)


def test_after_an_outage_of_years_it_is_caught_up_with_once(city):
    yearly.publish(city)
    city.clock.moment = APRIL + timedelta(days=800)
    city.run_jobs()
    city.run_jobs()
    assert len(begun(city)) == 1
    assert planned(city).due_at == datetime(2030, 3, 31, 15, tzinfo=UTC)


@pytest.mark.parametrize("point", ["leased", "worked", "committed"])
def test_a_worker_killed_at_any_point_leaves_one_case(sqlite_city, point):
    city = sqlite_city
    yearly.publish(city)
    city.clock.moment = APRIL
    killed = subprocess.run(
        [sys.executable, "-m", "tests.integration.dying_worker",
         str(city.site.database.url), APRIL.isoformat(), point],
        cwd=ROOT, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    assert len(begun(city)) == (1 if point == "committed" else 0)
    city.clock.advance(seconds=queue.LEASE.total_seconds() + 1)
    city.run_jobs()
    assert len(begun(city)) == 1
    assert sound(city)


def test_a_start_that_is_brought_again_and_again_begins_one_case(postgres_city):
    city = postgres_city
    yearly.publish(city)
    city.clock.moment = APRIL
    at_once(*[partial(upkeep.queue_due_timers, city.site, APRIL)] * 4)
    hands = upkeep.make_worker(city.site)
    (job,) = [row.id for row in rows(city, select(Job.id).where(Job.kind == timed_starts.JOB))]
    at_once(*[partial(hands.perform, job)] * 4)
    hands.perform(job, 3)
    assert carrying.tend(city.site.database, APRIL + timedelta(minutes=1)) >= 0
    assert len(begun(city)) == 1
    assert sound(city)


def test_a_start_that_is_not_due_costs_no_statement_of_its_own(city):
    def asked() -> int:
        with counted(city.site.database) as count:
            upkeep.queue_due_timers(city.site, city.clock())
        return count.statements

    before = asked()
    yearly.publish(city)
    assert asked() == before
    assert upkeep.queue_due_timers(city.site, city.clock()) == APRIL


def test_a_newer_version_takes_over_and_one_with_the_same_time_goes_on_counting(city):
    half = "<bpmn:timeCycle>R/P6M</bpmn:timeCycle>"
    yearly.publish(city, timer=half)
    first = planned(city)
    city.clock.advance(days=30)
    later = yearly.publish(city, timer=half, starts=yearly.STARTS.replace("任命", "選任"))
    assert (planned(city).due_at, planned(city).digest) == (first.due_at, later.digest)
    city.clock.moment = first.due_at
    city.run_jobs()
    assert begun(city)[0].title.startswith("DX推進担当者の選任")
    yearly.publish(city, timer=yearly.EVERY_APRIL)
    assert planned(city).due_at == APRIL
    versions.make_current(city.site, city.actor("admin"), "standard", 3, "戻す")
    assert planned(city).due_at > first.due_at
    versions.make_current(city.site, city.actor("admin"), "standard", 1, "使わない")
    assert rows(city, select(PlannedStart.id)) == []


def test_an_interval_is_what_the_settings_say(city):
    starts = yearly.STARTS + '[starts.appointment.values]\ninterval = "P3M"\n'
    yearly.publish(city, timer='<bpmn:timeCycle>="R/" + interval</bpmn:timeCycle>', starts=starts)
    assert planned(city).due_at == datetime(2026, 8, 11, 1, tzinfo=UTC)
    other = starts.replace("P3M", "P1M")
    yearly.publish(city, timer='<bpmn:timeCycle>="R/" + interval</bpmn:timeCycle>', starts=other)
    assert planned(city).due_at == datetime(2026, 6, 11, 1, tzinfo=UTC)


def test_a_day_of_the_calendar_is_worked_out_anew_after_each_start(city):
    last = '<bpmn:timeCycle>=period_end(period_of(today(), "year"))</bpmn:timeCycle>'
    yearly.publish(city, timer=last)
    city.clock.moment = datetime(2027, 3, 30, 15, tzinfo=UTC)
    assert planned(city).due_at == city.clock.moment
    city.run_jobs()
    assert planned(city).due_at == datetime(2028, 3, 30, 15, tzinfo=UTC)
    yearly.publish(city, timer=last.replace("timeCycle", "timeDate"))
    city.clock.moment = datetime(2028, 3, 30, 15, tzinfo=UTC)
    city.run_jobs()
    assert planned(city).due_at is None
    assert len(begun(city)) == 2


def test_a_day_that_the_city_closes_moves_the_next_start(city):
    first = '<bpmn:timeCycle>=add_business_days(period_end(period_of(today(), "year")), 1)</bpmn:timeCycle>'
    yearly.publish(city, timer=first)
    assert planned(city).due_at == APRIL
    closed = Meaning(CLOSED, "開庁記念日")
    changing.add(city.site, city.actor("admin"), date(2027, 4, 1), date(2027, 4, 1), closed)
    assert planned(city).due_at == APRIL + timedelta(days=1)
    city.clock.moment = APRIL + timedelta(days=1)
    city.run_jobs()
    assert [case.number for case in begun(city)] == ["R9-経営企画-0001"]


def test_a_start_that_waits_for_a_day_of_this_month_outlasts_a_change_of_the_citys_days(city):
    yearly.publish(city, timer=FIFTH)
    assert planned(city).due_at == datetime(2026, 6, 4, 15, tzinfo=UTC)
    city.clock.moment = datetime(2026, 6, 2, 1, tzinfo=UTC)
    closed, admin = Meaning(CLOSED, "開庁記念日"), city.actor("admin")
    changing.add(city.site, admin, date(2026, 12, 1), date(2026, 12, 1), closed)
    assert planned(city).due_at == datetime(2026, 6, 4, 15, tzinfo=UTC)
    changing.add(city.site, admin, date(2026, 6, 3), date(2026, 6, 3), closed)
    assert planned(city).due_at == datetime(2026, 6, 7, 15, tzinfo=UTC)
    city.clock.moment = datetime(2026, 6, 7, 15, tzinfo=UTC)
    city.run_jobs()
    assert planned(city).due_at == datetime(2026, 7, 6, 15, tzinfo=UTC)
    changing.add(city.site, city.actor("admin"), date(2026, 7, 1), date(2026, 7, 1), closed)
    assert planned(city).due_at == datetime(2026, 7, 7, 15, tzinfo=UTC)
    assert len(begun(city)) == 1
    city.clock.moment = datetime(2026, 8, 2, 1, tzinfo=UTC)  # nobody watched for some weeks
    city.run_jobs()
    assert len(begun(city)) == 2
    assert planned(city).due_at == datetime(2026, 8, 6, 15, tzinfo=UTC)


def test_a_case_begun_early_takes_nothing_from_a_start_that_waits(city):
    yearly.publish(city, timer=FIFTH)
    city.clock.moment = datetime(2026, 6, 4, 15, tzinfo=UTC)
    city.run_jobs()
    waits = planned(city)
    assert waits.due_at == datetime(2026, 7, 6, 15, tzinfo=UTC)
    city.clock.moment = datetime(2026, 7, 2, 1, tzinfo=UTC)
    timed_starts.begin_now(city.site, city.actor("admin"), waits.id, waits.last_case_id, "急ぐ")
    december, meaning = date(2026, 12, 1), Meaning(CLOSED, "開庁記念日")
    changing.add(city.site, city.actor("admin"), december, december, meaning)
    assert planned(city).due_at == waits.due_at


def test_a_version_whose_times_cannot_be_worked_out_any_more_is_not_made_current(city):
    failing = (
        '<bpmn:timeCycle>=if today() &lt; date("2100-01-01") then date("2100-04-01")'
        ' else add_business_days(date("2150-12-31"), 900)</bpmn:timeCycle>'
    )
    yearly.publish(city, timer=failing)
    versions.retire(city.site, city.actor("admin"), "standard", "使わない")
    city.clock.moment = datetime(2100, 1, 2, 1, tzinfo=UTC)
    with pytest.raises(Conflict, match="始められません"):
        versions.make_current(city.site, city.actor("admin"), "standard", 2, "戻す")


def test_a_retired_pack_begins_nothing(city):
    yearly.publish(city)
    city.clock.moment = APRIL
    upkeep.queue_due_timers(city.site, APRIL)
    versions.retire(city.site, city.actor("admin"), "standard", "使わない")
    city.run_jobs()
    assert begun(city) == []


def test_without_anybody_in_the_post_nothing_begins_until_somebody_is_and_it_is_tried_again(
    city, caplog
):
    yearly.publish(city)
    with city.site.database.write() as tx:
        organisation.end_holding(
            tx, city.person["mgmt_head"], "head-management", date(2027, 3, 1), city.clock()
        )
    city.clock.moment = APRIL
    city.run_jobs()
    assert begun(city) == []
    (incident,) = rows(city, select(Incident.__table__))
    assert "経営企画課長" in incident.cause
    assert "だれもいない" in incident.cause
    assert (incident.process_key, incident.element) == ("appointment", "april")
    with city.site.database.write() as tx:
        holding = HoldingRow(city.person["other"], "head-management", date(2027, 4, 1))
        organisation.write(tx, Organisation(holdings=(holding,)), city.site)
    city.clock.advance(days=3)
    incident_acts.retry(city.site, city.actor("admin"), incident.id)
    city.run_jobs()
    assert begun(city)[0].applicant_id == city.person["other"]
    assert rows(city, select(Incident.status)) == [("resolved",)]
    assert sound(city)


def test_an_administrator_begins_one_ahead_of_its_time_once(city):
    yearly.publish(city)
    plan = planned(city)
    with pytest.raises(NotAllowed):
        timed_starts.begin_now(city.site, city.actor("secretariat"), plan.id, "", "急ぐ")
    with pytest.raises(Invalid):
        timed_starts.begin_now(city.site, city.actor("admin"), plan.id, "", " ")
    timed_starts.begin_now(city.site, city.actor("admin"), plan.id, "", "組織の改正があったため")
    with pytest.raises(Conflict):
        timed_starts.begin_now(city.site, city.actor("admin"), plan.id, "", "二度押した")
    assert len(begun(city)) == 1
    assert planned(city).due_at == APRIL
    (event,) = rows(city, select(AuditEvent.__table__).where(AuditEvent.type == "case.begun"))
    assert event.actor == city.person["admin"]
    assert sound(city)


def test_only_an_administrator_reads_what_is_planned_and_whose_it_will_be(city):
    yearly.publish(city)
    (one,) = upcoming_starts.shown(city.site, city.actor("admin"))
    assert (one.due_at, one.trouble) == (APRIL, "")
    for name in ("secretariat", "applicant", "cio"):
        with pytest.raises(NotAllowed):
            upcoming_starts.shown(city.site, city.actor(name))


def test_maintenance_stops_it_and_afterwards_it_begins_once(city):
    yearly.publish(city)
    by = operator(city.site)
    maintenance.announce(city.site, by, "更新のため", None, None)
    city.clock.moment = APRIL
    city.run_jobs()
    assert begun(city) == []
    maintenance.end(city.site, by)
    city.clock.advance(hours=1)
    city.run_jobs()
    city.run_jobs()
    assert len(begun(city)) == 1


def test_another_owner_in_the_row_than_in_the_log_is_found(city):
    yearly.publish(city)
    city.clock.moment = APRIL
    city.run_jobs()
    with city.site.database.write() as tx:
        tx.execute(
            Case.__table__.update()
            .where(Case.process_key == "appointment")
            .values(applicant_id=city.person["other"])
        )
    with city.site.database.read() as tx:
        (found,) = verify_database(tx).findings
    assert "提案者が、記録された人と違います" in found.text
