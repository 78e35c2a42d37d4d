"""一括審議: several cases decided at once, each as if it had been decided by itself."""

import pytest
from sqlalchemy import select

from dxflow import audit, engine
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Ballot, Deliberation
from dxflow.db.meeting import MeetingMatter
from dxflow.db.process import Incident
from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound, Unavailable
from dxflow.forms import FormInvalid
from dxflow.services.acts import task_forms
from dxflow.services.meetings import (
    agenda,
    blocs,
    minutes,
    minutes_page,
    recusing,
    session,
    together,
)
from tests.blocs import AYE, agenda_of, begun, conclude, statuses, vote, voting
from tests.factories import City
from tests.sessions import SEAT_OF, at_once, attend, audited, plan
from tests.statements import counted
from tests.walks import MEMBERS, do, task_of, to_committee


def said_of(city: City, case: str, event_type: str) -> list[dict[str, object]]:
    """Return what the events of a type on a case's chain say, in their order."""
    query = select(AuditEvent.body).where(
        AuditEvent.stream == audit.case_stream(case), AuditEvent.type == event_type
    )
    with city.site.database.read() as tx:
        bodies = tx.execute(query.order_by(AuditEvent.seq)).scalars().all()
    return [
        {one.field: one.after for one in audit.describe(body).changes} for body in bodies
    ]  # fmt: skip


def ballots(city: City, case: str) -> dict[str, str]:
    query = select(Ballot.seat, Ballot.verdict).join(
        Deliberation, Deliberation.id == Ballot.deliberation_id
    )
    with city.site.database.read() as tx:
        rows = tx.execute(query.where(Deliberation.case_id == case, Ballot.superseded_at.is_(None)))
        return {row.seat: row.verdict for row in rows}


def test_one_ballot_and_one_conclusion_decide_several_cases_each_on_its_own_chain(city):
    meeting, cases, _matters = voting(city, 3)
    for name in MEMBERS:
        assert len(vote(city, name, meeting).done) == 3
    assert statuses(city, meeting) == ["closed"] * 3
    found = conclude(city, "cio", meeting)
    assert ([one.item for one in found.done], found.left) == ([1, 2, 3], ())
    for case in cases:
        assert len(ballots(city, case)) == len(MEMBERS)
        (resolved,) = said_of(city, case, "committee.resolved")
        assert (resolved["resolution"], resolved["bloc"]) == ("承認", "1")
        assert len(said_of(city, case, "committee.joined")) == 1
        (opened,) = said_of(city, case, "committee.vote_opened")
        assert opened["bloc"] == "1"
        assert [one["bloc"] for one in said_of(city, case, "committee.voted")] == ["1"] * 6
    session.close(city.site, city.actor("secretariat"), meeting)
    assert audited(city.site.database) == ()


def test_the_minutes_say_what_was_taken_together_and_nothing_of_what_stood_alone(city):
    meeting, _cases, matters = voting(city, 4)
    blocs.take_out(city.site, city.actor("it_head"), matters[1], "効果を別に確かめたい")
    for name in MEMBERS:
        vote(city, name, meeting)
        city.complete(name, "verdict", "reject", reason="反対")
    conclude(city, "cio", meeting)
    city.complete("cio", "conclude", "reject", reason="反対多数")
    session.close(city.site, city.actor("secretariat"), meeting)
    minutes.draft(city.site, city.actor("secretariat"), meeting)
    found = minutes_page.of_meeting(city.site, city.actor("cio"), meeting)
    assert found is not None
    assert [(one["result"], one["together"]) for one in found.body["matters"]] == [
        ("承認", "議題1、3～4を一括して審議し、表決"),
        ("否決", ""),
        ("承認", "議題1、3～4を一括して審議し、表決"),
        ("承認", "議題1、3～4を一括して審議し、表決"),
    ]


def test_only_undecided_matters_of_this_agenda_become_a_bloc(city):
    meeting, cases, matters = begun(city, 3)
    other, _others, elsewhere = agenda_of(city, 1)
    site, chair = city.site, city.actor("cio")
    with pytest.raises(Invalid, match="二つ以上"):
        blocs.put_together(site, chair, meeting, matters[:1])
    with pytest.raises(NotFound):
        blocs.put_together(site, chair, meeting, [matters[0], *elsewhere])
    with pytest.raises(NotFound):
        blocs.put_together(site, chair, other, matters)
    with pytest.raises(NotAllowed):
        blocs.put_together(site, city.actor("it_head"), meeting, matters)
    assert blocs.put_together(site, chair, meeting, matters[:2]) == 1
    with pytest.raises(Conflict, match="一括1"):
        blocs.put_together(site, chair, meeting, matters)
    blocs.dissolve(site, chair, meeting, 1)
    session.open_vote(site, chair, matters[0])
    for name in MEMBERS:
        do(city, cases[0], name, "verdict", "approve", **AYE)
    with pytest.raises(Conflict, match="判断を待っていない"):
        blocs.put_together(site, chair, meeting, matters)
    assert blocs.put_together(site, chair, meeting, matters[1:]) == 1
    assert audited(site.database) == ()


def test_the_same_matters_put_together_twice_are_one_bloc_and_an_old_page_is_told_so(city):
    meeting, cases, matters = begun(city, 3)
    site, chair = city.site, city.actor("cio")
    assert blocs.put_together(site, chair, meeting, matters[:2]) == 1
    assert blocs.put_together(site, chair, meeting, matters[1::-1], version=1) == 1
    assert len(said_of(city, cases[0], "committee.joined")) == 1
    blocs.take_out(site, chair, matters[0])
    assert blocs.take_out(site, chair, matters[0]) == meeting
    assert len(said_of(city, cases[0], "committee.separated")) == 1
    with pytest.raises(Conflict, match="画面を開いたあとに"):
        blocs.put_together(site, chair, meeting, [matters[0], matters[2]], version=1)


def test_whoever_is_recused_from_one_case_votes_on_the_others(city):
    meeting, cases, matters = voting(city, 3)
    recusing.declare(
        city.site, city.actor("tax_head"), matters[1], SEAT_OF["tax_head"], "委託先の親族"
    )
    for name in MEMBERS:
        found = vote(city, name, meeting, matters=matters)
        away = [(one.number, one.why) for one in found.left]
        assert bool(away) == (name == "tax_head"), away
        assert all("除斥" in why for _number, why in away)
    assert [len(ballots(city, case)) for case in cases] == [6, 5, 6]
    conclude(city, "cio", meeting)
    assert statuses(city, meeting) == ["resolved"] * 3


def test_without_a_quorum_one_matter_stays_closed_and_the_others_are_voted_on(city):
    meeting, _cases, matters = begun(city, 3, ("cio", "it_head", "civic_head", "tax_head"))
    site, chair = city.site, city.actor("cio")
    for name in ("tax_head", "civic_head"):
        recusing.declare(site, city.actor("secretariat"), matters[2], SEAT_OF[name], "利害")
    blocs.put_together(site, chair, meeting, matters)
    found = blocs.open_vote(site, chair, meeting, 1)
    assert [one.item for one in found.done] == [1, 2]
    assert [(one.item, "定足数を欠いている" in one.why) for one in found.left] == [(3, True)]
    assert statuses(city, meeting) == ["voting", "voting", "waiting"]
    with pytest.raises(Conflict, match="定足数を欠いている"):
        blocs.open_vote(site, chair, meeting, 1)


def test_a_member_takes_a_matter_out_and_the_votes_on_it_stay(city):
    meeting, cases, matters = voting(city, 3)
    vote(city, "cio", meeting)
    with pytest.raises(NotAllowed):
        blocs.take_out(city.site, city.actor("auditor"), matters[0])
    blocs.take_out(city.site, city.actor("it_head"), matters[0], "別に議論したい")
    assert said_of(city, cases[0], "committee.separated")[0]["reason"] == "別に議論したい"
    found = vote(city, "it_head", meeting, matters=matters)
    assert [one.item for one in found.done] == [2, 3]
    assert "分離されました" in found.left[0].why
    do(city, cases[0], "it_head", "verdict", "reject", reason="別に考える")
    assert ballots(city, cases[0]) == {"cio": "approve", "head-it": "reject"}
    assert ballots(city, cases[1]) == {"cio": "approve", "head-it": "approve"}


def test_a_ballot_cast_while_a_matter_is_taken_out_counts_as_what_came_first(city):
    meeting, cases, matters = voting(city, 2)
    site, chair = city.site, city.actor("cio")
    task = task_of(city, "it_head", cases[1], "verdict").id
    came = at_once(
        lambda: vote(city, "it_head", meeting, matters=matters),
        lambda: blocs.take_out(site, chair, matters[1]),
    )
    assert came == [None, None]
    there = "head-it" in ballots(city, cases[1])
    voted = [one for one in said_of(city, cases[1], "committee.voted") if one["bloc"] == "1"]
    assert there == bool(voted)
    if not there:
        assert task_of(city, "it_head", cases[1], "verdict").id == task
    assert ballots(city, cases[0]) == {"head-it": "approve"}
    assert audited(site.database) == ()


def test_a_matter_that_leaves_while_the_others_are_voted_on_is_not_voted_on(city, monkeypatch):
    meeting, cases, matters = voting(city, 3)
    hand_in, calls = task_forms.hand_in, []

    def slowly(*given, **more):
        calls.append(given)
        if len(calls) == 1:  # everything was read, and nothing is locked yet
            blocs.take_out(city.site, city.actor("cio"), matters[1])
        return hand_in(*given, **more)

    monkeypatch.setattr(task_forms, "hand_in", slowly)
    found = vote(city, "it_head", meeting)
    assert [one.item for one in found.done] == [1, 3]
    assert "分離されました" in found.left[0].why
    assert [len(ballots(city, case)) for case in cases] == [1, 0, 1]


def test_a_case_whose_process_stops_holds_up_no_other_and_leaves_an_incident(city, monkeypatch):
    meeting, cases, _matters = voting(city, 3)
    complete = engine.complete

    def stopping(definitions, state, task_id, *rest):
        if task_id == broken:
            raise engine.StepFailed("committee", "verdict", "FEEL")
        return complete(definitions, state, task_id, *rest)

    broken = task_of(city, "it_head", cases[1], "verdict").id
    monkeypatch.setattr(engine, "complete", stopping)
    found = vote(city, "it_head", meeting, key="k")
    assert [one.item for one in found.done] == [1, 3]
    with city.site.database.read() as tx:
        (number,) = tx.execute(select(Incident.id).where(Incident.case_id == cases[1])).scalars()
    assert number in found.left[0].why
    monkeypatch.setattr(engine, "complete", complete)
    again = vote(city, "it_head", meeting, key="k")
    assert ([one.item for one in again.done], again.left) == ([1, 2, 3], ())
    assert [len(ballots(city, case)) for case in cases] == [1, 1, 1]
    assert audited(city.site.database) == ()


def test_what_came_before_the_database_was_lost_is_kept_and_told_when_sent_again(city, monkeypatch):
    meeting, cases, _matters = voting(city, 3)
    hand_in, calls = task_forms.hand_in, []

    def cut_off(*given, **more):
        calls.append(given)
        if len(calls) == 3:
            raise Unavailable("lost")
        return hand_in(*given, **more)

    monkeypatch.setattr(task_forms, "hand_in", cut_off)
    with pytest.raises(Unavailable):
        vote(city, "it_head", meeting, key="k")
    found = vote(city, "it_head", meeting, key="k")
    assert ([one.item for one in found.done], found.left) == ([1, 2, 3], ())
    assert [len(said_of(city, case, "committee.voted")) for case in cases] == [1, 1, 1]


def test_what_a_bloc_costs_does_not_grow_with_it(sqlite_city):
    city: City = sqlite_city

    def statements(number: int) -> dict[str, int]:
        meeting, _cases, matters = begun(city, number)
        site, chair, found = city.site, city.actor("cio"), {}
        acts = {
            "join": lambda: blocs.put_together(site, chair, meeting, matters),
            "open": lambda: blocs.open_vote(site, chair, meeting, 1),
            "vote": lambda: vote(city, "it_head", meeting),
        }
        for name, act in acts.items():
            with counted(site.database) as count:
                act()
            found[name] = count.statements
        return found

    few, many = statements(2), statements(6)
    each = {name: (many[name] - few[name]) / 4 for name in few}
    assert (each["join"], each["open"], each["vote"] <= 15) == (2, 2, True), each


def test_a_vote_sent_again_is_cast_once_and_what_was_missing_is_done(city):
    meeting, cases, matters = voting(city, 3)
    first = vote(city, "cio", meeting, matters=matters[:2], key="k1")
    again = vote(city, "cio", meeting, matters=matters[:2], key="k1")
    assert again == first
    whole = vote(city, "cio", meeting, matters=matters, key="k1")
    assert ([one.item for one in whole.done], whole.left) == ([1, 2, 3], ())
    assert [len(said_of(city, case, "committee.voted")) for case in cases] == [1, 1, 1]
    with pytest.raises(Conflict, match="すでに判断を出しています"):
        vote(city, "cio", meeting, matters=matters, key="k2")
    came = at_once(*[lambda: vote(city, "it_head", meeting, key="k3")] * 2)
    assert came == [None, None]
    assert [len(ballots(city, case)) for case in cases] == [2, 2, 2]


def test_a_form_that_does_not_pass_casts_nothing(city):
    meeting, cases, _matters = voting(city, 2)
    with pytest.raises(FormInvalid):
        vote(city, "cio", meeting, reason="")
    with pytest.raises(FormInvalid):
        vote(city, "cio", meeting, "conditions")
    assert ballots(city, cases[0]) == {}


def test_closing_asks_about_the_seats_that_are_silent_on_any_matter(city):
    meeting, cases, matters = voting(city, 2)
    site, chair = city.site, city.actor("cio")
    for name in MEMBERS[1:]:
        vote(city, name, meeting)
    do(city, cases[0], "civic_head", "verdict", "approve", **AYE)
    vote_on_one_left = statuses(city, meeting)
    assert vote_on_one_left == ["closed", "voting"]
    with pytest.raises(together.BlocUnheard) as asked:
        together.close_vote(site, chair, meeting, 1, without=())
    assert asked.value.seats == ("head-civic",)
    with pytest.raises(NotAllowed):
        together.close_vote(site, city.actor("it_head"), meeting, 1)
    found = together.close_vote(site, chair, meeting, 1, without=asked.value.seats)
    assert [one.item for one in found.done] == [2]
    with pytest.raises(Conflict, match="表決中の議題はありません"):
        together.close_vote(site, chair, meeting, 1)
    with pytest.raises(Conflict, match="締め切られた"):
        blocs.take_out(site, chair, matters[0])


def test_a_count_that_says_otherwise_is_concluded_by_itself(city):
    meeting, cases, matters = voting(city, 3)
    for name in MEMBERS:
        do(city, cases[1], name, "verdict", "reject", reason="反対")
        vote(city, name, meeting)
    found = conclude(city, "cio", meeting, matters=matters, key="c1")
    assert [one.item for one in found.done] == [1, 3]
    assert [(one.item, "議決できません" in one.why) for one in found.left] == [(2, True)]
    assert statuses(city, meeting) == ["resolved", "closed", "resolved"]
    again = conclude(city, "cio", meeting, matters=[matters[0], matters[2]], key="c1")
    assert again.done == found.done
    do(city, cases[1], "cio", "conclude", "reject", reason="反対多数")
    with pytest.raises(NotFound, match="もうありません"):
        conclude(city, "cio", meeting)
    assert audited(city.site.database) == ()


def test_a_matter_put_off_stands_alone_at_its_next_meeting(city):
    meeting, _cases, matters = begun(city, 3)
    blocs.put_together(city.site, city.actor("cio"), meeting, matters)
    session.defer(city.site, city.actor("cio"), matters[0], "資料が足りない")
    with city.site.database.read() as tx:
        rows = dict(tx.execute(select(MeetingMatter.id, MeetingMatter.bloc)).all())
    assert [rows[one] for one in matters] == [None, 1, 1]


def test_members_vote_at_once_in_writing_too(city):
    cases = [to_committee(city) for _one in range(2)]
    meeting = plan(city, days=3, written=True)
    by = city.actor("secretariat")
    matters = [agenda.add(city.site, by, meeting, case) for case in cases]
    blocs.put_together(city.site, by, meeting, matters)
    for name in MEMBERS:
        session.consent(city.site, city.actor(name), meeting, SEAT_OF[name], agrees=True)
    with pytest.raises(Conflict, match="まだ始まっていません"):
        vote(city, "cio", meeting, matters=matters)
    session.begin(city.site, by, meeting)
    for name in MEMBERS:
        vote(city, name, meeting)
    conclude(city, "cio", meeting)
    assert statuses(city, meeting) == ["resolved", "resolved"]


def test_who_left_the_room_casts_no_ballot_for_a_bloc(city):
    meeting, cases, _matters = voting(city, 2)
    attend(city, meeting, ("it_head",), here=False)
    with pytest.raises(Conflict, match="出席が記録されていない"):
        vote(city, "it_head", meeting)
    assert ballots(city, cases[0]) == {}
