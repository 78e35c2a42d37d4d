"""What is wrong with a file, where, and how to mend it.

Every reader of a file from outside (FEEL, DMN, BPMN, forms, pack settings) reports its findings
as problems, so that the command line, the pages and the tests show them in one way.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

from dxflow.errors import DxflowError


class Severity(StrEnum):
    """How bad a problem is: errors forbid publication, warnings do not."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True)
class Problem:
    """One finding. Lines and columns count from 1; 0 means unknown."""

    code: str
    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    element: str = ""
    hint: str = ""
    severity: Severity = Severity.ERROR

    def located(self, file: str, line: int = 0, element: str = "") -> "Problem":
        """Return the same finding with the place filled in where it was unknown."""
        return replace(
            self,
            file=self.file or file,
            line=self.line or line,
            element=self.element or element,
        )

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line, self.element) if part)
        hint = f" ({self.hint})" if self.hint else ""
        return f"{place}: {self.message}{hint}" if place else f"{self.message}{hint}"


class Refused(DxflowError):
    """A file cannot be accepted; carries every problem found in it."""

    kind = "invalid"

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(p) for p in problems))


def errors_in(problems: list[Problem]) -> list[Problem]:
    """Return the problems that forbid publication."""
    return [p for p in problems if p.severity is Severity.ERROR]
