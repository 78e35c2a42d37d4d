"""Processes with several starts: begun at one of them, called at the plain one, their times."""

from datetime import UTC, date, datetime, timedelta

import pytest

from dxflow import engine
from dxflow.engine.timers import next_start
from dxflow.errors import NotFound
from dxflow.models.reader import read
from tests.yearly import diagram

NOW = datetime(2026, 5, 11, 1, tzinfo=UTC)
BY_HAND = """
    <bpmn:startEvent id="hand"/>
    <bpmn:scriptTask id="mark"><bpmn:extensionElements>
      <zeebe:script expression="=true" resultVariable="by_hand"/></bpmn:extensionElements>
    </bpmn:scriptTask>
    <bpmn:sequenceFlow id="f3" sourceRef="hand" targetRef="mark"/>
    <bpmn:sequenceFlow id="f4" sourceRef="mark" targetRef="nominate"/>"""


class Nobody:
    def call(self, command, payload, element, branch):
        raise AssertionError(command)


ENV = engine.Environment(functions={}, now=NOW, host=Nobody(), lanes={})


def compiled(extra=BY_HAND):
    found = read(diagram(extra=extra).encode(), "x.bpmn").model
    return engine.compile_definition(found.processes, {})


@pytest.mark.parametrize(("at", "passed"), [("april", ["april", "nominate"]), ("hand", ["hand", "mark", "nominate"]), ("", ["hand", "mark", "nominate"])])  # fmt: skip
def test_a_case_begins_at_the_start_it_is_told_else_at_the_plain_one(at, passed):
    step = engine.start(compiled(), "appointment", {"section": "a"}, ENV, at)
    assert [one.element for one in step.visits if one.kind == "entered"] == passed
    assert step.active_path == ("nominate",)
    (task,) = step.tasks
    done = engine.complete(compiled(), step.state, task.id, {}, "submit", ENV)
    assert done.ended


def test_one_without_a_plain_start_begins_at_its_timer_and_no_other_is_known():
    step = engine.start(compiled(""), "appointment", {"section": "a"}, ENV)
    assert [one.element for one in step.visits if one.kind == "entered"] == ["april", "nominate"]
    with pytest.raises(NotFound):
        engine.start(compiled(), "appointment", {"section": "a"}, ENV, "nominate")


def test_a_case_that_began_by_itself_moves_to_a_version_that_begins_otherwise():
    step = engine.start(compiled(), "appointment", {"section": "a"}, ENV, "april")
    moved = engine.migrated(compiled(), compiled(""), step.state, {}, ENV)
    assert [one.id for one in moved.after.tasks] == [one.id for one in step.tasks]


def moment(year, month, day, hour=15):
    return datetime(year, month, day, hour, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "due"),
    [
        ("R/2027-04-01/P1Y", moment(2027, 3, 31)),
        ("R/2020-04-01/P1Y", moment(2027, 3, 31)),
        ("R3/2020-04-01/P1Y", None),
        ("R/P6M", moment(2026, 11, 11, 1)),
        (date(2027, 4, 1), moment(2027, 3, 31)),
        ("2027-04-01T09:00:00+09:00", moment(2027, 4, 1, 0)),
        (date(2026, 5, 11), None),
        (None, None),
    ],
)
def test_the_next_time_is_after_now(value, due):
    assert next_start(lambda _moment: value, NOW, NOW) == due


def test_a_cycle_counts_from_when_it_was_published_and_passes_over_what_was_missed():
    later = NOW + timedelta(days=400)
    assert next_start(lambda _moment: "R/P6M", NOW, later) == moment(2027, 11, 11, 1)
    assert next_start(lambda _moment: "R2/P6M", NOW, later) is None


@pytest.mark.parametrize("value", [timedelta(days=7), 5, "soon", "R0/P1Y"])
def test_what_is_no_time_says_so(value):
    with pytest.raises(ValueError, match=r"\S"):
        next_start(lambda _moment: value, NOW, NOW)
