"""Waiting time per step: what the tables say, counted and measured as somebody would by hand."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert, select

from dxflow.db.process import WorkItem
from dxflow.errors import Invalid, NotAllowed, NotFound
from dxflow.services.operations import step_times
from dxflow.services.operations.step_times import Days, Scope, _percentile
from tests.factories import City
from tests.statements import counted as statements
from tests.walks import do, to_triage


def step(city: City, element: str, **scope):
    found = step_times.measured(city.site, city.actor("cio"), Scope(**scope))
    return next(one for one in found.steps if one.element == element)


def finish(city: City, case: str, begin: datetime, days: float) -> None:
    """Write a finished task of the head's approval."""
    with city.site.database.write() as tx:
        like = dict(
            tx.execute(select(WorkItem.__table__).where(WorkItem.case_id == case).limit(1))
            .mappings()
            .one()
        )
        like |= {
            "id": f"{random.getrandbits(120):030x}", "status": "completed", "created_at": begin,
            "ended_at": begin + timedelta(days=days), "element": "head_approval",
        }  # fmt: skip
        tx.execute(insert(WorkItem).values(**like))


def test_who_stands_where_and_how_long_they_waited(city):
    first = city.start().id
    city.clock.advance(days=3)  # Monday to Thursday
    do(city, first, "head", "head_approval", "approve")
    second = city.start().id
    city.clock.advance(days=7)
    approval, triage = step(city, "head_approval"), step(city, "triage")
    assert (approval.standing, approval.passed) == (1, 1)
    assert approval.median == Days(3, 3.0)
    assert approval.longest is not None
    assert (approval.longest.case_id, approval.longest.waited) == (second, Days(5, 7.0))
    assert (triage.standing, triage.passed, triage.median) == (1, 0, None)
    assert triage.level > 1
    assert step(city, "kpi_measure").level == 0


def test_a_fiscal_year_only_counts_what_ended_in_it(city):
    case = to_triage(city)
    finish(city, case, datetime(2025, 6, 2, 1, tzinfo=UTC), 9)
    finish(city, case, datetime(2026, 3, 31, 14, tzinfo=UTC), 1 / 24 / 60)
    finish(city, case, datetime(2026, 3, 31, 15, tzinfo=UTC), 1 / 24 / 60)
    assert step(city, "head_approval").passed == 4
    assert step(city, "head_approval", year=2025).passed == 2
    assert step(city, "head_approval", year=2026).passed == 2


def test_percentiles_are_exact_and_the_number_of_statements_does_not_grow(city):
    case = to_triage(city)
    begin = datetime(2025, 6, 2, 1, tzinfo=UTC)
    for days in range(1, 20):
        finish(city, case, begin, days)
    found = step(city, "head_approval", year=2025)
    assert (found.sampled, found.passed) == (19, 19)
    assert found.median.calendar == 10.0
    assert found.high.calendar == 18.0
    with statements(city.site.database) as few:
        step_times.measured(city.site, city.actor("cio"), Scope())
    for _more in range(5):
        city.start()
    with statements(city.site.database) as more:
        step_times.measured(city.site, city.actor("cio"), Scope())
    assert more.statements == few.statements < 20


def test_the_scope_is_checked(city):
    cio = city.actor("cio")
    for scope in (Scope(pack="none"), Scope(version=99)):
        with pytest.raises(NotFound, match="版はありません"):
            step_times.measured(city.site, cio, scope)
    with pytest.raises(Invalid, match="年度"):
        step_times.measured(city.site, cio, Scope(year=1))
    with pytest.raises(NotFound):
        step_times.source(city.site, cio, "standard", 1, "nothing")
    assert "<" in step_times.source(city.site, cio, "standard", 1, "proposal")
    for name in ("applicant", "auditor"):
        with pytest.raises(NotAllowed):
            step_times.measured(city.site, city.actor(name), Scope())


@given(st.lists(st.integers(0, 400), min_size=1, max_size=60), st.sampled_from([0.5, 0.9]))
def test_a_percentile_is_the_smallest_that_the_share_does_not_exceed(waits, share):
    found = _percentile([Days(one, float(one)) for one in waits], share)
    assert found is not None
    within = sum(one <= found.business for one in waits)
    below = sum(one < found.business for one in waits)
    assert within * 100 >= share * 100 * len(waits)
    assert below * 100 < share * 100 * len(waits)
