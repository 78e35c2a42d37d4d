"""Notices: for my groups only, new until I have read them."""

from sqlalchemy import select

from dxflow.db.case import Notice
from dxflow.services.reading import notices
from tests.factories import City
from tests.walks import do, to_decision, whoever


def decided(city: City) -> str:
    case = to_decision(city)
    do(city, case, whoever(city, case, "decide"), "decide", "approve", reason="決裁する")
    city.run_jobs()
    return case


def test_notices_are_new_until_they_are_read(city):
    decided(city)
    actor = city.actor("applicant")
    assert notices.unread_count(city.site, actor) > 0
    page = notices.for_actor(city.site, actor)
    assert page.entries[0].fresh
    assert page.entries[0].case_number == "R8-市民-0001"
    city.clock.advance(minutes=1)
    notices.mark_read(city.site, actor)
    notices.mark_read(city.site, actor)
    assert notices.unread_count(city.site, actor) == 0
    assert not notices.for_actor(city.site, actor).entries[0].fresh


def test_others_notices_are_not_mine(city):
    decided(city)
    assert notices.for_actor(city.site, city.actor("admin")).entries == []
    assert notices.unread_count(city.site, city.actor("admin")) == 0


def test_what_is_left_for_several_of_my_groups_is_listed_and_counted_once(city):
    case = decided(city)
    actor = city.actor("applicant")
    with city.site.database.read() as tx:
        left = tx.execute(
            select(Notice.message).where(
                Notice.case_id == case, Notice.group_key.in_(sorted(actor.groups))
            )
        ).scalars()
        assert len(list(left)) == 2, "for the applicant and for the section that leads"
    page = notices.for_actor(city.site, actor)
    assert [one.message for one in page.entries if one.case_id == case] == ["決裁されました。"]
    assert page.total == len(page.entries)
    assert notices.unread_count(city.site, actor) == len(page.entries)
