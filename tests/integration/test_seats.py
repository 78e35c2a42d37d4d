"""Seats of persons: made with their holder for a time, and treated as every seat."""

from datetime import timedelta

import pytest

from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound
from dxflow.services.administration import seats
from dxflow.services.meetings import book
from tests.factories import City
from tests.sessions import BODY, audited
from tests.walks import do, to_committee


def sitting(city: City) -> dict[str, str]:
    (body,) = book.bodies(city.site, city.actor("admin"))
    return {seat.title: "、".join(seat.names) for seat in body.seats}


def test_a_person_from_outside_sits_for_a_time_and_votes(city):
    until = city.site.today() + timedelta(days=30)
    made = seats.appoint(city.site, city.actor("admin"), BODY, "finance", "学識経験者", None, until)
    assert made.seat == "dx_committee-1"
    assert sitting(city)["学識経験者"]
    case = to_committee(city)
    do(city, case, "finance", "verdict", "approve", reason="賛成")
    city.clock.advance(days=30)
    assert "学識経験者" not in sitting(city)
    again = seats.appoint(city.site, city.actor("admin"), BODY, "finance", "再任", None, None)
    assert again.seat == "dx_committee-2"
    assert audited(city.site.database) == ()


def test_a_seat_is_refused_in_words_and_nothing_is_written(city):
    by, today = city.actor("admin"), city.site.today()
    before = sitting(city)
    with pytest.raises(Invalid) as refused:
        seats.appoint(city.site, by, BODY, "finance", " ", today - timedelta(days=1), today)
    assert {"title", "since"} <= set(refused.value.fields)
    with pytest.raises(Invalid):
        seats.appoint(city.site, by, BODY, "finance", "席", today, today)
    with pytest.raises(NotFound):
        seats.appoint(city.site, by, "nobody", "finance", "席", None, None)
    with pytest.raises(NotFound):
        seats.appoint(city.site, by, BODY, "nobody", "席", None, None)
    with pytest.raises(Conflict, match="席に就いて"):
        seats.appoint(city.site, by, BODY, "it_head", "席", None, None)
    with pytest.raises(NotAllowed):
        seats.appoint(city.site, city.actor("secretariat"), BODY, "finance", "席", None, None)
    assert sitting(city) == before
