"""Who is behind groups, and who sees a case: told as the rules themselves decide it."""

import pytest
from sqlalchemy import insert, select

from dxflow.db.case import Case
from dxflow.db.identity import Person
from dxflow.errors import NotAllowed, NotFound
from dxflow.services.acts import duties, pulling_back
from dxflow.services.administration import groups, person_acts, seers
from dxflow.services.people import organisation
from dxflow.services.people.organisation import HoldingRow, Organisation
from dxflow.services.reading import case_list, case_view
from tests.factories import BEGIN, City
from tests.statements import counted
from tests.walks import to_decision, to_sheet

CONDITION = {"text": "接続を見直す", "due": "2026-12-28"}


def number_of(city: City, case_id: str) -> str:
    with city.site.database.read() as tx:
        return tx.execute(select(Case.number).where(Case.id == case_id)).scalar_one()


def test_only_administrators_ask(city):
    case = city.start()
    for name in ("cio", "auditor", "applicant"):
        with pytest.raises(NotAllowed):
            groups.overview(city.site, city.actor(name))
        with pytest.raises(NotAllowed):
            seers.of_case(city.site, city.actor(name), number_of(city, case.id))


@pytest.mark.parametrize("walk", [lambda city: city.start().id, to_sheet, to_decision])
def test_who_sees_a_case_is_who_may_open_it(city, walk):
    case = walk(city)
    seen = seers.of_case(city.site, city.actor("admin"), number_of(city, case))
    assert {one.person_id for one in seen.seers} == {
        person for name, person in city.person.items() if city.sees(name, case)
    }
    assert all(one.rules for one in seen.seers)


def test_every_rule_is_named(city):
    case = to_sheet(city)
    seen = seers.of_case(city.site, city.actor("admin"), f" {number_of(city, case)} ")
    rules = {one.username: " ".join(one.rules) for one in seen.seers}
    assert "提案者" in rules["applicant"]
    assert "すべての案件" in rules["auditor"]
    assert "市民課" in rules["head"]
    assert "admin" not in rules


def test_a_recalled_proposal_is_its_applicants_alone(city):
    case = city.start().id
    number = number_of(city, case)
    pulling_back.pull_back(city.site, city.actor("applicant"), case)
    seen = seers.of_case(city.site, city.actor("admin"), number)
    assert seen.private
    assert [one.username for one in seen.seers] == ["applicant"]


def test_a_number_nobody_knows_is_said(city):
    with pytest.raises(NotFound):
        seers.of_case(city.site, city.actor("admin"), "R8-なし-0001")


def test_lanes_name_their_people_and_holes_are_flagged(city):
    by = city.actor("admin")
    before = groups.overview(city.site, by)
    lanes = {row.lane: row for row in before.lanes}
    assert lanes["財政担当"].groups[0].people == ("finance",)
    assert lanes["担当課"].varies
    # The small city has nobody at the head of 財政課: the page finds it.
    assert before.holes == ["財政課の長"]
    person_acts.set_open(city.site, by, city.person["finance"], is_open=False)
    day = city.site.today()
    person_acts.end_post(city.site, by, city.person["tax_head"], "head-tax", day)
    after = groups.overview(city.site, by)
    lane = next(row for row in after.lanes if row.lane == "財政担当")
    assert (lane.groups[0].people, lane.groups[0].closed) == ((), ("finance",))
    # 財政課 has no member left who can log in, so that nothing of its own asks for a head.
    assert set(after.holes) == {"財政担当", "収納課の長"}


def test_readings_name_who_reads_what(city):
    readings = groups.overview(city.site, city.actor("admin")).readings
    people = [{name for group in one.groups for name in group.people} for one in readings]
    assert {"mayor", "cio", "auditor", "secretariat"} <= people[0]
    assert "admin" not in people[0] | people[1]
    assert people[2] == {"admin"}


def test_statements_do_not_grow_with_people_or_cases(city):
    number, by = number_of(city, city.start().id), city.actor("admin")

    def ask() -> int:
        groups.overview(city.site, by)
        with counted(city.site.database) as count:
            groups.overview(city.site, by)
            seers.of_case(city.site, by, number)
        return count.statements

    before = ask()
    with city.site.database.write() as tx:
        many = [
            {
                "id": f"{n:032x}", "username": f"many{n}", "name": f"職員{n}", "email": "",
                "password_hash": "x", "status": "active", "demo": False,
                "must_change_password": True, "epoch": 1, "created_at": city.clock(),
            }
            for n in range(500)
        ]  # fmt: skip
        tx.execute(insert(Person), many)
        held = tuple(HoldingRow(one["id"], "staff-tax", BEGIN) for one in many)
        organisation.write(tx, Organisation(holdings=held), city.site)
    assert ask() == before


def test_who_owes_a_condition_sees_its_case_and_reports_it(city):
    case = to_decision(city, "conditions", conditions=[CONDITION])
    (duty,) = case_view.page(city.site, city.actor("secretariat"), case).duties
    # somebody of the section that takes it over, who has had nothing to do with the case
    assert not city.sees("admin", case)
    duties.hand_over(city.site, city.actor("secretariat"), duty.id, "it", "システムの話だから")
    assert city.sees("admin", case)
    listed = case_list.search(city.site, city.actor("admin"), case_list.Filters())
    assert [one.id for one in listed.entries] == [case]
    seen = seers.of_case(city.site, city.actor("admin"), number_of(city, case))
    (rules,) = [one.rules for one in seen.seers if one.username == "admin"]
    assert rules == ("付された条件を負う（情報政策課）",)
    duties.meet(city.site, city.actor("admin"), duty.id, "設定を改めた")
    assert city.sees("admin", case), "what they reported stays in their sight"
