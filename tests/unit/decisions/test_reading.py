"""DMN files: what is accepted, what is refused and where, what stays the same."""

from decimal import Decimal

import pytest

from dxflow.decisions import DecisionError, read
from dxflow.problems import Problem, Refused
from tests.unit.decisions.builder import NAMESPACE, definitions, literal, requirements, table


def problems(*elements: str, extra: str = "") -> list[Problem]:
    with pytest.raises(Refused) as caught:
        read(definitions(*elements, extra=extra), "d.dmn")
    return list(caught.value.problems)


def test_a_decision_uses_the_decisions_it_requires_and_reports_their_rules() -> None:
    model = read(
        definitions(
            '<inputData id="i" name="cost"/>',
            table("size", ["cost"], ["o"], [("< 100", '"small"'), (">= 100", '"big"')],
                  required=("in:i",)),
            literal("twice", "cost * 2", "in:i"),
            table("route", ["size", "twice"], ["o"], [('"big"', "> 300", '"committee"'),
                                                       ("-", "-", '"section"')],
                  policy="FIRST", required=("size", "twice")),
        ),
        "d.dmn",
    )  # fmt: skip
    outcome = model.evaluate("route", {"cost": 200, "unused": object()})
    assert outcome.value == "committee"
    assert [(fired.decision, fired.index) for fired in outcome.fired] == [("size", 2), ("route", 1)]
    assert outcome.inputs == {"cost": 200}
    assert model.needs("route") == {"cost"}


def test_a_required_decision_is_made_once_and_known_by_id_name_and_variable() -> None:
    made: list[int] = []

    def count() -> int:
        made.append(1)
        return 7

    named = literal("a", "count_up()", name="Full Name").replace(
        "<literal", '<variable name="var_a"/><literal', 1
    )
    model = read(
        definitions(
            named,
            literal("b", "a + var_a", "a"),
            literal("c", "Full Name + b", "a", "b"),
        ),
        "d.dmn",
    )
    assert model.evaluate("c", {}, {"count_up": count}).value == 21
    assert made == [1]


def test_long_and_branching_chains_of_decisions_are_made_step_by_step() -> None:
    chain = [literal("d0", "n")]
    chain += [literal(f"d{k}", f"d{k - 1} + 1", f"d{k - 1}") for k in range(1, 600)]
    model = read(definitions(*chain), "d.dmn")
    assert model.evaluate("d599", {"n": 1}).value == 600
    diamonds = [literal("d0", "n"), literal("d1", "n")]
    for k in range(2, 120):
        diamonds.append(literal(f"d{k}", f"d{k - 1} + d{k - 2}", f"d{k - 1}", f"d{k - 2}"))
    model = read(definitions(*diamonds), "d.dmn")
    assert model.evaluate("d50", {"n": 1}).value == 20365011074
    assert model.needs("d119") == {"n"}


PAYMENT = (
    '<businessKnowledgeModel id="b_pmt" name="PMT"><variable name="PMT"/><encapsulatedLogic>'
    '<formalParameter name="p"/><formalParameter name="r"/><formalParameter name="n"/>'
    "<literalExpression><text>(p*r/12)/(1-(1+r/12)**-n)</text></literalExpression>"
    "</encapsulatedLogic></businessKnowledgeModel>"
)


def test_knowledge_models_are_functions_of_the_decisions_that_require_them() -> None:
    model = read(
        definitions(
            PAYMENT,
            literal("pay", "PMT(Loan.amount, Loan.rate, Loan.term) + fee", "fn:b_pmt"),
            literal("without", "PMT(1, 2, 3)"),
        ),
        "d.dmn",
    )
    loan = {"amount": 600000, "rate": 0.0375, "term": 360}
    value = model.evaluate("pay", {"Loan": loan, "fee": 100}).value
    assert abs(value - Decimal("2878.69354943277")) < Decimal("1e-8")
    assert model.called("pay") == frozenset()
    with pytest.raises(DecisionError, match="PMT"):
        model.evaluate("without", {})


def boxed(inner: str, *required: str) -> str:
    return f'<decision id="x" name="x">{requirements(*required)}{inner}</decision>'


def expression(text: str) -> str:
    return f"<literalExpression><text>{text}</text></literalExpression>"


BOXED = {
    "context": (
        boxed(
            f'<context><contextEntry><variable name="a"/>{expression("n + 1")}</contextEntry>'
            f'<contextEntry><variable name="b c"/>{expression("a * 2")}</contextEntry></context>'
        ),
        {"a": 2, "b c": 4},
    ),
    "context with a result": (
        boxed(
            f'<context><contextEntry><variable name="a"/>{expression("n + 1")}</contextEntry>'
            f"<contextEntry>{expression('a * 2')}</contextEntry></context>"
        ),
        4,
    ),
    "invocation": (
        boxed(
            f"<invocation>{expression('PMT')}"
            + "".join(
                f'<binding><parameter name="{name}"/>{expression(value)}</binding>'
                for name, value in (("n", "1"), ("r", "12"), ("p", "n"))
            )
            + "</invocation>",
            "fn:b_pmt",
        ),
        2,
    ),
    "list": (boxed(f"<list>{expression('n')}{expression('n + 1')}</list>"), [1, 2]),
    "relation": (
        boxed(
            '<relation><column name="k"/><column name="v"/>'
            f"<row>{expression('n')}{expression('2')}</row></relation>"
        ),
        [{"k": 1, "v": 2}],
    ),
    "function": (
        boxed(
            '<context><contextEntry><variable name="f"/><functionDefinition>'
            f'<formalParameter name="m"/>{expression("m + n")}</functionDefinition></contextEntry>'
            f"<contextEntry>{expression('f(4)')}</contextEntry></context>"
        ),
        5,
    ),
}


@pytest.mark.parametrize("kind", BOXED)
def test_boxed_expressions(kind: str) -> None:
    element, value = BOXED[kind]
    model = read(definitions(PAYMENT, element), "d.dmn")
    assert model.evaluate("x", {"n": 1}).value == value
    assert model.needs("x") == {"n"}


@pytest.mark.parametrize(
    "namespace",
    [
        "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
        "http://www.omg.org/spec/DMN/20180521/MODEL/",
        "https://www.omg.org/spec/DMN/20211108/MODEL/",
        "https://www.omg.org/spec/DMN/20230324/MODEL/",
    ],
)
def test_other_versions_of_dmn_are_read_and_mean_the_same(namespace: str) -> None:
    element = table("t", ["n"], ["o"], [("> 1", "2")])
    model = read(definitions(element, namespace=namespace), "other.dmn")
    assert model.evaluate("t", {"n": 2}).value == 2
    assert model.digest == read(definitions(element), "d.dmn").digest


def test_the_digest_depends_on_meaning_only() -> None:
    element = table("t", ["n"], ["o"], [("> 1", "n + 2"), ("-", "0")], policy="FIRST")
    digest = read(definitions(element, literal("a", "1")), "d.dmn").digest
    spaced = element.replace("n + 2", "n+2 // two").replace('id="t_r1"', 'id="another"')
    layout = '<x:layout xmlns:x="urn:x"/>'
    assert read(definitions(literal("a", " 1"), layout, spaced), "e.dmn").digest == digest
    for changed in (
        element.replace("n + 2", "n + 3"),
        element.replace("FIRST", "UNIQUE"),
        element.replace("row 1", "another reason"),
        element.replace("&gt; 1", "&gt;= 1"),
    ):
        assert read(definitions(changed, literal("a", "1")), "d.dmn").digest != digest


def test_an_unreadable_cell_is_refused_with_its_line_column_and_id() -> None:
    element = table("t", ["n"], ["o"], [("> 1", '"a"'), ("< ", '"b"'), ("> 3", "a b")])
    cell, result = problems(element)
    assert (cell.file, cell.line, cell.column, cell.element) == ("d.dmn", 8, 3, "t_r2c1")
    assert (result.line, result.column, result.element) == (9, 3, "t_r3c2")
    assert "「b」" in result.message
    assert "_" in result.hint


def test_a_position_in_an_expression_of_several_lines_is_that_of_the_file() -> None:
    element = "\n<decision id='x' name='x'><literalExpression>\n<text>1 +\n\n )</text>"
    [found] = problems(element + "</literalExpression></decision>")
    assert (found.line, found.column) == (7, 2)


WRONG = {
    "dmn-id": [
        literal("", "1"),
        literal("a", "1") + literal("a", "2"),
    ],
    "dmn-requirement": [
        literal("a", "1", "nobody"),
        literal("a", "1", "in:nobody"),
        literal("a", "1", "fn:b") + literal("b", "1"),
        literal("a", "1", "i") + '<inputData id="i" name="i"/>',
    ],
    "dmn-cycle": [
        literal("a", "1", "a"),
        literal("a", "1", "b") + literal("b", "1", "c") + literal("c", "1", "b"),
    ],
    "dmn-columns": [
        table("t", ["n"], ["o"], [("-", "1", "2")]),
        table("t", ["n"], ["o"], [("-",)]),
    ],
    "dmn-output": [
        table("t", ["n"], [], [("-",)]),
        table("t", ["n"], ["o", "o"], [("-", "1", "2")]),
        table("t", ["n"], ["o", ""], [("-", "1", "2")]),
    ],
    "dmn-input": [table("t", [""], ["o"], [("-", "1")])],
    "dmn-hit-policy": [table("t", ["n"], ["o"], [("-", "1")], policy="LAST")],
    "dmn-aggregation": [
        table("t", ["n"], ["o"], [("-", "1")], aggregation="SUM"),
        table("t", ["n"], ["o"], [("-", "1")], policy="COLLECT", aggregation="MEAN"),
        table("t", ["n"], ["a", "b"], [("-", "1", "2")], policy="COLLECT", aggregation="SUM"),
    ],
    "dmn-priority": [table("t", ["n"], ["o"], [("-", "1")], policy="PRIORITY")],
    "dmn-output-values": [
        table("t", ["n"], ["o"], [("-", '"c"')], values={"o": '"a", "b"'}),
        table("t", ["n"], ["o"], [("-", '"a"')], values={"o": '"a" "b"'}),
    ],
    "dmn-empty": [
        '<decision id="a" name="a"/>',
        literal("a", " "),
        '<businessKnowledgeModel id="b" name="b"/>',
    ],
    "dmn-unsupported": [
        '<decision id="a" name="a"><conditional/></decision>',
        '<decision id="a" name="a"><functionDefinition kind="Java"/></decision>',
    ],
    "dmn-language": [
        literal("a", "1").replace('id="a_e"', 'expressionLanguage="urn:juel"'),
    ],
    "dmn-import": ['<import namespace="x"/>' + literal("a", "1")],
    "dmn-expression": [literal("a", "1 +"), table("t", ["n ="], ["o"], [("-", "1")])],
    "dmn-none": ['<inputData id="i" name="i"/>'],
}  # fmt: skip


@pytest.mark.parametrize(
    ("code", "element"), [(code, element) for code, all_ in WRONG.items() for element in all_]
)
def test_a_wrong_file_is_refused_with_a_problem_of_its_kind(code: str, element: str) -> None:
    found = problems(element)
    assert code in [problem.code for problem in found]
    for problem in found:
        assert problem.file == "d.dmn"
        assert problem.line >= 2
        assert problem.message


def test_every_problem_of_a_file_is_reported_at_once() -> None:
    found = problems(literal("a", "1 +"), literal("b", "("), table("t", ["n"], ["o"], [("-",)]))
    assert [problem.code for problem in found] == [
        "dmn-expression",
        "dmn-expression",
        "dmn-columns",
    ]
    assert [problem.line for problem in found] == sorted(problem.line for problem in found)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no xml",
        b"<definitions/>",
        b'<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"/>',
        f'<decision xmlns="{NAMESPACE}"/>'.encode(),
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
    ],
)
def test_what_is_no_dmn_file_is_refused(data: bytes) -> None:
    with pytest.raises(Refused) as caught:
        read(data, "d.dmn")
    assert caught.value.problems[0].file == "d.dmn"


def test_an_unknown_decision_is_named() -> None:
    model = read(definitions(literal("a", "1")), "d.dmn")
    with pytest.raises(DecisionError, match="nobody"):
        model.evaluate("nobody", {})


def test_recursion_between_knowledge_models_is_refused_and_endless_functions_stopped() -> None:
    first = PAYMENT.replace('id="b_pmt"', 'id="b1"').replace(
        "<encapsulated", requirements("fn:b1") + "<encapsulated"
    )
    assert problems(first, literal("a", "1"))[0].code == "dmn-cycle"
    endless = "{f: function(n) f(n + 1), r: f(1)}.r"
    model = read(definitions(literal("a", endless)), "d.dmn")
    with pytest.raises(DecisionError, match="深すぎ"):
        model.evaluate("a", {})
