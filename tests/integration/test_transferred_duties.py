"""What is owed and what was entrusted when people move: handed over openly, ended openly, restored."""

import pytest
from sqlalchemy import select

from dxflow import audit
from dxflow.db.case import Notice
from dxflow.db.standing import Delegation, StoodIn
from dxflow.errors import NotAllowed
from dxflow.services.acts import later_reading
from dxflow.services.administration.transfers import applying, choosing, plans, undoing
from dxflow.services.packs import store as packs
from dxflow.services.people import organisation, standing
from tests.factories import ROOT, City
from tests.integration.test_standing_in import away, events, lists, week
from tests.integration.test_transfers import ids
from tests.integration.transfers import plan, rehearse, upload
from tests.walks import do


def owed(city: City) -> str:
    """Have the colleague approve for the head, who owes the reading of it; return its id."""
    case = city.start().id
    lists(city, "head-counter", "staff-counter-2")
    away(city, "head")
    do(city, case, "colleague", "head_approval", "approve")
    with city.site.database.read() as tx:
        return str(tx.execute(select(StoodIn.submission_id)).scalar_one())


def owner(city: City) -> str:
    with city.site.database.read() as tx:
        person = tx.execute(select(StoodIn.owner_id)).scalar_one()
    return next(name for name, key in city.person.items() if key == person)


def messages(city: City) -> list[str]:
    with city.site.database.read() as tx:
        return list(tx.execute(select(Notice.message).order_by(Notice.id)).scalars())


def test_a_reading_owed_by_somebody_who_leaves_is_handed_over_with_an_event(city):
    reading = owed(city)
    by = city.actor("admin")
    made = plan(city, upload("head,退職,,"), day=city.site.today())
    assert {f"duty:{reading}", "post:head-counter"} <= ids(city, made)
    (hole,) = [one for one in rehearse(city, made).open if one.hole.id == f"duty:{reading}"]
    assert f"user:{city.person['colleague']}" not in hole.proposals, "who acted cannot read it"
    choosing.accept_all(city.site, by, made)
    applying.apply(city.site, by, made)
    heir = owner(city)
    assert heir not in ("head", "colleague")
    (event,) = events(city, "duty.handed_over")
    assert event.reason == "人事異動による"
    assert any("引き継ぎました" in one for one in messages(city))
    assert undoing.obstacles(city.site, by, made) == []
    later_reading.read(city.site, city.actor(heir), reading)
    assert any("義務" in one for one in undoing.obstacles(city.site, by, made))
    with city.site.database.read() as tx:
        assert audit.verify_database(tx).findings == ()


def test_a_reading_stays_with_whoever_only_moves_and_the_page_says_so(city):
    reading = owed(city)
    made = plan(city, upload("head,異動,収納課長,", "tax_head,異動,市民課長,"))
    (change,) = [one for one in rehearse(city, made).changes if one.matter == "duty"]
    assert (change.key, change.note) == (reading, "stays")


def test_a_reading_passes_to_the_new_holder_of_the_post_where_the_pack_says_so(city):
    follows(city)
    reading = owed(city)
    by = city.actor("admin")
    round_ = upload("head,異動,収納課長,", "tax_head,異動,市民課長,")
    made = plan(city, round_, day=city.site.today())
    (change,) = [one for one in rehearse(city, made).changes if one.matter == "duty"]
    assert (change.key, change.note) == (reading, "heir")
    assert change.after == (city.person["tax_head"],)
    applying.apply(city.site, by, made)
    assert owner(city) == "tax_head"
    (event,) = events(city, "duty.handed_over")
    assert "職の後任が後閲する決まり" in {one.after for one in event.changes}
    (told,) = [one for one in messages(city) if "受け取った条件・後閲" in one]
    assert "（前の人: head）" in told
    with pytest.raises(NotAllowed):
        later_reading.read(city.site, city.actor("head"), reading)
    undoing.undo(city.site, by, made)
    assert owner(city) == "head"
    later_reading.read(city.site, city.actor("head"), reading)
    with city.site.database.read() as tx:
        assert audit.verify_database(tx).findings == ()


def test_a_reading_stays_where_the_new_holder_is_whoever_acted(city):
    follows(city)
    reading = owed(city)
    made = plan(city, upload("head,異動,収納課長,", "colleague,異動,市民課長,"))
    (change,) = [one for one in rehearse(city, made).changes if one.matter == "duty"]
    assert (change.key, change.note) == (reading, "stays")


def follows(city: City) -> None:
    """Publish the standard pack with later readings that follow the post."""
    files = packs.read_folder(ROOT / "processes" / "standard")
    shipped, wanted = 'later_reading_follows = "person"', 'later_reading_follows = "post"'
    assert shipped in files["pack.toml"]
    packs.install(
        city.site, files | {"pack.toml": files["pack.toml"].replace(shipped, wanted)}, "system"
    )


def test_a_deputy_of_somebody_who_moves_acts_no_more_until_the_transfer_is_taken_back(city):
    standing.delegate(city.site, city.actor("head"), "colleague", week(city))
    city.clock.advance(days=1)
    by = city.actor("admin")
    made = plan(
        city, upload("head,異動,収納課長,", "tax_head,異動,市民課長,"), day=city.site.today()
    )
    applying.apply(city.site, by, made)
    assert not standing_for(city, "colleague")
    assert any("代理が終わりました" in one for one in messages(city))
    assert events(city, "delegation.ended")
    undoing.undo(city.site, by, made)
    assert standing_for(city, "colleague") == ["head-counter"]
    with city.site.database.read() as tx:
        assert len(tx.execute(select(Delegation.id)).all()) == 1


def standing_for(city: City, name: str) -> list[str]:
    with city.site.database.read() as tx:
        who = organisation.directory(city.site, tx, city.site.today())
        return [one.post for one in who.standing.of(city.person[name])]


def test_a_file_is_replaced_and_the_last_one_cannot_be_taken_out(sqlite_city):
    city = sqlite_city
    by = city.actor("admin")
    made = plan(city, upload("head,退職,,"))
    plans.put_file(city.site, by, made, upload("other,異動,市民課 主任,"))
    assert "post:head-counter" not in ids(city, made)
    with pytest.raises(Exception, match="ただ一つ"):
        plans.remove_file(city.site, by, made, "transfers")
