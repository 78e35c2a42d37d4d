"""What goes wrong with an expression: it cannot be read, or it cannot be evaluated."""

from dxflow.errors import DxflowError
from dxflow.texts import gettext as _


class FeelSyntaxError(DxflowError):
    """The text is no expression this language knows; line and column count from 1."""

    kind = "invalid"

    def __init__(self, message: str, line: int = 1, column: int = 1, hint: str = "") -> None:
        self.reason = message
        self.line = line
        self.column = column
        self.hint = hint
        place = _("{line} 行 {column} 文字目", line=line, column=column)
        super().__init__(f"{place}: {message}{hint and f' {hint}'}")


class FeelError(DxflowError):
    """An expression cannot be evaluated: an unknown function, a bound exceeded, a failing helper.

    Mere type mismatches are no errors; they give null (DMN 1.3 §10.3.2).
    """

    kind = "invalid"
