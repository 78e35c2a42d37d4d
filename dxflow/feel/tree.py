"""From the parser's reductions to the parts of an expression."""

from typing import Any, Final

from lark import Token, Transformer, v_args

from dxflow.feel.arithmetic import OPERATORS
from dxflow.feel.calls import Arguments, Call, Invocation
from dxflow.feel.errors import FeelSyntaxError
from dxflow.feel.iteration import (
    Binding,
    Filter,
    Iteration,
    OperatorTest,
    Quantified,
    Test,
    ValueTest,
    Within,
)
from dxflow.feel.names import mentions_subject
from dxflow.feel.nodes import (
    Arithmetic,
    Between,
    Both,
    Comparison,
    Conditional,
    ContextOf,
    Either,
    FunctionOf,
    InstanceOf,
    ListOf,
    Literal,
    Name,
    Negation,
    Node,
    Path,
    RangeOf,
    TypeName,
)
from dxflow.feel.temporal import parse_temporal
from dxflow.feel.values import CONTEXT
from dxflow.texts import gettext as _

_TYPES: Final = frozenset(
    {
        "Any", "Null", "number", "string", "boolean", "date", "time", "date and time",
        "days and time duration", "years and months duration", "list", "context", "range",
        "function",
    }
)  # fmt: skip
_ALIASES: Final = {
    "Null": "null", "dateTime": "date and time", "dayTimeDuration": "days and time duration",
    "yearMonthDuration": "years and months duration",
}  # fmt: skip
_GENERIC: Final = frozenset({"list", "range"})
_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", '"': '"', "'": "'", "\\": "\\"}


def _refuse(token: Token, message: str) -> FeelSyntaxError:
    return FeelSyntaxError(message, token.line or 1, token.column or 1)


def unescape(token: Token) -> str:
    """Return the characters of a string literal; a backslash before others is itself."""
    text, parts, place = str(token)[1:-1], [], 0
    while (mark := text.find("\\", place)) >= 0:
        parts.append(text[place:mark])
        letter = text[mark + 1]
        digits = {"u": 4, "U": 6}.get(letter, 0)
        if digits:
            parts.append(_character(token, text[mark + 2 : mark + 2 + digits], digits))
        else:
            parts.append(_ESCAPES.get(letter, "\\" + letter))
        place = mark + 2 + digits
    joined = "".join([*parts, text[place:]])
    try:  # two escaped surrogates make one character
        return joined.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError as exc:
        raise _refuse(token, _("文字列の中の \\u の指定が正しくありません。")) from exc


def _character(token: Token, digits: str, count: int) -> str:
    if len(digits) != count or not set(digits) <= set("0123456789abcdefABCDEF"):
        raise _refuse(token, _("文字列の中の \\u の指定が正しくありません。"))
    code = int(digits, 16)
    if code > 0x10FFFF:
        raise _refuse(token, _("文字列の中の \\u の指定が正しくありません。"))
    return chr(code)


@v_args(inline=True)
class TreeBuilder(Transformer[Token, Any]):
    """Builds the part of an expression that each grammar rule stands for."""

    def expression(self, node: Node) -> Node:
        """Return the whole expression."""
        return node

    def unary_tests(self, *tests: Test) -> tuple[bool, tuple[Test, ...]]:
        """Return the alternatives, not negated."""
        return False, tests

    def negated_tests(self, _not: Token, *tests: Test) -> tuple[bool, tuple[Test, ...]]:
        """Return the alternatives within `not(…)`."""
        return True, tests

    conditional = Conditional
    either = Either
    both = Both
    between = Between

    def filtered(self, base: Node, _opening: Token, condition: Node) -> Node:
        """`xs[…]`."""
        return Filter(base, condition)

    def iteration(self, *parts: Any) -> Node:
        """`for … return …`."""
        return Iteration(parts[:-1], parts[-1])

    def some(self, *parts: Any) -> Node:
        """`some … satisfies …`."""
        return Quantified(True, parts[:-1], parts[-1])

    def every(self, *parts: Any) -> Node:
        """`every … satisfies …`."""
        return Quantified(False, parts[:-1], parts[-1])

    def binding(self, name: Token, domain: Node) -> Binding:
        """`x in xs`."""
        return Binding(str(name), domain)

    def span(self, name: Token, first: Node, last: Node) -> Binding:
        """`x in 1..3`."""
        return Binding(str(name), first, last)

    def function(self, parameters: tuple[str, ...] | None, body: Node) -> Node:
        """`function(a, b) …`."""
        return FunctionOf(parameters or (), body)

    def parameters(self, *names: Token) -> tuple[str, ...]:
        """The names of a function's parameters."""
        return tuple(map(str, names))

    def typed_parameter(self, name: Token, _type: TypeName) -> Token:
        """`a: number`; the type is documentation, operators check what they get."""
        return name

    def compare(self, left: Node, operator: Token, right: Node) -> Node:
        """`a < b`."""
        return Comparison(str(operator), left, right)

    def within(self, value: Node, tested: Any) -> Node:
        """`x in …`."""
        if isinstance(tested, Node):
            tested = (self.value_test(tested),)
        return Within(value, tested if isinstance(tested, tuple) else (tested,))

    def alternatives(self, *tests: Test) -> tuple[Test, ...]:
        """`(a, < b)` behind `in`."""
        return tests

    def value_test(self, operand: Node) -> Test:
        """A value, range, list or condition as a test."""
        return ValueTest(operand, mentions_subject(operand))

    def operator_test(self, operator: Token, operand: Node) -> Test:
        """`< 5`."""
        return OperatorTest(str(operator), operand, mentions_subject(operand))

    def arithmetic(self, left: Node, operator: Token, right: Node) -> Node:
        """`a + b`."""
        return Arithmetic(OPERATORS[str(operator)], left, right)

    def negation(self, _minus: Token, operand: Node) -> Node:
        """`-a`; a negative number is a literal."""
        if isinstance(operand, Literal):
            return Literal(Negation(operand).evaluate(None))  # type: ignore[arg-type]
        return Negation(operand)

    def instance(self, value: Node, of: TypeName) -> Node:
        """`x instance of number`."""
        return InstanceOf(value, of)

    def type(self, name: Token, *parts: Any) -> TypeName:
        """`number`, `list<number>`."""
        inner = [part for part in parts if isinstance(part, TypeName)]
        known = _ALIASES.get(name, str(name))
        if known not in _TYPES and name not in _ALIASES:
            raise _refuse(name, _("型「{name}」は使えません。", name=name))
        if inner and (known not in _GENERIC or len(inner) > 1):
            raise _refuse(name, _("型「{name}」に < > は付けられません。", name=name))
        return TypeName(known, inner[0] if inner else None)

    def path(self, base: Node, name: Token) -> Node:
        """`a.b`."""
        return Path(base, str(name))

    def call(self, function: Node, arguments: Arguments | None) -> Node:
        """`f(a, b)`."""
        given = arguments or Arguments(())
        if isinstance(function, Name):
            return Call(function.name, given)
        return Invocation(function, given)

    def positional(self, *values: Node) -> Arguments:
        """Arguments by their places."""
        return Arguments(values)

    def by_name(self, *pairs: tuple[Token, Node]) -> Arguments:
        """Arguments by their names."""
        names = tuple(str(name) for name, _value in pairs)
        _once([name for name, _value in pairs])
        return Arguments(tuple(value for _name, value in pairs), names)

    def named(self, name: Token, value: Node) -> tuple[Token, Node]:
        """`name: value`."""
        return name, value

    def number(self, token: Token) -> Node:
        """A number; more than 34 digits are rounded as in decimal128."""
        value = CONTEXT.create_decimal(str(token))
        if not value.is_finite():
            raise _refuse(token, _("数が大きすぎます。"))
        return Literal(value)

    def string(self, token: Token) -> Node:
        """A string."""
        return Literal(unescape(token))

    def temporal(self, token: Token) -> Node:
        """`@"2026-04-01"`."""
        value = parse_temporal(str(token)[str(token).index('"') + 1 : -1])
        if value is None:
            raise _refuse(token, _("日付・時刻・期間として読めません: {text}", text=token))
        return Literal(value)

    def true(self) -> Node:
        """`true`."""
        return Literal(True)

    def false(self) -> Node:
        """`false`."""
        return Literal(False)

    def null(self) -> Node:
        """`null`."""
        return Literal(None)

    def name(self, token: Token) -> Node:
        """A variable."""
        return Name(str(token))

    def half_range(self, test: OperatorTest) -> Node:
        """`(< 5)` as a range; `(!= 5)` is none."""
        closed = test.operator in ("<=", ">=", "=")
        start = test.operand if test.operator in (">", ">=", "=") else None
        end = test.operand if test.operator in ("<", "<=", "=") else None
        return RangeOf(start, end, closed and start is not None, closed and end is not None)

    def range(self, opening: Token, start: Node, end: Node, closing: Token) -> Node:
        """`[a..b]` with ends included or not; constant ends make a constant."""
        node = RangeOf(start, end, opening.type == "LIST_OPEN", closing.type == "RSQB")
        if isinstance(start, Literal) and isinstance(end, Literal):
            return Literal(node.evaluate(None))  # type: ignore[arg-type]
        return node

    def list(self, _opening: Token, *elements: Node | Token | None) -> Node:
        """`[a, b]`."""
        return ListOf(tuple(element for element in elements if isinstance(element, Node)))

    def context(self, *entries: tuple[Token, Node] | None) -> Node:
        """`{a: 1}`; a key may occur once."""
        given = [entry for entry in entries if entry is not None]
        _once([key for key, _value in given])
        return ContextOf(tuple((_key(key), value) for key, value in given))

    def entry(self, key: Token, value: Node) -> tuple[Token, Node]:
        """`a: 1`."""
        return key, value


def _key(token: Token) -> str:
    return unescape(token) if token.type == "STRING" else str(token)


def _once(names: list[Token]) -> None:
    seen: set[str] = set()
    for token in names:
        if _key(token) in seen:
            raise _refuse(token, _("「{name}」が二度書かれています。", name=_key(token)))
        seen.add(_key(token))
