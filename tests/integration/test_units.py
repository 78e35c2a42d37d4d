"""Units and posts changed from a day on: recorded, sound on every day, refused in words otherwise."""

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from dxflow.audit import verify_database
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Notice
from dxflow.db.identity import Unit
from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound
from dxflow.services.administration import person_acts, persons
from dxflow.services.administration.units import (
    post_acts,
    post_page,
    tree,
    unit_acts,
    unit_page,
)
from dxflow.services.administration.units.post_acts import PostText
from dxflow.services.administration.units.rules import StillNeeded
from dxflow.services.administration.units.unit_acts import UnitText
from dxflow.services.people import appointments
from tests.factories import BEGIN, City
from tests.statements import counted

TODAY, APRIL, MAY = date(2026, 5, 11), date(2027, 4, 1), date(2027, 5, 1)


def events(city: City) -> list[str]:
    with city.site.database.read() as tx:
        assert verify_database(tx).ok
        rows = tx.execute(select(AuditEvent.type).order_by(AuditEvent.id)).scalars()
        return [one for one in rows if one.startswith(("unit.", "post."))]


def names(city: City, day: date) -> dict[str, int]:
    """Return the names in the tree of a day with their levels."""
    return {one.name: one.level for one in tree.tree(city.site, city.actor("admin"), day).lines}


def unit_of(city: City, key: str, day: date = TODAY) -> unit_page.UnitPage:
    return unit_page.page(city.site, city.actor("admin"), key, day)


def post_of(city: City, key: str, day: date = TODAY) -> post_page.PostPage:
    return post_page.page(city.site, city.actor("admin"), key, day)


def change_unit(city: City, key: str, day: date, *, reason: str = "", **values: str) -> bool:
    page = unit_of(city, key, day)
    known = {"name": page.now.name, "kind": page.now.kind, "parent": page.now.parent or ""}
    return unit_acts.change(
        city.site, city.actor("admin"), key, UnitText(**(known | values)), day,
        seen=page.seen, reason=reason,
    )  # fmt: skip


def close_unit(city: City, key: str, day: date | None) -> None:
    seen = unit_of(city, key).seen
    unit_acts.close(city.site, city.actor("admin"), key, day, seen=seen)


def change_post(city: City, key: str, day: date, **values: object) -> bool:
    page = post_of(city, key, day)
    known = {
        "title": page.now.title, "unit": page.now.unit or "", "kind": page.now.kind,
        "roles": page.now.roles,
    }  # fmt: skip
    typed = PostText(**(known | values))  # type: ignore[arg-type]
    return post_acts.change(city.site, city.actor("admin"), key, typed, day, seen=page.seen)


def close_post(city: City, key: str, day: date | None) -> int:
    seen = post_of(city, key).seen
    return len(post_acts.close(city.site, city.actor("admin"), key, day, seen=seen))


def end_all(city: City, day: date, **held: str) -> None:
    for name, post in held.items():
        person_acts.end_post(city.site, city.actor("admin"), city.person[name], post, day)


def test_only_administrators_may(city):
    by, text = city.actor("cio"), UnitText("課", "section")
    post = PostText("職", "tax", "staff")
    for act in (
        lambda: tree.tree(city.site, by, TODAY),
        lambda: list(tree.units_to_csv(city.site, by)),
        lambda: list(tree.posts_to_csv(city.site, by)),
        lambda: unit_page.page(city.site, by, "tax", TODAY),
        lambda: unit_page.choices(city.site, by, TODAY),
        lambda: post_page.page(city.site, by, "admin", TODAY),
        lambda: post_page.known_roles(city.site, by),
        lambda: unit_acts.create(city.site, by, "new", text, None),
        lambda: unit_acts.change(city.site, by, "tax", text, TODAY, seen=""),
        lambda: unit_acts.close(city.site, by, "tax", TODAY, seen=""),
        lambda: post_acts.create(city.site, by, "new", post, None),
        lambda: post_acts.change(city.site, by, "admin", post, TODAY, seen=""),
        lambda: post_acts.close(city.site, by, "admin", TODAY, seen=""),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_a_section_from_april_is_there_in_april_and_not_before(city):
    by = city.actor("admin")
    unit_acts.create(city.site, by, "digital", UnitText("デジタル課", "section", "planning"), APRIL)
    post_acts.create(
        city.site, by, "head-digital", PostText("デジタル課長", "digital", "section_head"), APRIL
    )
    assert "デジタル課" not in names(city, TODAY)
    assert "デジタル課" not in names(city, APRIL - timedelta(days=1))
    assert names(city, APRIL)["デジタル課"] == 1
    assert [one.title for one in unit_of(city, "digital", APRIL).posts] == ["デジタル課長"]
    before = unit_of(city, "digital", TODAY)
    assert (before.there, before.posts) == (False, [])
    assert [one.key for one in before.coming] == ["head-digital"]
    appointments.grant_post(city.site, by, "other", "head-digital", since=APRIL, concurrent=True)
    assert [one.name for one in unit_of(city, "digital", APRIL).posts[0].holders] == ["other"]
    with pytest.raises(NotFound):
        appointments.grant_post(city.site, by, "head", "head-digital", since=TODAY, concurrent=True)
    assert events(city) == ["unit.created", "post.created"]


def test_a_name_and_a_place_change_from_their_day(city):
    assert change_unit(city, "tax", APRIL, name="税務収納課")
    assert change_unit(city, "tax", MAY, parent="planning")
    assert not change_unit(city, "tax", MAY)
    assert change_unit(city, "tax", TODAY, name="収納対策課")
    history = unit_of(city, "tax", TODAY).history
    assert [(one.name, one.parent.name, one.since, one.when) for one in history] == [
        ("税務収納課", "企画部", MAY, "coming"), ("税務収納課", "市民部", APRIL, "coming"),
        ("収納対策課", "市民部", TODAY, "now"), ("収納課", "市民部", BEGIN, "past"),
    ]  # fmt: skip
    assert "収納対策課" in names(city, TODAY)
    assert "税務収納課" in names(city, APRIL)
    assert [one.name for one in unit_of(city, "tax", MAY).above] == ["企画部"]
    assert events(city) == ["unit.changed"] * 3


def test_a_circle_is_refused_also_one_that_closes_later(city):
    with pytest.raises(Invalid):
        change_unit(city, "planning", TODAY, parent="planning")
    change_unit(city, "planning", APRIL, parent="civic")
    with pytest.raises(Invalid) as refused:
        change_unit(city, "civic", TODAY, parent="it")
    assert "令和9年4月1日" in refused.value.message
    assert events(city) == ["unit.changed"]
    with pytest.raises(Invalid):
        change_unit(city, "tax", TODAY, parent="nowhere")


def test_a_day_gone_by_needs_a_reason_that_is_recorded(city):
    past = TODAY - timedelta(days=40)
    with pytest.raises(Invalid) as refused:
        change_unit(city, "tax", past, name="税務収納課")
    assert set(refused.value.fields) == {"reason"}
    change_unit(city, "tax", past, name="税務収納課", reason="登録の遅れ")
    assert "税務収納課" in names(city, past)
    with city.site.database.read() as tx:
        bodies = tx.execute(select(AuditEvent.body).where(AuditEvent.type == "unit.changed"))
        assert "登録の遅れ" in bodies.scalar_one()
    with pytest.raises(Invalid):
        unit_acts.create(city.site, city.actor("admin"), "old", UnitText("課", "section"), past)
    with pytest.raises(Invalid):
        change_unit(city, "tax", BEGIN - timedelta(days=1), name="税", reason="なぜなら")


@pytest.mark.parametrize(
    ("key", "name", "kind"),
    [("だめ", "課", "section"), ("", "課", "section"), ("a:b", "課", "section"),
     ("x" * 65, "課", "section"), ("new", " ", "section"), ("new", "課\n", "no-such-kind")],
)  # fmt: skip
def test_bad_values_are_refused_in_words(city, key, name, kind):
    with pytest.raises(Invalid) as refused:
        unit_acts.create(city.site, city.actor("admin"), key, UnitText(name, kind), None)
    assert refused.value.fields
    assert events(city) == []


def test_a_code_that_is_taken_is_a_conflict(city):
    by = city.actor("admin")
    with pytest.raises(Conflict):
        unit_acts.create(city.site, by, "tax", UnitText("課", "section"), None)
    with pytest.raises(Conflict):
        post_acts.create(city.site, by, "admin", PostText("職", "tax", "staff"), None)
    with pytest.raises(Invalid):
        post_acts.create(
            city.site, by, "new", PostText("職", "tax", "staff", frozenset({"no-such-role"})), None
        )


def test_a_unit_is_not_closed_over_people_posts_or_units(city):
    with pytest.raises(StillNeeded) as refused:
        close_unit(city, "civic", APRIL)
    assert {(one.kind, one.id) for one in refused.value.blockers if one.kind != "person"} == {
        ("unit", "counter"), ("unit", "tax"), ("post", "head-civic"),
    }  # fmt: skip
    assert "市民部長" in refused.value.message
    assert ("person", city.person["civic_head"]) in {
        (one.kind, one.id) for one in refused.value.blockers
    }
    assert events(city) == []


def test_a_section_closes_when_its_people_and_posts_have_left(city):
    end_all(city, APRIL, other="staff-tax", tax_head="head-tax")
    close_post(city, "staff-tax", APRIL)
    close_post(city, "head-tax", APRIL)
    close_unit(city, "tax", APRIL)
    assert "収納課" in names(city, APRIL - timedelta(days=1))
    assert "収納課" not in names(city, APRIL)
    assert unit_of(city, "tax").ends == APRIL
    with pytest.raises(Invalid):
        close_unit(city, "tax", MAY)
    with pytest.raises(Invalid):
        close_post(city, "staff-tax", None)  # its unit closes that day
    close_unit(city, "tax", None)
    close_post(city, "staff-tax", None)
    assert "収納課" in names(city, MAY)
    assert events(city) == ["post.ended", "post.ended", "unit.ended", "unit.ended", "post.ended"]


def test_a_post_planned_for_april_is_taken_back_whole(city):
    by = city.actor("admin")
    post_acts.create(city.site, by, "short", PostText("短い職", "tax", "staff"), APRIL)
    close_post(city, "short", APRIL)
    with pytest.raises(NotFound):
        post_of(city, "short")


def test_a_post_is_not_closed_while_it_is_held(city):
    with pytest.raises(StillNeeded) as refused:
        close_post(city, "head-tax", APRIL)
    assert [one.id for one in refused.value.blockers] == [city.person["tax_head"]]
    end_all(city, APRIL, tax_head="head-tax")
    with pytest.raises(StillNeeded):
        close_post(city, "head-tax", APRIL - timedelta(days=1))
    close_post(city, "head-tax", APRIL)
    with pytest.raises(Conflict):
        appointments.grant_post(
            city.site, city.actor("admin"), "other", "head-tax", concurrent=True
        )


def test_work_that_only_the_post_can_do_is_in_the_way(city):
    number = city.start().number
    day = city.site.today()
    assert post_of(city, "head-counter").tasks[0].people == ("civic_head", "head")
    end_all(city, day, head="head-counter", civic_head="head-civic")
    with pytest.raises(StillNeeded) as refused:
        close_post(city, "head-counter", day)
    assert [one.kind for one in refused.value.blockers] == ["case"]
    assert number in refused.value.message
    appointments.grant_post(city.site, city.actor("admin"), "civic_head", "head-civic")
    assert close_post(city, "head-counter", day) == 1


def test_two_administrators_at_once(city):
    """Who acts on what has changed meanwhile is told, and of two at the same moment one wins."""
    by, seen = city.actor("admin"), unit_of(city, "tax").seen
    change_unit(city, "tax", APRIL, name="税務課")
    with pytest.raises(Conflict):
        unit_acts.change(
            city.site, by, "tax", UnitText("納税課", "section", "civic"), APRIL, seen=seen
        )
    seen = unit_of(city, "tax").seen
    told: list[str] = []
    barrier = threading.Barrier(2)

    def act(name: str) -> None:
        barrier.wait()
        try:
            text = UnitText(name, "section", "civic")
            unit_acts.change(city.site, by, "tax", text, MAY, seen=seen)
            told.append("done")
        except Conflict:
            told.append("conflict")

    threads = [threading.Thread(target=act, args=(name,)) for name in ("甲課", "乙課")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["conflict", "done"]
    with city.site.database.read() as tx:
        rows = tx.execute(select(Unit.valid_from, Unit.valid_to).where(Unit.key == "tax"))
        assert sorted(rows.all()) == [(BEGIN, APRIL), (APRIL, MAY), (MAY, None)]


def test_two_moves_at_the_same_moment_close_no_circle(city):
    by = city.actor("admin")
    seen = {key: unit_of(city, key).seen for key in ("planning", "civic")}
    told: list[str] = []
    barrier = threading.Barrier(2)

    def act(key: str, parent: str, name: str) -> None:
        barrier.wait()
        try:
            text = UnitText(name, "department", parent)
            unit_acts.change(city.site, by, key, text, TODAY, seen=seen[key])
            told.append("done")
        except Invalid:
            told.append("circle")

    threads = [
        threading.Thread(target=act, args=("planning", "civic", "企画部")),
        threading.Thread(target=act, args=("civic", "planning", "市民部")),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["circle", "done"]


def test_those_who_watch_are_told_when_a_post_gains_or_loses_a_power(city):
    change_post(city, "staff-tax", APRIL, roles=frozenset({"auditor"}))
    change_post(city, "staff-tax", MAY, roles=frozenset())
    with city.site.database.read() as tx:
        told = tx.execute(
            select(Notice.message)
            .where(Notice.group_key == "role:auditor")
            .order_by(Notice.message)
        )
        assert list(told.scalars()) == [
            "other に「監査担当」の役割がつきます（令和9年4月1日 から）。",
            "other の「監査担当」の役割が終わります（令和9年5月1日 から）。",
        ]
    assert post_of(city, "staff-tax", APRIL).roles == ("監査担当",)


def test_the_last_administrators_role_stays(city):
    for day in (TODAY, APRIL):
        with pytest.raises(Conflict):
            change_post(city, "admin", day, roles=frozenset())
    assert events(city) == []
    change_post(city, "admin", APRIL, title="情報政策課 管理者")
    assert post_of(city, "admin", APRIL).now.title == "情報政策課 管理者"


def test_a_post_moves_with_its_holder(city):
    change_post(city, "finance", APRIL, unit="it", title="情報政策課 財政担当")
    found = persons.search(city.site, city.actor("admin"), persons.Filters(unit="finance"))
    assert [one.username for one in found.entries] == ["finance"]
    assert [one.key for one in unit_of(city, "it", APRIL).posts if one.key == "finance"]
    assert not [one for one in unit_of(city, "finance", APRIL).posts if one.key == "finance"]
    with pytest.raises(Invalid):
        change_post(city, "finance", APRIL, unit="nowhere")


def test_the_tree_counts_people_posts_and_waiting_work(city):
    city.start()
    lines = {one.key: one for one in tree.tree(city.site, city.actor("admin"), TODAY).lines}
    assert (lines["counter"].people, lines["counter"].posts, lines["counter"].tasks) == (3, 3, 1)
    assert (lines["civic"].people, lines["civic"].posts, lines["civic"].tasks) == (6, 6, 1)
    assert lines["tax"].tasks == 0
    page = unit_of(city, "counter")
    assert (page.tasks, page.running, page.cases) == (1, 1, 1)


def test_units_are_found_with_what_lies_above(city):
    found = tree.tree(city.site, city.actor("admin"), TODAY, "収納")
    assert [(one.key, one.found) for one in found.lines] == [("civic", False), ("tax", True)]
    assert found.shown == 1
    assert found.april == APRIL
    assert tree.tree(city.site, city.actor("admin"), TODAY, "%").lines == []


def test_pages_cost_the_same_for_any_number_of_units(city):
    by = city.actor("admin")

    def look() -> None:
        city.site.directories.clear()
        tree.tree(city.site, by, TODAY)
        unit_of(city, "civic")
        post_of(city, "head-civic")

    with counted(city.site.database) as few:
        look()
    for number in range(12):
        key = f"team{number}"
        unit_acts.create(city.site, by, key, UnitText(f"係{number}", "team", "tax"), None)
        post_acts.create(city.site, by, f"p{number}", PostText("係長", key, "team_head"), None)
    with counted(city.site.database) as many:
        look()
    assert many.statements <= few.statements
