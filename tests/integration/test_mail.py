"""Mail: for those who want it, once for an event, whatever becomes of server and worker."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from dxflow.audit import verify_database
from dxflow.db.case import Case, Notice
from dxflow.db.identity import Person
from dxflow.db.job import Job
from dxflow.db.mail import OutgoingMail
from dxflow.errors import Conflict
from dxflow.jobs import queue
from dxflow.jobs.crew import Crew
from dxflow.jobs.queue import LEASE
from dxflow.services.acts import upkeep
from dxflow.services.administration import outgoing, working
from dxflow.services.mail import sending, smtp
from dxflow.services.people import mail_choices
from dxflow.services.people.mail_settings import MailSettings
from tests import smtp_sink
from tests.factories import ROOT, City, found_city
from tests.integration.dying_mailer import POINTS
from tests.integration.test_concurrency import at_once
from tests.smtp_sink import Sink
from tests.statements import counted
from tests.walks import do, to_decision, whoever


@pytest.fixture
def sink() -> Iterator[Sink]:
    with Sink() as made:
        yield made


def with_mail(city: City, port: int, **values: Any) -> MailSettings:
    """Switch mail on once what is due anyway (the week's digest) has been done."""
    working.make_worker(city.site).run_due()
    return smtp_sink.with_mail(city, port, **values)


def work(city: City, **later: float) -> None:
    """Let the worker do what is due, some time later."""
    city.clock.advance(**(later or {"seconds": sending.SLOT}))
    city.site.kept.clear()
    working.make_worker(city.site).run_due()


def tell(
    city: City, *groups: str, message: str = "知らせ", key: str = "k", case: Any = None
) -> None:
    with city.site.database.write() as tx:
        queue.defer(
            tx, city.clock(), kind="notice.deliver", key=key,
            payload={"groups": list(groups), "message": message, "case_id": case},
        )  # fmt: skip


def rows(city: City) -> list[Any]:
    with city.site.database.read() as tx:
        return list(tx.execute(select(OutgoingMail.__table__).order_by(OutgoingMail.id)))


def states(city: City) -> Counter[str]:
    return Counter(row.status for row in rows(city))


def wish(city: City, name: str, choice: str) -> None:
    mail_choices.choose(city.site, city.actor(name), choice, weekly=False)


def test_without_a_mail_server_nothing_is_written(city):
    tell(city, "role:cio")
    work(city)
    assert rows(city) == []
    with city.site.database.read() as tx:
        assert tx.execute(select(Notice.id)).all()


def test_a_notice_goes_to_everybody_of_its_groups_once(city, sink):
    with_mail(city, sink.port)
    tell(city, "role:cio", "role:auditor", f"user:{city.person['cio']}")
    work(city)
    assert [one.recipients for one in sink.received].count(("cio@city.example",)) == 1
    assert sorted(one.recipients[0] for one in sink.received) == [
        "auditor@city.example", "cio@city.example",
    ]  # fmt: skip
    assert states(city) == {"sent": 2}
    tell(city, "role:cio")
    for _again in range(3):
        work(city, minutes=10)
    assert len(sink.received) == 2


def test_the_message_is_plain_japanese_with_a_link(city, sink):
    case = to_decision(city)
    with_mail(city, sink.port)
    do(city, case, whoever(city, case, "decide"), "decide", "approve", reason="決裁する")
    work(city)
    (mail,) = sink.to("applicant@city.example")[:1]
    assert mail.sender == "dxflow@city.example"
    assert mail.message["Subject"].startswith("[dxflow] お知らせ: R8-市民-0001 転入手続")
    assert mail.message["From"] == "改善提案 <dxflow@city.example>"
    assert mail.message["Auto-Submitted"] == "auto-generated"
    assert "決裁されました。" in mail.text
    assert f"https://dxflow.city.example/cases/{case}" in mail.text
    assert mail.message.get_content_type() == "text/plain"
    assert mail.raw.isascii()


def test_each_gets_what_they_chose(city, sink):
    with_mail(city, sink.port, default_choice="none")
    wish(city, "auditor", "at_once")
    wish(city, "cio", "daily")
    tell(city, "role:cio", "role:auditor", "role:admin")
    work(city)
    told = [
        one
        for one in sink.received
        if "知らせ" in one.text and "まとめ" not in one.message["Subject"]
    ]
    assert [one.recipients for one in told] == [("auditor@city.example",)]


def test_without_an_address_or_with_a_closed_account_there_is_no_mail(city, sink):
    with_mail(city, sink.port)
    with city.site.database.write() as tx:
        tx.execute(update(Person).where(Person.username == "cio").values(email=""))
        tx.execute(update(Person).where(Person.username == "auditor").values(status="disabled"))
    tell(city, "role:cio", "role:auditor")
    work(city)
    assert (rows(city), sink.received) == ([], [])


def test_of_a_case_one_may_not_see_nothing_is_said(city, sink):
    case = to_decision(city)
    with_mail(city, sink.port)
    assert not city.sees("admin", case)
    tell(city, "role:admin", message="内緒の話", case=case)
    work(city)
    (mail,) = sink.to("admin@city.example")
    shown = mail.message["Subject"] + mail.text
    assert "お知らせ" in shown
    assert not [word for word in ("内緒", "転入", "R8-", case) if word in shown]


def test_nothing_in_a_title_or_a_name_becomes_a_header(city, sink):
    case = to_decision(city)
    with_mail(city, sink.port)
    nasty = "件名\r\nBcc: all@city.example\r\n\r\n本文"
    with city.site.database.write() as tx:
        tx.execute(update(Case).where(Case.id == case).values(title=nasty))
        tx.execute(
            update(Person).where(Person.username == "cio").values(name='長\r\nCc: x@y <a@b> "引"')
        )
    tell(city, "role:cio", message="一行\n.\nもう一行\r\nBcc: all@city.example", case=case)
    work(city)
    (mail,) = sink.received
    assert mail.recipients == ("cio@city.example",)
    assert mail.message["Bcc"] is None
    assert mail.message["Cc"] is None
    assert "\n" not in mail.message["Subject"]
    assert "もう一行" in mail.text


@pytest.mark.parametrize(
    "address", ["a b@city.example", "職員@city.example", "a@b\r\nRCPT TO:<c@d>", "@", "a@@b"]
)
def test_an_address_that_is_none_is_refused_before_the_server_sees_it(city, sink, address):
    with_mail(city, sink.port)
    with city.site.database.write() as tx:
        tx.execute(update(Person).where(Person.username == "cio").values(email=address))
    tell(city, "role:cio")
    work(city)
    assert states(city) == {"refused": 1}
    assert sink.commands == []


def test_what_the_server_refuses_for_good_is_shown_with_its_words_and_not_tried_again(city, sink):
    with_mail(city, sink.port)
    sink.says["RCPT"] = "550 5.1.1 そのような人はいません"
    tell(city, "role:cio", "role:auditor")
    for _again in range(3):
        work(city, hours=2)
    assert states(city) == {"refused": 2}
    assert {row.answer for row in rows(city)} == {"550 5.1.1 そのような人はいません"}
    assert [row.attempts for row in rows(city)] == [1, 1]
    sink.says.clear()
    outgoing.resend(city.site, city.actor("admin"), rows(city)[0].id)
    work(city)
    assert len(sink.received) == 1
    assert sorted(states(city)) == ["refused", "sent"]
    with city.site.database.read() as tx:
        assert verify_database(tx).findings == ()


@pytest.mark.parametrize("point", ["MAIL", "RCPT", "DATA", "TEXT"])
def test_what_the_server_cannot_take_now_is_tried_again_later(city, sink, point):
    with_mail(city, sink.port)
    sink.says[point] = "451 4.7.1 try again later"
    tell(city, "role:cio")
    work(city)
    (row,) = rows(city)
    assert (row.status, row.attempts, row.due_at) == (
        "waiting", 1, city.clock() + timedelta(minutes=1),
    )  # fmt: skip
    work(city, seconds=50)
    assert rows(city)[0].attempts == 1
    sink.says.clear()
    work(city, seconds=15)
    assert (states(city), len(sink.received)) == ({"sent": 1}, 1)


@pytest.mark.parametrize("trouble", ["dead", "421", "AUTH", "no STARTTLS", "drops"])
def test_while_the_server_is_away_everything_waits_and_one_tries(city, sink, trouble):
    port, more = sink.port, {}
    if trouble == "dead":
        with Sink() as gone:
            port = gone.port
    elif trouble == "421":
        sink.says["CONNECT"] = "421 closed for today"
    elif trouble == "AUTH":
        more = {"user": "dxflow"}
    elif trouble == "no STARTTLS":
        more = {"security": "starttls"}
    else:
        sink.drops.add("MAIL")
    with_mail(city, port, **more)
    tell(city, "role:cio", "role:auditor")
    work(city)
    assert states(city) == {"waiting": 2}
    assert sorted(row.attempts for row in rows(city)) == [0, 1]
    assert {row.due_at for row in rows(city)} == {city.clock() + timedelta(minutes=1)}
    assert all(row.answer for row in rows(city))
    sink.says.clear()
    sink.drops.clear()
    with_mail(city, sink.port, sender_name="直した設定")
    work(city)
    assert (states(city), len(sink.received)) == ({"sent": 2}, 2)


@pytest.mark.parametrize("how", ["hangs", "drops"])
def test_a_server_that_takes_the_text_and_says_nothing_leaves_a_doubt(city, sink, how, monkeypatch):
    # long enough for every answer before the text, on a busy machine too
    monkeypatch.setattr(smtp, "PATIENCE", 2.0 if how == "hangs" else 30.0)
    with_mail(city, sink.port)
    getattr(sink, how).add("TEXT")
    tell(city, "role:cio")
    work(city)
    assert (states(city), len(sink.received)) == ({"doubtful": 1}, 1)
    getattr(sink, how).clear()
    monkeypatch.setattr(smtp, "PATIENCE", 30.0)
    for _again in range(3):
        work(city, hours=2)
    assert len(sink.received) == 1
    outgoing.resend(city.site, city.actor("admin"), rows(city)[0].id)
    work(city)
    first, second = (one.message["Message-ID"] for one in sink.received)
    assert first == second


@pytest.mark.parametrize("point", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA"])
def test_a_server_that_never_answers_is_given_up_and_tried_again(city, sink, point, monkeypatch):
    monkeypatch.setattr(smtp, "PATIENCE", 0.3)
    with_mail(city, sink.port)
    sink.hangs.add(point)
    tell(city, "role:cio")
    work(city)
    assert states(city) == {"waiting": 1}
    assert "返事がありません" in rows(city)[0].answer
    sink.hangs.clear()
    monkeypatch.setattr(smtp, "PATIENCE", 30.0)  # a busy machine may answer late
    work(city, minutes=2)
    assert (states(city), len(sink.received)) == ({"sent": 1}, 1)


def test_nothing_is_locked_while_the_server_is_waited_for(city, sink, monkeypatch):
    with_mail(city, sink.port)
    tell(city, "role:cio")
    seen = []
    deliver = smtp.Post.deliver

    def beside(self: smtp.Post, *given: Any) -> smtp.Outcome:
        with city.site.database.write() as tx:  # would wait for ever, or be refused
            tx.execute(text("UPDATE person SET must_change_password = must_change_password"))
            seen.append(rows(city)[0].status)
        return deliver(self, *given)

    monkeypatch.setattr(smtp.Post, "deliver", beside)
    work(city)
    assert seen == ["handed"]
    assert states(city) == {"sent": 1}


def test_what_could_not_be_sent_for_days_is_given_up(city, sink):
    with_mail(city, sink.port)
    sink.says["CONNECT"] = "421 away"
    tell(city, "role:cio")
    work(city)
    sink.says.clear()
    work(city, days=4)
    assert (states(city), sink.received) == ({"expired": 1}, [])


def test_what_is_not_needed_any_more_is_not_sent(city, sink):
    with_mail(city, sink.port)
    sink.says["CONNECT"] = "421 away"
    tell(city, "role:cio", "role:auditor")
    work(city)
    sink.says.clear()
    wish(city, "cio", "none")
    work(city, hours=1)
    assert states(city) == {"needless": 1, "sent": 1}


def test_several_workers_send_each_message_once(city, sink):
    with_mail(city, sink.port)
    for number in range(10):
        tell(city, "role:cio", "role:auditor", key=f"k{number}", message=f"{number}")
    city.run_jobs()
    at_once(*[lambda: sending.send_due(city.site, {})] * 4)
    assert states(city) == {"sent": 20}
    assert len({one.message["Message-ID"] for one in sink.received}) == len(sink.received) == 20


@pytest.mark.parametrize("point", POINTS)
def test_a_worker_killed_at_any_point_never_sends_twice_and_loses_nothing_in_silence(
    city, sink, point
):
    with_mail(city, sink.port)
    tell(city, "role:cio")
    city.run_jobs()
    address = city.site.database.url.render_as_string(hide_password=False)
    killed = subprocess.run(
        [sys.executable, "-m", "tests.integration.dying_mailer", address,
         city.clock().isoformat(), point],
        cwd=ROOT, capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr.decode()
    left = {"unmarked": "waiting", "settled": "sent"}.get(point, "handed")
    assert states(city) == {left: 1}
    arrived = int(point in ("delivered", "settled"))
    assert len(sink.received) == arrived
    after = {"unmarked": "sent", "settled": "sent"}.get(point, "doubtful")
    for _again in range(3):
        work(city, seconds=max(LEASE, sending.DOUBT).total_seconds() + 1)
    assert states(city) == {after: 1}
    assert len(sink.received) == (1 if point == "unmarked" else arrived)
    if after == "doubtful":
        assert outgoing.stands(city.site, city.actor("admin")).troubled == 1
        outgoing.resend(city.site, city.actor("admin"), rows(city)[0].id)
        work(city)
        assert states(city) == {"sent": 1}
        assert len({one.message["Message-ID"] for one in sink.received}) == 1
    else:
        with pytest.raises(Conflict):
            outgoing.resend(city.site, city.actor("admin"), rows(city)[0].id)


def test_a_late_answer_is_still_an_answer(city, sink):
    """Another worker called the message doubtful while this one waited for the server."""
    settings = with_mail(city, sink.port)
    tell(city, "role:cio")
    city.run_jobs()
    handed = sending.mark(city.site, settings, sending._next(city.site))
    city.clock.advance(minutes=3)
    assert sending.doubt_stuck(city.site) == 1
    sending.settle(city.site, handed, smtp.Outcome("sent", "250 queued"))
    assert states(city) == {"sent": 1}


def test_mail_of_an_act_that_is_undone_does_not_exist(city, sink):
    with_mail(city, sink.port)

    def undone() -> None:
        with city.site.database.write() as tx:
            upkeep.announce(
                city.site, tx, {"groups": ["role:cio"], "message": "x"}, "k", city.clock()
            )
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        undone()
    assert rows(city) == []


def test_telling_many_people_takes_no_statement_for_each(city, sink):
    with_mail(city, sink.port)

    def statements(groups: list[str], key: str) -> int:
        with city.site.database.write() as tx, counted(city.site.database) as count:
            upkeep.announce(city.site, tx, {"groups": groups, "message": "x"}, key, city.clock())
        return count.statements

    few = statements(["role:cio"], "few")
    assert statements([f"user:{person}" for person in city.person.values()], "many") <= few
    assert len(rows(city)) == len(city.person) + 1


def test_a_job_that_was_brought_is_held_by_a_lease_while_mail_goes_out(
    postgres_database, tmp_path, sink, monkeypatch
):
    city = found_city(postgres_database, tmp_path)
    with_mail(city, sink.port)
    tell(city, "role:cio")
    city.run_jobs()
    city.site.kept.clear()
    city.clock.advance(seconds=sending.SLOT)
    sending.queue_due(city.site, city.clock())
    crew = working.make_worker(city.site)
    assert isinstance(crew, Crew)
    with city.site.database.read() as tx:
        job = tx.execute(select(Job.id).where(Job.kind == sending.KIND, Job.status == "waiting"))
        job_id = job.scalar_one()
    deliver, brought = smtp.Post.deliver, []

    def again(self: smtp.Post, *given: Any) -> smtp.Outcome:
        working.make_worker(city.site).perform(job_id)  # a second carrier: comes back later
        brought.append(len(sink.received))
        return deliver(self, *given)

    monkeypatch.setattr(smtp.Post, "deliver", again)
    crew.perform(job_id)
    assert (brought, len(sink.received), states(city)) == ([0], 1, {"sent": 1})
    with city.site.database.read() as tx:
        assert tx.execute(select(Job.status).where(Job.id == job_id)).scalar_one() == "done"
