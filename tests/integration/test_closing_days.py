"""The city's own closed and open days: in force at once wherever working days are counted."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from dxflow.audit import verify_database
from dxflow.clock import local_date
from dxflow.db.case import Deliberation, Notice
from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound
from dxflow.problems import Refused
from dxflow.services.administration.closing_days import changing, importing
from dxflow.services.administration.closing_days.days import Change, Meaning
from dxflow.services.operations import step_times
from dxflow.services.operations.step_times import Scope
from dxflow.services.packs import city_days
from dxflow.services.packs import store as packs
from dxflow.services.reading import audit_log, digests, inbox, kpis, my_cases, office_calendar
from dxflow.texts import language
from tests.factories import ROOT, City
from tests.statements import counted
from tests.walks import TRIAGE, do, task_of, to_committee, to_kpi, to_triage

CLOSED = Meaning("closed", "臨時閉庁")
DAY = date(2026, 10, 1)


def close(city: City, first: date, last: date | None = None, reason: str = "") -> changing.Done:
    return changing.add(city.site, city.actor("admin"), first, last or first, CLOSED, reason)


def entered(city: City, year: int = 2026) -> list[tuple[date, str, str]]:
    found = office_calendar.year_of(city.site, city.actor("applicant"), year)
    return [(one.day, one.kind, one.name) for one in found.entered]


def due(city: City, by: str, case: str, element: str) -> date:
    moment = task_of(city, by, case, element).due_at
    assert moment is not None
    return local_date(moment)


def test_a_deadline_moves_over_a_day_the_city_closes(city):
    before = to_triage(city)  # on Monday 11 May; the deadline is five business days later
    assert due(city, "secretariat", before, "triage") == date(2026, 5, 18)
    done = close(city, date(2026, 5, 14), date(2026, 5, 15))
    assert (len(done.changes), done.due) == (2, 0)
    after = to_triage(city)
    assert due(city, "secretariat", after, "triage") == date(2026, 5, 20)
    assert due(city, "secretariat", before, "triage") == date(2026, 5, 18)  # it stays
    changing.remove(city.site, city.actor("admin"), date(2026, 5, 14), date(2026, 5, 15))
    third = to_triage(city)
    assert due(city, "secretariat", third, "triage") == date(2026, 5, 18)


def test_a_day_the_city_opens_counts(city):
    opened = Meaning("open", "休日窓口")
    changing.add(city.site, city.actor("admin"), date(2026, 5, 16), date(2026, 5, 16), opened)
    assert due(city, "secretariat", to_triage(city), "triage") == date(2026, 5, 16)


def test_who_closes_a_day_is_told_what_falls_on_it(city):
    to_triage(city)
    assert close(city, date(2026, 5, 18)).due == 1


def test_another_process_knows_at_once_and_a_completed_task_costs_no_statement_more(city):
    other = City(replace(city.site, calendars={}, packs={}, directories={}, kept={}), city.clock,
                 city.person)  # fmt: skip
    first, second, third = (to_triage(other) for _n in range(3))
    tasks = [task_of(other, "secretariat", case, "triage") for case in (first, second, third)]

    def cost(which: int) -> int:
        form = other.form("secretariat", tasks[which].id)
        with counted(other.site.database) as count:
            other.complete_form("secretariat", form, "proceed", **TRIAGE)
        return count.statements

    usual = cost(0)
    close(city, date(2026, 5, 14))
    again = other.start()
    do(other, again.id, "head", "head_approval", "approve")
    assert due(other, "secretariat", again.id, "triage") == date(2026, 5, 19)
    assert [cost(1), cost(2)] == [usual, usual]


def test_what_was_undone_is_no_calendar_of_anybody(city):
    def break_off() -> None:
        with city.site.database.write() as tx:
            city_days.raise_version(tx)
            (pack,) = packs.current(city.site, tx)
            changes = [Change(DAY, None, CLOSED)]
            changing.write(city.site, tx, city.actor("admin"), changes, "calendar.changed", "")
            assert not city_days.Calendars(city.site, tx).of(pack).is_business_day(DAY)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        break_off()
    with city.site.database.read() as tx:
        (pack,) = packs.current(city.site, tx)
        assert city_days.Calendars(city.site, tx).of(pack).is_business_day(DAY)


def test_the_inbox_warns_by_the_days_of_the_city(city):
    case = to_triage(city)  # due on Monday 18 May; two business days before is a warning
    city.clock.at(date(2026, 5, 13))

    def urgencies() -> list[str]:
        mine = my_cases.mine(city.site, city.actor("applicant")).entries
        return [
            task_of(city, "secretariat", case, "triage").urgency,
            next(turn.urgency for one in mine if one.id == case for turn in one.turns),
        ]

    assert urgencies() == ["none", "none"]
    close(city, date(2026, 5, 14), date(2026, 5, 15))
    assert urgencies() == ["soon", "soon"]


def test_the_days_of_grace_are_the_citys_too(city):
    with city.site.database.read() as tx:
        (pack,) = packs.current(city.site, tx)
    rules = replace(pack.settings.rules, grace_days=1)
    pack = replace(pack, settings=replace(pack.settings, rules=rules))
    moment = datetime(2026, 5, 18, 8, tzinfo=UTC)
    later = datetime(2026, 5, 20, 1, tzinfo=UTC)

    def urgency() -> str:
        with city.site.database.read() as tx:
            calendar = city_days.Calendars(city.site, tx).of(pack)
        return inbox.urgency(pack, calendar, moment, later)

    assert urgency() == "late"
    close(city, date(2026, 5, 19))
    assert urgency() == "soon"


def test_the_committees_days_follow(city):
    close(city, date(2026, 5, 13), date(2026, 5, 15))
    case = to_committee(city)
    with city.site.database.read() as tx:
        (pack,) = packs.current(city.site, tx)
        calendar = city_days.Calendars(city.site, tx).of(pack)
        deadline = tx.execute(
            select(Deliberation.deadline).where(Deliberation.case_id == case)
        ).scalar_one()
    body = next(iter(pack.settings.bodies.values()))
    today = city.site.today()
    assert deadline == calendar.add_business_days(today, body.deadline_days)
    assert deadline > pack.settings.calendar.add_business_days(today, body.deadline_days)


def test_a_value_is_overdue_later_when_the_city_was_closed(city):
    files = packs.read_folder(ROOT / "processes" / "standard")
    settings = files["pack.toml"].replace("grace_days = 0", "grace_days = 5")
    packs.install(city.site, files | {"pack.toml": settings}, "system")
    to_kpi(city)
    city.clock.at(date(2027, 6, 1))

    def due_on() -> date:
        (row,) = kpis.listed(city.site, city.actor("cio")).page.entries
        return row.achievement.missing[0].due

    assert due_on() == date(2027, 4, 7)
    close(city, date(2027, 4, 1), reason="大雪のため閉庁した")
    assert due_on() == date(2027, 4, 8)


def test_the_weekly_digest_waits_for_the_citys_first_open_morning(city):
    close(city, date(2026, 5, 18))
    monday = datetime(2026, 5, 17, 23, tzinfo=UTC)  # Monday 18 May, 8:00 in Japan
    tuesday = datetime(2026, 5, 18, 23, tzinfo=UTC)
    assert digests.queue_due(city.site, monday) == tuesday
    city.site.kept.clear()
    changing.remove(city.site, city.actor("admin"), date(2026, 5, 18), date(2026, 5, 18))
    assert digests.queue_due(city.site, monday.replace(hour=22)) == monday
    close(city, date(2026, 5, 18))  # closed while the worker was waiting for that morning
    assert digests.queue_due(city.site, monday) == tuesday


def test_waiting_times_count_the_citys_working_days(city):
    case = city.start().id
    close(city, date(2026, 5, 12))
    city.clock.at(date(2026, 5, 13))
    do(city, case, "head", "head_approval", "approve")
    found = step_times.measured(city.site, city.actor("cio"), Scope())
    step = next(one for one in found.steps if one.element == "head_approval")
    assert step.median is not None
    assert step.median.business == 1


def test_only_administrators_change_days_and_everybody_reads_them(city):
    with pytest.raises(NotAllowed):
        changing.add(city.site, city.actor("cio"), DAY, DAY, CLOSED)
    with pytest.raises(NotAllowed):
        importing.preview(city.site, city.actor("secretariat"), b"", "f.csv")
    close(city, DAY)
    assert entered(city) == [(DAY, "closed", "臨時閉庁")]


def test_the_past_is_not_changed_in_silence(city):
    admin, past = city.actor("admin"), date(2026, 5, 8)
    with pytest.raises(Invalid) as refused:
        close(city, past)
    assert "reason" in refused.value.fields
    close(city, past, reason="台風のため閉庁した")
    with pytest.raises(Invalid):
        changing.change(city.site, admin, past, Meaning("open", "誤り"))
    with pytest.raises(Invalid):
        changing.remove(city.site, admin, past, past)
    assert entered(city) == [(past, "closed", "臨時閉庁")]
    close(city, city.site.today())


def test_a_day_is_entered_once_and_changed_by_name(city):
    admin = city.actor("admin")
    close(city, DAY)
    with pytest.raises(Conflict):
        close(city, DAY)
    with pytest.raises(Conflict) as refused:
        changing.add(city.site, admin, date(2026, 9, 30), DAY, Meaning("closed", "開港記念日"))
    assert "臨時閉庁" in str(refused.value)
    assert entered(city) == [(DAY, "closed", "臨時閉庁")]  # all or nothing
    changing.change(city.site, admin, DAY, Meaning("open", "選挙事務"))
    assert entered(city) == [(DAY, "open", "選挙事務")]
    with pytest.raises(NotFound):
        changing.change(city.site, admin, date(2026, 10, 2), CLOSED)


@pytest.mark.parametrize(
    ("first", "last", "name", "field"),
    [
        (date(2062, 10, 1), date(2062, 10, 1), "名", "first"),
        (DAY, date(2026, 9, 30), "名", "last"),
        (DAY, date(2027, 1, 1), "名", "last"),
        (DAY, DAY, " ", "name"),
        (DAY, DAY, "長" * 61, "name"),
    ],
)
def test_what_cannot_be_meant_is_refused_at_its_field(sqlite_city, first, last, name, field):
    admin = sqlite_city.actor("admin")
    with pytest.raises(Invalid) as refused:
        changing.add(sqlite_city.site, admin, first, last, Meaning("closed", name))
    assert field in refused.value.fields


def test_every_change_is_in_the_log_in_words_and_told_to_those_who_watch(city):
    close(city, DAY, date(2026, 10, 2), reason="設備の点検")
    found = audit_log.search(city.site, city.actor("auditor"), audit_log.Filters()).entries
    entry = next(one for one in found if one.entry.type == "calendar.changed").entry
    assert [(one.label, one.before, one.after) for one in entry.changes] == [
        ("令和8年10月1日", "", "閉庁（臨時閉庁）"),
        ("令和8年10月2日", "", "閉庁（臨時閉庁）"),
    ]
    assert entry.reason == "設備の点検"
    language.set("en")
    try:
        found = audit_log.search(city.site, city.actor("auditor"), audit_log.Filters()).entries
        english = next(one for one in found if one.entry.type == "calendar.changed").entry
    finally:
        language.set("ja")
    assert english.changes[0].label == "2026-10-01"
    assert english.changes[0].after == "Closed（臨時閉庁）"
    with city.site.database.read() as tx:
        rows = tx.execute(select(Notice.group_key, Notice.message)).all()
    told = {row.group_key: row.message for row in rows if row.group_key.startswith("role:")}
    assert set(told) == {"role:cio", "role:auditor"}
    assert "令和8年10月1日" in told["role:auditor"]
    with city.site.database.read() as tx:
        assert verify_database(tx).findings == ()


def test_a_file_is_written_whole_or_not_at_all_and_twice_is_once(city):
    admin = city.actor("admin")
    bad = "日付,名称\n2026-10-01,開港記念日\n2026-10-32,何か\n".encode()
    with pytest.raises(Refused):
        importing.apply(city.site, admin, bad, "f.csv")
    assert entered(city) == []
    good = "日付,区分,名称\nR8.10.1,閉庁,開港記念日\nR8.10.3,開庁,休日窓口\n".encode("cp932")
    seen = importing.preview(city.site, admin, good, "f.csv")
    with pytest.raises(Conflict):
        importing.apply(city.site, admin, good, "f.csv", digest="0" * 64)
    importing.apply(city.site, admin, good, "f.csv", digest=seen.digest)
    assert entered(city) == [
        (DAY, "closed", "開港記念日"),
        (date(2026, 10, 3), "open", "休日窓口"),
    ]
    _plan, done = importing.apply(city.site, admin, good, "f.csv")
    assert done.changes == ()
    events = audit_log.search(city.site, city.actor("auditor"), audit_log.Filters()).entries
    assert [one.entry.type for one in events].count("calendar.imported") == 1


def test_a_file_that_changes_the_past_asks_for_the_reason(city):
    admin, past = city.actor("admin"), "日付,名称\n2026-05-08,台風\n".encode()
    with pytest.raises(Invalid):
        importing.apply(city.site, admin, past, "f.csv")
    importing.apply(city.site, admin, past, "f.csv", "台風のため閉庁した")
    assert entered(city) == [(date(2026, 5, 8), "closed", "台風")]


def test_a_year_shows_why_each_day_is_what_it_is(city):
    close(city, DAY)
    opened = Meaning("open", "選挙事務")
    changing.add(city.site, city.actor("admin"), date(2026, 11, 3), date(2026, 11, 3), opened)
    year = office_calendar.year_of(city.site, city.actor("applicant"))
    days = {day.day: day for month in year.months for week in month.weeks for day in week if day}
    assert len(days) == 365
    assert sum(day.is_open for day in days.values()) == year.business_days
    shown = {
        DAY: ("closed", "臨時閉庁"), date(2026, 11, 3): ("open", "選挙事務"),
        date(2026, 5, 4): ("holiday", "みどりの日"), date(2026, 12, 30): ("pack", ""),
        date(2026, 10, 3): ("weekend", ""), date(2026, 10, 2): ("", ""),
    }  # fmt: skip
    for day, (mark, name) in shown.items():
        assert days[day].mark == mark
        assert not name or name in days[day].names
    assert year.next_is_empty
    with pytest.raises(NotFound):
        office_calendar.year_of(city.site, city.actor("applicant"), 1800)
