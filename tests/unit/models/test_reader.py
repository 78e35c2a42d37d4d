"""What reading promises: any tool's file becomes the same plain values, nothing is lost unsaid."""

import pytest

from dxflow.models.model import Boundary, IoMapping, Kind, MultiInstance, Process, Timer, TimerKind
from dxflow.models.reader import read
from tests.unit.models.factory import (
    HEAD,
    boundary,
    bpmn,
    end,
    flow,
    gateway,
    io,
    lanes,
    line_of,
    model,
    node,
    script,
    service,
    start,
    timer,
    user,
    zeebe,
)


def only(*parts: str) -> Process:
    return model(*parts).processes["p"]


def test_a_user_task_brings_its_form_groups_due_date_mapping_and_properties():
    task = only(
        node(
            "userTask", "t", name="個票を\n書く",
            extensions=zeebe("userTask")
            + zeebe("formDefinition", formId="sheet")
            + zeebe("assignmentDefinition", candidateGroups="= section", assignee="user:a")
            + zeebe("taskSchedule", dueDate="=add_business_days(today(), 5)")
            + io(outputs={"title": "=values.title"})
            + zeebe("properties", zeebe("property", name="command:case.title", value="={title: title}")
                    + zeebe("property", name="hint", value="=not touched"))
            + zeebe("taskHeaders", zeebe("header", key="kind", value="x")),
            inner="<bpmn:documentation> 説明 </bpmn:documentation>",
        ),
    ).elements["t"]  # fmt: skip
    assert task.kind is Kind.USER_TASK
    assert task.name == "個票を書く"
    assert task.documentation == "説明"
    assert (task.form_key, task.candidate_groups, task.assignee) == ("sheet", "section", '"user:a"')
    assert task.due == "add_business_days(today(), 5)"
    assert task.outputs == (IoMapping("values.title", "title"),)
    assert task.properties == {
        "command:case.title": "{title: title}", "hint": "=not touched", "kind": "x",
    }  # fmt: skip


def test_static_candidate_groups_become_a_feel_list():
    task = only(
        node(
            "userTask",
            "t",
            extensions=zeebe("assignmentDefinition", candidateGroups='role:a, post:"b" ,'),
        )
    ).elements["t"]
    assert task.candidate_groups == '["role:a", "post:\\"b\\""]'


def test_automatic_tasks_bring_command_script_decision_and_call():
    read_in = only(
        service(
            "call", "kpi.record", io({"period": "=period", "note": "text"}, {"n": "=result.count"})
        ),
        script("calc", "=a + 1", "b"),
        node(
            "businessRuleTask",
            "rule",
            extensions=zeebe("calledDecision", decisionId="route", resultVariable="way"),
        ),
        node(
            "callActivity",
            "sub",
            extensions=zeebe("calledElement", processId="idea", propagateAllChildVariables="false")
            + io({"x": "=y"}),
        ),
        node("callActivity", "all", extensions=zeebe("calledElement", processId="idea")),
        node("callActivity", "plain", calledElement="ns:other"),
    ).elements
    assert read_in["call"].job_type == "kpi.record"
    assert read_in["call"].inputs == (IoMapping("period", "period"), IoMapping('"text"', "note"))
    assert read_in["call"].outputs == (IoMapping("result.count", "n"),)
    assert (read_in["calc"].script, read_in["calc"].result_variable) == ("a + 1", "b")
    assert (read_in["rule"].decision, read_in["rule"].result_variable) == ("route", "way")
    assert (read_in["sub"].called_process, read_in["sub"].propagate_all) == ("idea", False)
    assert read_in["all"].propagate_all
    assert read_in["plain"].called_process == "other"


def test_multi_instance_is_read_from_the_zeebe_extension():
    loop = (
        '<bpmn:multiInstanceLoopCharacteristics isSequential="true"><bpmn:extensionElements>'
        + zeebe("loopCharacteristics", inputCollection="=seats", inputElement="seat",
                outputCollection="votes", outputElement="={seat: seat}")
        + "</bpmn:extensionElements><bpmn:completionCondition>=done</bpmn:completionCondition>"
        "</bpmn:multiInstanceLoopCharacteristics>"
    )  # fmt: skip
    assert only(user("t", loop)).elements["t"].multi == MultiInstance(
        "seats", "seat", True, "votes", "{seat: seat}", "done"
    )


@pytest.mark.parametrize(
    ("written", "feel"),
    [
        ("P7D", '"P7D"'),
        ('"P7D"', '"P7D"'),
        ("=due", "due"),
        ('= duration("P1D")', 'duration("P1D")'),
    ],
)
def test_an_unquoted_iso_timer_becomes_a_feel_string(written, feel):
    caught = only(node("intermediateCatchEvent", "c", timer("timeDuration", written))).elements["c"]
    assert caught.kind is Kind.CATCH_TIMER
    assert caught.timer == Timer(TimerKind.DURATION, feel)


def test_timer_boundary_events_hang_on_their_activity():
    task = only(
        user("t"),
        boundary("late", "t", timer("timeDate", "=deadline")),
        boundary("remind", "t", timer("timeCycle", "R/P7D"), interrupting=False),
    ).elements["t"]
    assert [(b.id, b.interrupting, b.timer) for b in task.boundaries] == [
        ("late", True, Timer(TimerKind.DATE, "deadline")),
        ("remind", False, Timer(TimerKind.CYCLE, '"R/P7D"')),
    ]
    assert isinstance(task.boundaries[0], Boundary)


def test_other_boundary_events_stay_readable_elements():
    elements = only(user("t"), boundary("b", "t", "<bpmn:messageEventDefinition/>")).elements
    assert elements["b"].kind is Kind.OTHER
    assert (elements["b"].construct, elements["b"].attached_to) == ("messageEventDefinition", "t")


def test_flows_come_from_the_flows_not_from_incoming_and_outgoing():
    process = only(
        node("startEvent", "s", "<bpmn:outgoing>gone</bpmn:outgoing>"), end(),
        '<bpmn:sequenceFlow sourceRef="s" targetRef="e"/>',
    )  # fmt: skip
    assert [(f.id, f.source, f.target) for f in process.flows] == [("Flow_s_e", "s", "e")]
    assert process.outgoing("s") == process.incoming("e") == process.flows


def test_flows_without_ids_get_stable_different_ids():
    twice = '<bpmn:sequenceFlow sourceRef="s" targetRef="e"/>' * 2
    taken = '<bpmn:sequenceFlow id="Flow_s_e" sourceRef="s" targetRef="e"/>'
    assert {f.id for f in only(start(), end(), twice, taken).flows} == {
        "Flow_s_e", "Flow_s_e_2", "Flow_s_e_3",
    }  # fmt: skip


def test_conditions_lose_their_mark_and_are_tried_in_the_order_of_outgoing():
    outgoing = "<bpmn:outgoing>b</bpmn:outgoing><bpmn:outgoing>a</bpmn:outgoing>"
    process = only(
        node("exclusiveGateway", "x", outgoing), end("e1"), end("e2"),
        flow("x", "e1", "= n > 1", "a"), flow("x", "e2", "n < 1", "b"),
    )  # fmt: skip
    assert [(f.id, f.condition) for f in process.outgoing("x")] == [("b", "n < 1"), ("a", "n > 1")]


def test_a_flow_to_nowhere_is_reported_and_left_out():
    process = only(start(), flow("s", "ghost"))
    assert process.flows == ()
    assert [(n.construct, n.element) for n in process.unsupported] == [
        ("danglingFlow", "f_s_ghost")
    ]


def test_the_innermost_named_lane_counts_and_sub_processes_pass_theirs_on():
    nested = (
        '<bpmn:laneSet><bpmn:lane id="l1" name="情報&#10;政策課"><bpmn:flowNodeRef>a</bpmn:flowNodeRef>'
        "<bpmn:flowNodeRef>sub</bpmn:flowNodeRef><bpmn:childLaneSet>"
        '<bpmn:lane id="l2" name="課長"><bpmn:flowNodeRef> a </bpmn:flowNodeRef></bpmn:lane>'
        '<bpmn:lane id="l3"><bpmn:flowNodeRef>b</bpmn:flowNodeRef></bpmn:lane>'
        "</bpmn:childLaneSet></bpmn:lane></bpmn:laneSet>"
    )
    process = only(
        nested, user("a"), user("b"), user("c"), node("subProcess", "sub", user("inner"))
    )
    assert {key: element.lane for key, element in process.elements.items()} == {
        "a": "課長", "b": "情報政策課", "c": "", "sub": "情報政策課",
    }  # fmt: skip
    body = process.elements["sub"].body
    assert body is not None
    assert body.elements["inner"].lane == "情報政策課"
    assert process.lanes == {"l1": "情報政策課", "l2": "課長", "l3": "情報政策課"}


def test_names_are_those_of_elements_and_timers_inside_sub_processes_too():
    late = boundary("late", "inner", timer("timeDuration", "P14D")).replace(
        'id="late"', 'id="late" name="期限切れ"'
    )
    process = only(user("t", name="記入"), node("subProcess", "sub", user("inner") + late))
    assert dict(process.names()) == {"t": "記入", "sub": "", "inner": "", "late": "期限切れ"}


def test_facts_count_what_is_drawn_inside_sub_processes_too():
    around = (
        '<bpmn:collaboration id="c"><bpmn:participant id="pool" name="市" processRef="p"/>'
        '<bpmn:participant id="out" name="市民"/>'
        '<bpmn:messageFlow id="m" sourceRef="t" targetRef="out"/></bpmn:collaboration>'
    )
    found = model(
        lanes({"課": ("t",)}), start(), user("t"), gateway("x"), end(), line_of("s", "t", "x", "e"),
        node("subProcess", "sub", start("s2") + end("e2") + flow("s2", "e2")),
        "<bpmn:textAnnotation id='n'><bpmn:text>覚え</bpmn:text></bpmn:textAnnotation>",
        around=around, name="",
    )  # fmt: skip
    assert found.facts == {
        "pools": 2, "lanes": 1, "activities": 2, "gateways": 1, "events": 4, "flows": 4,
        "message_flows": 1,
    }  # fmt: skip
    assert found.processes["p"].name == "市"


def test_any_prefix_and_the_default_namespace_read_the_same():
    data = bpmn(start(), user("t"), end(), line_of("s", "t", "e"))
    other = data.replace(b"bpmn:", b"").replace(b"xmlns:bpmn", b"xmlns")
    first, second = read(data, "f").model, read(other, "f").model
    assert first is not None
    assert first == second


def test_what_cannot_be_executed_is_kept_as_a_readable_element():
    elements = only(
        gateway("or", "inclusive"),
        node("startEvent", "m", '<bpmn:messageEventDefinition messageRef="msg"/>'),
        node("subProcess", "esp", start("s2"), triggeredByEvent="true"),
        node("transaction", "tx", user("deep")),
        node("task", "plain"),
    ).elements
    assert {e.id: e.construct for e in elements.values()} == {
        "or": "inclusiveGateway", "m": "messageEventDefinition", "esp": "eventSubProcess",
        "tx": "transaction", "plain": "task",
    }  # fmt: skip
    assert elements["m"].trigger == "msg"
    assert elements["tx"].body is not None
    assert "deep" in elements["tx"].body.elements


def test_shared_event_definitions_are_followed():
    around = (
        '<bpmn:signal id="sig" name="合図"/><bpmn:signalEventDefinition id="def" signalRef="sig"/>'
    )
    event = node("endEvent", "e", "<bpmn:eventDefinitionRef>def</bpmn:eventDefinitionRef>")
    found = model(event, around=around).processes["p"].elements["e"]
    assert (found.construct, found.trigger) == ("signalEventDefinition", "合図")


@pytest.mark.parametrize(
    ("data", "code", "line"),
    [
        (b"", "xml-broken", 0),
        (b"hello", "xml-broken", 1),
        (b"<a>\n<b>\n</a>", "xml-broken", 3),
        (b"<html/>", "bpmn-none", 1),
        (b"<definitions/>", "bpmn-none", 1),
        (HEAD.encode() + b"</bpmn:definitions>", "bpmn-none", 2),
        (b'<!DOCTYPE x [<!ENTITY a "b">]>\n<x>&a;</x>', "xml-doctype", 1),
    ],
)
def test_what_is_no_bpmn_gives_a_problem_with_file_and_line(data, code, line):
    reading = read(data, "some.bpmn")
    assert not reading.accepted
    assert [(p.code, p.file) for p in reading.problems] == [(code, "some.bpmn")]
    assert reading.problems[0].line in (line, 1)


def test_an_entity_bomb_is_refused():
    bomb = b'<!DOCTYPE lolz [<!ENTITY a "ha">' + b"".join(
        b'<!ENTITY %c "&%c;&%c;&%c;">' % (c + 1, c, c, c) for c in range(ord("a"), ord("t"))
    )
    reading = read(bomb + b"]><lolz>&t;</lolz>", "bomb.bpmn")
    assert not reading.accepted
    assert reading.problems[0].file == "bomb.bpmn"


def test_sub_processes_nested_without_end_are_refused():
    inner = user("t")
    for depth in range(60):
        inner = node("subProcess", f"sub{depth}", inner)
    assert [p.code for p in read(bpmn(inner), "deep.bpmn").problems] == ["bpmn-too-deep"]
