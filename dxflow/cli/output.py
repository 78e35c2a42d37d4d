"""What a command says: sentences for people, or one JSON document."""

import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from typing import Any

import orjson

from dxflow.errors import DxflowError, Invalid
from dxflow.problems import Problem, Refused, Severity
from dxflow.texts import gettext as _


class Output:
    """Writes to the standard streams; with `json` every command writes one document."""

    def __init__(self, *, json: bool) -> None:
        self.json = json

    def say(self, *lines: str) -> None:
        """Write sentences for people; silent when JSON is wanted."""
        if not self.json:
            for line in lines:
                sys.stdout.write(line + "\n")

    def result(self, document: object) -> None:
        """Write the JSON document when it is wanted."""
        if self.json:
            text = orjson.dumps(document, option=orjson.OPT_INDENT_2, default=str).decode()
            sys.stdout.write(text + "\n")

    def line(self, document: object) -> None:
        """Write a document on one line at once, for whoever waits for it."""
        sys.stdout.write(orjson.dumps(document, default=str).decode() + "\n")
        sys.stdout.flush()

    def raw(self, parts: Iterable[bytes]) -> None:
        """Write bytes as they are."""
        for part in parts:
            sys.stdout.buffer.write(part)

    def flush(self) -> None:
        """Write out what is still held back."""
        sys.stdout.flush()

    def note(self, line: str) -> None:
        """Write a sentence for people beside the output."""
        sys.stderr.write(line + "\n")

    def refused(self, error: DxflowError) -> int:
        """Say why a command was refused and return its exit status."""
        problems = error.problems if isinstance(error, Refused) else ()
        document: dict[str, Any] = {"error": error.message}
        if problems:
            document = {
                "error": _("{n} 件の問題があります。", n=len(problems)),
                "problems": [problem_plain(problem) for problem in problems],
            }
        elif isinstance(error, Invalid) and error.fields:
            document["errors"] = error.fields
        self.result(document)
        for line in [problem_line(p) for p in problems] or [error.message]:
            self.note(line)
        for name, texts in error.fields.items() if isinstance(error, Invalid) else ():
            for text in texts:
                if text not in error.message:
                    self.note(f"{name}: {text}")
        return 1

    def failed(self, message: str) -> int:
        """Say what failed and return the exit status."""
        self.result({"error": message})
        self.note(message)
        return 1


def problem_plain(problem: Problem) -> Mapping[str, Any]:
    """Return a problem as it stands in JSON; line and column are null when unknown."""
    found = asdict(problem)
    return {
        "severity": found["severity"],
        "code": found["code"],
        "line": problem.line or None,
        "column": problem.column or None,
        "element": problem.element or None,
        "message": problem.message,
        "hint": problem.hint or None,
    }


def problem_line(problem: Problem) -> str:
    """Return a problem as one line for people."""
    word = _("警告") if problem.severity is Severity.WARNING else _("誤り")
    return f"{word} [{problem.code}] {problem}"
