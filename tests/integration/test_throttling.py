"""Failed logins count for a day, on both databases; what no longer counts does not stay."""

import pytest
from sqlalchemy import select

from dxflow.db.identity import LoginThrottle
from dxflow.errors import NotLoggedIn, Throttled
from dxflow.services.administration import working
from dxflow.services.people import accounts
from dxflow.services.people.throttling import FREE_FAILURES
from tests.factories import PASSWORD, City

ORIGIN = "192.0.2.1"


def fail(city: City, name: str, times: int = 1) -> None:
    for _time in range(times):
        with pytest.raises(NotLoggedIn):
            accounts.log_in(city.site, name, "wrong-password", ORIGIN)


def subjects(city: City) -> set[str]:
    with city.site.database.read() as tx:
        found = tx.execute(select(LoginThrottle.subject)).scalars()
        return {subject.partition("|")[0] for subject in found}


def test_what_no_longer_counts_is_removed_once_a_day(city: City) -> None:
    fail(city, "nobody-of-that-name")
    fail(city, "head", FREE_FAILURES + 1)
    city.clock.advance(hours=20)
    fail(city, "other")
    working.make_worker(city.site).run_due()
    assert subjects(city) == {"nobody-of-that-name", "head", "other"}
    city.clock.advance(hours=23)  # five in the morning of the day after next
    working.make_worker(city.site).run_due()
    assert subjects(city) == {"other"}


def test_who_failed_long_ago_begins_anew_also_before_the_tidying(city: City) -> None:
    fail(city, "head", FREE_FAILURES)
    city.clock.advance(hours=25)
    fail(city, "head", FREE_FAILURES)
    accounts.log_in(city.site, "head", PASSWORD, ORIGIN)
    assert subjects(city) == set()


def test_failures_within_a_day_are_added_up(city: City) -> None:
    fail(city, "head", FREE_FAILURES)
    city.clock.advance(hours=23)
    fail(city, "head")
    with pytest.raises(Throttled):
        accounts.log_in(city.site, "head", PASSWORD, ORIGIN)
