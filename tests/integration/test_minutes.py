"""Minutes, written deliberation and two people at once, through the services."""

import pytest
from sqlalchemy import select, text

from dxflow import audit
from dxflow.db.audit import AuditEvent
from dxflow.db.case import Ballot
from dxflow.db.meeting import Attendance, Minutes
from dxflow.errors import Conflict, Invalid, NotAllowed, NotFound
from dxflow.services.meetings import minutes, minutes_page, recusing, session
from tests.factories import City
from tests.sessions import SEAT_OF, at_once, audited, drawn, held, opened
from tests.walks import MEMBERS, do, task_of


def page(city: City, meeting: str) -> minutes_page.MinutesPage:
    found = minutes_page.of_meeting(city.site, city.actor("secretariat"), meeting)
    assert found is not None
    return found


def sealed(city: City) -> str:
    _case, meeting, matter = held(city)
    by = city.actor("secretariat")
    minutes.draft(city.site, by, meeting, {matter: "費用を確かめた。"})
    minutes.approve(city.site, city.actor("cio"), meeting, page(city, meeting).digest)
    minutes.seal(city.site, by, meeting)
    return meeting


def test_minutes_tell_what_happened_and_are_sealed_in_the_log(city):
    meeting = sealed(city)
    found = page(city, meeting)
    assert (found.stage, found.unbroken) == ("sealed", True)
    body = found.body
    assert (body["chair"], body["place"], body["absent"]) == ("副市長", "第一会議室", [])
    (matter,) = body["matters"]
    assert (matter["result"], matter["counts"]) == ("承認", [["承認", 6]])
    assert (matter["remark"], matter["present"]) == ("費用を確かめた。", 6)
    assert matter["even"] is False
    with city.site.database.read() as tx:
        bodies = tx.execute(select(AuditEvent.body).where(AuditEvent.type == "minutes.sealed"))
        (entry,) = [audit.describe(one) for one in bodies.scalars()]
    assert entry.changes[0].after == found.digest
    assert entry.person == city.person["secretariat"]
    assert audited(city.site.database) == ()


def test_minutes_list_members_in_the_order_of_seats_and_tell_that_votes_were_equal(city):
    case, meeting, matter = drawn(city)
    seats = [SEAT_OF[name] for name in reversed(MEMBERS)]
    for seat in seats:  # the last to sit is recorded first
        session.attend(city.site, city.actor("secretariat"), meeting, seat, here=True)
        city.clock.advance(minutes=1)
    session.begin(city.site, city.actor("secretariat"), meeting)
    session.open_vote(city.site, city.actor("cio"), matter)
    for name, verdict in zip(MEMBERS, ["reject"] * 3 + ["approve"] * 3, strict=True):
        do(city, case, name, "verdict", verdict, reason="考えた")
    do(city, case, "cio", "conclude", "approve", reason="可否同数のため")
    session.close(city.site, city.actor("secretariat"), meeting)
    minutes.draft(city.site, city.actor("secretariat"), meeting)
    body = page(city, meeting).body
    assert body["chair_name"] == city.actor("cio").name
    here = [one["post"] for one in body["attendance"]]
    assert here[0] == body["chair"]
    assert here != [one["post"] for one in sorted(body["attendance"], key=lambda one: one["came"])]
    assert body["matters"][0]["even"] is True


def test_what_is_sealed_is_only_corrected_by_appending(city):
    meeting = sealed(city)
    by = city.actor("secretariat")
    with pytest.raises(Conflict, match="確定しています"):
        minutes.draft(city.site, by, meeting)
    with pytest.raises(Conflict):
        minutes.seal(city.site, by, meeting)
    with pytest.raises(Invalid):
        minutes.correct(city.site, by, meeting, " ", "誤記")
    with pytest.raises(Invalid):
        minutes.correct(city.site, by, meeting, "直し", "")
    with pytest.raises(NotAllowed):
        minutes.correct(city.site, city.actor("cio"), meeting, "直し", "誤記")
    assert minutes.correct(city.site, by, meeting, "一つ目", "誤記") == 1
    assert minutes.correct(city.site, by, meeting, "二つ目", "誤記") == 2
    found = page(city, meeting)
    assert [one.text for one in found.corrections] == ["一つ目", "二つ目"]
    assert found.unbroken


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE minutes SET body = replace(body, '承認', '否決')",
        "UPDATE minutes_correction SET text = 'べつの直し'",
        "DELETE FROM minutes_correction",
    ],
)
def test_a_text_changed_behind_the_log_is_noticed(city, tampering):
    meeting = sealed(city)
    minutes.correct(city.site, city.actor("secretariat"), meeting, "直し", "誤記")
    with city.site.database.write() as tx:
        tx.execute(text(tampering))
    assert not page(city, meeting).unbroken


def test_a_text_whose_own_hash_was_written_anew_is_noticed_too(city):
    from dxflow.committee.minutes import digest

    meeting = sealed(city)
    with city.site.database.write() as tx:
        body = tx.execute(select(Minutes.body)).scalar_one().replace("承認", "否決")
        tx.execute(
            text("UPDATE minutes SET body = :b, digest = :d"), {"b": body, "d": digest(body)}
        )
    assert not page(city, meeting).unbroken


def test_minutes_come_after_the_meeting_and_only_the_chair_approves_what_they_saw(city):
    _case, open_meeting, _matter = opened(city)
    by = city.actor("secretariat")
    with pytest.raises(Conflict, match="閉会した"):
        minutes.draft(city.site, by, open_meeting)
    meeting = held(city)[1]
    with pytest.raises(NotFound):
        minutes.approve(city.site, city.actor("cio"), meeting, "")
    minutes.draft(city.site, by, meeting)
    seen = page(city, meeting).digest
    minutes.draft(city.site, by, meeting, {"": "閉会のあいさつ"})
    with pytest.raises(Conflict, match="書き直され"):
        minutes.approve(city.site, city.actor("cio"), meeting, seen)
    with pytest.raises(NotAllowed):
        minutes.approve(city.site, city.actor("it_head"), meeting, page(city, meeting).digest)


def test_a_deliberation_in_writing_needs_consent_and_ends_with_its_last_day(city):
    case, meeting, matter = drawn(city, days=7, written=True)
    by = city.actor("secretariat")
    with pytest.raises(Conflict, match="同意"):
        do(city, case, "it_head", "verdict", "approve", reason="賛成")
    for name in ("it_head", "tax_head", "cio"):
        session.consent(city.site, city.actor(name), meeting, SEAT_OF[name], agrees=True)
    session.consent(city.site, city.actor("mgmt_head"), meeting, "head-management", agrees=False)
    with pytest.raises(Conflict, match="必要4人、同意3人"):
        session.begin(city.site, by, meeting)
    with pytest.raises(NotAllowed):
        session.consent(city.site, by, meeting, "cio", agrees=True)
    session.consent(city.site, city.actor("mgmt_head"), meeting, "head-management", agrees=True)
    session.begin(city.site, by, meeting)
    with pytest.raises(Conflict):
        session.consent(city.site, city.actor("cio"), meeting, "cio", agrees=False)
    with pytest.raises(Conflict, match="出席を記録"):
        session.attend(city.site, by, meeting, "cio", here=True)
    for name in ("it_head", "tax_head", "cio"):
        do(city, case, name, "verdict", "approve", reason="賛成")
    city.clock.advance(days=8)
    city.run_jobs()
    assert [t for t in city.open_tasks("mgmt_head") if t.element == "verdict"] == []
    do(city, case, "cio", "conclude", "approve", reason="賛成多数")
    session.close(city.site, by, meeting)
    minutes.draft(city.site, by, meeting)
    body = page(city, meeting).body
    assert [one["agrees"] for one in body["consents"]] == [True] * 4
    assert body["absent"] == []
    assert len(body["silent"]) == len(MEMBERS) - 4
    assert body["chair_name"] == city.actor("cio").name
    assert body["matters"][0]["counts"] == [["承認", 3]]
    assert matter


def test_of_two_who_close_a_vote_at_once_one_is_told(city):
    case, _meeting, matter = opened(city)
    for name in ("it_head", "tax_head", "civic_head"):
        do(city, case, name, "verdict", "approve", reason="賛成")
    chair, secretariat = city.actor("cio"), city.actor("secretariat")
    came = at_once(
        lambda: session.close_vote(city.site, chair, matter),
        lambda: session.close_vote(city.site, secretariat, matter),
    )
    assert sum(one is None for one in came) == 1
    assert [type(one) for one in came if one] == [Conflict]
    assert task_of(city, "cio", case, "conclude")


def test_a_vote_cast_while_the_quorum_is_lost_is_either_before_or_refused(city):
    case, meeting, _matter = opened(city, ("cio", "it_head", "civic_head"))
    by, voter = city.actor("secretariat"), task_of(city, "it_head", case, "verdict").id
    came = at_once(
        lambda: session.attend(city.site, by, meeting, SEAT_OF["civic_head"], here=False),
        lambda: city.complete_id("it_head", voter, "approve", reason="賛成"),
    )
    assert came[0] is None
    with city.site.database.read() as tx:
        left = tx.execute(
            select(Attendance.left_at).where(Attendance.left_at.is_not(None))
        ).scalar_one()
        cast = tx.execute(select(Ballot.at)).scalars().all()
    assert left
    assert len(cast) == (0 if came[1] else 1)


def test_a_member_recused_while_they_vote_is_never_counted(city):
    case, _meeting, matter = opened(city)
    voter = task_of(city, "tax_head", case, "verdict").id
    by = city.actor("secretariat")
    at_once(
        lambda: recusing.declare(city.site, by, matter, SEAT_OF["tax_head"], "利害がある"),
        lambda: city.complete_id("tax_head", voter, "reject", reason="反対"),
    )
    for name in MEMBERS:
        if name != "tax_head":
            do(city, case, name, "verdict", "approve", reason="賛成")
    conclude = [t for t in city.open_tasks("cio") if t.element == "conclude"]
    if not conclude:
        session.close_vote(city.site, by, matter)
    do(city, case, "cio", "conclude", "approve", reason="除斥を除く全員")
    session.close(city.site, by, _meeting)
    minutes.draft(city.site, by, _meeting)
    assert page(city, _meeting).body["matters"][0]["counts"] == [["承認", 5]]
