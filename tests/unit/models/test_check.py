"""What may be published, and how a refusal speaks: file, line, element, a way out."""

import pytest

from dxflow.models.check import check_executable, check_set
from dxflow.models.context import Context
from dxflow.models.model import Model
from dxflow.models.reader import read
from dxflow.problems import Problem, Severity
from tests.unit.models.factory import (
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

WAY_OUT = "bpmn-unsupported"


def codes(*parts: str, context: Context | None = None, **kwargs: str) -> list[str]:
    return [p.code for p in problems(*parts, context=context, **kwargs)]


def problems(*parts: str, context: Context | None = None, **kwargs: str) -> list[Problem]:
    return check_executable(model(*parts, **kwargs), context or Context())


def around(*parts: str, element: str = "x") -> tuple[str, ...]:
    """Put one element between start and end."""
    return (start(), *parts, end(), line_of("s", element, "e"))


GOOD = (
    lanes({"課": ("t", "sub")}),
    start(),
    node("userTask", "t", extensions=zeebe("formDefinition", formId="sheet")
         + io(outputs={"title": "=values.title"})),
    service("n", "notify", io({"message": "text", "groups": '=["role:cio"]'}, {"sent": "=result.ok"})),
    gateway("x", default="f_x_e"),
    gateway("split", "parallel"), gateway("join", "parallel"),
    script("a"), node("businessRuleTask", "b", extensions=zeebe("calledDecision", decisionId="d", resultVariable="way")),
    node("subProcess", "sub", start("s2") + user("deep") + end("e2") + line_of("s2", "deep", "e2")),
    node("intermediateCatchEvent", "wait", timer("timeDate", "=deadline")),
    node("endEvent", "e"), node("endEvent", "stop", "<bpmn:terminateEventDefinition/>"),
    boundary("late", "t", timer("timeDuration", "P14D")),
    boundary("remind", "t", timer("timeCycle", "R/P7D"), interrupting=False),
    service("mail"), node("endEvent", "e3"),
    line_of("s", "t", "n", "x", "e"), flow("x", "split", "=outcome = \"go\""), flow("x", "t", "=outcome = \"again\""),
    line_of("split", "a", "join", "sub", "wait", "stop"), line_of("split", "b", "join"),
    flow("late", "e"), line_of("remind", "mail", "e3"),
)  # fmt: skip


def test_every_construct_on_the_allow_list_may_be_published():
    context = Context(
        forms=frozenset({"sheet", "form-deep"}), decisions=frozenset({"d"}),
        processes=frozenset(), commands=frozenset({"notify"}), lanes={"課": "section"},
        functions=frozenset({"today"}),
    )  # fmt: skip
    assert check_executable(model(*GOOD), context) == []


@pytest.mark.parametrize(
    ("construct", "inner"),
    [
        ("task", ""), ("manualTask", ""), ("sendTask", ""), ("receiveTask", ""),
        ("inclusiveGateway", ""), ("complexGateway", ""), ("eventBasedGateway", ""),
        ("transaction", ""), ("adHocSubProcess", ""), ("intermediateThrowEvent", ""),
        ("intermediateCatchEvent", "<bpmn:messageEventDefinition/>"),
        ("intermediateCatchEvent", "<bpmn:signalEventDefinition/>"),
        ("intermediateCatchEvent", "<bpmn:conditionalEventDefinition/>"),
        ("intermediateCatchEvent", "<bpmn:linkEventDefinition name='A'/>"),
        ("intermediateThrowEvent", "<bpmn:compensateEventDefinition/>"),
        ("intermediateThrowEvent", "<bpmn:escalationEventDefinition/>"),
        ("endEvent", "<bpmn:errorEventDefinition/>"),
        ("endEvent", "<bpmn:cancelEventDefinition/>"),
        ("intermediateCatchEvent", timer("timeDate", "=now()") + "<bpmn:messageEventDefinition/>"),
    ],
)  # fmt: skip
def test_what_is_not_on_the_list_is_refused_with_a_way_out(construct, inner):
    [refused] = [p for p in problems(*around(node(construct, "x", inner))) if p.code == WAY_OUT]
    assert (refused.file, refused.element, refused.severity) == ("test.bpmn", "x", Severity.ERROR)
    assert refused.line > 3
    assert "実行できません" in refused.message
    assert refused.hint


@pytest.mark.parametrize(
    "extra",
    [
        "<bpmn:standardLoopCharacteristics/>",
        "<bpmn:ioSpecification/>",
        "<bpmn:potentialOwner/>",
        "<bpmn:multiInstanceLoopCharacteristics><bpmn:loopCardinality>3</bpmn:loopCardinality>"
        "</bpmn:multiInstanceLoopCharacteristics>",
    ],
)
def test_settings_that_would_be_silently_lost_are_refused(extra):
    assert WAY_OUT in codes(*around(user("x", extra)))


@pytest.mark.parametrize("tag", ["taskListeners", "executionListeners", "somethingNew"])
def test_extension_elements_nobody_knows_are_refused(tag):
    assert codes(*around(user("x", extensions=zeebe(tag)))) == [WAY_OUT]


def test_compensation_event_sub_process_and_data_store_are_refused():
    assert codes(*around(user("x", isForCompensation="true"))) == [WAY_OUT]
    event_sub = node(
        "subProcess", "esp", start("s2") + end("e2") + flow("s2", "e2"), triggeredByEvent="true"
    )
    assert codes(*around(user("x")), event_sub) == [WAY_OUT]
    assert codes(*around(user("x")), node("dataStoreReference", "store")) == [WAY_OUT]


def test_drawn_data_objects_only_warn():
    found = problems(
        *around(user("x", "<bpmn:dataInputAssociation/>")), node("dataObjectReference", "sheet")
    )
    assert {p.severity for p in found} == {Severity.WARNING}
    assert len(found) == 2


def test_a_message_boundary_event_is_refused_but_a_timer_is_not():
    message = boundary("b", "x", "<bpmn:messageEventDefinition/>")
    assert codes(*around(user("x")), message, flow("b", "e")) == [WAY_OUT]
    late = boundary("b", "x", timer("timeDuration", "P1D"))
    assert codes(*around(user("x")), late, flow("b", "e")) == []


def test_an_interrupting_cycle_is_refused_and_a_reminder_is_not():
    cycle = timer("timeCycle", "R3/P7D")
    assert codes(*around(user("x")), boundary("b", "x", cycle), flow("b", "e")) == [
        "bpmn-interrupting-cycle"
    ]
    again = boundary("b", "x", cycle, interrupting=False)
    assert codes(*around(user("x")), again, flow("b", "e")) == []


def test_a_timer_on_an_automatic_task_would_never_be_armed_and_is_refused():
    late = boundary("b", "x", timer("timeDuration", "P1D"))
    assert codes(*around(service("x")), late, flow("b", "e")) == ["bpmn-setting-unused"]


@pytest.mark.parametrize(
    ("kind", "value", "good"),
    [
        ("timeDuration", "P7D", True), ("timeDuration", "PT12H", True), ("timeDuration", "P1M", True),
        ("timeDuration", "7 days", False), ("timeDuration", "-P1D", False), ("timeDuration", "R/P1D", False),
        ("timeDate", "2026-04-01T09:00:00+09:00", True), ("timeDate", "2026-04-01", True),
        ("timeDate", "April", False),
        ("timeDuration", "=duration(\"P1D\")", True), ("timeDuration", "=duration(", False),
    ],
)  # fmt: skip
def test_timer_texts_are_checked_before_a_timer_is_armed(kind, value, good):
    found = problems(*around(node("intermediateCatchEvent", "x", timer(kind, value))))
    assert (found == []) is good
    assert all(p.element == "x" for p in found)


@pytest.mark.parametrize(
    ("value", "good"),
    [
        ("R/P7D", True),
        ("R3/PT1H", True),
        ("R0/P1D", False),
        ("P7D", False),
        ("0 0 9 * * MON", False),
    ],
)
def test_a_cycle_says_how_often_and_how_far_apart(value, good):
    again = boundary("b", "x", timer("timeCycle", value), interrupting=False)
    assert (codes(*around(user("x")), again, flow("b", "e")) == []) is good


def test_multi_instance_needs_a_collection_and_a_variable():
    def loop(**attributes: str) -> str:
        return ("<bpmn:multiInstanceLoopCharacteristics><bpmn:extensionElements>"
                + zeebe("loopCharacteristics", **attributes)
                + "</bpmn:extensionElements></bpmn:multiInstanceLoopCharacteristics>")  # fmt: skip

    full = loop(
        inputCollection="=seats",
        inputElement="seat",
        outputCollection="votes",
        outputElement="=seat",
    )
    assert codes(*around(user("x", full))) == []
    assert codes(*around(user("x", loop(inputCollection="=seats")))) == ["bpmn-multi-incomplete"]
    half = loop(inputCollection="=seats", inputElement="seat", outputCollection="votes")
    assert codes(*around(user("x", half))) == ["bpmn-multi-incomplete"]
    assert codes(*around(service("x", inner=full))) == ["bpmn-setting-unused"]
    cycle = (start(), gateway("m"), user("x", full), gateway("g", default="f_g_e"), end(),
             line_of("s", "m", "x", "g", "e"), flow("g", "m", "=again"))  # fmt: skip
    assert codes(*cycle) == []


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ((end(), user("x"), flow("x", "e")), "bpmn-no-start"),
        ((start(), user("x"), flow("s", "x"), flow("x", "x")), "bpmn-no-end"),
        ((*around(user("x")), start("s2"), flow("s2", "x")), "bpmn-many-starts"),
        ((*around(user("x")), user("y"), flow("y", "s")), "bpmn-flow-into-start"),
        ((*around(user("x")), flow("e", "x")), "bpmn-flow-out-of-end"),
        ((*around(user("x")), end("e2"), flow("x", "e2")), "bpmn-implicit-fork"),
        ((*around(user("x")), boundary("b", "x", timer("timeDuration", "P1D"))), "bpmn-dead-end"),
        ((*around(user("x")), user("y"), flow("y", "e")), "bpmn-unreachable"),
        (
            (start(), user("x"), end(), flow("s", "x"), flow("x", "e", "=true")),
            "bpmn-condition-misplaced",
        ),
        (
            (start(), gateway("x"), end(), flow("s", "x"), flow("x", "e", "=true")),
            "bpmn-condition-misplaced",
        ),
        ((*around(user("x", default="f_x_e")),), "bpmn-default-unused"),
        ((*around(gateway("x", default="f_s_x")),), "bpmn-default-elsewhere"),
        ((*around(gateway("x")), end("e2"), flow("x", "e2", "=a")), "bpmn-condition-missing"),
        (
            (*around(gateway("x", default="f_x_e2")), end("e2"), flow("x", "e2", "=a")),
            "bpmn-condition-missing",
        ),
        ((*around(user("x.y"), element="x.y"),), "bpmn-bad-id"),
        ((*around(user("x")), user("x")), WAY_OUT),
        ((start(), user("x"), flow("s", "x")), "bpmn-dead-end"),
    ],
)
def test_wrong_connections_are_found(parts, code):
    assert code in codes(*parts)


def test_several_flows_may_enter_an_activity_and_an_exclusive_gateway_may_merge():
    parts = (
        start(), gateway("g", default="f_g_x"), user("x"), user("y"), end(),
        line_of("s", "g", "x", "e"), flow("g", "y", "=a"), flow("y", "x"),
    )  # fmt: skip
    assert codes(*parts) == []


def test_a_loop_that_waits_for_nobody_is_refused():
    parts = (start(), gateway("m"), script("x"), gateway("g", default="f_g_e"), end(),
             line_of("s", "m", "x", "g", "e"), flow("g", "m", "=total < 5"))  # fmt: skip
    [found] = problems(*parts)
    assert found.code == "bpmn-instant-loop"
    assert "「x」" in found.message
    for waiting in (
        user("x"),
        node("intermediateCatchEvent", "x", timer("timeDuration", "P1D")),
        node("callActivity", "x", extensions=zeebe("calledElement", processId="q")),
        node("subProcess", "x", start("s2") + user("y") + end("e2") + line_of("s2", "y", "e2")),
    ):
        assert codes(*parts[:2], waiting, *parts[3:]) == []


def test_references_are_looked_up_where_the_caller_knows_the_names():
    nothing = Context(frozenset(), frozenset(), frozenset(), frozenset(), {}, frozenset())
    call = zeebe("calledElement", processId="other")
    rule = zeebe("calledDecision", decisionId="d", resultVariable="r")
    for element in (user("x"), service("x"), node("businessRuleTask", "x", extensions=rule),
                    node("callActivity", "x", extensions=call)):  # fmt: skip
        [found] = problems(*around(element), context=nothing)
        assert (found.code, found.element) == ("bpmn-unknown-reference", "x")
        assert codes(*around(element)) == []


def test_a_lane_without_a_group_is_refused_with_its_name():
    task = node("userTask", "x", extensions=zeebe("formDefinition", formId="f"))
    in_lane = (lanes({"財政課": ("x",)}), *around(task))
    [found] = problems(*in_lane, context=Context(lanes={"課": "section"}))
    assert (found.code, found.element) == ("bpmn-lane-without-group", "x")
    assert "財政課" in found.message
    assert codes(*in_lane, context=Context(lanes={"財政課": "section"})) == []
    assert codes(*around(task)) == ["bpmn-no-owner"]
    own = zeebe("formDefinition", formId="f") + zeebe("assignmentDefinition", assignee="=applicant")
    assert codes(*around(node("userTask", "x", extensions=own))) == []


def test_commands_of_a_user_task_must_exist_and_belong_there():
    pay = zeebe("properties", zeebe("property", name="command:case.pay", value="={}"))
    known = Context(commands=frozenset({"notify", "case.pay"}))
    assert codes(*around(user("x", extensions=pay)), context=known) == []
    assert codes(*around(user("x", extensions=pay)), context=Context(commands=frozenset())) == [
        "bpmn-unknown-reference"
    ]
    assert codes(*around(service("x", extensions=pay))) == ["bpmn-setting-unused"]
    empty = zeebe("properties", zeebe("property", name="command:case.pay", value=""))
    assert codes(*around(user("x", extensions=empty))) == ["feel-missing"]


def test_only_a_user_task_says_what_it_is_about():
    for key in ("about", "called"):
        words = zeebe("properties", zeebe("property", name=key, value="=a"))
        assert codes(*around(user("x", extensions=words))) == []
        assert codes(*around(service("x", extensions=words))) == ["bpmn-setting-unused"]


def test_an_end_event_names_a_known_status_in_the_top_process_only():
    def ending(status: str) -> str:
        return zeebe("properties", zeebe("property", name="status", value=status))

    assert codes(start(), end("e", extensions=ending("rejected")), flow("s", "e")) == []
    assert codes(start(), end("e", extensions=ending("lost")), flow("s", "e")) == [
        "bpmn-bad-status"
    ]
    inner = start("s2") + end("e2", extensions=ending("rejected")) + flow("s2", "e2")
    assert codes(*around(node("subProcess", "x", inner))) == ["bpmn-bad-status"]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Title", "bpmn-bad-variable"), ("a.b", "bpmn-bad-variable"), ("題", "bpmn-bad-variable"),
        ("", "bpmn-bad-variable"), ("a" * 42, "bpmn-bad-variable"),
        ("typename", "bpmn-reserved-variable"), ("values", "bpmn-reserved-variable"),
        ("result", "bpmn-reserved-variable"), ("satisfies", "bpmn-reserved-variable"),
        ("today", "bpmn-reserved-variable"),
    ],
)  # fmt: skip
def test_variable_names_are_plain_and_not_reserved(name, code):
    context = Context(functions=frozenset({"today"}))
    task = user("x", extensions=io(outputs={name: "=values.a"}))
    assert codes(*around(task), context=context) == [code]


def test_a_variable_is_set_once_per_task():
    twice = zeebe("ioMapping", zeebe("output", source="=1", target="a") * 2)
    assert codes(*around(user("x", extensions=twice))) == ["bpmn-variable-twice"]


@pytest.mark.parametrize(
    "element",
    [
        script("x", "=a +"),
        user("x", extensions=io(outputs={"a": "=values.("})),
        service("x", extensions=io({"a": "=if x"})),
        user("x", extensions=zeebe("taskSchedule", dueDate="=1 +")),
        user(
            "x", extensions=zeebe("properties", zeebe("property", name="command:c", value="={a:"))
        ),
        user("x", extensions=zeebe("properties", zeebe("property", name="about", value="=a +"))),
        node("intermediateCatchEvent", "x", timer("timeDate", "=at(")),
    ],
)
def test_every_expression_is_read_before_publication(element):
    [found] = problems(*around(element))
    assert (found.code, found.file, found.element) == ("feel-syntax", "test.bpmn", "x")
    assert found.line > 3
    assert "文字目" in found.message


def test_a_broken_condition_is_found_on_its_flow():
    parts = (*around(gateway("x", default="f_x_e")), end("e2"), flow("x", "e2", "=a >"))
    [found] = problems(*parts)
    assert (found.code, found.element) == ("feel-syntax", "f_x_e2")


def test_functions_nobody_offers_are_refused():
    parts = around(script("x", "=frobnicate(count([1]))"))
    [found] = problems(*parts, context=Context(functions=frozenset({"today"})))
    assert found.code == "feel-unknown-function"
    assert "frobnicate" in found.message
    assert (
        codes(*around(script("x", "=today()")), context=Context(functions=frozenset({"today"})))
        == []
    )


def test_names_of_references_are_not_computed():
    call = node("callActivity", "x", extensions=zeebe("calledElement", processId="=which"))
    assert codes(*around(call)) == ["bpmn-dynamic-reference"]


def test_a_process_that_is_only_drawn_is_not_published():
    reading = read(bpmn(*around(user("x")), executable=False), "drawn.bpmn")
    assert reading.model is not None
    assert [p.code for p in check_executable(reading.model)] == ["bpmn-not-executable"]


def test_a_drawn_partner_beside_an_executable_process_is_left_alone():
    partner = (
        '<bpmn:process id="city" isExecutable="false"><bpmn:task id="anything"/></bpmn:process>'
    )
    assert codes(*around(user("x")), around=partner) == []


def caller(file: str, process: str, *targets: str) -> Model:
    calls = [node("callActivity", f"c{n}", extensions=zeebe("calledElement", processId=target))
             for n, target in enumerate(targets)]  # fmt: skip
    chain = line_of("s", *(f"c{n}" for n in range(len(targets))), "e")
    reading = read(bpmn(start(), *calls, end(), chain, process=process), file)
    assert reading.model is not None
    return reading.model


def test_a_process_may_not_call_itself():
    [found] = check_executable(caller("a.bpmn", "a", "a"))
    assert (found.code, found.element, found.file) == ("bpmn-call-circle", "c0", "a.bpmn")


def test_calls_in_a_circle_through_files_are_found():
    files = [caller("a.bpmn", "a", "b"), caller("b.bpmn", "b", "c"), caller("c.bpmn", "c", "a")]
    found = check_set(files)
    assert {p.code for p in found} == {"bpmn-call-circle"}
    assert [p.file for p in found] == ["a.bpmn", "b.bpmn", "c.bpmn"]
    assert "a → b → c → a" in found[0].message
    assert (
        check_set(
            [caller("a.bpmn", "a", "b", "b"), caller("b.bpmn", "b", "c"), caller("c.bpmn", "c")]
        )
        == []
    )


def test_a_call_into_nowhere_and_a_process_in_two_files_are_found():
    found = check_set([caller("a.bpmn", "a", "b"), caller("b.bpmn", "a")])
    assert [(p.code, p.file) for p in found] == [
        ("bpmn-unknown-reference", "a.bpmn"), ("bpmn-process-twice", "b.bpmn"),
    ]  # fmt: skip


def test_passing_all_variables_in_is_the_rule_and_only_its_opposite_is_refused():
    def call(passes: str, inputs: str = "") -> tuple[str, ...]:
        extension = (
            zeebe("calledElement", processId="q", propagateAllParentVariables=passes) + inputs
        )
        return around(node("callActivity", "x", extensions=extension))

    mapped = io({"a": "=b"})
    assert codes(*call("true")) == codes(*call("false", mapped)) == []
    assert codes(*call("false")) == codes(*call("true", mapped)) == [WAY_OUT]


def test_the_check_of_a_set_contains_the_check_of_each_file():
    broken = model(*around(script("x", "=1 +")))
    assert [p.code for p in check_set([broken])] == ["feel-syntax"]


def test_a_process_that_is_only_drawn_cannot_be_called():
    drawn = read(bpmn(*around(user("x")), process="b", executable=False), "b.bpmn").model
    assert drawn is not None
    found = check_set([caller("a.bpmn", "a", "b"), drawn], Context(processes=frozenset({"b"})))
    assert [(p.code, p.file) for p in found] == [
        ("bpmn-unknown-reference", "a.bpmn"), ("bpmn-not-executable", "b.bpmn"),
    ]  # fmt: skip
