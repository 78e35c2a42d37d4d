"""A section that is split: its open cases are divided among its successors, and follow for years."""

import pytest
from sqlalchemy import select

from dxflow import audit
from dxflow.db.case import Case, CaseUnit, Duty
from dxflow.db.process import WorkItem, WorkItemGroup
from dxflow.errors import Conflict, Invalid
from dxflow.services.acts import cases
from dxflow.services.administration.transfers import (
    choosing,
    dividing,
    page,
    plans,
    scheduling,
    undoing,
)
from tests.factories import City
from tests.integration.test_reorganised_transfers import apply, led
from tests.integration.test_standing_in import events
from tests.integration.transfers import (
    PARTED,
    on_the_day,
    plan,
    posts,
    rehearse,
    status,
    units,
    upload,
)
from tests.walks import do, to_decision, to_kpi

#: 市民課 becomes 窓口課 (its head goes with it) and 戸籍課, which the colleague leads.
SPLIT = (
    units(
        "counter,市民課,,,2027-04-01,window、register",
        "window,窓口課,section,civic,,", "register,戸籍課,section,civic,,",
    ),
    posts(
        "head-window,窓口課長,window,section_head,,,",
        "head-register,戸籍課長,register,section_head,,,",
        "staff-register,戸籍課 主事,register,staff,,,",
        "staff-counter,,,,,2027-04-01,staff-register", "staff-counter-2,,,,,2027-04-01,",
    ),
    upload("head,異動,窓口課長,", "colleague,異動,戸籍課長,", "applicant,異動,戸籍課 主事,"),
)  # fmt: skip


#: A section that ends, and one that goes on without a part of its work.
DIVISIONS = pytest.mark.parametrize("files", [SPLIT, PARTED], ids=["split", "parted"])


def give(city: City, made: str, **choices: str) -> int:
    return dividing.give(city.site, city.actor("admin"), made, choices)


def shown(city: City, made: str) -> page.PlanPage:
    return page.page(city.site, city.actor("admin"), made)


def groups(city: City, case: str) -> set[str]:
    with city.site.database.read() as tx:
        return set(
            tx.execute(
                select(WorkItemGroup.group_key)
                .join(WorkItem, WorkItem.id == WorkItemGroup.work_item_id)
                .where(WorkItem.case_id == case, WorkItem.status == "open")
            ).scalars()
        )


def leads(city: City, case: str) -> tuple[str, str]:
    with city.site.database.read() as tx:
        return (
            tx.execute(select(Case.lead_unit).where(Case.id == case)).scalar_one(),
            tx.execute(select(Case.heirs).where(Case.id == case)).scalar_one(),
        )


def unbroken(city: City) -> None:
    with city.site.database.read() as tx:
        assert audit.verify_database(tx).findings == ()


def test_the_page_lists_the_open_cases_with_the_successor_proposed(city):
    case = city.start(title="窓口の混雑をなくす").id
    made = plan(city, *SPLIT)
    (section,) = shown(city, made).splits
    assert section.successors == (("window", "窓口課"), ("register", "戸籍課"))
    (one,) = section.cases
    assert (one.id, one.title, one.unit, one.chosen) == (
        case,
        "窓口の混雑をなくす",
        "window",
        False,
    )
    assert one.state
    assert one.applicant
    assert one.holders


def test_a_case_given_to_another_successor_takes_its_work_and_its_future_with_it(city):
    given, stays = city.start().id, city.start(title="別の提案").id
    made = plan(city, *SPLIT)
    assert give(city, made, **{given: "register"}) == 1
    (section,) = shown(city, made).splits
    assert {one.id: (one.unit, one.chosen) for one in section.cases} == {
        given: ("register", True), stays: ("window", False),
    }  # fmt: skip
    later = city.start(title="確かめたあとの提案").id
    apply(city, made)
    assert leads(city, given)[0] == "register"
    assert leads(city, stays) == ("window", "")
    assert leads(city, later) == ("window", "")
    assert "head:register" in groups(city, given)
    assert "head:counter" not in groups(city, given)
    do(city, given, "colleague", "head_approval", "approve")
    do(city, stays, "head", "head_approval", "approve")
    (moved,) = [
        one for one in events(city, "case.units_changed")
        if {"register"} <= {str(change.after) for change in one.changes}
    ]  # fmt: skip
    assert moved.reason == "人事異動による"
    unbroken(city)


@DIVISIONS
def test_its_process_goes_on_with_the_section_it_was_given_to(city, files):
    case = to_decision(city)
    made = plan(city, *files)
    give(city, made, **{case: "register"})
    apply(city, made)
    deciding = next(one for one in ("civic_head", "head", "colleague", "vice", "mayor")
                    if any(task.case_id == case for task in city.open_tasks(one)))  # fmt: skip
    do(city, case, deciding, "decide", "conditions", reason="条件を付ける",
       conditions=[{"text": "費用を確かめる", "due": "2027-12-28"}])  # fmt: skip
    with city.site.database.read() as tx:
        assert set(tx.execute(select(Duty.owner_group)).scalars()) == {"section:register"}
    assert "section:register" in groups(city, case)
    assert [one for one in city.open_tasks("applicant") if one.case_id == case]
    assert not [one for one in city.open_tasks("head") if one.case_id == case]
    unbroken(city)


@DIVISIONS
def test_the_figures_of_a_given_case_are_owned_by_its_section(city, files):
    case = to_kpi(city)
    made = plan(city, *files)
    give(city, made, **{case: "register"})
    (section,) = shown(city, made).splits
    assert section.cases[0].kpi
    assert {one.key for one in rehearse(city, made).changes if one.matter == "kpi"} == {"register"}
    apply(city, made)
    assert leads(city, case)[0] == "register"


def test_all_cases_are_given_at_once_or_by_where_their_applicant_works(city):
    mine, other = city.start().id, city.start("head").id
    made = plan(city, *SPLIT)
    by = city.actor("admin")
    assert dividing.give_all(city.site, by, made, "counter", dividing.APPLICANT) == 2
    (section,) = shown(city, made).splits
    assert {one.id: one.unit for one in section.cases} == {mine: "register", other: "window"}
    assert dividing.give_all(city.site, by, made, "counter", "register") == 1
    assert dividing.give_all(city.site, by, made, "counter", "register") == 0
    assert {one.unit for one in shown(city, made).splits[0].cases} == {"register"}
    with pytest.raises(Invalid, match="案件を分ける課ではありません"):
        dividing.give_all(city.site, by, made, "tax", "register")


def test_choices_that_cannot_be_are_refused_in_a_sentence(city):
    case = city.start().id
    made = plan(city, *SPLIT)
    with pytest.raises(Invalid, match="引継先ではありません"):
        give(city, made, **{case: "tax"})
    with pytest.raises(Invalid, match="開いている案件ではありません"):
        give(city, made, nothing="register")
    by = city.actor("admin")
    scheduling_version = shown(city, made).version
    give(city, made, **{case: "register"})
    with pytest.raises(Conflict):
        dividing.give(city.site, by, made, {case: ""}, scheduling_version)


def test_a_case_that_ends_meanwhile_is_left_out_and_told(city):
    case = city.start().id
    made = plan(city, *SPLIT)
    give(city, made, **{case: "register"})
    cases.withdraw(city.site, city.actor("applicant"), case, "取り下げる")
    (told,) = shown(city, made).left_out
    assert "終わったか" in told
    with pytest.raises(Invalid, match="開いている案件ではありません"):
        give(city, made, **{case: "window"})
    apply(city, made)
    assert leads(city, case) == ("counter", "")


def test_a_successor_that_is_no_longer_named_is_told_and_not_used(city):
    case = city.start().id
    made = plan(city, *SPLIT)
    give(city, made, **{case: "register"})
    plans.put_file(city.site, city.actor("admin"), made, units(
        "counter,市民課,,,2027-04-01,window、tax", "window,窓口課,section,civic,,",
        "register,戸籍課,section,civic,,",
    ))  # fmt: skip
    (told,) = shown(city, made).left_out
    assert "引継先ではなくなりました" in told
    assert shown(city, made).splits[0].cases[0].unit == "window"


@DIVISIONS
def test_a_division_is_taken_back_whole(city, files):
    case = to_decision(city)
    before = led(city), groups(city, case), leads(city, case)
    made = plan(city, *files)
    give(city, made, **{case: "register"})
    apply(city, made)
    assert leads(city, case)[1]
    undoing.undo(city.site, city.actor("admin"), made)
    assert (led(city), groups(city, case), leads(city, case)) == before
    unbroken(city)


def test_what_was_chosen_is_in_the_log_in_words(city):
    case = city.start()
    made = plan(city, *SPLIT)
    give(city, made, **{case.id: "register"})
    changed = [one for event in events(city, "transfer.changed") for one in event.changes]
    (said,) = [one for one in changed if one.field == "given"]
    assert said.after == f"{case.number} 戸籍課"


@DIVISIONS
def test_a_scheduled_plan_keeps_its_choices_and_takes_no_more(city, files):
    case = city.start().id
    made = plan(city, *files)
    give(city, made, **{case: "register"})
    scheduling.schedule(city.site, city.actor("admin"), made)
    with pytest.raises(Conflict):
        give(city, made, **{case: ""})
    on_the_day(city)
    assert status(city, made) == "applied"
    assert leads(city, case)[0] == "register"
    with city.site.database.read() as tx:
        rows = tx.execute(select(CaseUnit.unit).where(CaseUnit.part == "lead")).scalars()
        assert set(rows) <= {"register"}


def test_a_hole_that_a_choice_makes_is_shown(city):
    case = city.start().id
    made = plan(city, SPLIT[0], SPLIT[1],
                upload("head,異動,窓口課長,", "colleague,異動,戸籍課 主事,", "applicant,異動,戸籍課 主事,"))  # fmt: skip
    give(city, made, **{case: "register"})
    holes = {one.hole.id for one in rehearse(city, made).open}
    assert "post:head-register" in holes
    choosing.accept_all(city.site, city.actor("admin"), made)
    assert rehearse(city, made).sound
