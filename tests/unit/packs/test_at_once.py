"""Deliberations and documents that would go on beside each other in one case are not published."""

import pytest

from dxflow.services.commands import COMMANDS
from dxflow.services.packs import store
from dxflow.services.packs.check import check_files
from tests.factories import ROOT

STANDARD = store.read_folder(ROOT / "processes" / "standard")
HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
    xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    xmlns:zeebe="http://camunda.org/schema/zeebe/1.0" id="definitions_more" targetNamespace="more">
  <bpmn:process id="more" name="合同の審議" isExecutable="true">
    <bpmn:startEvent id="begin"/>
"""
TAIL = '<bpmn:endEvent id="end"/></bpmn:process></bpmn:definitions>'


def flow(source: str, target: str) -> str:
    return (
        f'<bpmn:sequenceFlow id="f_{source}_{target}" sourceRef="{source}" targetRef="{target}"/>'
    )


def call(key: str, process: str, loop: str = "") -> str:
    return f"""<bpmn:callActivity id="{key}" name="審議する"><bpmn:extensionElements>
    <zeebe:calledElement processId="{process}" propagateAllChildVariables="false"/>
    </bpmn:extensionElements>{loop}</bpmn:callActivity>"""


def loop(*, sequential: bool) -> str:
    how = ' isSequential="true"' if sequential else ""
    return f"""<bpmn:multiInstanceLoopCharacteristics{how}><bpmn:extensionElements>
    <zeebe:loopCharacteristics inputCollection="=[1, 2]" inputElement="one"/>
    </bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>"""


def found(*parts: str, **replaced: str) -> list[tuple[str, str]]:
    """Return code and element of what is found in the pack with one process more."""
    drawn = {"more.bpmn": HEAD + "".join(parts) + TAIL}
    problems = check_files(STANDARD | drawn | replaced, COMMANDS).problems
    assert all(one.message and one.hint for one in problems)
    return [(one.code, one.element) for one in problems]


def looped(process: str, *, sequential: bool, **replaced: str) -> list[tuple[str, str]]:
    return found(
        call("each", process, loop(sequential=sequential)), flow("begin", "each"),
        flow("each", "end"), **replaced,
    )  # fmt: skip


def test_bodies_that_deliberate_for_each_entry_at_once_are_refused_one_after_another_not():
    assert looped("committee", sequential=False) == [("pack-bodies-at-once", "each")]
    assert looped("committee", sequential=True) == []


def test_a_deliberation_deep_inside_counts_and_one_that_is_not_there_does_not():
    assert looped("proposal", sequential=False)[0] == ("pack-bodies-at-once", "each")
    assert looped("opinions", sequential=False) == []


@pytest.mark.parametrize(
    ("second", "problems"),
    [("committee", [("pack-bodies-at-once", "fork")]), ("opinions", [])],
)
def test_bodies_on_two_branches_are_refused_beside_other_work_not(second, problems):
    assert found(
        '<bpmn:parallelGateway id="fork"/><bpmn:parallelGateway id="join"/>',
        call("one", "committee"), call("two", second), call("later", "committee"),
        flow("begin", "fork"), flow("fork", "one"), flow("fork", "two"), flow("one", "join"),
        flow("two", "join"), flow("join", "later"), flow("later", "end"),
    ) == problems  # fmt: skip


def write(key: str) -> str:
    """Return a task that writes a form of the decision document."""
    return f"""<bpmn:userTask id="{key}" name="書く"><bpmn:extensionElements><zeebe:userTask/>
        <zeebe:formDefinition formId="small_sheet"/>
        <zeebe:assignmentDefinition candidateGroups="=[applicant]"/></bpmn:extensionElements></bpmn:userTask>"""


@pytest.mark.parametrize(
    ("second", "problems"),
    [("decision", [("pack-documents-at-once", "fork")]), ("opinions", [])],
)
def test_documents_written_and_drawn_on_two_branches_are_refused(second, problems):
    drawn = (
        '<bpmn:parallelGateway id="fork"/><bpmn:parallelGateway id="join"/>',
        call("one", "decision"), call("two", second), flow("begin", "fork"),
        flow("fork", "two"), flow("one", "join"), flow("two", "join"), flow("join", "end"),
    )  # fmt: skip
    assert found(*drawn, write("draft"), flow("fork", "draft"), flow("draft", "one")) == problems
    assert found(*drawn, flow("fork", "one")) == []


LATE = """<bpmn:boundaryEvent id="late" attachedToRef="main" cancelActivity="{interrupting}">
    <bpmn:timerEventDefinition id="in_a_week"><bpmn:timeDuration
    xsi:type="bpmn:tFormalExpression">P7D</bpmn:timeDuration></bpmn:timerEventDefinition>
    </bpmn:boundaryEvent><bpmn:endEvent id="aside_end"/>"""


def reminded(
    activity: str, aside: str, behind: str, *, interrupting: str = "false"
) -> list[tuple[str, str]]:
    """Return what is found where a timer on an activity leads aside, and something stands behind."""
    return found(
        call("main", activity), call("aside", aside), call("behind", behind), write("draft"),
        LATE.format(interrupting=interrupting), flow("begin", "main"), flow("main", "draft"),
        flow("draft", "behind"), flow("behind", "end"), flow("late", "aside"),
        flow("aside", "aside_end"),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("process", "code"),
    [("committee", "pack-bodies-at-once"), ("decision", "pack-documents-at-once")],
)
def test_what_a_timer_begins_beside_its_activity_meets_all_that_lies_ahead(process, code):
    assert reminded(process, process, "opinions") == [(code, "late")]
    assert reminded("opinions", process, process) == [(code, "late")]
    assert reminded("opinions", process, "opinions") == []
    assert reminded(process, "opinions", process) == []
    assert reminded("opinions", process, process, interrupting="true") == []


def sub_process(sequential: bool) -> str:
    """Return items each of which is written and brought to its own document."""
    return f"""<bpmn:subProcess id="items" name="議案ごと">
      <bpmn:startEvent id="from"/>
      {write("write")}
      {call("decide_it", "decision")}<bpmn:endEvent id="to"/>
      {flow("from", "write")}{flow("write", "decide_it")}{flow("decide_it", "to")}
      {loop(sequential=sequential)}</bpmn:subProcess>{flow("begin", "items")}{flow("items", "end")}"""


def test_documents_whose_forms_are_handed_in_for_each_entry_at_once_are_refused():
    assert found(sub_process(sequential=False)) == [("pack-documents-at-once", "items")]
    assert found(sub_process(sequential=True)) == []


def test_the_standard_pack_has_neither():
    assert check_files(STANDARD, COMMANDS).problems == []
