"""A transfer that is committed while somebody acts on a meeting stops the act: it asks again."""

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from dxflow.db.audit import AuditEvent
from dxflow.errors import Conflict
from dxflow.services.administration.transfers import applying, choosing
from dxflow.services.meetings import minutes, minutes_page, notes, ordering, planning, session
from dxflow.services.people.actor import Actor
from tests.factories import City
from tests.integration.transfers import plan as transfer
from tests.integration.transfers import upload
from tests.sessions import BODY, SEAT_OF, audited, drawn, held, plan


def transferred(city: City, name: str) -> None:
    """Move somebody to another post today."""
    by = city.actor("admin")
    made = transfer(city, upload(f"{name},異動,収納課 主事,"), day=city.site.today())
    choosing.accept_all(city.site, by, made)
    applying.apply(city.site, by, made)


def stopped(city: City, name: str, act: Callable[[Actor], object]) -> None:
    """Begin an act, commit a transfer of its actor, and go on: it is refused and writes nothing."""
    before = city.actor(name)
    transferred(city, name)
    with city.site.database.read() as tx:
        entries = tx.execute(select(func.count(AuditEvent.id))).scalar_one()
    with pytest.raises(Conflict, match="この間に、あなたの職"):
        act(before)
    with city.site.database.read() as tx:
        assert tx.execute(select(func.count(AuditEvent.id))).scalar_one() == entries
    assert audited(city.site.database) == ()


def test_attendance_is_not_recorded_by_who_has_left_the_secretariat(city):
    _case, meeting, _matter = drawn(city)
    stopped(city, "secretariat", lambda by: session.attend(
        city.site, by, meeting, SEAT_OF["cio"], here=True))  # fmt: skip


def test_consent_to_deciding_in_writing_is_the_seat_holders_of_now(city):
    _case, meeting, _matter = drawn(city, days=5, written=True)
    stopped(city, "mgmt_head", lambda by: session.consent(
        city.site, by, meeting, SEAT_OF["mgmt_head"], agrees=True))  # fmt: skip


def drafted(city: City) -> tuple[str, str]:
    _case, meeting, _matter = held(city)
    minutes.draft(city.site, city.actor("secretariat"), meeting)
    found = minutes_page.of_meeting(city.site, city.actor("secretariat"), meeting)
    assert found is not None
    return meeting, found.digest


def test_minutes_are_not_approved_by_who_presided_once(city):
    meeting, digest = drafted(city)
    stopped(city, "cio", lambda by: minutes.approve(city.site, by, meeting, digest))


@pytest.mark.parametrize("act", ["draft", "seal", "correct"])
def test_minutes_are_kept_by_the_secretariat_of_now(city, act):
    meeting, digest = drafted(city)
    if act != "draft":
        minutes.approve(city.site, city.actor("cio"), meeting, digest)
    if act == "correct":
        minutes.seal(city.site, city.actor("secretariat"), meeting)
    acts: dict[str, Callable[[Actor], object]] = {
        "draft": lambda by: minutes.draft(city.site, by, meeting),
        "seal": lambda by: minutes.seal(city.site, by, meeting),
        "correct": lambda by: minutes.correct(city.site, by, meeting, "五人", "誤記"),
    }
    stopped(city, "secretariat", acts[act])


def test_meetings_are_planned_and_ordered_by_the_secretariat_of_now(sqlite_city):
    city = sqlite_city
    _case, meeting, matter = drawn(city)
    before = city.actor("secretariat")
    day = city.site.today()
    stopped(city, "secretariat", lambda by: ordering.up(city.site, by, matter))
    for act in (
        lambda: planning.plan(city.site, before, BODY, planning.Plan(day, "09:00", "10:00", "室")),
        lambda: planning.distribute(city.site, before, meeting),
    ):
        with pytest.raises(Conflict, match="この間に"):
            act()


def test_an_own_note_is_a_members_of_now(sqlite_city):
    city = sqlite_city
    case, _meeting, _matter = drawn(city)
    stopped(city, "mgmt_head", lambda by: notes.write(city.site, by, case, "覚え"))


def test_who_stays_what_they_were_goes_on_though_others_move(sqlite_city):
    city = sqlite_city
    meeting = plan(city)
    by = city.actor("secretariat")
    transferred(city, "finance")
    session.attend(city.site, by, meeting, SEAT_OF["cio"], here=True)
