"""`dxflow check FILE…`."""

from argparse import Namespace
from pathlib import Path
from typing import Any

from dxflow.cli.output import Output, problem_line, problem_plain
from dxflow.config import Settings
from dxflow.problems import errors_in
from dxflow.services.commands import COMMANDS
from dxflow.services.packs.file_check import FileReport, check_path
from dxflow.texts import gettext as _


def check(arguments: Namespace, _settings: Settings, output: Output) -> int:
    """Check files and folders; 1 when anything may not be published."""
    reports = [
        report for name in arguments.files for report in check_path(Path(name), COMMANDS.keys())
    ]
    for report in reports:
        verdict = (
            _("公開できます")
            if report.executable
            else _("読めますが公開できません")
            if report.accepted
            else _("読めません")
        )
        output.say(f"{report.file}: {verdict}")
        output.say(*(f"  {problem_line(problem)}" for problem in report.problems))
    output.result([_plain(report) for report in reports])
    return 1 if any(not report.executable for report in reports) else _status(reports)


def _status(reports: list[FileReport]) -> int:
    return 1 if any(errors_in(list(report.problems)) for report in reports) else 0


def _plain(report: FileReport) -> dict[str, Any]:
    return {
        "file": report.file,
        "kind": report.kind,
        "accepted": report.accepted,
        "executable": report.executable,
        "digest": report.digest or None,
        "facts": dict(report.facts),
        "problems": [problem_plain(problem) for problem in report.problems],
    }
