"""週報: once a week, on the first business day after it, told to those who read every case."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select

from dxflow.calendars.retelling import retold
from dxflow.clock import local_date
from dxflow.db.job import Job
from dxflow.errors import NotAllowed, NotFound
from dxflow.services.administration import working
from dxflow.services.people import mail_choices
from dxflow.services.reading import digests, notices
from dxflow.texts import language
from tests import smtp_sink
from tests.factories import City
from tests.smtp_sink import Sink
from tests.walks import to_kpi

MONDAY_EIGHT = datetime(2026, 5, 17, 23, tzinfo=UTC)  # 18 May 2026, 8:00 in Japan


def work(city: City) -> None:
    """Let the embedded worker do what is due."""
    working.make_worker(city.site).run_due()


def weeks(city: City, by: str = "cio") -> list[str]:
    return [row.week for row in digests.listed(city.site, city.actor(by)).entries]


def put(city: City) -> int:
    """Ask as every worker does; return how many jobs there are."""
    digests.queue_due(city.site, city.clock())
    with city.site.database.read() as tx:
        return int(
            tx.execute(
                select(func.count()).select_from(Job).where(Job.kind == digests.KIND)
            ).scalar_one()
        )


def test_nothing_is_made_before_the_first_business_morning(city):
    city.clock.moment = MONDAY_EIGHT - timedelta(minutes=1)
    assert digests.queue_due(city.site, city.clock()) == MONDAY_EIGHT
    assert put(city) == 0
    city.clock.moment = MONDAY_EIGHT
    assert put(city) == 1


def test_several_workers_ask_for_one(city):
    city.clock.moment = MONDAY_EIGHT
    assert put(city) == 1
    city.site.kept.clear()  # another process, which knows nothing of the first
    assert put(city) == 1


def test_after_holidays_it_is_the_first_open_day(city):
    city.clock.moment = datetime(2026, 5, 4, 1, tzinfo=UTC)  # 4, 5 and 6 May 2026 are holidays
    due = digests.queue_due(city.site, city.clock())
    assert due == datetime(2026, 5, 6, 23, tzinfo=UTC)  # Thursday 7 May, 8:00 in Japan


def test_the_week_is_told_once_and_stays_as_it_was_made(city):
    to_kpi(city)
    city.clock.moment = MONDAY_EIGHT
    for _again in range(2):
        with city.site.database.write() as tx:
            digests.make(city.site, tx, {"week": "2026-W20"}, city.clock())
    assert weeks(city) == ["2026-W20"]
    found = digests.one(city.site, city.actor("cio"), "2026-W20")
    assert (found.row.first, found.row.last) == (date(2026, 5, 11), date(2026, 5, 17))
    assert found.body["handed_in"] == 1
    assert [row["unit"] for row in found.body["decided"]] == ["市民課"]
    assert all(row["on"] <= found.row.last for row in found.body["decided"])
    city.run_jobs()
    for reader in ("cio", "secretariat"):
        told = [one.message for one in notices.for_actor(city.site, city.actor(reader)).entries]
        assert sum("週報" in message for message in told) == 1


def test_what_is_late_says_for_how_many_days(city):
    city.start()
    city.clock.advance(days=40)
    with city.site.database.write() as tx:
        digests.make(city.site, tx, {"week": "2026-W20"}, city.clock())
    (late,) = digests.one(city.site, city.actor("cio"), "2026-W20").body["late"]
    assert late["days"] > 20
    assert late["since"] + timedelta(days=late["days"]) == local_date(city.clock())


def test_the_embedded_worker_makes_it_and_only_once(sqlite_city):
    sqlite_city.start()
    sqlite_city.clock.moment = MONDAY_EIGHT
    work(sqlite_city)
    sqlite_city.site.kept.clear()
    work(sqlite_city)
    assert weeks(sqlite_city) == ["2026-W20"]


@pytest.mark.parametrize("name", ["applicant", "head", "admin"])
def test_others_do_not_read_it(city, name):
    with pytest.raises(NotAllowed):
        weeks(city, name)
    with pytest.raises(NotAllowed):
        digests.one(city.site, city.actor(name), "2026-W20")


def test_a_week_without_one_is_not_found(city):
    with pytest.raises(NotFound):
        digests.one(city.site, city.actor("cio"), "1999-W01")


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as made:
        yield made


@contextmanager
def english() -> Iterator[None]:
    token = language.set("en")
    yield
    language.reset(token)


def test_a_reader_of_english_gets_the_week_in_english_as_notice_and_by_mail(city, sink):
    to_kpi(city)
    work(city)
    smtp_sink.with_mail(city, sink.port, default_choice="at_once")
    with english():
        mail_choices.choose(city.site, city.actor("cio"), "at_once", weekly=True)
    sink.received.clear()
    city.clock.moment = MONDAY_EIGHT
    for _again in range(4):
        city.site.kept.clear()
        work(city)
        city.clock.advance(minutes=2)
    told = "The digest from 5/11 to 5/17 is ready."
    mine = [one for one in sink.received if one.recipients == ("cio@city.example",)]
    by_subject = {one.message["Subject"]: one.text for one in mine}
    weekly = next(text for subject, text in by_subject.items() if "Weekly digest" in subject)
    assert "Running cases: 1" in weekly
    assert "進行中" not in weekly
    assert any(told in text for text in by_subject.values())
    with english():
        left = notices.for_actor(city.site, city.actor("cio")).entries
        assert any(retold(one.message).startswith(told) for one in left)
    assert any("5/11から5/17までの週報" in one.message for one in left), "stored in Japanese"
