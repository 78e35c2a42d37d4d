"""FEEL, the expression language of DMN 1.3: read once, evaluate often, never `eval`."""

from dxflow.feel.environment import Environment
from dxflow.feel.errors import FeelError, FeelSyntaxError
from dxflow.feel.expression import Expression, UnaryTests, unknown_functions, unknown_names
from dxflow.feel.library.conversion import text_of
from dxflow.feel.names import Given, written_arguments
from dxflow.feel.parser import parse, parse_unary_tests
from dxflow.feel.values import FunctionValue, Range, YearMonthDuration, to_feel, to_plain

__all__ = [
    "Environment", "Expression", "FeelError", "FeelSyntaxError", "FunctionValue", "Given", "Range",
    "UnaryTests", "YearMonthDuration", "parse", "parse_unary_tests", "text_of", "to_feel",
    "to_plain", "unknown_functions", "unknown_names", "written_arguments",
]  # fmt: skip
