"""Failed logins count for a day, on both databases; what no longer counts does not stay."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from dxflow.audit import verify_database
from dxflow.db.audit import AuditEvent
from dxflow.db.identity import LoginThrottle
from dxflow.errors import CodeNeeded, NotLoggedIn, Throttled
from dxflow.services import plain
from dxflow.services.administration import working
from dxflow.services.people import accounts, second_step
from dxflow.services.people.throttling import FREE_FAILURES, network_of, place
from dxflow.services.reading import audit_log
from tests.factories import PASSWORD, City
from tests.factors import phone_of

ORIGIN = "192.0.2.1"


def fail(city: City, name: str, times: int = 1) -> None:
    for _time in range(times):
        with pytest.raises(NotLoggedIn):
            accounts.log_in(city.site, name, "wrong-password", ORIGIN)


def subjects(city: City) -> set[str]:
    with city.site.database.read() as tx:
        found = tx.execute(select(LoginThrottle.subject)).scalars()
        return {subject.partition("|")[0] for subject in found if "|" in subject}


def spray(city: City, times: int, origin: str = ORIGIN, begin: int = 0) -> None:
    """Try one password on so many accounts."""
    for number in range(begin, begin + times):
        with pytest.raises(NotLoggedIn):
            accounts.log_in(city.site, f"account-{number}", "wrong-password", origin)


@pytest.fixture
def strict(city: City) -> City:
    """Return the city where an address has ten failures free."""
    settings = replace(city.site.settings, login_failures=10)
    return replace(city, site=replace(city.site, settings=settings))


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


def test_who_tries_many_accounts_from_one_address_is_slowed(strict: City) -> None:
    spray(strict, 11)
    with pytest.raises(Throttled, match="同じ接続元") as slowed:
        accounts.log_in(strict.site, "head", PASSWORD, ORIGIN)
    assert slowed.value.retry_after <= 3
    for number in range(11, 30):
        strict.clock.advance(minutes=1)
        spray(strict, 1, begin=number)
        with pytest.raises(Throttled) as slowed:
            accounts.issue_token(strict.site, f"account-{number + 1}", "wrong-password", ORIGIN)
        assert slowed.value.retry_after <= 61


def test_an_office_behind_one_address_waits_for_a_moment_and_others_do_not(strict: City) -> None:
    spray(strict, 11)
    accounts.log_in(strict.site, "head", PASSWORD, "192.0.2.2")
    strict.clock.advance(minutes=1)
    accounts.log_in(strict.site, "head", PASSWORD, ORIGIN)
    accounts.log_in(strict.site, "other", PASSWORD, ORIGIN)


def test_a_right_password_takes_nothing_back(strict: City) -> None:
    spray(strict, 10)
    accounts.log_in(strict.site, "head", PASSWORD, ORIGIN)
    spray(strict, 1, begin=10)
    with pytest.raises(Throttled):
        spray(strict, 1, begin=11)


def test_what_goes_wrong_on_an_ordinary_day_is_free(strict: City) -> None:
    for hour in range(8):
        spray(strict, 10, begin=10 * hour)
        strict.clock.advance(hours=1, seconds=1)


def test_without_a_limit_or_an_address_nobody_waits(strict: City) -> None:
    spray(strict, 12, origin="")
    settings = replace(strict.site.settings, login_failures=0)
    spray(replace(strict, site=replace(strict.site, settings=settings)), 12)


def test_the_log_says_once_an_hour_which_address_is_slowed(strict: City) -> None:
    for _hour in range(2):
        spray(strict, 11)
        strict.clock.advance(minutes=1)
        spray(strict, 1, begin=11)
        strict.clock.advance(hours=1)
    wanted = audit_log.Filters(type="access.slowed")
    found = audit_log.search(strict.site, strict.actor("auditor"), wanted)
    told = [{one.label: one.after for one in line.entry.changes} for line in found.entries]
    assert told == [{"接続元": ORIGIN, "1時間の失敗": "11"}] * 2
    with strict.site.database.read() as tx:
        assert verify_database(tx).findings == ()


def channels(city: City, kind: str) -> list[str]:
    """Return by which channels the events of a kind came, oldest first."""
    with city.site.database.read() as tx:
        bodies = tx.execute(
            select(AuditEvent.body).where(AuditEvent.type == kind).order_by(AuditEvent.id)
        ).scalars()
        return [plain.loads(body)["actor"]["channel"] for body in bodies]


def test_the_log_says_by_which_channel_a_login_failed(strict: City) -> None:
    fail(strict, "head")
    with pytest.raises(NotLoggedIn):
        accounts.issue_token(strict.site, "head", "wrong-password", ORIGIN)
    assert not accounts.knows_password(strict.site, strict.actor("head"), "wrong-password")
    by_program = replace(strict.actor("head"), channel="api")
    assert not accounts.knows_password(strict.site, by_program, "wrong-password")
    assert channels(strict, "session.refused") == ["page", "api", "page", "api"]


def test_the_log_says_by_which_channel_a_code_failed(city: City) -> None:
    phone_of(city, "head")
    with pytest.raises(CodeNeeded) as half:
        accounts.log_in(city.site, "head", PASSWORD, ORIGIN)
    with pytest.raises(NotLoggedIn):
        second_step.complete(city.site, half.value.reference, "000000")
    with pytest.raises(NotLoggedIn):
        accounts.issue_token(city.site, "head", PASSWORD, ORIGIN, code="000000")
    assert channels(city, "session.refused") == ["page", "api"]


def test_the_log_says_by_which_channel_an_address_came_that_is_slowed(strict: City) -> None:
    spray(strict, 10)
    with pytest.raises(NotLoggedIn):
        accounts.issue_token(strict.site, "account-10", "wrong-password", ORIGIN)
    assert channels(strict, "access.slowed") == ["api"]


def test_failures_at_the_same_moment_are_all_counted(strict: City) -> None:
    def once(number: int) -> None:
        with pytest.raises(NotLoggedIn):
            accounts.log_in(strict.site, f"account-{number}", "wrong-password", ORIGIN)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(once, range(8)))
    with strict.site.database.read() as tx:
        row = tx.execute(
            select(LoginThrottle.failures).where(LoginThrottle.subject == place(ORIGIN))
        ).scalar_one()
    assert row == 8


def test_an_address_that_failed_long_ago_is_forgotten(strict: City) -> None:
    spray(strict, 11)
    strict.clock.advance(hours=50)
    working.make_worker(strict.site).run_due()
    with strict.site.database.read() as tx:
        assert tx.execute(select(LoginThrottle.subject)).all() == []


def test_addresses_of_one_connection_count_as_one(strict: City) -> None:
    for number in range(FREE_FAILURES + 1):
        with pytest.raises(NotLoggedIn):
            accounts.log_in(strict.site, "head", "wrong-password", f"2001:db8:1:2::{number:x}")
    with pytest.raises(Throttled):
        accounts.log_in(strict.site, "head", PASSWORD, "2001:db8:1:2:ffff::1")
    assert accounts.log_in(strict.site, "head", PASSWORD, "2001:db8:1:3::1").reference
    for number in range(FREE_FAILURES + 1, 11):
        spray(strict, 1, f"2001:db8:1:2::{number:x}", number)
    with pytest.raises(Throttled, match="同じ接続元"):
        accounts.log_in(strict.site, "other", PASSWORD, "2001:db8:1:2::abcd")


@pytest.mark.parametrize(
    ("origin", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unix:", "unix:"),
        ("", ""),
    ],
)
def test_the_network_of_an_address(origin: str, network: str) -> None:
    assert network_of(origin) == network
