"""The pack of 桐生: every way a request goes, item by item, and the promises that come of it."""

import datetime as dt
import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from dxflow import engine, forms
from dxflow.forms.shapes import FormInvalid, Option
from dxflow.services.commands import COMMANDS
from dxflow.services.packs import check, organised
from dxflow.services.packs.folders import read_folder
from tests.process.standard_pack import ANSWERS, ROOT, City, PackFiles, Play, pack_of

ONE, TWO, JOINT = (
    {"heading": "紙からデータへの移管", "body": "紙による情報の管理をやめてください。", "previous": 1},
    {"heading": "データの一元管理", "body": "共通のシステムで管理してください。"},
    {"heading": "デジタル人材の確保・育成", "body": "人材を育ててください。", "previous": 4},
)  # fmt: skip
PROMISE = {"text": "新本庁舎の会議を紙なしにする", "due": "2027-03-31"}
MEASURE = {
    "name": "オンライン申請の対象手続の数", "unit": "件", "direction": "increase",
    "aggregation": "level", "baseline": "80", "baseline_year": "2025", "target": "120",
    "target_year": "2028", "frequency": "year",
}  # fmt: skip
LAST = [
    {"name": "1．窓口の様式を減らす", "due": None, "status": "doing", "note": "半分まで"},
    {"name": "4．研修を開く", "due": None, "status": "done", "note": ""},
]
UNITS = {
    "dx_process": "総務部ＤＸ推進室業務プロセス担当",
    "dx_systems": "総務部ＤＸ推進室情報システム担当",
    "hr_training": "総務部人材育成課人材育成担当",
    "dx": "総務部ＤＸ推進室",
    "hr": "総務部人材育成課",
}


class Kiryu(City):
    """Answers what the city's own commands ask."""

    def __init__(self) -> None:
        super().__init__(pack=kiryu())

    def _case_continue(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {"milestones": LAST if payload["number"] else []}

    def _milestone_plan(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {"count": len(payload["milestones"])}

    def _kpi_register(self, payload: dict[str, Any]) -> dict[str, Any]:
        return {"count": len(payload["measures"])}


def kiryu() -> PackFiles:
    return pack_of("kiryu")


class Request(Play):
    """A request played by hand."""

    answers: Mapping[str, Mapping[str, Any]] = {
        **ANSWERS,
        "ki_split": {"number": "", "items": [ONE, TWO, JOINT], "refuse_reason": "市の事務でない。"},
        "ki_assign": {"lead": "dx_process", "partners": [], "due": "2026-06-10"},
        "ki_material": {"text": "研修は年に三回開いた。"},
        "ki_answer": {
            "became": "様式を半分にしました。", "text": "移管を進めています。", "kind": "doing",
            "promises": [], "measures": [], "related": [], "not_ours": "情報システム担当です。",
        },
        "ki_agree": {"comment": "期限が近すぎる。"},
        "ki_decide": {"reason": "数を書く。", "flags": ["precedent"]},
        "ki_merge": {
            "addressee": "団体 会長", "subject": "要望への回答", "publish": "yes",
            "redo": ["2"], "redo_reason": "前の項目と言葉をそろえる。",
        },
        "ki_send": {"sent_on": "2026-06-30", "how": "post"},
        "ki_progress": {"kind": "done", "became": "すべての会議で紙をやめた。"},
        "ki_followup": {"reports": [], "reason": "片付いた。"},
        "ki_nominate": {"people": [{"name": "山野 一"}]},
        "ki_roster": {"again": ["hr"], "reason": "もう一人。"},
    }  # fmt: skip

    def __init__(self, city: City | None = None, process: str = "request", **given: object) -> None:
        super().__init__(city or Kiryu(), process, section="dx", **given)

    def _environment(self) -> engine.Environment:
        plain = super()._environment()
        known: dict[str, Callable[..., Any]] = {
            **organised.made_up(["dx", "hr"]),
            "unit_name": lambda key: UNITS.get(key),
        }
        return engine.Environment({**plain.functions, **known}, plain.now, plain.host, plain.lanes)

    def _context(self, task: engine.OpenTask) -> forms.Context:
        plain = super()._context(task)
        choices = {**plain.options, "units": (Option("dx", "dx"), Option("hr", "hr"))}
        return forms.Context(choices, plain.variables, plain.functions, plain.today, plain.prefill)

    def about(self, about: str, element: str, outcome: str = "submit", **values: Any) -> "Request":
        """Complete the task of an element that its name says is about this item."""
        ordered = sorted(self.step.tasks, key=lambda one: about not in one.name)
        self.step = replace(self.step, tasks=tuple(ordered))
        assert about in self.task(element).name, [one.name for one in self.step.tasks]
        self.do(element, outcome, **values)
        return self

    def item(self, about: str, **answer: Any) -> "Request":
        """Take an item of one team to its decision."""
        self.about(about, "assign").about(about, "answer", **answer)
        return self.about(about, "decide_matter", "approve")

    def texts(self, element: str) -> str:
        """Return what the form of an open task tells whoever does it."""
        task = self.task(element)
        shown = forms.view(self.pack.forms[task.form_key], {}, self._context(task))
        return "\n".join(one.text for one in shown.fields if one.text)

    @property
    def names(self) -> list[str]:
        return sorted(one.name for one in self.step.tasks)


def split(*items: Mapping[str, Any], number: str = "") -> Request:
    """A request whose items are known."""
    play = Request()
    play.do("split", items=list(items or (ONE, TWO, JOINT)), number=number)
    return play


def merged(*promises: Mapping[str, Any], measures: tuple[Mapping[str, Any], ...] = ()) -> Request:
    """A request of two items whose answer is at its decision."""
    play = split(ONE, TWO)
    play.item("1　", promises=list(promises), measures=list(measures)).item("2　")
    play.do("merge")
    return play


def decided(*promises: Mapping[str, Any], **given: Any) -> Request:
    """A request that is answered and sent."""
    play = merged(*promises, **given)
    for _post in range(3):
        play.do("review", "agree")
    play.do("decide", "approve").do("send")
    return play


def yearly(play: Request) -> Request:
    play.timer("year_over")
    return play


# -- the files


def test_everything_may_be_published_without_a_warning() -> None:
    assert check.check_files(read_folder(ROOT / "processes" / "kiryu"), COMMANDS).problems == []


# -- KI-1: one case, a child for each item


def test_each_item_has_its_own_tasks_named_after_it() -> None:
    play = split()
    assert play.names == [
        "回答担当を決める（1　紙からデータへの移管）",
        "回答担当を決める（2　データの一元管理）",
        "回答担当を決める（3　デジタル人材の確保・育成）",
    ]
    play.about("2　", "assign").about("2　", "answer")
    assert play.open == ["assign", "assign", "decide_matter"]


def test_last_years_item_is_shown_with_what_became_of_its_promises() -> None:
    play = split(number="R7-ＤＸ推進-0001")
    assert play.city.payloads("case.continue") == [{"number": "R7-ＤＸ推進-0001"}]
    play.about("3　", "assign")
    assert "4．研修を開く（いま: 完了）" in play.texts("answer")
    assert "窓口の様式" not in play.texts("answer")


def test_an_item_that_goes_on_from_last_year_says_what_became_of_it() -> None:
    play = split(number="R7-ＤＸ推進-0001")
    play.about("1　", "assign")
    with pytest.raises(FormInvalid):
        play.do("answer", became="")


def test_a_new_item_is_not_asked_for_last_year() -> None:
    play = split()
    play.about("2　", "assign")
    assert "前年に約束したこと" not in play.texts("answer")
    play.about("2　", "answer", became="ない")
    assert play.task("decide_matter").variables["answer"]["became"] == ""


def test_what_is_no_matter_of_the_city_is_refused_with_a_reason() -> None:
    with pytest.raises(FormInvalid):
        Request().do("split", "refuse", refuse_reason="")
    assert Request().do("split", "refuse").status == "rejected"


def test_a_request_has_at_least_one_item() -> None:
    with pytest.raises(FormInvalid):
        Request().do("split", items=[])


# -- KI-2: who answers


def test_a_team_answers_and_its_section_head_decides() -> None:
    play = split(TWO)
    play.do("assign", lead="dx_systems")
    assert play.task("answer").groups == ("section:dx_systems",)
    play.do("answer")
    assert play.city.payloads("authority.find")[-1] == {
        "matter": {"important": False, "amount": 0, "route": "single"}, "unit": "dx_systems",
    }  # fmt: skip
    assert play.task("decide_matter").groups == ("post:section_head",)
    assert UNITS["dx_systems"] in play.texts("decide_matter")


def joint() -> Request:
    play = split(JOINT)
    play.do("assign", lead="hr_training", partners=["dx_process", "hr_training"])
    return play


def test_of_two_teams_one_leads_and_the_other_gives_what_it_knows() -> None:
    play = joint()
    assert play.task("contribute").groups == ("section:dx_process",)
    assert UNITS["dx_process"] in play.task("contribute").name  # its own text, not another team's
    play.do("contribute")
    assert play.task("answer").groups == ("section:hr_training",)
    assert "総務部ＤＸ推進室業務プロセス担当: 研修は年に三回開いた。" in play.texts("answer")


def test_two_teams_both_agree_before_a_department_head_decides() -> None:
    play = joint()
    play.do("contribute").do("answer").timer("agree_soon")
    assert play.city.payloads("notify")[-1]["groups"] == ["head:hr_training", "head:dx_process"]
    assert [one.groups for one in play.step.tasks] == [("head:hr_training",), ("head:dx_process",)]
    play.do("agree", "agree")
    assert play.open == ["agree"]
    play.do("agree", "agree")
    assert play.task("decide_matter").groups == ("post:department_head",)


def test_one_objection_takes_the_draft_back_to_who_wrote_it() -> None:
    play = joint()
    play.do("contribute").do("answer")
    with pytest.raises(FormInvalid):
        play.do("agree", "object", comment="")
    assert play.do("agree", "object").open == ["answer"]
    play.do("answer").do("agree", "agree").do("agree", "agree")
    assert play.open == ["decide_matter"]


def test_a_team_that_is_not_the_right_one_hands_the_item_back() -> None:
    play = split(ONE)
    play.do("assign")
    with pytest.raises(FormInvalid):
        play.do("answer", "not_ours", not_ours="")
    assert play.do("answer", "not_ours").open == ["assign"]


def test_the_draft_is_asked_for_again_before_its_day() -> None:
    play = split(ONE)
    play.do("assign").timer("answer_soon")
    assert play.city.payloads("notify")[-1]["groups"] == ["section:dx_process"]
    assert play.city.now < play.task("answer").due == dt.datetime(2026, 6, 10, 8, tzinfo=dt.UTC)


# -- KI-3: decided, joined, decided as a whole, sent


def test_an_item_is_sent_back_by_who_decides_it() -> None:
    play = split(ONE)
    play.do("assign").do("answer").timer("decide_matter_soon")
    assert play.city.payloads("notify")[-1]["groups"] == ["post:section_head"]
    with pytest.raises(FormInvalid):
        play.do("decide_matter", "send_back", reason="")
    assert play.do("decide_matter", "send_back").open == ["answer"]


def test_what_sets_a_precedent_goes_up_to_the_mayor() -> None:
    play = split(ONE)
    play.do("assign").do("answer").do("decide_matter", "escalate")
    assert play.task("decide_matter").groups == ("post:mayor",)
    assert play.do("decide_matter", "again").open == ["decide_matter"]
    record = play.city.payloads("decision.record")[0]
    assert (record["outcome"], record["flags"]) == ("escalate", ["precedent"])


def test_a_decision_is_recorded_for_each_item() -> None:
    play = split(ONE, TWO)
    play.item("1　").item("2　")
    records = play.city.payloads("decision.record")
    assert [(one["outcome"], one["row"], one["unit"]) for one in records] == [
        ("approve", "第4号", "dx_process"),
        ("approve", "第4号", "dx_process"),
    ]
    assert [one["about"][:2] for one in records] == ["1　", "2　"]


def test_the_items_join_only_when_all_are_decided() -> None:
    play = split()
    assert play.item("3　").open == ["assign", "assign"]
    assert play.item("1　").open == ["assign"]
    assert play.item("2　").open == ["merge"]


def test_the_document_has_the_items_in_order_with_who_answers_under_each() -> None:
    play = split(ONE, TWO)
    play.item("2　", text="一元管理の回答。")
    play.item("1　", text="移管の回答。", became="進みました。").timer("merge_soon")
    team = "［回答担当］総務部ＤＸ推進室業務プロセス担当"
    assert (
        "1．紙からデータへの移管\n\n進みました。\n\n移管の回答。\n\n" + team + "\n\n\n"
        "2．データの一元管理\n\n一元管理の回答。\n\n" + team
    ) in play.texts("merge")


def test_two_teams_stand_under_the_item_that_they_answer_together() -> None:
    play = joint()
    play.do("contribute").do("answer").do("agree", "agree").do("agree", "agree")
    play.do("decide_matter", "approve")
    assert (
        "［回答担当］総務部人材育成課人材育成担当\n　　　　　　総務部ＤＸ推進室業務プロセス担当"
    ) in play.texts("merge")


def test_an_item_alone_is_done_again_and_the_others_stay() -> None:
    play = split(ONE, TWO)
    play.item("1　", text="一のまま。").item("2　", text="二の初め。")
    play.do("merge", "redo")
    assert play.names == ["回答担当を決める（2　データの一元管理）"]
    assert "前の項目と言葉をそろえる。" in play.texts("assign")
    play.item("2　", text="二の直し。")
    document = play.texts("merge")
    assert "一のまま。" in document
    assert "二の直し。" in document
    assert "二の初め。" not in document


def test_the_whole_is_reviewed_on_its_way_up_and_decided_by_the_mayor() -> None:
    play = merged()
    matter = {"important": False, "amount": 0, "route": "whole"}
    assert play.city.payloads("document.draw")[-1]["matter"] == matter
    for post in ("section_head", "department_head", "deputy_mayor"):
        assert play.task("review").groups == (f"post:{post}",)
        play.do("review", "agree")
    assert play.task("decide").groups == ("post:mayor",)
    assert play.do("decide", "approve").open == ["send"]


def test_the_whole_comes_back_to_who_put_it_together() -> None:
    assert merged().do("review", "send_back").open == ["merge"]
    play = merged()
    for _post in range(3):
        play.do("review", "agree")
    assert play.do("decide", "send_back").open == ["merge"]


def test_the_city_may_decide_not_to_answer() -> None:
    play = merged()
    for _post in range(3):
        play.do("review", "agree")
    assert play.do("decide", "reject").status == "rejected"


def test_sending_is_asked_for_before_its_day_and_closes_what_promises_nothing() -> None:
    play = merged()
    for _post in range(3):
        play.do("review", "agree")
    play.do("decide", "approve").timer("send_soon")
    assert play.city.payloads("notify")[-1]["groups"] == ["role:secretariat"]
    assert play.do("send").status == "completed"


def test_the_case_stays_open_while_a_condition_is() -> None:
    play = merged()
    play.city.duties = [1, 0]
    for _post in range(3):
        play.do("review", "agree")
    play.do("decide", "conditions").do("send")
    assert play.open == ["duty_check"]
    assert play.do("duty_check", "checked").status == "completed"


# -- KI-4: promises


def test_promises_and_measures_are_registered_when_the_answer_is_sent() -> None:
    play = decided(PROMISE, measures=(MEASURE,))
    (plan,) = play.city.payloads("milestone.plan")
    due = dt.date(2027, 3, 31)
    assert plan["milestones"] == [{"name": "1．新本庁舎の会議を紙なしにする", "due": due}]
    (grid,) = play.city.payloads("kpi.register")
    assert [one["name"] for one in grid["measures"]] == ["オンライン申請の対象手続の数"]
    assert play.open == []


def test_a_promise_without_a_number_is_followed_too() -> None:
    play = yearly(decided(PROMISE))
    assert play.city.payloads("kpi.register") == []
    assert play.do("progress").open == ["check_promises"]


def test_who_promised_tells_what_became_of_it_on_the_first_day_of_the_next_year() -> None:
    play = yearly(decided(PROMISE, measures=(MEASURE,)))
    assert play.city.now == dt.datetime(2027, 4, 1, tzinfo=dt.UTC)
    assert play.names == ["約束のその後を知らせる（1　紙からデータへの移管）"]
    assert play.task("progress").groups == ("section:dx_process",)
    play.timer("progress_soon").do("progress")
    play.do("kpi_measure", actuals=[{"measure": "m1", "value": 95}])
    assert play.city.payloads("kpi.record")[-1]["period"] == "FY2026"
    assert "すべての会議で紙をやめた。" in play.texts("check_promises")


def test_a_promise_is_followed_year_after_year_until_somebody_ends_it() -> None:
    play = yearly(decided(PROMISE))
    play.do("progress").do(
        "check_promises", "continue", reports=[{"milestone": "s1", "status": "doing"}]
    )
    yearly(play).do("progress").timer("check_promises_soon")
    with pytest.raises(FormInvalid):
        play.do("check_promises", "finish", reason="")
    assert play.do("check_promises", "finish").status == "completed"
    assert [one["reports"] for one in play.city.payloads("milestone.report")] == [
        [{"milestone": "s1", "status": "doing", "note": None}],
        [],
    ]


# -- KI-5: contacts of the sections


def contacts() -> Request:
    return Request(process="contacts")


def test_every_section_names_a_contact_before_the_roster_is_made() -> None:
    play = contacts()
    assert [one.groups for one in play.step.tasks] == [("head:dx",), ("head:hr",)]
    with pytest.raises(FormInvalid):
        play.do("nominate", people=[])
    play.do("nominate").timer("nominate_soon")
    assert play.open == ["nominate"]
    assert play.do("nominate").open == ["confirm"]
    assert "総務部ＤＸ推進室　山野 一\n総務部人材育成課　山野 一" in play.texts("confirm")


def test_a_section_is_asked_again_and_its_new_contacts_take_the_place_of_the_old() -> None:
    play = contacts()
    play.do("nominate").do("nominate").do("confirm", "again")
    assert play.names == ["推進員を届け出る（総務部人材育成課）"]
    play.do("nominate", people=[{"name": "川上 二"}])
    assert "山野 一\n総務部人材育成課　川上 二" in play.texts("confirm")
    play.do("confirm", "confirm")
    assert play.step.ended
    assert play.city.payloads("notify")[-1]["groups"] == ["role:dx-contact", "head:dx", "head:hr"]


# -- every way is walked


def test_every_flow_and_button_of_the_city_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the tests above play leaves no way of the city's own processes out."""
    played: list[Request] = []
    begin = Request.__init__

    def noted(self: Request, *given: Any, **values: Any) -> None:
        begin(self, *given, **values)
        played.append(self)

    monkeypatch.setattr(Request, "__init__", noted)
    for name, test in list(globals().items()):
        if name.startswith("test_") and not inspect.signature(test).parameters:
            test()
    own = {"request", "matter", "followup", "contacts"}
    walked = set().union(*(one.walked for one in played))
    pressed = set().union(*(one.pressed for one in played))
    asked = {form for form, _button in kiryu().buttons if form.startswith("ki_")} - {"ki_request"}
    assert {flow for flow in kiryu().flows if flow[0] in own} - walked == set()
    assert {one for one in kiryu().buttons if one[0] in asked} - pressed == set()
