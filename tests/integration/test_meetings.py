"""A committee's meetings through the services: agenda, attendance, recusal, quorum, votes."""

import pytest
from sqlalchemy import select

from dxflow.db.case import Case, Deliberation
from dxflow.db.meeting import Meeting, MeetingMatter
from dxflow.db.process import Timer
from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound
from dxflow.services.meetings import (
    agenda,
    book,
    minutes,
    minutes_page,
    ordering,
    planning,
    recusing,
    session,
)
from dxflow.services.meetings.planning import Plan
from tests.factories import City
from tests.integration.test_standing_in import away
from tests.sessions import BODY, SEAT_OF, at_once, attend, audited, drawn, held, opened, plan
from tests.walks import MEMBERS, dated_otherwise, do, task_of, to_committee, vote


def matter_status(city: City, matter: str) -> str:
    with city.site.database.read() as tx:
        return str(
            tx.execute(select(MeetingMatter.status).where(MeetingMatter.id == matter)).scalar_one()
        )


def waiting(city: City) -> list[str]:
    with city.site.database.read() as tx:
        return [one.id for one in agenda.candidates(tx, BODY)]


def stage(city: City, case: str) -> str:
    with city.site.database.read() as tx:
        return str(tx.execute(select(Case.stage).where(Case.id == case)).scalar_one())


def ayes(city: City, case: str, *names: str) -> None:
    for name in names:
        do(city, case, name, "verdict", "approve", reason="効果が見込める")


def test_a_case_before_the_committee_waits_for_an_agenda_and_is_on_one_only(city):
    case = to_committee(city)
    assert waiting(city) == [case]
    first, second = plan(city, days=10), plan(city, days=20)
    by = city.actor("secretariat")
    matter = agenda.add(city.site, by, first, case)
    assert waiting(city) == []
    with pytest.raises(Conflict, match="議題にできません"):
        agenda.add(city.site, by, second, case)
    agenda.remove(city.site, by, matter)
    agenda.add(city.site, by, second, case)
    with pytest.raises(NotAllowed):
        agenda.add(city.site, city.actor("cio"), first, case)
    assert audited(city.site.database) == ()


def test_the_vote_waits_for_the_meeting_whose_day_is_later_than_its_deadline(city):
    case, meeting, _matter = drawn(city, days=30)
    assert dated_otherwise(city) == []
    city.clock.advance(days=25)
    assert city.run_jobs() == 0 or task_of(city, "cio", case, "verdict")
    with pytest.raises(Conflict, match="議題になっています"):
        do(city, case, "civic_head", "verdict", "approve", reason="賛成")
    planning.change(
        city.site, city.actor("secretariat"), meeting, None,
        Plan(city.site.today(), "10:00", "", "大会議室"),
    )  # fmt: skip
    attend(city, meeting)
    session.begin(city.site, city.actor("cio"), meeting)


def test_a_case_taken_off_has_a_deadline_of_its_own_again(city):
    case, _meeting, matter = drawn(city, days=60)
    agenda.remove(city.site, city.actor("secretariat"), matter)
    with city.site.database.read() as tx:
        latest = tx.execute(
            select(Timer.due_at).where(Timer.case_id == case).order_by(Timer.due_at.desc())
        ).scalars().first()  # fmt: skip
    assert latest is not None
    assert 5 < (latest - city.clock()).days < 15
    ayes(city, case, "civic_head")


def test_a_meeting_resolves_a_case_and_the_process_goes_on(city):
    case, _meeting, matter = held(city)
    assert matter_status(city, matter) == "resolved"
    assert stage(city, case) == "decision"
    assert audited(city.site.database) == ()


def test_no_vote_without_opening_and_no_opening_without_a_quorum(city):
    case, meeting, matter = drawn(city)
    secretariat, chair = city.actor("secretariat"), city.actor("cio")
    with pytest.raises(Conflict, match="議題になっています"):
        ayes(city, case, "civic_head")
    attend(city, meeting, ("cio", "it_head"))
    with pytest.raises(Conflict, match="必要3人、出席2人"):
        session.begin(city.site, secretariat, meeting)
    attend(city, meeting, ("civic_head", "tax_head"))
    session.begin(city.site, secretariat, meeting)
    with pytest.raises(Conflict, match="まだ始まっていません"):
        ayes(city, case, "it_head")
    session.open_vote(city.site, chair, matter)
    ayes(city, case, "it_head")
    with pytest.raises(Conflict, match="出席が記録されていない"):
        ayes(city, case, "mgmt_head")


def test_everybody_else_comes_at_once_but_for_those_who_left_or_are_away(city):
    meeting = plan(city)
    secretariat = city.actor("secretariat")
    attend(city, meeting, ("cio",))
    attend(city, meeting, ("it_head",))
    attend(city, meeting, ("it_head",), here=False)
    away(city, "tax_head")
    assert session.attend_rest(city.site, secretariat, meeting) == 3
    seats = {one.key: one.here for one in book.one(city.site, secretariat, meeting).seats}
    assert {key for key, here in seats.items() if not here} == {"head-it", "head-tax"}
    assert session.attend_rest(city.site, secretariat, meeting) == 0
    with pytest.raises(NotAllowed):
        session.attend_rest(city.site, city.actor("it_head"), meeting)
    with pytest.raises(Conflict, match="会議の日"):
        session.attend_rest(city.site, secretariat, plan(city, days=2))
    assert audited(city.site.database) == ()


def test_losing_the_quorum_stops_the_vote_and_it_goes_on_when_somebody_returns(city):
    case, meeting, _matter = opened(city, ("cio", "it_head", "civic_head"))
    attend(city, meeting, ("civic_head",), here=False)
    with pytest.raises(Conflict, match="定足数を欠いている"):
        ayes(city, case, "it_head")
    attend(city, meeting, ("tax_head",))
    ayes(city, case, "it_head", "tax_head", "cio")


def test_a_vote_closed_without_a_quorum_comes_to_nothing(city):
    case, meeting, matter = opened(city, ("cio", "it_head", "civic_head"))
    ayes(city, case, "it_head")
    attend(city, meeting, ("civic_head",), here=False)
    session.close_vote(city.site, city.actor("cio"), matter)
    assert task_of(city, "cio", case, "reconvene")
    do(city, case, "cio", "reconvene", "extend", reason="定足数を欠いたため")
    with pytest.raises(Conflict, match="まだ始まっていません"):
        ayes(city, case, "it_head")
    attend(city, meeting, ("civic_head", "tax_head"))
    session.open_vote(city.site, city.actor("cio"), matter)
    ayes(city, case, "it_head", "tax_head")


def test_a_case_handed_back_for_want_of_a_quorum_lets_the_meeting_close(city):
    case, meeting, matter = opened(city, ("cio", "it_head", "civic_head"))
    attend(city, meeting, ("civic_head",), here=False)
    session.close_vote(city.site, city.actor("cio"), matter)
    with pytest.raises(Conflict, match="結論の出ていない"):
        session.close(city.site, city.actor("cio"), meeting)
    do(city, case, "cio", "reconvene", "hand_back", reason="定足数を欠いたため")
    session.close(city.site, city.actor("cio"), meeting)
    minutes.draft(city.site, city.actor("secretariat"), meeting)
    found = minutes_page.of_meeting(city.site, city.actor("cio"), meeting)
    assert found is not None
    (one,) = found.body["matters"]
    assert (one["result"], one["present"], one["counts"]) == ("議決に至らず", 2, [])


def test_a_case_added_while_the_meeting_is_called_off_is_not_left_on_its_agenda(city):
    meeting, case = plan(city, days=5), to_committee(city)
    by = city.actor("secretariat")
    at_once(
        lambda: agenda.add(city.site, by, meeting, case),
        lambda: planning.cancel(city.site, by, meeting, "台風のため"),
    )
    with city.site.database.read() as tx:
        status = tx.execute(select(Meeting.status)).scalar_one()
    assert status == "planned" or waiting(city) == [case]


def test_the_recused_take_no_part_and_the_ballot_they_cast_is_set_aside(city):
    case, _meeting, matter = opened(city)
    ayes(city, case, "it_head")
    do(city, case, "tax_head", "verdict", "reject", reason="反対")
    recusing.declare(
        city.site,
        city.actor("tax_head"),
        matter,
        SEAT_OF["tax_head"],
        "委託先の役員の親族であるため",
    )
    asked = task_of(city, "mgmt_head", case, "verdict").id
    form = city.form("mgmt_head", asked)
    recusing.declare(
        city.site, city.actor("secretariat"), matter, SEAT_OF["mgmt_head"], "本人の申出"
    )
    with pytest.raises(Conflict, match="除斥"):
        city.complete_form("mgmt_head", form, "approve", reason="賛成")
    with pytest.raises(NotAllowed):
        recusing.declare(city.site, city.actor("it_head"), matter, "cio", "他人の席")
    with pytest.raises(NotFound):
        recusing.declare(city.site, city.actor("secretariat"), matter, "mayor", "席でない")
    ayes(city, case, "cio", "planning_head")
    session.close_vote(city.site, city.actor("secretariat"), matter)
    with city.site.database.read() as tx:
        round_ = tx.execute(select(Deliberation.__table__)).one()
    assert '"reject":0' in round_.result.replace(" ", "")
    assert '"approve":3' in round_.result.replace(" ", "")
    with pytest.raises(Conflict, match="締め切られたあと"):
        recusing.declare(city.site, city.actor("it_head"), matter, SEAT_OF["it_head"], "いまさら")
    do(city, case, "cio", "conclude", "approve", reason="賛成多数")


def test_a_chair_who_is_recused_gives_the_chair_to_the_deputy(city):
    case, _meeting, matter = opened(city)
    recusing.declare(city.site, city.actor("cio"), matter, "cio", "利害があるため")
    ayes(city, case, "it_head", "tax_head", "planning_head", "civic_head", "mgmt_head")
    assert [t for t in city.open_tasks("cio") if t.element == "conclude"] == []
    do(city, case, "planning_head", "conclude", "approve", reason="賛成多数")


def test_nobody_votes_after_closing_and_nobody_concludes_before(city):
    case, _meeting, matter = opened(city)
    ayes(city, case, "it_head", "cio", "tax_head")
    late = task_of(city, "civic_head", case, "verdict").id
    form = city.form("civic_head", late)
    session.close_vote(city.site, city.actor("cio"), matter)
    with pytest.raises(Conflict):
        city.complete_form("civic_head", form, "approve", reason="遅れた")
    with pytest.raises(Conflict):
        session.close_vote(city.site, city.actor("cio"), matter)
    with pytest.raises(Conflict, match="結論の出ていない"):
        session.close(city.site, city.actor("cio"), _meeting_of(city, matter))
    do(city, case, "cio", "conclude", "approve", reason="賛成多数")


def _meeting_of(city: City, matter: str) -> str:
    with city.site.database.read() as tx:
        return str(
            tx.execute(
                select(MeetingMatter.meeting_id).where(MeetingMatter.id == matter)
            ).scalar_one()
        )


def test_a_matter_is_put_off_before_anybody_has_voted_and_goes_to_another_meeting(city):
    case, meeting, matter = opened(city)
    ayes(city, case, "it_head")
    with pytest.raises(Conflict, match="すでに表決した"):
        session.defer(city.site, city.actor("cio"), matter, "資料が足りない")
    other = drawn(city)[2]
    with pytest.raises(Conflict):
        session.defer(city.site, city.actor("cio"), other, "開会していない会議")
    assert matter_status(city, matter) == "voting"
    assert meeting


def test_a_deferred_case_waits_again(city):
    case, meeting, matter = drawn(city)
    attend(city, meeting)
    session.begin(city.site, city.actor("secretariat"), meeting)
    with pytest.raises(Invalid):
        session.defer(city.site, city.actor("cio"), matter, " ")
    session.defer(city.site, city.actor("cio"), matter, "資料が足りない")
    assert waiting(city) == [case]
    session.close(city.site, city.actor("secretariat"), meeting)
    assert matter_status(city, matter) == "deferred"
    with pytest.raises(Conflict):
        session.close(city.site, city.actor("secretariat"), meeting)


def test_a_meeting_that_is_called_off_lets_its_cases_go(city):
    case, meeting, matter = drawn(city, days=5)
    with pytest.raises(Invalid):
        planning.cancel(city.site, city.actor("secretariat"), meeting, "")
    planning.cancel(city.site, city.actor("secretariat"), meeting, "台風のため")
    assert (waiting(city), matter_status(city, matter)) == ([case], "dropped")
    with pytest.raises(Conflict):
        planning.cancel(city.site, city.actor("secretariat"), meeting, "もう一度")


def test_a_case_withdrawn_meanwhile_does_not_keep_a_meeting_open(city):
    from dxflow.services.acts import cases

    case, meeting, matter = drawn(city)
    attend(city, meeting)
    session.begin(city.site, city.actor("secretariat"), meeting)
    cases.withdraw(city.site, city.actor("applicant"), case, "別の方法で解決した")
    session.close(city.site, city.actor("secretariat"), meeting)
    assert matter_status(city, matter) == "dropped"


def test_what_is_wrong_with_a_plan_is_said(sqlite_city):
    city = sqlite_city
    by = city.actor("secretariat")
    today = city.site.today()
    for wanted, said in (
        (Plan(None, "14:00"), "日を入れて"),
        (Plan(today.replace(year=2020), "14:00"), "今日以後"),
        (Plan(today, ""), "14:00 の形"),
        (Plan(today, "25:00"), "14:00 の形"),
        (Plan(today, "14:00", "13:00"), "始まりより後"),
        (Plan(today, "14:00", "", "長" * 201), "200 文字"),
    ):
        with pytest.raises(Invalid, match=said):
            planning.plan(city.site, by, BODY, wanted)
    with pytest.raises(NotFound):
        planning.plan(city.site, by, "nobody", Plan(today, "14:00"))
    with pytest.raises(NotAllowed):
        planning.plan(city.site, city.actor("cio"), BODY, Plan(today, "14:00"))


def test_a_page_that_is_out_of_date_changes_nothing(city):
    meeting = plan(city, days=3)
    by, today = city.actor("secretariat"), city.site.today()
    assert planning.change(city.site, by, meeting, 2, Plan(today, "09:00", "", "別室"))
    with pytest.raises(Conflict, match="ほかの人によって"):
        planning.change(city.site, by, meeting, 2, Plan(today, "10:00", "", "別室"))


def test_without_a_meeting_the_vote_goes_by_its_tasks_alone(city):
    case = to_committee(city)
    vote(city, case)
    do(city, case, "cio", "conclude", "approve", reason="全員一致")
    assert stage(city, case) == "decision"
    assert len(MEMBERS) == 6


def agenda_of(city: City, meeting: str) -> list[tuple[int, str]]:
    found = book.one(city.site, city.actor("cio"), meeting).matters
    return [(one.item, one.case_id) for one in found]


def test_the_secretariat_puts_the_agenda_in_order(city):
    meeting, by = plan(city, days=5), city.actor("secretariat")
    cases = [to_committee(city) for _n in range(3)]
    first, second, third = (agenda.add(city.site, by, meeting, case) for case in cases)
    assert ordering.up(city.site, by, third) == meeting
    ordering.down(city.site, by, first)
    one, two, three = cases
    assert agenda_of(city, meeting) == [(1, three), (2, one), (3, two)]
    ordering.up(city.site, by, third)  # the first stays where it is
    agenda.remove(city.site, by, first)
    assert agenda_of(city, meeting) == [(1, three), (2, two), (0, one)]
    with pytest.raises(Conflict, match="外されて"):
        ordering.up(city.site, by, first)
    with pytest.raises(NotAllowed):
        ordering.up(city.site, city.actor("cio"), second)
    with pytest.raises(NotFound):
        ordering.down(city.site, by, "0" * 32)
    planning.cancel(city.site, by, meeting, "台風のため")
    assert audited(city.site.database) == ()
