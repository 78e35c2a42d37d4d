"""Seats of one body whose posts have one title are told apart wherever a seat is named."""

import pytest
from sqlalchemy import update

from dxflow.db.identity import Post
from dxflow.services.administration import seats
from dxflow.services.meetings import book, minutes, minutes_page, session
from dxflow.services.people import organisation
from dxflow.services.reading import case_view, evaluations
from tests.factories import City
from tests.sessions import BODY, attend, drawn, opened
from tests.walks import MEMBERS, do, to_committee

LAY = ("finance", "security")


@pytest.fixture
def town(city: City) -> City:
    """Return the city with two members of the committee whose seats have one title."""
    for name in LAY:
        seats.appoint(city.site, city.actor("admin"), BODY, name, "学識経験者", None, None)
    return city


def called(city: City) -> list[str]:
    return sorted(f"学識経験者（{city.actor(name).name}）" for name in LAY)


def alike(titles) -> list[str]:
    return sorted(one for one in titles if one.startswith("学識経験者"))


def test_the_round_and_its_evaluation_name_the_holders(town):
    case = to_committee(town)
    (round_,) = case_view.page(town.site, town.actor("it_head"), case).rounds.rounds
    assert alike(seat.title for seat in round_.seats) == called(town)
    found = round_.evaluation
    assert isinstance(found, evaluations.EvaluationView)
    assert alike(seat.title for seat in found.seats) == alike(found.missing) == called(town)


def test_who_has_voted_stands_beside_the_title_and_not_twice(town):
    case = to_committee(town)
    do(town, case, "finance", "verdict", "approve", reason="賛成")
    (round_,) = case_view.page(town.site, town.actor("finance"), case).rounds.rounds
    mine = next(seat for seat in round_.seats if seat.cast)
    assert (mine.title, mine.person) == ("学識経験者", town.actor("finance").name)


def test_a_meeting_says_whose_seat_is_recused_silent_or_absent(town):
    _case, meeting, matter = drawn(town)
    page = book.one(town.site, town.actor("secretariat"), meeting)
    assert alike(seat.told for seat in page.seats) == called(town)
    (one,) = page.matters
    assert alike(title for _key, title in one.may_recuse) == called(town)
    attend(town, meeting)
    session.begin(town.site, town.actor("secretariat"), meeting)
    session.open_vote(town.site, town.actor("cio"), matter)
    with pytest.raises(session.SeatsUnheard) as asked:
        session.close_vote(town.site, town.actor("cio"), matter, without=())
    assert alike(asked.value.away) == called(town)


def test_minutes_name_who_was_absent(town):
    case, meeting, matter = opened(town)
    for name in MEMBERS:
        do(town, case, name, "verdict", "approve", reason="賛成")
    session.close_vote(town.site, town.actor("cio"), matter)
    do(town, case, "cio", "conclude", "approve", reason="多数")
    session.close(town.site, town.actor("secretariat"), meeting)
    minutes.draft(town.site, town.actor("secretariat"), meeting)
    found = minutes_page.of_meeting(town.site, town.actor("secretariat"), meeting)
    assert found is not None
    assert alike(found.body["absent"]) == called(town)
    assert found.body["member"] == "委員"


def test_a_recused_seat_is_told_by_its_holder(city):
    for name in ("head", "finance"):
        seats.appoint(city.site, city.actor("admin"), BODY, name, "学識経験者", None, None)
    (round_,) = case_view.page(city.site, city.actor("it_head"), to_committee(city)).rounds.rounds
    assert alike(one.title for one in round_.recused) == [
        f"学識経験者（{city.actor('head').name}）"
    ]


def test_posts_of_different_sections_are_told_by_them(city):
    with city.site.database.write() as tx:
        tx.execute(
            update(Post).where(Post.key.in_(["head-tax", "head-civic"])).values(title="課長")
        )
    (body,) = book.bodies(city.site, city.actor("admin"))
    told = {seat.key: seat.told for seat in body.seats}
    with city.site.database.read() as tx:
        who = organisation.directory(city.site, tx, city.site.today())
    assert told["head-tax"] == f"課長（{who.units[who.posts['head-tax'].unit].name}）"
    assert told["head-tax"] != told["head-civic"]
