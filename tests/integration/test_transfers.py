"""A transfer of personnel through the services: rehearsed, scheduled, applied, taken back."""

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from dxflow import audit
from dxflow.authority.filling import LEAVE
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Notice
from dxflow.db.identity import Person
from dxflow.db.process import WorkItem
from dxflow.errors import Conflict, Invalid, NotAllowed
from dxflow.problems import Refused
from dxflow.services.acts import pulling_back, tasks
from dxflow.services.administration import working
from dxflow.services.administration.transfers import applying, choosing, plans, scheduling, undoing
from dxflow.services.people import appointments, organisation
from tests.factories import City
from tests.integration.transfers import (
    APRIL,
    ROUND,
    on_the_day,
    plan,
    rehearse,
    status,
    upload,
)
from tests.statements import counted
from tests.walks import TRIAGE, dated_otherwise, do, task_of, to_committee, to_triage, vote


def holders(city: City, group: str) -> set[str]:
    names = {key: name for name, key in city.person.items()}
    with city.site.database.read() as tx:
        who = organisation.directory(city.site, tx, city.site.today())
        return {names[one] for one in who.holders(group)}


def ids(city: City, made: str) -> set[str]:
    return {one.hole.id for one in rehearse(city, made).open}


def test_a_round_of_heads_has_no_hole_and_is_applied_at_its_hour(city):
    case = city.start().id
    (task,) = city.open_tasks("head")
    tasks.claim(city.site, city.actor("head"), task.id)
    made = plan(city, upload(*ROUND))
    found = rehearse(city, made)
    assert found.sound, (found.prospect.problems, found.open)
    released = {one.key for one in found.changes if one.note == "released"}
    assert released == {task.id}
    moment = scheduling.schedule(city.site, city.actor("admin"), made)
    assert moment.isoformat() == "2027-03-31T15:00:00+00:00"
    city.clock.moment = moment - timedelta(minutes=1)
    assert holders(city, "post:head-counter") == {"head"}
    on_the_day(city)
    assert status(city, made) == "applied"
    assert dated_otherwise(city) == []
    assert holders(city, "post:head-counter") == {"tax_head"}
    assert holders(city, "head:tax") == {"head"}
    assert not [one for one in city.open_tasks("head") if one.case_id == case]
    do(city, case, "tax_head", "head_approval", "approve")
    with city.site.database.read() as tx:
        assert audit.verify_database(tx).findings == ()
        types = list(tx.execute(select(AuditEvent.type)).scalars())
    assert types.count("membership.granted") == 4
    assert "task.released" in types
    assert "transfer.applied" in types


def test_a_post_without_holder_is_a_hole_that_a_proposal_fills(city):
    case = city.start().id
    made = plan(city, upload("head,退職,,"))
    found = rehearse(city, made)
    assert ids(city, made) >= {"post:head-counter"}
    (hole,) = [one for one in found.open if one.hole.id == "post:head-counter"]
    assert f"user:{city.person['civic_head']}" in hole.proposals
    with pytest.raises(Conflict, match="決めていない穴"):
        scheduling.schedule(city.site, city.actor("admin"), made)
    assert status(city, made) == "draft"
    choosing.accept_all(city.site, city.actor("admin"), made)
    assert rehearse(city, made).sound
    scheduling.schedule(city.site, city.actor("admin"), made)
    on_the_day(city)
    assert holders(city, "post:head-counter")
    assert any(
        one.case_id == case for name in ("civic_head", "colleague") for one in city.open_tasks(name)
    )


def test_what_comes_back_to_somebody_who_left_meanwhile_goes_to_the_head_above(city):
    case = to_triage(city)
    made = plan(city, upload("applicant,退職,,"))
    choosing.accept_all(city.site, city.actor("admin"), made)
    scheduling.schedule(city.site, city.actor("admin"), made)
    on_the_day(city)
    do(city, case, "secretariat", "triage", "send_back", **TRIAGE, reason="件数を書いてください")
    assert task_of(city, "head", case, "supplement_idea")
    with pytest.raises(StopIteration):
        task_of(city, "colleague", case, "supplement_idea")
    do(
        city, case, "head", "supplement_idea", "submit", title="予約のオンライン化",
        trouble="窓口で30分待つ人がいる。", change="予約を受け付ける。", beneficiary=["citizen"],
    )  # fmt: skip
    assert task_of(city, "secretariat", case, "triage")


def test_who_becomes_chair_in_the_middle_of_their_own_matter_does_not_conclude_it(city):
    case = to_committee(city)
    vote(city, case, but=("cio",))
    tomorrow = city.site.today() + timedelta(1)
    made = plan(city, upload("cio,退職,,", "applicant,異動,副市長,"), day=tomorrow)
    left = {one.hole.id: (LEAVE, "締切まで待つ") for one in rehearse(city, made).open}
    choosing.fill(city.site, city.actor("admin"), made, left)
    scheduling.schedule(city.site, city.actor("admin"), made)
    on_the_day(city, tomorrow + timedelta(30))  # past the deadline of the round
    waits = {name for name in city.person for task in city.open_tasks(name) if task.case_id == case}
    assert waits == {"planning_head"}, "the deputy presides"
    do(city, case, "planning_head", "conclude", "approve", reason="賛成多数")


def test_a_hole_is_left_only_with_a_reason_that_is_recorded(city):
    made = plan(city, upload("head,退職,,"))
    by = city.actor("admin")
    with pytest.raises(Invalid, match="理由"):
        choosing.fill(city.site, by, made, {"post:head-counter": (LEAVE, " ")})
    choosing.fill(city.site, by, made, {"post:head-counter": (LEAVE, "公募中のため")})
    assert rehearse(city, made).sound
    scheduling.schedule(city.site, by, made)
    on_the_day(city)
    assert status(city, made) == "applied"
    with city.site.database.read() as tx:
        bodies = tx.execute(
            select(AuditEvent.body).where(AuditEvent.type == "transfer.applied")
        ).scalars()
        assert "公募中のため" in next(iter(bodies))


def test_what_fills_a_hole_is_checked(city):
    made = plan(city, upload("head,退職,,"))
    by = city.actor("admin")
    for target, why in (
        ("nobody", "いないか"), ("unit:tax", "埋められません"), ("role:cio", "埋められません"),
    ):  # fmt: skip
        with pytest.raises(Invalid, match=why):
            choosing.fill(city.site, by, made, {"post:head-counter": (target, "")})
    choosing.fill(city.site, by, made, {"post:head-counter": ("Colleague", "")})
    assert rehearse(city, made).sound


def test_a_hole_that_arises_after_scheduling_holds_the_transfer_up(city):
    made = plan(city, upload(*ROUND))
    scheduling.schedule(city.site, city.actor("admin"), made)
    with city.site.database.write() as tx:
        tx.execute(
            Person.__table__.update()  # type: ignore[attr-defined]
            .where(Person.id == city.person["tax_head"])
            .values(status="disabled")
        )
    city.clock.moment = scheduling.at_local(APRIL - timedelta(days=1), 10)
    on_the_day_before = city.site.today()
    assert on_the_day_before == date(2027, 3, 31)
    scheduling_worker(city)
    with city.site.database.read() as tx:
        messages = list(tx.execute(select(Notice.message)).scalars())
    assert any("このままでは適用されません" in one for one in messages)
    on_the_day(city)
    assert status(city, made) == "blocked"
    assert holders(city, "post:head-counter") == {"head"}
    choosing.fill(city.site, city.actor("admin"), made, {"post:head-counter": ("colleague", "")})
    applying.apply(city.site, city.actor("admin"), made)
    assert status(city, made) == "applied"
    assert "colleague" in holders(city, "head:counter")


def scheduling_worker(city: City) -> None:
    working.make_worker(city.site).run_due()


def test_a_transfer_is_taken_back_until_somebody_has_acted_on_it(city):
    case = city.start().id
    (task,) = city.open_tasks("head")
    tasks.claim(city.site, city.actor("head"), task.id)
    made = plan(city, upload(*ROUND))
    scheduling.schedule(city.site, city.actor("admin"), made)
    on_the_day(city)
    by = city.actor("admin")
    assert undoing.obstacles(city.site, by, made) == []
    undoing.undo(city.site, by, made)
    assert status(city, made) == "undone"
    assert holders(city, "post:head-counter") == {"head"}
    with city.site.database.read() as tx:
        assignee = tx.execute(select(WorkItem.assignee_id).where(WorkItem.id == task.id)).scalar()
        assert audit.verify_database(tx).findings == ()
    assert assignee == city.person["head"]

    again = plan(city, upload(*ROUND), day=city.site.today())
    applying.apply(city.site, by, again)
    do(city, case, "tax_head", "head_approval", "approve")
    (first, *_rest) = undoing.obstacles(city.site, by, again)
    assert "tax_head" in first
    with pytest.raises(undoing.BuiltOn, match="取り消せません"):
        undoing.undo(city.site, by, again)
    assert status(city, again) == "applied"


def test_a_transfer_is_not_taken_back_where_it_would_leave_a_task_to_its_own_applicant(city):
    case = city.start("planning_head").id
    do(city, case, "cio", "head_approval", "approve")
    made = plan(
        city,
        upload("planning_head,異動,市民課 主事,", "colleague,異動,企画部長,"),
        day=city.site.today(),
    )
    by = city.actor("admin")
    choosing.accept_all(city.site, by, made)
    applying.apply(city.site, by, made)
    assert undoing.obstacles(city.site, by, made) == []
    pulling_back.pull_back(city.site, city.actor("cio"), case)
    assert task_of(city, "colleague", case, "head_approval")
    (left,) = undoing.obstacles(city.site, by, made)
    assert "行える人がいなくなります" in left
    assert "R8-企画部-0001" in left
    with pytest.raises(undoing.BuiltOn):
        undoing.undo(city.site, by, made)


def test_an_act_in_a_post_that_was_given_back_prevents_taking_back(city):
    by = city.actor("admin")
    case = city.start("applicant").id
    away = plan(
        city, upload("head,異動,市民課 主事,", "colleague,異動,市民課長,"), day=city.site.today()
    )
    choosing.accept_all(city.site, by, away)
    applying.apply(city.site, by, away)
    city.clock.advance(days=1)
    back = plan(
        city, upload("head,異動,市民課長,", "colleague,異動,市民課 主事,"), day=city.site.today()
    )
    choosing.accept_all(city.site, by, back)
    applying.apply(city.site, by, back)
    do(city, case, "head", "head_approval", "approve")
    (acted, *_rest) = undoing.obstacles(city.site, by, back)
    assert "新しい職での行為があります: head さん" in acted


def test_a_task_taken_in_a_new_post_or_a_later_change_prevents_taking_back(city):
    made = plan(city, upload(*ROUND), day=city.site.today())
    by = city.actor("admin")
    applying.apply(city.site, by, made)
    case = city.start("colleague").id
    (task,) = [one for one in city.open_tasks("tax_head") if one.case_id == case]
    tasks.claim(city.site, city.actor("tax_head"), task.id)
    (taken,) = undoing.obstacles(city.site, by, made)
    assert "引き受けた作業" in taken
    tasks.release(city.site, city.actor("tax_head"), task.id)
    assert undoing.obstacles(city.site, by, made) == []
    later = plan(city, upload("colleague,異動,収納課 主事,"), day=city.site.today())
    choosing.accept_all(city.site, by, later)
    city.clock.advance(seconds=1)
    applying.apply(city.site, by, later)
    assert any("あとの異動" in one for one in undoing.obstacles(city.site, by, made))
    undoing.undo(city.site, by, later)
    appointments.end_post(city.site, by, "other", "staff-counter")
    (changed,) = undoing.obstacles(city.site, by, made)
    assert "other" in changed


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (("nobody,異動,収納課長,",), "利用者「nobody」はいません"),
        (("head,異動,宇宙課長,",), "職「宇宙課長」はありません"),
        (("head,異動,収納課長,市民課",), "「市民課」にはありません"),
        (("head,転生,収納課長,",), "区分「転生」は読めません"),
        (("head,異動,収納課長,", "head,異動,市民部長,"), "行が重なっています"),
        (("head,兼務解除,収納課長,",), "就いていません"),
        (("head,異動,,",), "新しい職が空です"),
    ],
)
def test_lines_that_cannot_be_are_all_named_and_nothing_is_written(sqlite_city, lines, why):
    city = sqlite_city
    made = plan(city, upload("other,異動,市民課 主任,", *lines))
    problems = rehearse(city, made).prospect.problems
    assert any(why in one.message for one in problems), problems
    assert all(one.line for one in problems)
    with pytest.raises(Refused):
        scheduling.schedule(city.site, city.actor("admin"), made)


def test_a_file_of_another_year_is_refused(sqlite_city):
    city = sqlite_city
    head = "利用者名,新しい職,発令日"
    made = plan(city, upload("head,収納課長,令和8年4月1日", head=head))
    (problem,) = rehearse(city, made).prospect.problems
    assert "令和8年度の日付です" in problem.message
    assert problem.line == 2
    for day in (date(2025, 4, 1), date(2030, 4, 1)):
        with pytest.raises(Invalid, match="異動の日にできません"):
            plan(city, upload(*ROUND), day=day)


def test_nobody_but_administrators_plans_transfers(sqlite_city):
    city = sqlite_city
    with pytest.raises(NotAllowed):
        plans.create(city.site, city.actor("head"), "", APRIL, upload(*ROUND))
    with pytest.raises(NotAllowed):
        plans.listed(city.site, city.actor("secretariat"))


def test_the_last_administrator_is_not_moved_away(sqlite_city):
    city = sqlite_city
    made = plan(city, upload("admin,異動,収納課 主事,"))
    assert any(
        "管理者がいなくなります" in one.message for one in rehearse(city, made).prospect.problems
    )


def test_two_administrators_at_once_one_wins(city):
    made = plan(city, upload(*ROUND), day=city.site.today())
    actors = [city.actor("admin"), city.actor("admin")]
    came: list[object] = []

    def act(by: object) -> None:
        try:
            came.append(applying.apply(city.site, by, made, 1))  # type: ignore[arg-type]
        except Conflict as refused:
            came.append(refused)

    threads = [threading.Thread(target=act, args=(by,)) for by in actors]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(type(one).__name__ for one in came) == ["Applied", "Conflict"]
    assert holders(city, "post:head-counter") == {"tax_head"}


def test_an_outdated_page_changes_nothing(sqlite_city):
    city = sqlite_city
    by = city.actor("admin")
    made = plan(city, upload("head,退職,,"))
    choosing.accept_all(city.site, by, made, 1)
    with pytest.raises(Conflict, match="ほかの管理者"):
        choosing.accept_all(city.site, by, made, 1)
    with pytest.raises(Conflict, match="ほかの管理者"):
        scheduling.schedule(city.site, by, made, 1)


def test_a_scheduled_plan_is_not_changed_until_its_hour_is_taken_back(city):
    by = city.actor("admin")
    made = plan(city, upload(*ROUND))
    scheduling.schedule(city.site, by, made)
    with pytest.raises(Conflict, match="予約済み"):
        plans.put_file(city.site, by, made, upload(*ROUND[:2]))
    scheduling.unschedule(city.site, by, made)
    on_the_day(city)
    assert status(city, made) == "draft"
    assert holders(city, "post:head-counter") == {"head"}


def test_a_committee_that_loses_its_chair_is_a_hole(city):
    to_committee(city)
    made = plan(city, upload("cio,退職,,", "planning_head,退職,,"))
    assert {"body:dx_committee", "post:cio", "post:head-planning"} <= ids(city, made)


def test_statements_do_not_grow_with_the_number_of_cases(city):
    for _number in range(3):
        to_triage(city)
    made = plan(city, upload(*ROUND), day=city.site.today())
    few = _cost(city, made)
    for _number in range(6):
        city.start()
    again = plan(city, upload(*ROUND), day=city.site.today())
    more = _cost(city, again)
    assert more <= few + 2


def _cost(city: City, made: str) -> int:
    with counted(city.site.database) as count:
        applying.apply(city.site, city.actor("admin"), made)
    undoing.undo(city.site, city.actor("admin"), made)
    return count.statements
