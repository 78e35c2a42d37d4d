"""Start events with a timer: what may be drawn, and what cannot work and why."""

import pytest

from dxflow.models.check import check_executable, check_set
from dxflow.models.context import Context
from dxflow.models.diff import diff
from dxflow.models.digest import digest
from dxflow.models.model import Kind
from dxflow.models.reader import read
from tests.yearly import EVERY_APRIL, diagram


def model(text, file="test.bpmn"):
    found = read(text.encode(), file).model
    assert found is not None
    return found


def codes(text):
    return [one.code for one in check_executable(model(text), Context())]


BY_HAND = """
    <bpmn:startEvent id="hand"/>
    <bpmn:sequenceFlow id="f3" sourceRef="hand" targetRef="nominate"/>"""
SECOND = """
    <bpmn:startEvent id="june"><bpmn:timerEventDefinition>
      <bpmn:timeDate>2027-06-01</bpmn:timeDate></bpmn:timerEventDefinition></bpmn:startEvent>
    <bpmn:sequenceFlow id="f4" sourceRef="june" targetRef="nominate"/>"""


@pytest.mark.parametrize("extra", ["", BY_HAND, SECOND, BY_HAND + SECOND])
def test_a_process_may_begin_by_timers_and_by_hand_as_well(extra):
    assert codes(diagram(extra=extra)) == []
    (process,) = model(diagram(extra=extra)).processes.values()
    assert process.elements["april"].kind is Kind.TIMER_START


@pytest.mark.parametrize(
    "value",
    ["R/2027-04-01/P1Y", "R3/2027-04-01T09:00:00+09:00/P1Y", "R/P6M", '=date("2027-04-01")'],
)
def test_a_cycle_may_say_when_it_begins(value):
    assert codes(diagram(f"<bpmn:timeCycle>{value}</bpmn:timeCycle>")) == []


@pytest.mark.parametrize(
    ("timer", "code"),
    [
        ("<bpmn:timeDuration>P7D</bpmn:timeDuration>", "bpmn-timed-start-duration"),
        ("<bpmn:timeCycle>R/2027-13-01/P1Y</bpmn:timeCycle>", "bpmn-bad-timer"),
        ("<bpmn:timeCycle>R/2027-04-01/P1Y/P1Y</bpmn:timeCycle>", "bpmn-bad-timer"),
        ("<bpmn:timeDate>April</bpmn:timeDate>", "bpmn-bad-timer"),
        ("<bpmn:timeDate>=date(</bpmn:timeDate>", "feel-syntax"),
        ("", "bpmn-unsupported"),
    ],
)
def test_a_timer_that_cannot_work_is_refused_with_a_way_out(timer, code):
    problems = check_executable(model(diagram(timer)), Context())
    assert [one.code for one in problems] == [code]
    assert problems[0].hint or code == "feel-syntax"
    assert problems[0].element == "april"


def test_the_branches_of_every_start_are_played():
    """From the second start the join waits for ever: the plain start alone is in order."""
    stuck = """
    <bpmn:startEvent id="hand"/><bpmn:parallelGateway id="both"/>
    <bpmn:sequenceFlow id="f3" sourceRef="hand" targetRef="both"/>
    <bpmn:sequenceFlow id="f5" sourceRef="both" targetRef="done"/>
    <bpmn:startEvent id="june"><bpmn:timerEventDefinition>
      <bpmn:timeDate>2027-06-01</bpmn:timeDate></bpmn:timerEventDefinition></bpmn:startEvent>
    <bpmn:sequenceFlow id="f4" sourceRef="june" targetRef="both"/>"""
    assert "bpmn-deadlock" in codes(diagram(extra=stuck))


def test_none_begins_inside_a_sub_process():
    inside = """
    <bpmn:startEvent id="hand"/>
    <bpmn:sequenceFlow id="f3" sourceRef="hand" targetRef="sub"/>
    <bpmn:subProcess id="sub">
      <bpmn:startEvent id="s"><bpmn:timerEventDefinition><bpmn:timeDate>2027-06-01</bpmn:timeDate>
      </bpmn:timerEventDefinition></bpmn:startEvent><bpmn:endEvent id="e"/>
      <bpmn:sequenceFlow id="f7" sourceRef="s" targetRef="e"/></bpmn:subProcess>
    <bpmn:sequenceFlow id="f6" sourceRef="sub" targetRef="done"/>"""
    assert codes(diagram(extra=inside)) == ["bpmn-timed-start-inside"]


def test_what_only_a_timer_begins_is_not_called():
    caller = diagram().replace('id="appointment"', 'id="caller"').replace(
        "<bpmn:endEvent", '<bpmn:callActivity id="call"><bpmn:extensionElements>'
        '<zeebe:calledElement processId="appointment"/></bpmn:extensionElements>'
        "</bpmn:callActivity><bpmn:endEvent",
    ).replace('targetRef="done"', 'targetRef="call"').replace(
        "</bpmn:process>", '<bpmn:sequenceFlow id="f9" sourceRef="call" targetRef="done"/></bpmn:process>'
    )  # fmt: skip
    alone = [model(caller, "caller.bpmn"), model(diagram())]
    assert [one.code for one in check_set(alone)] == ["bpmn-call-of-timed"]
    by_hand = [model(caller, "caller.bpmn"), model(diagram(extra=BY_HAND))]
    assert check_set(by_hand) == []


def test_another_time_is_another_meaning_and_told():
    before, after = model(diagram()), model(diagram(EVERY_APRIL.replace("04-01", "05-01")))
    assert digest(before.processes, {}) != digest(after.processes, {})
    (change,) = diff(before.processes["appointment"], after.processes["appointment"])
    assert "「4月1日」のタイマー" in change.sentence
    assert "2020-05-01" in change.sentence
