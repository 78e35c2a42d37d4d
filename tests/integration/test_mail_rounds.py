"""Mail that nobody's act sends: the morning's, new tasks', the week's; and what is tidied away."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from dxflow.db.case import Notice
from dxflow.db.digest import Digest
from dxflow.db.job import Job
from dxflow.db.mail import OutgoingMail
from dxflow.db.process import WorkItem, WorkItemGroup
from dxflow.jobs import queue
from dxflow.services.administration import outgoing, tidying, working
from dxflow.services.installation import backups, bootstrap, restoring
from dxflow.services.mail import daily, offered, sending
from dxflow.services.people import mail_choices, mail_settings
from dxflow.services.reading import digests
from dxflow.texts import language
from tests import smtp_sink
from tests.factories import City
from tests.integration.test_concurrency import at_once
from tests.integration.test_mail import rows, states, tell, work
from tests.smtp_sink import Received, Sink
from tests.walks import do, to_committee, to_kpi, whoever

TUESDAY = datetime(2026, 5, 11, 23, tzinfo=UTC)  # 12 May 2026, 8:00 in Japan


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as made:
        yield made


def quiet(city: City) -> None:
    working.make_worker(city.site).run_due()


def morning(city: City, sink: Sink, by: str = "cio") -> None:
    """A city in which one person gets the morning's mail, on the evening before."""
    quiet(city)
    smtp_sink.with_mail(city, sink.port, default_choice="none")
    mail_choices.choose(city.site, city.actor(by), "daily", weekly=False)
    city.site.kept[daily.KIND] = (0.0, date(2026, 5, 11))  # that morning is over


def next_morning(city: City, moment: datetime = TUESDAY) -> None:
    city.clock.moment = moment
    for _again in range(3):
        city.site.kept.clear()
        working.make_worker(city.site).run_due()
        city.clock.advance(seconds=sending.SLOT)


def summaries(sink: Sink) -> list[Received]:
    return [one for one in sink.received if "朝のまとめ" in one.message["Subject"]]


def test_one_mail_in_the_morning_tells_of_tasks_and_notices(city, sink):
    to_committee(city)
    morning(city, sink)
    tell(city, "role:cio", message="一つ目", key="a")
    tell(city, "role:cio", f"user:{city.person['cio']}", message="二つ目", key="b")
    quiet(city)
    assert sink.received == []
    city.clock.moment = TUESDAY - timedelta(minutes=1)
    quiet(city)
    assert sink.received == []
    next_morning(city)
    (mail,) = summaries(sink)
    assert mail.recipients == ("cio@city.example",)
    waiting = len(city.open_tasks("cio"))
    assert f"（作業 {waiting} 件、お知らせ 3 件）" in mail.message["Subject"]
    assert mail.text.count("週報ができました") == 1
    assert mail.text.count("一つ目") == mail.text.count("二つ目") == 1
    next_morning(city, TUESDAY + timedelta(days=1))
    assert len(summaries(sink)) == 1 + bool(waiting)
    assert all("一つ目" not in one.text for one in summaries(sink)[1:])


def test_late_tasks_are_said_to_be_late(city, sink):
    case = to_committee(city)
    by = whoever(city, case, "vote") if city.open_tasks("cio") == [] else "cio"
    quiet(city)
    smtp_sink.with_mail(city, sink.port, default_choice="none")
    mail_choices.choose(city.site, city.actor(by), "daily", weekly=False)
    with city.site.database.write() as tx:
        late = city.clock() - timedelta(days=10)
        waiting = select(WorkItem.id).where(WorkItem.case_id == case, WorkItem.status == "open")
        ids = list(tx.execute(waiting).scalars())
        for table in (WorkItem.__table__, WorkItemGroup.__table__):
            key = table.c.id if "id" in table.c else table.c.work_item_id
            tx.execute(update(table).where(key.in_(ids)).values(due_at=late))
    next_morning(city)
    (mail,) = summaries(sink)
    assert "（うち期限超過 1 件）" in mail.text
    assert "【期限超過】" in mail.text


def test_who_has_nothing_to_read_gets_nothing(city, sink):
    morning(city, sink, "applicant")
    next_morning(city)
    assert (states(city), sink.received) == ({"needless": 1}, [])


@pytest.mark.parametrize(
    "moment",
    [
        datetime(2026, 5, 16, 0, tzinfo=UTC),  # a Saturday
        datetime(2026, 7, 20, 0, tzinfo=UTC),  # 海の日, a Monday
    ],
)
def test_none_on_days_off(city, sink, moment):
    morning(city, sink)
    city.clock.moment = moment - timedelta(hours=3)
    quiet(city)
    tell(city, "role:cio")
    next_morning(city, moment)
    assert summaries(sink) == []


def test_after_days_without_a_worker_there_is_one_that_tells_everything(city, sink):
    morning(city, sink)
    tell(city, "role:cio", message="月曜のこと", key="a")
    next_morning(city)
    city.clock.advance(hours=1)
    tell(city, "role:cio", message="火曜のこと", key="b")
    city.run_jobs()  # a worker of old that knows of notices only
    city.clock.advance(days=1)
    tell(city, "role:cio", message="水曜のこと", key="c")
    city.run_jobs()
    next_morning(city, TUESDAY + timedelta(days=3))
    first, second = summaries(sink)
    assert "月曜のこと" in first.text
    assert "月曜のこと" not in second.text
    assert "火曜のこと" in second.text
    assert "水曜のこと" in second.text


def test_several_workers_make_one_a_person_and_a_day(city, sink):
    morning(city, sink)
    tell(city, "role:cio")
    quiet(city)
    city.clock.moment = TUESDAY

    def worker() -> None:
        site = replace(city.site, kept={})
        working.make_worker(site).run_due()

    at_once(*[worker] * 4)
    next_morning(city, TUESDAY + timedelta(seconds=10))
    with city.site.database.read() as tx:
        made = tx.execute(
            select(func.count()).select_from(OutgoingMail).where(OutgoingMail.kind == "daily")
        ).scalar_one()
    assert (made, len(summaries(sink))) == (1, 1)


def test_mail_is_in_the_language_its_reader_chose(city, sink):
    morning(city, sink)
    before = language.set("en")
    try:
        mail_choices.choose(city.site, city.actor("cio"), "daily", weekly=False)
    finally:
        language.reset(before)
    tell(city, "role:cio")
    quiet(city)
    next_morning(city)
    (mail,) = sink.received
    assert "Morning summary" in mail.message["Subject"]
    assert "This mail was sent by dxflow" in mail.text


def tasks_on(city: City, sink: Sink) -> None:
    quiet(city)
    smtp_sink.with_mail(city, sink.port, tasks=True)
    work(city)


def test_who_may_do_a_new_task_is_told_once(city, sink):
    tasks_on(city, sink)
    city.start()
    for _again in range(5):
        work(city, seconds=60)
    (task,) = {row.subject for row in rows(city) if row.kind == "task"}
    told = [one for one in sink.received if "作業" in one.message["Subject"]]
    may = {
        f"{name}@city.example"
        for name in city.person
        if task in {one.id for one in city.open_tasks(name)}
    }
    assert may
    assert sorted(one.recipients[0] for one in told) == sorted(may)
    assert f"https://dxflow.city.example/tasks/{task}" in told[0].text
    assert "R8-市民-0001 転入手続のオンライン予約" in told[0].text


def test_a_task_done_before_the_mail_goes_out_is_not_told(city, sink):
    tasks_on(city, sink)
    sink.says["CONNECT"] = "421 away"
    case = city.start().id
    work(city, seconds=60)
    assert {row.status for row in rows(city) if row.kind == "task"} == {"waiting"}
    do(city, case, "head", "head_approval", "approve")
    sink.says.clear()
    work(city, minutes=5)
    told = [one for one in sink.received if "作業:" in one.message["Subject"]]
    assert "head@city.example" not in {one.recipients[0] for one in told}
    assert "needless" in {row.status for row in rows(city) if row.kind == "task"}


def test_tasks_that_come_while_no_worker_runs_are_told_afterwards(city, sink):
    tasks_on(city, sink)
    city.start()
    city.clock.advance(hours=5)
    work(city)
    work(city)
    assert {row.kind for row in rows(city)} >= {"task"}


def test_without_that_setting_tasks_are_not_told(city, sink):
    quiet(city)
    smtp_sink.with_mail(city, sink.port, tasks=False)
    city.start()
    work(city, minutes=2)
    work(city, minutes=2)
    assert [row for row in rows(city) if row.kind == "task"] == []
    assert offered.queue_due(city.site, city.clock()) is None


def test_after_weeks_without_a_worker_several_make_the_last_weeks_digest_once(city, sink):
    to_kpi(city)
    quiet(city)
    smtp_sink.with_mail(city, sink.port, default_choice="none")
    mail_choices.choose(city.site, city.actor("cio"), "none", weekly=True)
    mail_choices.choose(city.site, city.actor("head"), "none", weekly=True)  # may not read it
    with city.site.database.read() as tx:
        before = set(tx.execute(select(Digest.week)).scalars())
    city.clock.moment = datetime(2026, 6, 22, 2, tzinfo=UTC)  # Monday, six weeks later

    def worker() -> None:
        working.make_worker(replace(city.site, kept={})).run_due()

    at_once(*[worker] * 4)
    for _again in range(3):
        work(city, minutes=2)
    with city.site.database.read() as tx:
        made = set(tx.execute(select(Digest.week)).scalars()) - before
        told = tx.execute(
            select(Notice.group_key, func.count())
            .where(Notice.message.contains("6/15"))
            .group_by(Notice.group_key)
        ).all()
    assert made == {"2026-W25"}
    assert {tuple(row) for row in told} == {("role:cio", 1), ("role:secretariat", 1)}
    (mail,) = [one for one in sink.received if "週報" in one.message["Subject"]]
    assert mail.recipients == ("cio@city.example",)
    assert "進行中の案件: 1 件" in mail.text
    assert "https://dxflow.city.example/digests/2026-W25" in mail.text


def test_a_digest_whose_worker_failed_is_still_made_of_its_own_week(city, monkeypatch):
    """The job waits over the weekend of an outage: it makes the week it was put there for."""
    quiet(city)
    city.clock.moment = datetime(2026, 5, 17, 23, tzinfo=UTC)
    digests.queue_due(city.site, city.clock())
    city.clock.advance(days=8)
    city.site.kept.clear()
    working.make_worker(city.site).run_due()
    weeks = [row.week for row in digests.listed(city.site, city.actor("cio")).entries]
    assert weeks[:2] == ["2026-W21", "2026-W20"]


def jobs(city: City) -> int:
    with city.site.database.read() as tx:
        return int(tx.execute(select(func.count()).select_from(Job)).scalar_one())


def test_finished_jobs_and_old_mail_go_once_a_day_and_what_matters_stays(city, sink):
    quiet(city)
    smtp_sink.with_mail(city, sink.port, keep_days=10)
    tell(city, "role:cio", key="old")
    work(city)
    with city.site.database.write() as tx:
        queue.defer(tx, city.clock(), kind="notice.deliver", key="later", payload={},
                    run_at=city.clock() + timedelta(days=400))  # fmt: skip
        queue.defer(tx, city.clock(), kind="of.tomorrow", key="dead", payload={})
        tx.execute(update(Job).where(Job.key == "dead").values(status="dead"))
    assert states(city) == {"sent": 1}
    mail_settings.change(
        city.site, city.actor("admin"), replace(mail_settings.stored(city.site), on=False)
    )
    before = jobs(city)
    city.clock.advance(days=9)
    work(city)
    assert states(city) == {"sent": 1}
    city.clock.advance(days=2)
    work(city)
    assert states(city) == {}
    assert jobs(city) > before
    city.clock.moment += tidying.JOB_AGE + timedelta(days=1)
    work(city)
    with city.site.database.read() as tx:
        keys = set(tx.execute(select(Job.key)).scalars())
        oldest = tx.execute(select(func.min(Job.created_at)).where(Job.status == "done")).scalar()
    assert {"later", "dead"} <= keys
    assert "old" not in keys
    assert oldest > city.clock() - tidying.JOB_AGE


def test_a_restored_city_sends_nothing_until_somebody_has_looked(city, sink, tmp_path):
    """Else a copy on a machine for trying things would write to everybody."""
    quiet(city)
    smtp_sink.with_mail(city, sink.port)
    tell(city, "role:cio")
    city.run_jobs()
    assert states(city) == {"waiting": 1}
    who = bootstrap.operator(city.site)
    city.site.settings.write_mail_password("secret-of-the-mail-server")
    city.site.settings.make_secret_key()
    file = tmp_path / "city.dxbackup"
    backups.make(city.site, who, file, with_key=True)
    assert b"secret-of-the-mail-server" not in file.read_bytes()
    restoring.restore(city.site, who, file, replace_it=True)
    city.site.kept.clear()
    assert not mail_settings.stored(city.site).on
    assert outgoing.stands(city.site, city.actor("admin")).counts == {"doubtful": 1}
    work(city, minutes=5)
    assert sink.received == []
