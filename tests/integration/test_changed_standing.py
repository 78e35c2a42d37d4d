"""Whoever changes absences, deputies, units or posts past the program is found."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from dxflow.services.administration.units import post_acts, post_page, unit_acts, unit_page
from dxflow.services.administration.units.post_acts import PostText
from dxflow.services.administration.units.unit_acts import UnitText
from dxflow.services.people import standing
from dxflow.services.people.standing import Span
from tests.factories import City
from tests.integration.test_changed_records import after
from tests.integration.test_changed_rows import check
from tests.integration.test_changed_work import without_facts
from tests.sessions import audited

OF_STANDING = {
    "somebody was away earlier": (
        "UPDATE absence SET valid_from = '2026-01-01' WHERE reason = '出張'",
        "head さんの不在（令和8年1月1日から令和8年5月17日まで）は、記録では不在（令和8年5月11日から"),
    "somebody is away longer": (
        "UPDATE absence SET valid_to = '2027-01-01' WHERE reason = '出張'", "は、記録では不在（"),
    "one that was cut short lasts": (
        "UPDATE absence SET valid_to = '2027-01-01' WHERE reason = '休暇'", "は、記録では不在（"),
    "somebody else was away": (
        "UPDATE absence SET person_id = (SELECT id FROM person WHERE username = 'cio')"
        " WHERE reason = '出張'", "cio さんの不在（令和8年5月11日から令和8年5月17日まで）が、記録に"),
    "nobody was away": (
        "DELETE FROM absence WHERE reason = '出張'", "記録にある head さんの不在（"),
    "an absence was added": (
        "INSERT INTO absence (id, person_id, valid_from, valid_to, reason, entered_at)"
        " SELECT 'added', person_id, '2025-01-01', '2025-02-01', '', entered_at FROM absence"
        " WHERE reason = '出張'", "head さんの不在（令和7年1月1日から令和7年1月31日まで）が、記録に"),
    "another is the deputy": (
        "UPDATE delegation SET deputy_id = (SELECT id FROM person WHERE username = 'cio')"
        " WHERE ended_at IS NULL", "head さんの「cio」さんへの代理（"),
    "the deputy is one for longer": (
        "UPDATE delegation SET valid_to = '2027-01-01' WHERE ended_at IS NULL",
        "head さんの「colleague」さんへの代理（令和8年5月11日から令和8年12月31日まで）は、記録では"),
    "for another post": (
        "UPDATE delegation SET post = 'head-civic' WHERE ended_at IS NULL", "は、記録では"),
    "a deputy that was dismissed is one": (
        "UPDATE delegation SET ended_at = NULL WHERE ended_at IS NOT NULL",
        "tax_head さんの「other」さんへの代理（令和8年5月11日から令和8年5月17日まで）が解除されたか"),
    "a deputy is dismissed": (
        "UPDATE delegation SET ended_at = entered_at WHERE ended_at IS NULL", "が解除されたか"),
    "there was no deputy": (
        "DELETE FROM delegation WHERE ended_at IS NULL", "記録にある head さんの「colleague」さん"),
}  # fmt: skip
OF_STRUCTURE = {
    "a unit is called otherwise": (
        "UPDATE unit SET name = '別の課' WHERE key = 'watchers'",
        "組織の名前が「別の課」になっていますが、記録では「見張り課」です"),
    "it was called so from the beginning": (
        "UPDATE unit SET name = '見守り課' WHERE key = 'watchers'",
        "組織の名前が「見守り課」になっていますが、記録では「見張り課」です"),
    "it stands elsewhere": (
        "UPDATE unit SET parent = 'tax' WHERE key = 'watchers'",
        "組織「見守り課」の種別、上位の組織か期間（令和8年5月21日から）が"),
    "it was there earlier": (
        "UPDATE unit SET valid_from = '2020-04-01' WHERE name = '見張り課'", "見張り課"),
    "a unit is gone": (
        "DELETE FROM unit WHERE key = 'watchers'", "記録にある組織「見守り課」がありません"),
    "a post is called otherwise": (
        "UPDATE post SET title = '別の職' WHERE key = 'watch'",
        "職の名前が「別の職」になっていますが、記録では「見張り」です"),
    "a post is of another unit": (
        "UPDATE post SET unit = 'tax' WHERE key = 'watch'",
        "職「見張り」の所属、種別、役割か期間"),
    "a post is gone": (
        "DELETE FROM post WHERE key = 'watch'", "記録にある職「見張り」の登録がありません"),
}  # fmt: skip


def away(city: City) -> None:
    """Have people be away and name deputies, some of it taken back or cut short."""
    today, by = city.site.today(), city.actor("admin")
    week = Span(today, today + timedelta(6))
    for name, reason in (("head", "出張"), ("applicant", "休暇"), ("colleague", "研修")):
        standing.enter_absence(city.site, by, city.person[name], week, reason)
    coming = Span(today + timedelta(30), today + timedelta(40))
    planned = standing.enter_absence(city.site, by, city.person["head"], coming)
    standing.end_absence(city.site, by, planned)
    standing.delegate(city.site, city.actor("head"), "colleague", week)
    given = standing.delegate(city.site, city.actor("tax_head"), "other", week)
    standing.end_delegation(city.site, city.actor("other"), given)
    city.clock.advance(days=2)
    shortened = absence(city, "applicant")
    standing.end_absence(city.site, city.actor("applicant"), shortened)


def absence(city: City, name: str) -> str:
    with city.site.database.read() as tx:
        row = tx.exec_driver_sql(f"SELECT id FROM absence WHERE person_id = '{city.person[name]}'")
        return str(row.scalar_one())


def organised(city: City) -> None:
    """Make a unit and a post, and rename the unit from a later day on."""
    by, site = city.actor("admin"), city.site
    unit_acts.create(site, by, "watchers", UnitText("見張り課", "section", "civic"), None)
    post = PostText("見張り", "watchers", "staff", frozenset({"auditor"}))
    post_acts.create(site, by, "watch", post, None)
    later = site.today() + timedelta(10)
    page = unit_page.page(site, by, "watchers", later)
    renamed = UnitText("見守り課", "section", "civic")
    unit_acts.change(site, by, "watchers", renamed, later, seen=page.seen)


def test_every_change_of_who_is_away_past_the_program_is_found(city: City) -> None:
    away(city)
    check(city, OF_STANDING)


def test_every_change_of_units_and_posts_past_the_program_is_found(city: City) -> None:
    organised(city)
    check(city, OF_STRUCTURE)


@pytest.mark.parametrize(("play", "wrong"), [
    (organised, "UPDATE unit SET name = '別の課' WHERE key = 'watchers'"),
    (organised, "UPDATE post SET title = '別の職' WHERE key = 'watch'"),
    (away, "UPDATE absence SET valid_from = '2026-01-01' WHERE reason = '出張'"),
])  # fmt: skip
def test_entries_of_older_versions_are_judged_by_what_they_say(
    city: City, monkeypatch: pytest.MonkeyPatch, play: Callable[[City], None], wrong: str
) -> None:
    with monkeypatch.context() as older:
        older.setattr("dxflow.audit.chain.body_of", without_facts)
        play(city)
    assert audited(city.site.database) == ()
    assert len(after(city.site.database, wrong).findings) > 0
    if play is organised:  # moved by this version, it is known whole
        page = post_page.page(city.site, city.actor("admin"), "watch", city.site.today())
        typed = PostText("番人", "watchers", "staff", frozenset({"auditor"}))
        post_acts.change(
            city.site, city.actor("admin"), "watch", typed, city.site.today(), seen=page.seen
        )
        assert audited(city.site.database) == ()
        assert after(city.site.database, "DELETE FROM post WHERE key = 'watch'").findings != ()
