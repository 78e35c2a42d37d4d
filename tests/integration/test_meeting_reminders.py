"""The week before a meeting the secretariat is told; papers are read, and the log says so."""

from sqlalchemy import select

from dxflow.db.case import Notice
from dxflow.services.administration import working
from dxflow.services.meetings import agenda, book, papers, planning
from dxflow.services.reading import audit_log
from tests.factories import City
from tests.sessions import drawn, held
from tests.statements import counted
from tests.walks import to_committee


def notices(city: City, group: str) -> list[str]:
    working.make_worker(city.site).run_due()
    with city.site.database.read() as tx:
        return list(
            tx.execute(
                select(Notice.message)
                .where(Notice.group_key == group, Notice.message.contains("第1回"))
                .order_by(Notice.at, Notice.id)
            ).scalars()
        )


def test_the_secretariat_is_told_once_in_the_week_before_and_on_the_eve_of_what_lacks(city):
    drawn(city, days=10)
    assert notices(city, "role:secretariat") == []
    city.clock.advance(days=3)
    (said,) = notices(city, "role:secretariat")
    assert said.startswith("DX推進委員会 第1回まであと7日です。そろっていないものが1つ")
    city.clock.advance(days=3)
    assert len(notices(city, "role:secretariat")) == 1
    city.clock.advance(days=3)
    assert "あと1日" in notices(city, "role:secretariat")[1]


def test_members_are_told_of_papers_and_of_a_change(city):
    _case, meeting, _matter = drawn(city, days=10)
    by = city.actor("secretariat")
    planning.distribute(city.site, by, meeting)
    planning.cancel(city.site, by, meeting, "台風のため")
    said = notices(city, "post:head-it")
    assert {one.partition(":")[0] for one in said} == {
        "会議の資料が配付されました",
        "会議は取りやめになりました",
    }


def test_who_has_read_the_papers_is_known(city):
    _case, meeting, matter = drawn(city, days=3)
    for name in ("it_head", "it_head", "auditor"):
        papers.read(city.site, city.actor(name), matter)
    (one,) = book.one(city.site, city.actor("it_head"), meeting).matters
    assert (one.read, one.mine) == (1, True)  # the auditor has no seat
    (one,) = book.one(city.site, city.actor("cio"), meeting).matters
    assert (one.read, one.mine) == (1, False)


def test_the_log_tells_of_a_meeting_in_words(city):
    held(city)
    filters = audit_log.Filters(type="meeting.attended")
    lines = audit_log.search(city.site, city.actor("auditor"), filters).entries
    assert len(lines) == 6
    said = {(change.label, change.after) for line in lines for change in line.entry.changes}
    assert {("席", "情報政策課長"), ("委員", "it_head")} <= said


def test_a_list_of_meetings_costs_as_much_with_many_as_with_few(sqlite_city):
    city = sqlite_city
    _case, meeting, _matter = drawn(city, days=30)
    by = city.actor("cio")

    def cost() -> int:
        with counted(city.site.database) as sent:
            book.listed(city.site, by)
            book.one(city.site, by, meeting)
        return sent.statements

    cost()  # who is who is read once for a day
    few = cost()
    for _ in range(3):
        agenda.add(city.site, city.actor("secretariat"), meeting, to_committee(city))
    assert cost() == few
