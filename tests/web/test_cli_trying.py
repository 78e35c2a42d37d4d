"""What process authors try at the command line: an expression, a decision, a process."""

from pathlib import Path

import pytest

from tests import yearly
from tests.factories import ROOT
from tests.web.test_cli import run

__all__ = ["run"]
STANDARD = ROOT / "processes" / "standard"
IDEA = '{"applicant": "user:7", "section": "keiei", "department": "soumu", "outcome": "submit"}'

ROUND = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
  xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" targetNamespace="t">
  <bpmn:process id="round" name="まわる" isExecutable="true">
    <bpmn:startEvent id="s"><bpmn:outgoing>a</bpmn:outgoing></bpmn:startEvent>
    <bpmn:scriptTask id="more" name="足す">
      <bpmn:extensionElements><zeebe:script expression="=n + 1" resultVariable="n" />
      </bpmn:extensionElements>
      <bpmn:incoming>a</bpmn:incoming><bpmn:incoming>back</bpmn:incoming>
      <bpmn:outgoing>b</bpmn:outgoing></bpmn:scriptTask>
    <bpmn:exclusiveGateway id="g" default="back"><bpmn:incoming>b</bpmn:incoming>
      <bpmn:outgoing>back</bpmn:outgoing><bpmn:outgoing>c</bpmn:outgoing></bpmn:exclusiveGateway>
    <bpmn:endEvent id="e"><bpmn:incoming>c</bpmn:incoming></bpmn:endEvent>
    <bpmn:sequenceFlow id="a" sourceRef="s" targetRef="more" />
    <bpmn:sequenceFlow id="b" sourceRef="more" targetRef="g" />
    <bpmn:sequenceFlow id="back" sourceRef="g" targetRef="more" />
    <bpmn:sequenceFlow id="c" sourceRef="g" targetRef="e">
      <bpmn:conditionExpression>=n &gt;= limit</bpmn:conditionExpression></bpmn:sequenceFlow>
  </bpmn:process>
</bpmn:definitions>
"""


@pytest.mark.parametrize(
    ("text", "given", "value"),
    [
        ("=amount * 1.1", '{"amount": 0.1}', 0.11),
        ("sum(for x in xs return x + 1)", '{"xs": [1, 2]}', 5),
        ('add_business_days(date("2026-12-28"), 3)', "{}", "2027-01-06"),
        ('duration("P1D")', "{}", "P1D"),
        ("missing", "{}", None),
    ],
)
def test_an_expression_is_evaluated(run, text, given, value):
    done = run("feel", text, "--vars", given, "--json")
    assert (done.status, done.document["value"]) == (0, value)
    assert done.document["unknown"] == (["missing"] if text == "missing" else [])


def test_an_expression_that_cannot_be_read_says_where(run):
    done = run("feel", "if 1")
    assert done.status == 1
    assert "1 行" in done.err


@pytest.mark.parametrize("given", ["{", "[1]", "1", '"a"'])
def test_variables_are_a_json_object(run, given):
    done = run("feel", "1", "--vars", given)
    assert done.status == 2
    assert "--vars" in done.err


def test_a_decision_says_its_value_and_the_rules_that_led_to_it(run):
    given = '{"cost": 100000, "sections_touched": 1, "personal_data": true, "citizen_effect": "no"}'
    words = ("decide", str(STANDARD / "route.dmn"), "route", "--vars", given)
    document = run(*words, "--json").document
    assert (document["decision"], document["value"]["route"]) == ("route", "initiative")
    assert document["fired"][0]["index"] >= 1
    assert str(document["fired"][0]["index"]) in run(*words).out
    assert run("decide", str(STANDARD / "route.dmn"), document["name"], "--vars", given).status == 0
    missing = run("decide", str(STANDARD / "route.dmn"), "nothing")
    assert (missing.status, "「nothing」はありません" in missing.err) == (1, True)


def test_a_pack_is_played_as_far_as_the_answers_reach(run):
    document = run("run", str(STANDARD), "--vars", IDEA, "--json").document
    assert document["elements"][-1] == "head_approval"
    (task,) = document["open_tasks"]
    assert (task["element"], task["candidate_groups"]) == (
        "head_approval", ["head:keiei", "head:soumu"],
    )  # fmt: skip
    assert (document["status"], document["error"]) == ("waiting", None)
    more = run(
        "run", str(STANDARD), "--vars", IDEA, "--answers",
        '{"head_approval": {"outcome": "approve"}}', "--json",
    ).document  # fmt: skip
    assert [one["element"] for one in more["open_tasks"]] == ["triage"]
    said = run("run", str(STANDARD), "--vars", IDEA).out
    assert "head_approval: 所属長の確認" in said


def test_a_start_by_a_timer_is_played_and_says_when_it_comes(run, tmp_path):
    folder, forms = tmp_path / "processes" / "x", tmp_path / "forms" / "x"
    for name, text in yearly.files().items():
        place = forms / name.removeprefix("forms/") if name.startswith("forms/") else folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, "utf-8")
    words = ("run", str(folder), "--process", "appointment", "--vars", '{"section": "keiei"}')
    document = run(*words, "--start", "april", "--json").document
    assert document["elements"] == ["april", "nominate"]
    (start,) = document["starts"]
    assert (start["element"], start["due_at"][5:16]) == ("april", "03-31T15:00")
    assert "決まった時期の開始" in run(*words).out
    assert run(*words, "--start", "nothing").status == 1
    assert run("run", str(folder / "appointment.bpmn"), "--vars", '{"section": "a"}').status == 0


def test_a_process_has_what_its_pack_gives_it_where_it_is_begun(run, tmp_path):
    file, settings = tmp_path / "given.bpmn", tmp_path / "pack.toml"
    text = yearly.diagram(
        task=yearly.EVERY_SECTION.replace("all_sections()", "[chosen]"), flows=yearly.SECTION_FLOWS
    )
    assert "chosen" in text
    file.write_text(text, "utf-8")
    starts = """[[start]]
process = "appointment"
form = "x"
title = "始める"
who = ["staff"]
values = { chosen = "a" }

[starts.appointment.values]
chosen = "b"
"""
    settings.write_text(starts, "utf-8")

    def offered(*more: str) -> list[list[str]]:
        tasks = run("run", str(file), *more, "--json").document["open_tasks"]
        return [one["candidate_groups"] for one in tasks]

    assert offered("--start", "april") == [["head:b"]]
    settings.write_text(starts.partition("[starts")[0], "utf-8")
    assert offered() == [["head:a"]]


def test_a_process_that_asks_every_section_is_played_with_made_up_ones(run, tmp_path):
    file = tmp_path / "all.bpmn"
    text = yearly.diagram(task=yearly.EVERY_SECTION, flows=yearly.SECTION_FLOWS)
    file.write_text(text, "utf-8")
    offered = [
        one["candidate_groups"] for one in run("run", str(file), "--json").document["open_tasks"]
    ]
    assert offered == [["head:section-1"], ["head:section-2"]]
    given = run("run", str(file), "--sections", "a, b,c", "--json").document["open_tasks"]
    assert [one["candidate_groups"] for one in given] == [["head:a"], ["head:b"], ["head:c"]]


def test_a_file_is_played_to_its_end_to_its_fault_or_to_the_number_of_steps(run, tmp_path):
    file = tmp_path / "round.bpmn"
    file.write_text(ROUND, "utf-8")
    ended = run("run", str(file), "--vars", '{"n": 0, "limit": 3}', "--json").document
    assert ended["elements"] == ["s", *["more", "g"] * 3, "e"]
    assert (ended["status"], ended["variables"]["n"]) == ("ended", 3)
    endless = run(
        "run", str(file), "--vars", '{"n": 0, "limit": 99}', "--max-steps", "20", "--json"
    )
    assert (endless.status, endless.document["status"]) == (1, "too_many_steps")
    assert len(endless.document["elements"]) >= 10
    file.write_text(ROUND.replace("=n + 1", "=fiscal_year(n)"), "utf-8")
    failed = run("run", str(file), "--vars", '{"n": "x", "limit": 1}', "--json")
    assert (failed.status, failed.document["status"]) == (1, "failed")
    assert "「more」" in failed.document["error"]
    assert failed.document["elements"] == ["s", "more"]


def test_a_file_that_calls_a_function_nobody_offers_is_not_played(run, tmp_path):
    file = tmp_path / "round.bpmn"
    file.write_text(ROUND.replace("=n + 1", "=soon(n)"), "utf-8")
    done = run("run", str(file))
    assert (done.status, "soon" in done.err) == (1, True)


def test_a_called_process_is_found_beside_the_file(run):
    document = run("run", str(STANDARD / "proposal.bpmn"), "--vars", IDEA, "--json").document
    assert document["open_tasks"][0]["element"] == "head_approval"


@pytest.mark.parametrize(("name", "said"), [("README.md", "XML"), ("missing.bpmn", "ありません")])
def test_what_is_no_process_is_refused_with_its_reason(run, name: str, said: str):
    done = run("run", str(Path(ROOT) / name))
    assert (done.status, said in done.err) == (1, True)
