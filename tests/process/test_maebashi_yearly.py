"""前橋市のパック: what begins by itself, and the ways it goes: promoters, groups, rules, levels."""

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest

from dxflow import engine, forms
from dxflow.services.packs.organised import made_up
from tests.process.standard_pack import City
from tests.process.test_maebashi_pack import PACK, Case, Maebashi

SECTIONS = ["elderly", "tax", "digital"]
PEOPLE = {"people": [{"name": "見本 花子", "post": "主事", "reason": "周りを巻き込める"}]}
LEVELS = ["認識", "意欲", "知識", "能力", "定着"]
CLAUSE = {"rule": "占用の規則", "article": "第3条", "method": "visit"}
YEARLY: dict[str, dict[str, Any]] = {
    "ma_nominate": PEOPLE,
    "ma_appoint": {"reason": "もう一度", "again": ["tax"]},
    "ma_roster": {"valid_from": "2026-05-20"},
    "ma_call": {"themes": [{"name": "窓口", "aim": "減らす"}], "body": "募ります",
                "apply_until": "2026-06-30"},
    "ma_call_joint": {"comment": "直してほしい"},
    "ma_apply": {"members": [{"name": "見本 花子", "theme": "窓口"}], "note": "なし"},
    "ma_consent": {"arrangement": "当番を減らす"},
    "ma_wg_order": {"formal": "yes", "role_title": "WG員", "valid_from": "2026-07-01", "reason": "役割"},
    "ma_wg_post": {"told_on": "2026-07-01"},
    "ma_duty_table": {"share": 10, "entry": "WG"},
    "ma_hours": {"hours": [{"name": "見本 花子", "wg": 16, "work": 150}]},
    "ma_wg_result": {"results": [{"theme": "窓口", "result": "減った"}], "message": "まとめ"},
    "ma_wg_career": {"records": [{"name": "見本 花子", "experience": "試作"}]},
    "ma_reg_list": {"clauses": [CLAUSE], "note": ""},
    "ma_reg_check": {"result": "amend", "means": "映像", "reason": "条文にある", "by": "2027-03-31"},
    "ma_reg_draft": {"amendments": [{"rule": "占用の規則", "was": "現地", "becomes": "映像でもよい",
                                     "in_force": "2027-04-01"}], "reason": "デジタル原則"},
    "ma_reg_reflect": {"done": "知らせた", "done_on": "2027-04-01"},
    "ma_adkar_self": {"levels": [{"kind": "staff", "l3": 4, "l4": 1}]},
    "ma_adkar_sum": {"actuals": [{"measure": "m1", "state": "知識"}], "comment": "伸びた"},
    "ma_outline": {"items": [{"focus": "counter", "result": "carried"}], "next_name": "計画3.0",
                   "begins_on": "2028-04-01", "ends_on": "2030-03-31", "review": "進んだ"},
    "ma_publish": {"published_on": "2028-04-01", "note": "表を改めた"},
}  # fmt: skip


class Yearly(Case):
    """A case that began by itself, with the values of its table in pack.toml."""

    answers = Case.answers | YEARLY

    def __init__(self, process: str, city: City | None = None) -> None:
        table = PACK.settings["starts"][process]
        given = {"section": "digital", **table.get("values", {})}
        super().__init__(process, city, started_on=dt.date(2026, 5, 11), **given)

    def _environment(self) -> engine.Environment:
        found = super()._environment()
        return replace(found, functions={**found.functions, **made_up(SECTIONS)})

    def _context(self, task: engine.OpenTask) -> forms.Context:
        found = super()._context(task)
        known = {"submitted": {"ma_call": YEARLY["ma_call"]}, "scales": {"m1": LEVELS}}
        return replace(found, variables={**found.variables, **known})

    def all(self, element: str, outcome: str = "submit", **values: object) -> "Yearly":
        while element in self.open:
            self.do(element, outcome, **values)
        return self

    def units(self, element: str) -> set[object]:
        return {one.variables["unit"] for one in self.step.tasks if one.element == element}


# -- DX推進員


def test_every_section_nominates_before_anybody_is_appointed() -> None:
    case = Yearly("ma_staff")
    assert case.units("ma_nominate") == set(SECTIONS)
    case.do("ma_nominate").do("ma_nominate").timer("nominate_reminder")
    assert case.open == ["ma_nominate"]
    assert case.city.payloads("notify")[-1]["groups"] == [f"head:{one}" for one in SECTIONS]
    case.do("ma_nominate")
    assert [one["section"] for one in case.task("ma_appoint").variables["nominations"]] == SECTIONS
    assert case.task("ma_appoint").groups == ("role:cio",)
    assert case.do("ma_appoint", "appoint").do("ma_roster").status == "completed"


def test_a_section_without_a_nominee_is_not_passed_over() -> None:
    with pytest.raises(forms.FormInvalid):
        Yearly("ma_staff").do("ma_nominate", people=[])


def test_only_the_named_sections_nominate_again_and_the_others_stay() -> None:
    case = Yearly("ma_staff").all("ma_nominate").do("ma_appoint", "again")
    assert case.units("ma_nominate") == {"tax"}
    case.do("ma_nominate", people=[{"name": "別の人"}])
    named = {one["unit"]: one["name"] for one in case.task("ma_appoint").variables["nominations"]}
    assert named == {"elderly": "見本 花子", "digital": "見本 花子", "tax": "別の人"}


# -- WG


def to_groups(**order: object) -> Yearly:
    case = Yearly("ma_wg").do("ma_call").do("ma_call_joint", "agree")
    case.do("ma_apply").all("ma_apply", "nobody").do("ma_consent", "consent")
    case.do("ma_wg_order", **order)
    return case


def test_the_call_goes_out_in_both_names() -> None:
    case = Yearly("ma_wg").do("ma_call")
    assert case.task("ma_call_joint").groups == ("role:personnel",)
    assert case.do("ma_call_joint", "send_back").open == ["ma_call"]
    case.do("ma_call").do("ma_call_joint", "agree")
    assert case.city.payloads("notify")[-1]["groups"] == [f"section:{one}" for one in SECTIONS]
    assert case.units("ma_apply") == set(SECTIONS)


def test_without_the_heads_consent_nobody_joins() -> None:
    case = Yearly("ma_wg").do("ma_call").do("ma_call_joint", "agree").all("ma_apply")
    assert case.all("ma_consent", "refuse").status == "stopped"


def test_after_the_deadline_nobody_applies_any_more() -> None:
    case = Yearly("ma_wg").do("ma_call").do("ma_call_joint", "agree").timer("apply_deadline")
    assert case.status == "stopped"


def test_a_concurrent_post_is_decided_by_the_head_over_the_personnel_section() -> None:
    case = to_groups()
    assert case.task("review").variables["ruling"]["row"] == "第3号"
    case.do("review", "agree").do("agree_together", "agree")
    case.do("decide", "approve").do("ma_wg_post")
    assert case.units("ma_duty_table") == {"elderly"}


def test_a_concurrent_post_that_is_not_decided_goes_back_to_personnel() -> None:
    assert to_groups().do("review", "agree").do("agree_together", "agree").do(
        "decide", "reject"
    ).open == ["ma_wg_order"]


def test_the_hours_of_each_month_are_told_until_the_year_is_over() -> None:
    case = to_groups(formal="no", role_title=None, valid_from=None).all("ma_duty_table")
    months = []
    while "ma_wg_result" not in case.open:
        months.append(case.timer("month_over").task("ma_hours").variables["month"])
        case.all("ma_hours")
    assert (months[0], months[-1], len(months)) == ("FY2026-05", "FY2026-03", 11)
    assert case.do("ma_wg_result").do("ma_wg_career").status == "completed"


def test_hours_below_a_tenth_are_explained() -> None:
    case = to_groups(formal="no", role_title=None, valid_from=None).all("ma_duty_table")
    case.timer("month_over")
    less = {"name": "見本 花子", "wg": 14.9, "work": 150}
    with pytest.raises(forms.FormInvalid):
        case.do("ma_hours", hours=[less])
    case.do("ma_hours", hours=[less | {"why": "議会と重なった"}])
    assert case.open == []


# -- アナログ規制


def test_every_clause_is_checked_by_its_own_section() -> None:
    case = Yearly("ma_reg").do("ma_reg_list", clauses=[CLAUSE, CLAUSE | {"article": "第4条"}])
    case.do("ma_reg_list").do("ma_reg_list", "none")
    groups = sorted(one.groups for one in case.step.tasks)
    assert groups == [("section:elderly",), ("section:elderly",), ("section:tax",)]


def test_an_amendment_is_decided_by_the_mayor_and_then_put_into_effect() -> None:
    case = Yearly("ma_reg").do("ma_reg_list").all("ma_reg_list", "none").do("ma_reg_check")
    assert case.task("ma_reg_draft").groups == ("role:legal",)
    case.do("ma_reg_draft")
    assert case.task("review").variables["ruling"]["post_kind"] == "mayor"
    case.decided("send_back", after_return="again").do("ma_reg_draft").decided()
    assert case.do("ma_reg_reflect").status == "completed"


def test_an_amendment_that_is_refused_ends_the_review() -> None:
    case = Yearly("ma_reg").do("ma_reg_list").all("ma_reg_list", "none").do("ma_reg_check")
    assert case.do("ma_reg_draft").decided("reject").status == "rejected"


def test_what_practice_can_change_needs_no_amendment() -> None:
    case = Yearly("ma_reg").do("ma_reg_list").all("ma_reg_list", "none")
    assert case.do("ma_reg_check", result="practice").open == ["ma_reg_reflect"]


def test_without_a_clause_there_is_nothing_to_check() -> None:
    assert Yearly("ma_reg").all("ma_reg_list", "none").status == "completed"


# -- ADKAR


def test_each_class_is_measured_from_level_three_to_four_by_the_second_year() -> None:
    case = Yearly("ma_adkar")
    rows = case.city.payloads("kpi.register")[-1]["measures"]
    assert len(rows) == 4
    assert {(one["baseline"], one["target"], one["target_year"]) for one in rows} == {
        ("知識", "能力", "2027")
    }
    for year in ("FY2026", "FY2027"):
        case.timer("year_over").all("ma_adkar_self")
        totals = case.task("ma_adkar_sum").variables["totals"]
        assert (totals[3]["l3"], totals[3]["l4"], totals[0]["l3"]) == (12, 3, 0)
        case.do("ma_adkar_sum")
        assert case.city.payloads("kpi.record")[-1]["period"] == year
    assert case.status == "completed"


# -- the plan itself


def test_the_next_plan_goes_through_committee_and_the_mayor() -> None:
    case = Yearly("ma_renewal").do("ma_outline").vote("return_sheet").do("ma_outline").vote()
    assert case.task("review").variables["ruling"]["row"] == "第8号"
    case.decided("reject").do("ma_outline").vote().decided()
    assert case.do("ma_publish").status == "completed"


def test_what_begins_by_itself_has_its_day() -> None:
    starts = {
        key: element.timer.value.strip('"')
        for key, process in PACK.processes.items()
        for element in process.elements.values()
        if element.timer is not None and element.id.endswith("_begins")
    }
    assert starts == {
        "ma_staff": "R/2026-04-01/P1Y", "ma_wg": "R/2026-05-11/P1Y", "ma_reg": "R/2026-10-13/P1Y",
        "ma_adkar": "R/2026-04-20/P2Y", "ma_renewal": "R/2028-02-15/P2Y",
    }  # fmt: skip
    assert set(PACK.settings["starts"]) == set(starts)
    assert Maebashi().pack is PACK
