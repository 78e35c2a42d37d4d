"""Scores that a member gave on paper, entered by the secretariat and marked as such."""

import pytest
from sqlalchemy import select

from dxflow.db.case import Evaluation
from dxflow.errors import Conflict, Invalid, NotAllowed
from dxflow.services.commands import COMMANDS
from dxflow.services.meetings import evaluating, minutes, minutes_page, session
from dxflow.services.packs import store as packs
from dxflow.services.packs.check import check_files
from dxflow.services.reading import audit_log, case_pages, notices
from tests import logged
from tests.factories import City
from tests.integration.test_evaluations import GOOD, POOR, score, view
from tests.sessions import SEAT_OF, audited, opened
from tests.settings import changed, settle
from tests.walks import MEMBERS, do, to_committee

ALLOWED = "bodies.dx_committee.evaluation"
PAPER = "5月11日に文書交換で受領"


def enter(
    city: City, case: str, by: str = "secretariat", of: str = "tax_head", source: str = PAPER,
    **given: int,
) -> bool:  # fmt: skip
    return evaluating.enter(
        city.site, city.actor(by), case, SEAT_OF[of], dict(GOOD) | given, "窓口に効く", source
    )


def seat_of(city: City, case: str, by: str, of: str = "tax_head"):
    return next(one for one in view(city, case, by).seats if one.key == SEAT_OF[of])


@pytest.fixture
def case(city: City) -> str:
    settle(city, ALLOWED, from_paper="true")
    return to_committee(city)


def test_they_are_the_members_and_say_who_entered_them_from_what(city, case):
    assert seat_of(city, case, "secretariat").enter
    assert not seat_of(city, case, "civic_head").enter
    assert enter(city, case)
    with city.site.database.read() as tx:
        row = tx.execute(select(Evaluation.__table__)).one()
    assert (row.person_id, row.entered_by, row.source) == (
        city.person["tax_head"], city.person["secretariat"], PAPER,
    )  # fmt: skip
    (event,) = logged.events(city, case, "committee.evaluated")
    said = logged.changes(event)
    assert event["actor"]["person"] == city.person["secretariat"]
    assert (said["member"], said["source"]) == (city.person["tax_head"], PAPER)
    line = audit_log.search(
        city.site, city.actor("auditor"), audit_log.Filters(type="committee.evaluated")
    ).entries[0]
    words = {one.field: one.after for one in line.entry.changes}
    assert (words["member"], words["source"]) == ("tax_head", PAPER)
    seat = seat_of(city, case, "secretariat")
    assert (seat.given, seat.entered, seat.total, seat.enter) == (True, PAPER, "", False)
    assert seat_of(city, case, "tax_head").total == "17"
    assert seat_of(city, case, "civic_head").total == ""  # has not given theirs
    city.run_jobs()
    assert any(
        "紙の評価から" in one.message
        for one in notices.for_actor(city.site, city.actor("tax_head")).entries
    )
    assert "窓口に効く" not in repr(case_pages.story(city.site, city.actor("applicant"), case))
    assert audited(city.site.database) == ()


def test_only_the_secretariat_enters_them_and_never_their_own(city, case):
    for name in ("civic_head", "auditor", "tax_head", "applicant"):
        with pytest.raises(NotAllowed):
            enter(city, case, by=name)
    with pytest.raises(Invalid, match="いつ、どのように"):
        enter(city, case, source=" ")
    with pytest.raises(Invalid, match="整数"):
        enter(city, case, effect=9)
    with pytest.raises(NotAllowed, match="除斥"):
        evaluating.enter(
            city.site, city.actor("secretariat"), case, "head-counter", dict(GOOD), "", PAPER
        )


def test_what_a_member_gave_themselves_stands_and_after_the_vote_it_is_too_late(city, case):
    score(city, case, "civic_head", POOR)
    with pytest.raises(Conflict, match="自分で評価を出しています"):
        enter(city, case, of="civic_head")
    enter(city, case)
    with pytest.raises(Conflict, match="変えられません"):  # it has opened the others' scores
        enter(city, case, effect=1)
    do(city, case, "mgmt_head", "verdict", "approve", reason="よい")
    with pytest.raises(Conflict, match="すでに判断"):
        enter(city, case, of="mgmt_head")


def test_where_scores_stay_closed_a_slip_is_mended_and_the_first_entry_stays(city):
    files = changed(ALLOWED, from_paper="true")
    text = files["pack.toml"].replace('verdicts_seen = "after_own"', 'verdicts_seen = "after_vote"')
    packs.install(city.site, files | {"pack.toml": text}, "system")
    case = to_committee(city)
    assert enter(city, case)
    assert not enter(city, case)
    assert enter(city, case, effect=2)
    with city.site.database.read() as tx:
        rows = tx.execute(select(Evaluation.__table__)).all()
    assert sorted(row.superseded_at is None for row in rows) == [False, True]


def test_a_body_that_does_not_allow_it_refuses(city):
    case = to_committee(city)
    assert not seat_of(city, case, "secretariat").enter
    with pytest.raises(Conflict, match="紙の評価を事務局が入れることはできません"):
        enter(city, case)
    problems = check_files(changed(ALLOWED, from_paper='"yes"'), COMMANDS).problems
    assert any("from_paper は true か false" in one.message for one in problems), problems


def test_the_minutes_name_the_seats_whose_scores_came_on_paper(city):
    settle(city, ALLOWED, from_paper="true")
    case, meeting, _matter = opened(city)
    assert enter(city, case)
    for name in MEMBERS:
        do(city, case, name, "verdict", "approve", reason="賛成")
    chair = next(
        name for name in MEMBERS if any(t.element == "conclude" for t in city.open_tasks(name))
    )
    do(city, case, chair, "conclude", "approve", reason="賛成多数")
    session.close(city.site, city.actor("secretariat"), meeting)
    minutes.draft(city.site, city.actor("secretariat"), meeting)
    found = minutes_page.of_meeting(city.site, city.actor("cio"), meeting)
    assert found is not None
    (one,) = found.body["matters"]
    assert one["evaluation"]["entered"] == [f"収納課長（{PAPER}、事務局 secretariat が入力）"]
    assert one["evaluation"]["given"] == 1
