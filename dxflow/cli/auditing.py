"""`dxflow audit verify|export`."""

from argparse import Namespace
from dataclasses import asdict

from dxflow.cli.output import Output
from dxflow.config import Settings
from dxflow.services.installation.bootstrap import operator
from dxflow.services.installation.opening import opened
from dxflow.services.reading import audit_log


def verify(_arguments: Namespace, settings: Settings, output: Output) -> int:
    """Verify the whole log; 1 when anything contradicts it."""
    with opened(settings) as site:
        report = audit_log.verify(site, operator(site))
    output.say(report.text)
    output.result({"ok": report.ok} | asdict(report))
    return 0 if report.ok else 1


def export(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Write the log to standard output; that it was written out is itself an event in it."""
    with opened(settings) as site:
        output.raw(audit_log.export(site, operator(site), audit_log.Filters(), arguments.format))
    return 0
