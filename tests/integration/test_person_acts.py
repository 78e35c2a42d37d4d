"""What administrators do to one person: recorded, told to those who watch, never a lock-out."""

from datetime import date, timedelta
from functools import partial

import pytest
from sqlalchemy import insert, select

from dxflow.audit import verify_database
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Notice
from dxflow.db.identity import Person, WebSession
from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound, NotLoggedIn
from dxflow.services.administration import person_acts, persons
from dxflow.services.administration.persons import Filters
from dxflow.services.installation.bootstrap import operator
from dxflow.services.people import accounts, appointments, person_rows, registry
from dxflow.services.reading import verification
from tests.factories import BEGIN, PASSWORD, City
from tests.integration.test_concurrency import at_once
from tests.statements import counted

NOBODY = "0" * 32


def notices(city: City) -> list[tuple[str, str]]:
    with city.site.database.read() as tx:
        rows = tx.execute(select(Notice.group_key, Notice.message).order_by(Notice.group_key))
        return [(row.group_key, row.message) for row in rows]


def events(city: City) -> list[str]:
    with city.site.database.read() as tx:
        return list(tx.execute(select(AuditEvent.type).order_by(AuditEvent.id)).scalars())


def row_of(city: City, name: str) -> persons.PersonPage:
    return persons.person(city.site, city.actor("admin"), city.person[name])


def test_only_administrators_may(city):
    by, someone = city.actor("cio"), city.person["other"]
    for act in (
        lambda: persons.search(city.site, by, Filters()),
        lambda: persons.choices(city.site, by),
        lambda: list(persons.to_csv(city.site, by, Filters()))[1:],
        lambda: persons.person(city.site, by, someone),
        lambda: person_acts.create(city.site, by, "fresh", "新人"),
        lambda: person_acts.change(city.site, by, someone, "改名", ""),
        lambda: person_acts.reset_password(city.site, by, someone),
        lambda: person_acts.set_open(city.site, by, someone, is_open=False),
        lambda: person_acts.give_post(
            city.site, by, someone, "auditor", None, None, concurrent=True
        ),
        lambda: person_acts.end_post(city.site, by, someone, "staff-tax", None),
        lambda: person_acts.end_logins(city.site, by, someone),
    ):
        with pytest.raises(NotAllowed):
            act()


def test_name_and_address_change_once_and_are_recorded(city):
    by, someone = city.actor("admin"), city.person["other"]
    assert person_acts.change(city.site, by, someone, "改姓 花子", "hanako@example.jp")
    assert not person_acts.change(city.site, by, someone, "改姓 花子", " hanako@example.jp ")
    page = row_of(city, "other")
    assert (page.row.name, page.row.email) == ("改姓 花子", "hanako@example.jp")
    assert events(city).count("person.changed") == 1
    for email in ("@", "no-address", "a@", "x" * 260 + "@example.jp", "a\n@b"):
        with pytest.raises(Invalid):
            person_acts.change(city.site, by, someone, "改姓 花子", email)
    with pytest.raises(NotFound):
        person_acts.change(city.site, by, NOBODY, "だれか", "")
    with city.site.database.read() as tx:
        assert verify_database(tx).ok


def test_a_reset_password_works_once_asks_for_a_new_one_and_ends_logins(city):
    login = accounts.log_in(city.site, "other", PASSWORD, "here")
    account = person_acts.reset_password(city.site, city.actor("admin"), city.person["other"])
    with pytest.raises(NotLoggedIn):
        accounts.actor_of_session(city.site, login.reference)
    with pytest.raises(NotLoggedIn):
        accounts.log_in(city.site, "other", PASSWORD, "here")
    assert accounts.log_in(city.site, "other", account.password, "here").must_change_password
    with pytest.raises(Invalid):
        person_acts.reset_password(city.site, city.actor("admin"), city.person["admin"])


def test_nobody_closes_their_own_account_and_a_closed_one_opens_again(city):
    by, someone = city.actor("admin"), city.person["other"]
    with pytest.raises(Invalid):
        person_acts.set_open(city.site, by, city.person["admin"], is_open=False)
    person_acts.set_open(city.site, by, someone, is_open=False)
    found = persons.search(city.site, by, Filters(status="disabled"))
    assert [one.username for one in found.entries] == ["other"]
    person_acts.set_open(city.site, by, someone, is_open=True)
    assert persons.search(city.site, by, Filters(status="disabled")).total == 0


@pytest.mark.parametrize("days", [0, 1, 400])
def test_the_last_administrators_post_does_not_end_not_even_later(city, days):
    by = city.actor("admin")
    day = city.site.today() + timedelta(days=days)
    with pytest.raises(Conflict):
        person_acts.end_post(city.site, by, city.person["admin"], "admin", day)
    assert "membership.ended" not in events(city)
    person_acts.give_post(city.site, by, city.person["other"], "admin", None, None, concurrent=True)
    person_acts.end_post(city.site, by, city.person["admin"], "admin", day)


def test_an_administrator_whose_own_time_ends_first_does_not_count(city):
    by, today = city.actor("admin"), city.site.today()
    until = today + timedelta(days=30)
    person_acts.give_post(
        city.site, by, city.person["other"], "admin", None, until, concurrent=True
    )
    with pytest.raises(Conflict):
        person_acts.end_post(city.site, by, city.person["admin"], "admin", until)
    person_acts.end_post(city.site, by, city.person["admin"], "admin", until - timedelta(days=1))


@pytest.mark.parametrize("post", ["auditor", "cio", "admin"])
def test_those_who_watch_are_told_of_powerful_roles(city, post):
    by, someone = city.actor("admin"), city.person["other"]
    person_acts.give_post(city.site, by, someone, post, None, None, concurrent=True)
    person_acts.end_post(city.site, by, someone, post, city.site.today() + timedelta(days=9))
    told = notices(city)
    assert [group for group, _message in told] == ["role:auditor"] * 2 + ["role:cio"] * 2
    assert all("other" in message for _group, message in told)
    assert events(city).count("membership.granted") == 1


def test_nobody_is_told_of_ordinary_posts(city):
    person_acts.give_post(
        city.site, city.actor("admin"), city.person["other"], "staff-counter", None, None,
        concurrent=True,
    )  # fmt: skip
    assert notices(city) == []


def test_the_command_line_tells_them_too(city):
    by = city.actor("admin", "cli")
    appointments.grant_post(city.site, by, "other", "auditor", concurrent=True)
    assert len(notices(city)) == 2


def administrators(city: City) -> set[str]:
    with city.site.database.read() as tx:
        return person_rows.administrators(city.site, tx)


def test_of_two_administrators_who_go_at_the_same_moment_one_stays(city):
    site, by = city.site, operator(city.site)
    ends = partial(appointments.end_post, site, by, "admin", "admin")
    closes = partial(registry.disable, site, by, "other")
    closes_too = partial(registry.disable, site, by, "admin")
    appointments.grant_post(site, by, "other", "admin", concurrent=True)
    for acts in ((ends, closes), (closes_too, closes), (closes, ends)) * 3:
        came = at_once(*acts)
        assert [type(one) for one in came if isinstance(one, Exception)] == [Conflict]
        assert len(administrators(city)) == 1
        for name in ("admin", "other"):
            registry.enable(site, by, name)
        appointments.appoint_administrator(site, by, "admin")
        assert len(administrators(city)) == 2
    assert verification.verify(site, by).ok


def test_two_main_posts_given_at_the_same_moment_are_one(city):
    site, by = city.site, operator(city.site)
    registry.create(site, by, "fresh", "新人")
    give = partial(appointments.grant_post, site, by, "fresh")
    came = at_once(partial(give, "staff-tax"), partial(give, "staff-counter"))
    assert [type(one) for one in came if isinstance(one, Exception)] == [Conflict]
    with site.database.read() as tx:
        person = person_rows.person(tx, "fresh")["id"]
    assert len(persons.person(site, city.actor("admin"), person).held) == 1


def test_an_administrator_appointed_twice_at_the_same_moment_holds_the_post_once(city):
    site, by = city.site, operator(city.site)
    appoint = partial(appointments.appoint_administrator, site, by, "other")
    came = at_once(appoint, appoint)
    assert not [one for one in came if isinstance(one, Exception)]
    assert events(city).count("membership.granted") == 1


def test_a_second_main_post_at_the_same_time_is_refused(city):
    by, someone = city.actor("admin"), city.person["other"]
    day = city.site.today() + timedelta(days=30)
    with pytest.raises(Conflict):
        person_acts.give_post(city.site, by, someone, "staff-counter", day, None, concurrent=False)
    person_acts.end_post(city.site, by, someone, "staff-tax", day)
    person_acts.give_post(city.site, by, someone, "staff-counter", day, None, concurrent=False)
    held = row_of(city, "other").held
    assert [(one.post, one.when) for one in held] == [
        ("staff-counter", "coming"),
        ("staff-tax", "now"),
    ]
    assert (held[1].since, held[1].until) == (BEGIN, day)


def test_people_are_found_by_words_section_role_and_status(city):
    by = city.actor("admin")

    def found(**filters: str) -> list[str]:
        return [one.username for one in persons.search(city.site, by, Filters(**filters)).entries]

    assert found(q="TAX") == ["tax_head"]
    assert found(q="%") == []
    assert found(unit="civic") == [
        "applicant", "civic_head", "colleague", "head", "other", "tax_head",
    ]  # fmt: skip
    assert found(role="auditor") == ["auditor"]
    assert found(unit="civic", role="auditor") == []
    assert found(role="no-such-role") == []
    text = b"".join(persons.to_csv(city.site, by, Filters(role="cio"))).decode("utf-8-sig")
    assert text.splitlines()[1].startswith("cio,cio,,")


def test_the_work_of_a_leaving_person_is_shown_and_that_of_others_is_not(city):
    city.start()
    assert (row_of(city, "head").task_count, row_of(city, "other").task_count) == (0, 0)
    by, day = city.actor("admin"), city.site.today()
    person_acts.end_post(city.site, by, city.person["civic_head"], "head-civic", day)
    page = row_of(city, "head")
    assert page.task_count == 1
    assert not page.tasks[0].taken
    assert page.tasks[0].case_number


def test_lists_and_pages_cost_the_same_for_any_number_of_people(city):
    by = city.actor("admin")
    many = [
        {
            "id": f"{n:032x}", "username": f"many{n}", "name": f"職員{n}", "email": "",
            "password_hash": "x", "status": "active", "demo": False,
            "must_change_password": True, "epoch": 1, "created_at": city.clock(),
        }
        for n in range(1500)
    ]  # fmt: skip
    with counted(city.site.database) as few:
        persons.search(city.site, by, Filters())
        row_of(city, "other")
    with city.site.database.write() as tx:
        tx.execute(insert(Person), many)
    with counted(city.site.database) as crowded:
        page = persons.search(city.site, by, Filters())
        row_of(city, "other")
    assert page.total == 1500 + len(city.person)
    assert crowded.statements <= few.statements


def test_all_logins_of_a_person_end(city):
    login = accounts.log_in(city.site, "other", PASSWORD, "here")
    mine = accounts.log_in(city.site, "admin", PASSWORD, "here")
    assert row_of(city, "other").sessions == 1
    person_acts.end_logins(city.site, city.actor("admin"), city.person["other"])
    with pytest.raises(NotLoggedIn):
        accounts.actor_of_session(city.site, login.reference)
    assert accounts.actor_of_session(city.site, mine.reference).username == "admin"
    with city.site.database.read() as tx:
        assert len(tx.execute(select(WebSession.person_id)).all()) == 1
    with pytest.raises(NotFound):
        person_acts.end_logins(city.site, city.actor("admin"), NOBODY)


def test_a_day_before_it_began_leaves_no_trace_of_a_post(city):
    by, someone = city.actor("admin"), city.person["other"]
    begin = date(2026, 10, 1)
    person_acts.give_post(city.site, by, someone, "finance", begin, None, concurrent=True)
    person_acts.end_post(city.site, by, someone, "finance", begin)
    assert [one.post for one in row_of(city, "other").held] == ["staff-tax"]
