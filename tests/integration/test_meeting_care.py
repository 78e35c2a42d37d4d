"""What a meeting's keeper is asked and told: votes closed early, days gone by, who is waited for."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from dxflow.calendars.wareki import wareki_date
from dxflow.db.audit import AuditEvent
from dxflow.errors import Conflict, Invalid, NotAllowed
from dxflow.services import plain
from dxflow.services.administration import working
from dxflow.services.meetings import book, minutes, minutes_page, planning, recusing, session
from dxflow.services.meetings.planning import Plan
from dxflow.services.reading import case_pages, case_view, my_cases, notices
from tests.factories import City
from tests.sessions import SEAT_OF, attend, audited, drawn, opened, plan
from tests.walks import MEMBERS, do, task_of


def ayes(city: City, case: str, *names: str) -> None:
    for name in names:
        do(city, case, name, "verdict", "approve", reason="効果が見込める")


def opening(city: City) -> dict[str, Any]:
    """Return what the log says was changed by the opening of a meeting, by field: (before, after)."""
    with city.site.database.read() as tx:
        body = tx.execute(
            select(AuditEvent.body).where(AuditEvent.type == "meeting.opened")
        ).scalar_one()
    return {one["field"]: (one["before"], one["after"]) for one in plain.loads(body)["changes"]}


def test_a_vote_is_closed_without_silent_seats_only_by_who_knows_of_them(city):
    case, _meeting, matter = opened(city, ("cio", "it_head", "civic_head", "tax_head"))
    ayes(city, case, "it_head", "civic_head")
    chair = city.actor("cio")
    with pytest.raises(session.SeatsUnheard) as asked:
        session.close_vote(city.site, chair, matter, without=())
    found = asked.value.found
    assert set(found.there) == {"cio", "head-tax"}
    assert set(found.away) == {"head-management", "head-planning"}
    assert (found.cast, found.counting, found.quorum) == (2, 4, 3)
    assert "収納課長" in asked.value.there
    with pytest.raises(session.SeatsUnheard):  # the page was drawn when fewer were silent
        session.close_vote(city.site, chair, matter, without=found.seats[:-1])
    session.close_vote(city.site, chair, matter, without=found.seats)
    assert task_of(city, "cio", case, "conclude")
    assert audited(city.site.database) == ()


def test_nothing_is_asked_when_all_have_voted_and_programs_are_not_asked(city):
    case, _meeting, matter = opened(city)
    ayes(city, case, *MEMBERS[:-1])
    with pytest.raises(session.SeatsUnheard):
        session.close_vote(city.site, city.actor("secretariat"), matter, without=())
    recusing.declare(
        city.site, city.actor("secretariat"), matter, SEAT_OF[MEMBERS[-1]], "委託先の親族であるため"
    )
    task_of(city, "planning_head", case, "conclude")  # nobody else was waited for
    other = opened(city)[2]
    session.close_vote(city.site, city.actor("secretariat"), other)


def test_a_meeting_whose_day_is_over_is_opened_late_with_the_reason_and_is_that_of_today(city):
    case, meeting, matter = drawn(city, days=2)
    planned = book.one(city.site, city.actor("secretariat"), meeting).row.held_on
    city.clock.advance(days=5)
    by = city.actor("secretariat")
    assert book.one(city.site, by, meeting).row.passed
    (listed,) = book.listed(city.site, by).page.entries
    assert listed.passed
    attend(city, meeting)
    with pytest.raises(Invalid, match="理由"):
        session.begin(city.site, by, meeting)
    with pytest.raises(NotAllowed):
        session.begin(city.site, city.actor("it_head"), meeting, "台風で延ばしたため")
    session.begin(city.site, by, meeting, "台風で延ばしたため")
    found = book.one(city.site, by, meeting)
    assert (found.row.passed, found.row.held_on, found.reason) == (
        False, city.site.today(), "台風で延ばしたため",
    )  # fmt: skip
    event = opening(city)
    assert event["held_on"] == (planned.isoformat(), city.site.today().isoformat())
    assert event["reason"][1] == "台風で延ばしたため"
    session.open_vote(city.site, city.actor("cio"), matter)
    ayes(city, case, *MEMBERS)
    do(city, case, "cio", "conclude", "approve", reason="全員一致")
    session.close(city.site, by, meeting)
    minutes.draft(city.site, by, meeting)
    written = minutes_page.of_meeting(city.site, by, meeting)
    assert written is not None
    assert written.body["late"] == "台風で延ばしたため"
    assert audited(city.site.database) == ()


def test_a_case_whose_meeting_is_on_another_day_has_that_in_its_log(city):
    case, meeting, _matter = drawn(city, days=3)
    by, planned = city.actor("secretariat"), city.site.today() + timedelta(3)
    later = planned + timedelta(7)
    planning.change(city.site, by, meeting, None, Plan(later, "10:00", "", "大会議室"))
    assert audited(city.site.database) == ()
    city.clock.at(later + timedelta(1))
    attend(city, meeting)
    session.begin(city.site, by, meeting, "台風で延ばしたため")
    assert audited(city.site.database) == ()
    story = case_pages.story(city.site, city.actor("applicant"), case).page.entries
    moved = [one for one in story if one.what == "議題になっている会議の日を変更"]
    days = [(change.before, change.after) for one in moved for change in one.changes]
    told = [*map(wareki_date, (planned, later, later + timedelta(1)))]
    assert days == [(told[1], told[2]), (told[0], told[1])]


def test_attendance_of_an_earlier_day_opens_no_meeting(city):
    meeting = plan(city)
    by = city.actor("secretariat")
    attend(city, meeting)
    city.clock.advance(days=1)
    with pytest.raises(Conflict, match="前の日に記録した出席"):
        session.begin(city.site, city.actor("secretariat"), meeting, "流会のため")
    attend(city, meeting, here=False)
    attend(city, meeting)
    session.begin(city.site, city.actor("secretariat"), meeting, "流会のため")
    assert book.one(city.site, by, meeting).row.held_on == city.site.today()


def test_the_day_over_ends_with_another_day_or_a_cancellation_and_not_for_what_was_held(city):
    first, second, held = plan(city, days=1), plan(city, days=1), plan(city)
    attend(city, held)
    session.begin(city.site, city.actor("secretariat"), held)
    city.clock.advance(days=3)
    by = city.actor("secretariat")
    passed = {one.id for one in book.listed(city.site, by).page.entries if one.passed}
    assert passed == {first, second}
    planning.change(city.site, by, first, None, Plan(city.site.today(), "10:00", "", "大会議室"))
    planning.cancel(city.site, by, second, "委員がそろわないため")
    assert not any(one.passed for one in book.listed(city.site, by).page.entries)


def test_the_secretariat_is_told_once_that_the_day_is_over_with_a_way_to_the_meeting(city):
    _case, meeting, _matter = drawn(city, days=1)
    city.clock.advance(days=2)
    for _again in range(2):
        working.make_worker(city.site).run_due()
        city.clock.advance(days=1)
    mine = notices.for_actor(city.site, city.actor("secretariat")).entries
    (said,) = [one for one in mine if "開会しないまま日を過ぎました" in one.message]
    assert said.meeting_id == meeting


def test_notices_of_a_meeting_lead_to_it_and_others_do_not(city):
    _case, meeting, _matter = drawn(city, days=3)
    planning.distribute(city.site, city.actor("secretariat"), meeting)
    working.make_worker(city.site).run_due()
    mine = notices.for_actor(city.site, city.actor("it_head")).entries
    (said,) = [one for one in mine if one.message.startswith("会議の資料が配付")]
    assert said.meeting_id == meeting
    others = notices.for_actor(city.site, city.actor("applicant")).entries
    assert {one.meeting_id for one in others} <= {""}


def test_nobody_waits_for_the_vote_of_a_member_who_was_recused_after_they_were_asked(city):
    case, meeting, matter = opened(city)
    recusing.declare(
        city.site, city.actor("tax_head"), matter, SEAT_OF["tax_head"], "委託先の親族であるため"
    )
    name = city.actor("tax_head").name
    task = task_of(city, "it_head", case, "verdict")
    done = city.complete_id("it_head", task.id, "approve", reason="効果が見込める")
    after = my_cases.turns_after(city.site, city.actor("it_head"), done)
    assert len(after) == len(MEMBERS) - 2
    assert not [one for one in after if name in one.holder]
    listed = my_cases.next_turns(city.site, city.actor("it_head"), case)
    assert sorted(one.holder for one in listed) == sorted(one.holder for one in after)
    waiting = case_view.page(city.site, city.actor("secretariat"), case).head.waiting
    assert len(waiting) == len(after)
    assert not [one for one in waiting if name in one.holder]
    (mine,) = book.one(city.site, city.actor("tax_head"), meeting).matters
    assert mine.task == ""
    (theirs,) = book.one(city.site, city.actor("mgmt_head"), meeting).matters
    assert theirs.task
