"""Accounts and posts on both databases: every change is recorded and ends old logins."""

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from dxflow.audit import verify_database
from dxflow.config import ConfigRefused
from dxflow.db.audit import AuditEvent
from dxflow.db.identity import Person
from dxflow.errors import Conflict, Invalid, NotFound, NotLoggedIn, Throttled
from dxflow.services.installation import bootstrap
from dxflow.services.installation.bootstrap import operator
from dxflow.services.people import accounts, appointments, person_rows
from dxflow.services.people import registry as people
from tests.factories import PASSWORD, City

ORIGIN = "192.0.2.1"
NEW = "another-horse-9"


class Logins:
    """A session and a token of one person."""

    def __init__(self, city: City, name: str, password: str = PASSWORD) -> None:
        self.site = city.site
        self.session = accounts.log_in(self.site, name, password, ORIGIN).reference
        self.token = accounts.issue_token(self.site, name, password, ORIGIN).reference

    def alive(self) -> tuple[bool, bool]:
        """Return whether session and token still work."""
        found = []
        for ask, reference in (
            (accounts.actor_of_session, self.session),
            (accounts.actor_of_token, self.token),
        ):
            try:
                ask(self.site, reference)
                found.append(True)
            except NotLoggedIn:
                found.append(False)
        return found[0], found[1]


def recorded(city: City) -> list[str]:
    with city.site.database.read() as tx:
        assert verify_database(tx).findings == ()
        return list(
            tx.execute(
                select(AuditEvent.type)
                .where(AuditEvent.stream == "sys:admin")
                .order_by(AuditEvent.seq)
            ).scalars()
        )


@pytest.mark.parametrize(
    ("change", "event"),
    [
        (lambda site, by: people.set_password(site, by, "head", password=NEW), "password.reset"),
        (lambda site, by: people.disable(site, by, "head"), "person.deactivated"),
        (
            lambda site, by: appointments.grant_post(site, by, "head", "finance", concurrent=True),
            "membership.granted",
        ),
        (lambda site, by: appointments.end_post(site, by, "head", "head-counter"), "membership.ended"),
    ],
)  # fmt: skip
def test_a_change_ends_sessions_and_tokens_and_is_recorded(city, change, event):
    logins, others = Logins(city, "head"), Logins(city, "applicant")
    assert logins.alive() == (True, True)
    change(city.site, operator(city.site))
    assert logins.alive() == (False, False)
    assert others.alive() == (True, True)
    assert recorded(city) == [event]


def test_a_closed_account_does_not_log_in_until_it_is_opened(city):
    by = operator(city.site)
    people.disable(city.site, by, "head")
    with pytest.raises(NotLoggedIn):
        accounts.log_in(city.site, "head", PASSWORD, ORIGIN)
    people.enable(city.site, by, "head")
    assert Logins(city, "head").alive() == (True, True)


def test_a_new_password_works_and_the_old_one_does_not(city):
    people.set_password(city.site, operator(city.site), "head", password=NEW)
    with pytest.raises(NotLoggedIn):
        accounts.log_in(city.site, "head", PASSWORD, ORIGIN)
    assert accounts.log_in(city.site, "head", NEW, ORIGIN).must_change_password


def test_a_person_changes_their_own_password(city):
    actor, logins = city.actor("head"), Logins(city, "head")
    with pytest.raises(Invalid):
        people.change_own_password(city.site, actor, "wrong-password", NEW)
    with pytest.raises(Invalid):
        people.change_own_password(city.site, actor, PASSWORD, PASSWORD)
    people.change_own_password(city.site, actor, PASSWORD, NEW)
    assert logins.alive() == (False, False)
    assert not accounts.log_in(city.site, "head", NEW, ORIGIN).must_change_password
    assert recorded(city) == ["password.changed"]


def test_nobody_tries_passwords_at_a_browser_that_was_left_open(city):
    actor = city.actor("head")
    for _try in range(5):
        with pytest.raises(Invalid):
            people.change_own_password(city.site, actor, "wrong-password", NEW)
    with pytest.raises(Throttled):
        people.change_own_password(city.site, actor, PASSWORD, NEW)
    accounts.log_in(city.site, "head", PASSWORD, ORIGIN)  # who comes to the door is not kept out
    city.clock.advance(minutes=1)
    people.change_own_password(city.site, actor, PASSWORD, NEW)


def test_a_generated_password_does_not_begin_like_a_formula(monkeypatch):
    drawn = iter(["-AbCd", "-EfGh", "IjKl"])
    monkeypatch.setattr("secrets.token_urlsafe", lambda _bytes: next(drawn))
    assert person_rows.generated() == "IjKl"


def test_a_post_is_held_from_its_first_day_to_the_one_before_its_last(city):
    by = operator(city.site)
    first, last = date(2026, 6, 1), date(2026, 7, 1)
    appointments.grant_post(
        city.site, by, "other", "finance", since=first, until=last, concurrent=True
    )
    held = {}
    for day in (first - timedelta(days=1), first, last - timedelta(days=1), last):
        city.clock.at(day)
        held[day] = "role:finance" in city.actor("other").groups
    assert list(held.values()) == [False, True, True, False]


def test_a_post_is_not_held_twice_at_a_time(city):
    by = operator(city.site)
    with pytest.raises(Conflict):
        appointments.grant_post(city.site, by, "head", "head-counter")
    with pytest.raises(NotFound):
        appointments.grant_post(city.site, by, "head", "nothing")
    with pytest.raises(NotFound):
        appointments.end_post(city.site, by, "head", "mayor")


def test_the_last_administrator_can_be_neither_closed_nor_dismissed(city):
    by = operator(city.site)
    with pytest.raises(Conflict):
        people.disable(city.site, by, "admin")
    with pytest.raises(Conflict):
        appointments.end_post(city.site, by, "admin", "admin")
    appointments.appoint_administrator(city.site, by, "other")
    people.disable(city.site, by, "admin")
    assert "role:admin" in city.actor("other").groups


def test_a_lost_administrator_is_opened_again_with_a_fresh_password(city):
    by = operator(city.site)
    appointments.appoint_administrator(city.site, by, "other")
    people.disable(city.site, by, "admin")
    account = appointments.make_administrator(city.site, by, "admin")
    login = accounts.log_in(city.site, "admin", account.password, ORIGIN)
    assert login.must_change_password
    fresh = appointments.make_administrator(city.site, by, "newcomer", "新任 者")
    assert (
        "role:admin"
        in accounts.actor_of_token(
            city.site, accounts.issue_token(city.site, "newcomer", fresh.password, ORIGIN).reference
        ).groups
    )


def test_user_names_differ_by_more_than_their_case(city):
    with pytest.raises(Conflict):
        people.create(city.site, operator(city.site), "HEAD", "別人")


def test_names_stand_in_the_log_only_as_commitments(city):
    people.create(city.site, operator(city.site), "hanako", "山田 花子")
    with city.site.database.read() as tx:
        (body,) = tx.execute(
            select(AuditEvent.body).where(AuditEvent.type == "person.created")
        ).scalars()
    assert "花子" not in body
    assert "hanako" not in body
    assert {change["field"] for change in json.loads(body)["changes"]} == {"username", "name"}


def test_a_start_refuses_demonstration_accounts(city):
    city.site.settings.make_secret_key()
    bootstrap.require_ready(city.site)
    with city.site.database.write() as tx:
        tx.execute(Person.__table__.update().where(Person.username == "head").values(demo=True))
    with pytest.raises(ConfigRefused, match="head"):
        bootstrap.require_ready(city.site)
    people.disable(city.site, operator(city.site), "head")
    bootstrap.require_ready(city.site)
