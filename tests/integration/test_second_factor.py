"""A second factor on both databases: set up, asked for, used once, given up, taken off."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from dxflow.audit import verify_database
from dxflow.db.audit import AuditEvent
from dxflow.db.identity import HalfLogin, ReserveCode, SecondFactor
from dxflow.errors import CodeNeeded, Conflict, Invalid, NotAllowed, NotLoggedIn, Throttled
from dxflow.services.administration import person_acts, persons
from dxflow.services.installation.bootstrap import operator
from dxflow.services.people import (
    accounts,
    factor_rows,
    one_time_codes,
    registry,
    second_factor,
    second_step,
)
from dxflow.services.people.second_step import HalfLoginEnded
from dxflow.services.people.throttling import FREE_FAILURES
from dxflow.services.reading import notices
from tests.factories import PASSWORD, City
from tests.factors import phone_of
from tests.integration.test_concurrency import at_once

ORIGIN = "192.0.2.1"


def half(city: City, name: str = "head") -> str:
    with pytest.raises(CodeNeeded) as needed:
        accounts.log_in(city.site, name, PASSWORD, ORIGIN)
    return needed.value.reference


def events(city: City) -> list[str]:
    with city.site.database.read() as tx:
        assert verify_database(tx).findings == ()
        rows = tx.execute(select(AuditEvent.type).order_by(AuditEvent.id)).scalars()
        return [one for one in rows if one.startswith(("second_factor.", "session."))]


def told(city: City, name: str) -> str:
    return " ".join(one.message for one in notices.for_actor(city.site, city.actor(name)).entries)


def asking(city: City, *roles: str) -> City:
    """Return the city where these roles need a second factor."""
    city.site.settings.make_secret_key()
    settings = replace(city.site.settings, second_factor_roles=roles)
    return replace(city, site=replace(city.site, settings=settings))


def test_a_session_begins_only_behind_the_code(city):
    phone = phone_of(city, "head")
    waiting = half(city)
    with pytest.raises(NotLoggedIn):
        accounts.actor_of_session(city.site, waiting)
    with pytest.raises(NotLoggedIn, match="確認コード"):
        second_step.complete(city.site, waiting, "000000")
    login = second_step.complete(city.site, waiting, phone.next_code())
    assert accounts.actor_of_session(city.site, login.reference).username == "head"
    with pytest.raises(HalfLoginEnded):
        second_step.complete(city.site, waiting, phone.next_code())
    assert events(city) == ["second_factor.turned_on", "session.refused", "session.started"]


def test_who_has_none_logs_in_as_ever(city):
    assert accounts.log_in(city.site, "other", PASSWORD, ORIGIN).reference


def test_it_counts_only_when_a_code_has_confirmed_it(city):
    city.site.settings.make_secret_key()
    actor = city.actor("head")
    with pytest.raises(Invalid, match="パスワード"):
        second_factor.begin(city.site, actor, "wrong-password")
    second_factor.begin(city.site, actor, PASSWORD)
    with pytest.raises(Invalid, match="確認コードが違います"):
        second_factor.confirm(city.site, actor, "000000")
    assert accounts.log_in(city.site, "head", PASSWORD, ORIGIN).reference
    city.clock.advance(minutes=31)
    assert second_factor.state(city.site, actor).secret == ""
    with pytest.raises(Conflict, match="初めから"):
        second_factor.confirm(city.site, actor, "000000")


def test_a_code_works_once_and_the_one_that_confirmed_is_used_up(city):
    phone = phone_of(city, "head")
    with pytest.raises(NotLoggedIn):
        second_step.complete(city.site, half(city), phone.code())
    code = phone.next_code()
    second_step.complete(city.site, half(city), code)
    with pytest.raises(NotLoggedIn):
        second_step.complete(city.site, half(city), code)


def test_one_of_two_who_bring_the_same_code_at_once_is_refused(city):
    phone = phone_of(city, "head")
    code, waiting = phone.next_code(), [half(city), half(city)]

    def bring(reference: str) -> bool:
        try:
            return bool(second_step.complete(city.site, reference, code))
        except NotLoggedIn:
            return False

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(bring, waiting)) == [False, True]


def test_of_several_set_ups_begun_at_once_one_stays(city):
    city.site.settings.make_secret_key()
    head = city.person["head"]

    def start() -> None:
        with city.site.database.write() as tx:
            factor_rows.put(city.site, tx, head, one_time_codes.fresh_secret())

    assert at_once(*[start] * 6) == [None] * 6
    assert second_factor.state(city.site, city.actor("head")).secret


@pytest.mark.parametrize("off", [-1, 1])
def test_a_phone_that_is_a_step_off_gets_in(city, off):
    phone = phone_of(city, "head")
    city.clock.advance(minutes=5)
    assert second_step.complete(city.site, half(city), phone.code(off))


def test_full_width_digits_are_taken(city):
    phone = phone_of(city, "head")
    wide = phone.next_code().translate({ord("0") + n: ord("０") + n for n in range(10)})
    assert second_step.complete(city.site, half(city), wide)


def test_a_login_waits_five_minutes_and_ends_with_the_account(city):
    phone = phone_of(city, "head")
    waiting = half(city)
    city.clock.advance(minutes=5, seconds=1)
    with pytest.raises(HalfLoginEnded):
        second_step.complete(city.site, waiting, phone.code())
    waiting = half(city)
    registry.disable(city.site, operator(city.site), "head")
    with pytest.raises(HalfLoginEnded):
        second_step.complete(city.site, waiting, phone.code())
    registry.enable(city.site, operator(city.site), "head")
    half(city)
    with city.site.database.read() as tx:
        assert len(tx.execute(select(HalfLogin.expires_at)).all()) == 2, "what is over is dropped"


def test_wrong_codes_count_from_wherever_they_come_and_a_right_password_takes_nothing_back(city):
    phone = phone_of(city, "head")
    for number in range(5):
        with pytest.raises(CodeNeeded) as needed:
            accounts.log_in(city.site, "head", PASSWORD, f"192.0.2.{number}")
        with pytest.raises(NotLoggedIn):
            second_step.complete(city.site, needed.value.reference, "000000")
    with pytest.raises(Throttled):
        second_step.complete(city.site, half(city), phone.code(1))
    with pytest.raises(Throttled):
        accounts.issue_token(city.site, "head", PASSWORD, ORIGIN, code=phone.code(1))
    city.clock.advance(minutes=1)
    assert second_step.complete(city.site, half(city), phone.code())
    assert events(city).count("session.refused") == 5


def test_wrong_codes_count_for_the_address_that_they_come_from(city):
    settings = replace(city.site.settings, login_failures=3)
    city = replace(city, site=replace(city.site, settings=settings))
    for name in ("head", "other"):
        phone_of(city, name)
        for _try in range(2):
            with pytest.raises(NotLoggedIn):
                second_step.complete(city.site, half(city, name), "000000", ORIGIN)
    with pytest.raises(Throttled, match="同じ接続元"):
        accounts.log_in(city.site, "applicant", PASSWORD, ORIGIN)
    with city.site.database.read() as tx:
        assert "access.slowed" in tx.execute(select(AuditEvent.type)).scalars().all()


def test_who_brings_many_wrong_codes_at_once_has_no_more_tries_than_one_after_the_other(city):
    phone_of(city, "head")
    waiting = half(city)

    def bring(_number: int) -> bool:
        try:
            second_step.complete(city.site, waiting, "000000")
        except Throttled:
            return False
        except NotLoggedIn:
            return True
        return True

    with ThreadPoolExecutor(8) as pool:
        tried = sum(pool.map(bring, range(24)))
    assert tried == FREE_FAILURES + 1


def test_a_code_in_reserve_works_once_and_its_owner_is_told(city):
    phone = phone_of(city, "head")
    assert second_step.complete(city.site, half(city), phone.reserve[0].lower())
    with pytest.raises(NotLoggedIn):
        second_step.complete(city.site, half(city), phone.reserve[0])
    assert "残り 9 個" in told(city, "head")
    assert "second_factor.reserve_used" in events(city)
    city.clock.advance(seconds=30)
    fresh = second_factor.renew_reserve(city.site, city.actor("head"), PASSWORD, phone.code())
    with pytest.raises(NotLoggedIn):
        second_step.complete(city.site, half(city), phone.reserve[1])
    assert second_step.complete(city.site, half(city), fresh[0])


def test_nobody_gets_in_with_the_code_in_reserve_of_somebody_else(city):
    phone_of(city, "head")
    other = phone_of(city, "other")
    with pytest.raises(NotLoggedIn):
        second_step.complete(city.site, half(city), other.reserve[0])


def test_secrets_and_codes_stand_nowhere_in_clear_text(city):
    phone = phone_of(city, "head")
    with city.site.database.read() as tx:
        kept = [tx.execute(select(SecondFactor.secret)).scalar_one()]
        kept += tx.execute(select(ReserveCode.code_hash)).scalars()
        logged = [*tx.execute(select(AuditEvent.body)).scalars()]
    everything = " ".join([*kept, *logged])
    assert phone.secret not in everything
    assert not [
        one for one in phone.reserve if one in everything or one.replace("-", "") in everything
    ]


def test_with_another_secret_key_codes_in_reserve_still_work(city):
    phone = phone_of(city, "head")
    city.site.settings.key_file.unlink()
    city.site.settings.make_secret_key()
    with pytest.raises(NotLoggedIn):
        second_step.complete(city.site, half(city), phone.next_code())
    assert second_step.complete(city.site, half(city), phone.reserve[0])


def test_it_is_given_up_with_password_and_code(city):
    phone, actor = phone_of(city, "head"), city.actor("head")
    with pytest.raises(Invalid):
        second_factor.turn_off(city.site, actor, "wrong-password", phone.next_code())
    with pytest.raises(Invalid):
        second_factor.turn_off(city.site, actor, PASSWORD, "000000")
    second_factor.turn_off(city.site, actor, PASSWORD, phone.code())
    assert accounts.log_in(city.site, "head", PASSWORD, ORIGIN).reference
    with pytest.raises(Invalid):
        second_factor.turn_off(city.site, actor, PASSWORD, phone.reserve[0])


def test_an_administrator_takes_it_off_with_a_reason_and_the_person_is_told(city):
    phone = phone_of(city, "head")
    login = second_step.complete(city.site, half(city), phone.next_code())
    admin, head = city.actor("admin"), city.person["head"]
    with pytest.raises(NotAllowed):
        person_acts.reset_factor(city.site, city.actor("cio"), head, "紛失")
    with pytest.raises(Invalid, match="理由"):
        person_acts.reset_factor(city.site, admin, head, " ")
    person_acts.reset_factor(city.site, admin, head, "スマートフォンの紛失")
    with pytest.raises(NotLoggedIn):
        accounts.actor_of_session(city.site, login.reference)
    assert accounts.log_in(city.site, "head", PASSWORD, ORIGIN).reference
    assert "スマートフォンの紛失" in told(city, "head")
    assert "second_factor.reset" in events(city)
    with pytest.raises(Conflict):
        person_acts.reset_factor(city.site, admin, head, "もう一度")


def test_administrators_do_not_take_off_their_own(city):
    phone_of(city, "admin")
    with pytest.raises(Invalid, match="自分"):
        person_acts.reset_factor(city.site, city.actor("admin"), city.person["admin"], "紛失")
    second_factor.reset(city.site, operator(city.site), "admin", "機械から")


def test_administrators_see_who_has_one(city):
    phone_of(city, "head")
    admin = city.actor("admin")
    found = persons.search(city.site, admin, persons.Filters(factor="on")).entries
    assert [one.username for one in found] == ["head"]
    others = persons.search(city.site, admin, persons.Filters(factor="off"), 1, 200).entries
    assert "head" not in [one.username for one in others]
    assert len(others) == len(city.person) - 1
    assert [one.username for one in registry.listed(city.site) if one.second_factor] == ["head"]


def test_roles_of_which_it_is_asked_lack_it_until_it_is_set_up(city):
    city = asking(city, "cio", "auditor")
    cio = accounts.log_in(city.site, "cio", PASSWORD, ORIGIN).reference
    assert accounts.actor_of_session(city.site, cio).lacks_second_factor
    head = accounts.log_in(city.site, "head", PASSWORD, ORIGIN).reference
    assert not accounts.actor_of_session(city.site, head).lacks_second_factor
    phone_of(city, "cio")
    assert not accounts.actor_of_session(city.site, cio).lacks_second_factor


def test_programs_bring_the_code_too_and_tokens_go_on(city):
    token = accounts.issue_token(city.site, "head", PASSWORD, ORIGIN).reference
    phone = phone_of(city, "head")
    assert accounts.actor_of_token(city.site, token).username == "head"
    with pytest.raises(CodeNeeded):
        accounts.issue_token(city.site, "head", PASSWORD, ORIGIN)
    said = set()
    for password, code in ((PASSWORD, "000000"), ("wrong-password", phone.next_code())):
        with pytest.raises(NotLoggedIn) as refused:
            accounts.issue_token(city.site, "head", password, ORIGIN, code=code)
        said.add(refused.value.message)
    assert len(said) == 1, "nobody learns which of them was wrong"
    assert accounts.issue_token(city.site, "head", PASSWORD, ORIGIN, code=phone.code()).reference
    with pytest.raises(NotLoggedIn):
        accounts.issue_token(city.site, "head", PASSWORD, ORIGIN, code=phone.code())
