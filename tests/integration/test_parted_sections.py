"""A section that goes on and hands a part of its work to another (分離): cases stay, or are given."""

import pytest
from sqlalchemy import select

from dxflow.db.transfer import Succession
from dxflow.errors import Invalid, NotAllowed
from dxflow.services.acts import task_forms
from dxflow.services.administration.transfers import (
    applying,
    dividing,
    plans,
)
from dxflow.services.operations import reassigning
from tests.factories import ANALYSIS, SHEET, City
from tests.integration.histories import ANSWERS
from tests.integration.test_divided_cases import give, groups, leads, shown, unbroken
from tests.integration.test_reorganised_transfers import apply
from tests.integration.test_standing_in import events
from tests.integration.transfers import PARTED, plan, units_with_origin
from tests.walks import circulate, do, task_of, to_sheet, whoever


def problems(city: City, *lines: str) -> list[tuple[int, str, str]]:
    made = plan(city, units_with_origin(*lines))
    return [(one.line, one.message, one.hint) for one in shown(city, made).problems]


def test_the_page_lists_the_open_cases_of_the_section_that_goes_on_as_staying(city):
    case = city.start(title="窓口の混雑をなくす")
    made = plan(city, *PARTED)
    page = shown(city, made)
    assert "戸籍課: 「市民課」の仕事の一部を引き継ぐ" in page.words
    (section,) = page.splits
    assert section.goes_on
    assert section.successors == (("counter", "市民課"), ("register", "戸籍課"))
    (one,) = section.cases
    assert (one.id, one.unit, one.chosen) == (case.id, "counter", False)


def test_nothing_is_written_about_cases_that_stay(city):
    case = city.start().id
    before = groups(city, case), leads(city, case)
    apply(city, plan(city, *PARTED))
    assert (groups(city, case), leads(city, case)) == before
    assert events(city, "case.units_changed") == []
    with city.site.database.read() as tx:
        assert tx.execute(select(Succession.old).where(Succession.kind == "unit")).all() == []
    do(city, case, "head", "head_approval", "approve")
    unbroken(city)


def test_a_given_case_takes_its_work_and_its_future_with_it(city):
    given, stays = city.start().id, city.start(title="別の提案").id
    made = plan(city, *PARTED)
    assert give(city, made, **{given: "register"}) == 1
    later = city.start(title="確かめたあとの提案").id
    apply(city, made)
    assert leads(city, given)[0] == "register"
    assert leads(city, stays) == leads(city, later) == ("counter", "")
    assert groups(city, given) & {"head:register", "head:counter"} == {"head:register"}
    assert not [one for one in city.open_tasks("head") if one.case_id == given]
    do(city, given, "colleague", "head_approval", "approve")
    do(city, stays, "head", "head_approval", "approve")
    (moved,) = events(city, "case.units_changed")
    assert [str(change.after) for change in moved.changes] == ["register"]
    assert moved.reason == "人事異動による"
    unbroken(city)


def test_in_a_given_case_the_old_section_stands_as_the_new_one_in_forms(city):
    given, stays = to_sheet(city), to_sheet(city)
    for case in (given, stays):
        do(city, case, "applicant", "project_sheet", "submit", **SHEET)
        do(city, case, "applicant", "bpr_analysis", "submit", **ANALYSIS)
        do(
            city,
            case,
            "head",
            "sheet_approval",
            "send_back",
            reason="担当課を確かめる",
            return_to="sheet",
        )
    made = plan(city, *PARTED)
    give(city, made, **{given: "register"})
    apply(city, made)
    for case, by, lead in ((given, "applicant", "register"), (stays, "head", "counter")):
        task = task_of(city, by, case, "project_sheet").id
        form = task_forms.task_form(city.site, city.actor(by), task)
        assert form.values["lead"] == lead
        offered = {one.value for one in form.context.options["units"]}
        assert offered & {"counter", "register"} == {lead, "register"}
    do(city, given, "applicant", "project_sheet", "submit", **SHEET | {"lead": "register"})
    do(city, given, "applicant", "bpr_analysis", "submit", **ANALYSIS)
    assert leads(city, given)[0] == "register"
    do(city, given, "colleague", "sheet_approval", "approve")
    unbroken(city)


def test_a_decision_that_waits_for_the_head_of_the_section_is_drawn_again_for_the_new_one(city):
    case = to_sheet(
        city, cost=200_000, sections_touched=1, personal_data=False, citizen_effect="some"
    )
    do(city, case, "applicant", "small_sheet", "submit", **ANSWERS["small_sheet"])
    do(city, case, "head", "sheet_approval", "approve", reason="")
    circulate(city, case)
    assert whoever(city, case, "decide") == "head"
    made = plan(city, *PARTED)
    assert shown(city, made).awaited == ()
    give(city, made, **{case: "register"})
    (told,) = shown(city, made).awaited
    assert "「市民課長」の決裁を待っています" in told
    assert "「戸籍課」の決裁に回ります" in told
    apply(city, made)
    assert whoever(city, case, "decide") == "head"
    with pytest.raises(NotAllowed, match="決裁区分を引き直す"):
        do(city, case, "head", "decide", "approve", reason="決裁する")
    do(city, case, "head", "decide", "again", reason="担当課が変わった")
    assert whoever(city, case, "decide") == "colleague"
    do(city, case, "colleague", "decide", "approve", reason="決裁する")
    unbroken(city)


def test_an_administrator_may_still_ask_the_section_that_goes_on_in_a_given_case(city):
    case = city.start().id
    made = plan(city, *PARTED)
    give(city, made, **{case: "register"})
    apply(city, made)
    task = task_of(city, "colleague", case, "head_approval").id
    reassigning.reassign(city.site, city.actor("admin"), task, "head:counter", "元の課に確かめる")
    assert groups(city, case) == {"head:counter"}
    assert not [one for one in city.open_tasks("colleague") if one.case_id == case]
    do(city, case, "head", "head_approval", "approve")
    assert leads(city, case)[0] == "register"
    unbroken(city)


def test_all_cases_go_or_stay_at_once_or_by_where_their_applicant_works(city):
    mine, other = city.start().id, city.start("head").id
    made = plan(city, *PARTED)
    by = city.actor("admin")
    assert dividing.give_all(city.site, by, made, "counter", dividing.APPLICANT) == 2
    found = {one.id: one.unit for one in shown(city, made).splits[0].cases}
    assert found == {mine: "register", other: "counter"}
    assert dividing.give_all(city.site, by, made, "counter", "counter") == 1
    assert {one.unit for one in shown(city, made).splits[0].cases} == {"counter"}
    with pytest.raises(Invalid, match="引継先ではありません"):
        dividing.give_all(city.site, by, made, "counter", "tax")
    with pytest.raises(NotAllowed):
        dividing.give_all(city.site, city.actor("head"), made, "counter", "register")


def test_another_section_that_is_there_may_take_over_and_several_may(city):
    one, two = city.start().id, city.start(title="別の提案").id
    made = plan(
        city, units_with_origin("register,戸籍課,section,civic,,,市民課", "tax,収納課,,,,,counter"),
        *PARTED[1:],
    )  # fmt: skip
    (section,) = shown(city, made).splits
    assert [key for key, _name in section.successors] == ["counter", "register", "tax"]
    give(city, made, **{one: "tax", two: "register"})
    apply(city, made)
    assert (leads(city, one)[0], leads(city, two)[0]) == ("tax", "register")
    do(city, one, "tax_head", "head_approval", "approve")


def test_a_case_may_come_back_with_a_later_transfer(city):
    case = city.start().id
    made = plan(city, *PARTED)
    give(city, made, **{case: "register"})
    apply(city, made)
    back = plan(city, units_with_origin("counter,市民課,,,,,register"), day=city.site.today())
    give(city, back, **{case: "counter"})
    applying.apply(city.site, city.actor("admin"), back)
    assert leads(city, case)[0] == "counter"
    do(city, case, "head", "head_approval", "approve")
    unbroken(city)


def test_a_choice_for_a_section_that_takes_no_part_any_more_is_told_and_the_case_stays(city):
    case = city.start().id
    made = plan(city, units_with_origin("tax,収納課,,,,,counter"))
    give(city, made, **{case: "tax"})
    plans.put_file(city.site, city.actor("admin"), made, PARTED[0])
    (told,) = shown(city, made).left_out
    assert "いまの課に残ります" in told
    assert shown(city, made).splits[0].cases[0].unit == "counter"


@pytest.mark.parametrize(
    ("lines", "line", "words"),
    [
        (["tax,収納課,,,,,tax"], 2, "自身"),
        (["register,戸籍課,section,civic,,,nowhere"], 2, "にはないか、一つに決まりません"),
        (
            ["counter,市民課,,,2027-04-01,tax,", "register,戸籍課,section,civic,,,counter"],
            3,
            "終わります",
        ),
        (
            ["register,戸籍課,section,civic,,,window", "window,窓口課,section,civic,,,"],
            2,
            "新しくできる",
        ),
        (["counter,市民課,,,2027-04-01,tax,it"], 2, "終わる組織は"),
        (["tax,収納課,,,,,counter", "counter,市民課,,,,,tax"], 2, "元に戻ります"),
        (
            ["tax,収納課,,,,,counter", "counter,市民課,,,,,it", "it,情報政策課,,,,,tax"],
            4,
            "元に戻ります",
        ),
        (["counter,市民課,,,,tax,"], 2, "終わる組織か職の行"),
    ],
)
def test_lines_that_cannot_be_are_told_with_their_number_and_how_to_mend_them(
    city, lines, line, words
):
    found = problems(city, *lines)
    assert any(number == line and words in message and hint for number, message, hint in found)
