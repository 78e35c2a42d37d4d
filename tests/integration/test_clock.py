"""A clock set back an hour or forward: nothing is lost, doubled or broken, and it is said."""

import logging
import random
from datetime import timedelta

import pytest
from sqlalchemy import select

from dxflow.db.audit import AuditEvent
from dxflow.db.process import Timer
from dxflow.ids import new_id
from dxflow.jobs import queue
from dxflow.services.installation import bootstrap, clock_check
from tests.integration.histories import History, broken
from tests.walks import to_committee


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_city_lives_through_a_clock_that_is_set(city, hours):
    history = History(city, random.Random(8))
    history.live(20)
    case = to_committee(city)
    city.clock.advance(hours=hours)
    for _step in range(10):
        city.clock.advance(seconds=1)
        city.start()
    assert city.sees("cio", case)
    assert broken(city) == []
    city.clock.advance(days=60)
    city.run_jobs()
    with city.site.database.read() as tx:
        assert tx.execute(select(Timer.id).where(Timer.due_at <= city.clock())).all() == []
    assert broken(city) == []


def test_times_of_the_log_stand_still_until_the_clock_has_caught_up(city):
    to_committee(city)
    with city.site.database.read() as tx:
        newest = max(tx.execute(select(AuditEvent.at)).scalars())
    bootstrap.record_start(city.site)
    city.clock.advance(hours=-1)
    bootstrap.record_start(city.site)
    with city.site.database.read() as tx:
        at, body = tx.execute(
            select(AuditEvent.at, AuditEvent.body).where(AuditEvent.type == "system.started")
            .order_by(AuditEvent.seq.desc()).limit(1)
        ).one()  # fmt: skip
    assert at >= newest
    assert '"clock":"held"' in body
    assert broken(city) == []


def test_a_start_with_a_clock_behind_is_warned_of(city, caplog):
    bootstrap.record_start(city.site)
    assert clock_check.warning(city.site) == ""
    city.clock.advance(hours=-1)
    with caplog.at_level(logging.WARNING):
        bootstrap.record_start(city.site)
    assert "60 分遅れています" in caplog.text
    city.clock.advance(hours=1)
    assert clock_check.behind(city.site) is None


def test_work_that_was_leased_or_deferred_before_is_done_once(city):
    for key in ("leased", "waiting"):
        with city.site.database.write() as tx:
            queue.defer(
                tx, city.clock(), kind="notice.deliver", key=key,
                payload={"groups": ["role:cio"], "message": key},
            )  # fmt: skip
    assert queue.lease(city.site.database, city.clock()) is not None
    city.clock.advance(hours=-1)
    first = city.run_jobs()
    city.clock.advance(hours=1, seconds=queue.LEASE.total_seconds() + 1)
    assert first + city.run_jobs() == 2
    assert city.run_jobs() == 0


def test_ids_stay_unique_whatever_the_clock_says(city):
    moments = [city.clock() + timedelta(hours=h) for h in (0, -1, 0, 1)] * 500
    assert len({new_id(moment) for moment in moments}) == len(moments)
