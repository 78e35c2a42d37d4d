"""`dxflow status` and `dxflow maintenance`."""

from argparse import ArgumentTypeError, Namespace
from dataclasses import asdict, replace
from datetime import datetime

from dxflow.calendars.given import OutOfRange, given_moment
from dxflow.calendars.wareki import wareki_datetime
from dxflow.cli.output import Output
from dxflow.config import Settings
from dxflow.services.installation import status as installation
from dxflow.services.installation.bootstrap import operator
from dxflow.services.installation.opening import opened
from dxflow.services.installation.status_lines import BAD, word
from dxflow.services.people import maintenance
from dxflow.texts import gettext as _


def status(_arguments: Namespace, settings: Settings, output: Output) -> int:
    """Say how the installation is, what needs care first; 1 when something is wrong."""
    with opened(settings, any_version=True) as site:
        found = installation.read(site, operator(site))
    # How long this command has been running tells nobody anything; the servers' signs of life do.
    lines = tuple(line for line in found.lines if line.key != "uptime")
    for line in lines:
        advice = f" → {line.advice}" if line.advice else ""
        output.say(f"[{word(line.state)}] {line.label}: {line.value}{advice}")
    output.result({"state": found.worst} | asdict(replace(found, lines=lines)))
    return 1 if found.worst == BAD else 0


def maintenance_on(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Announce a maintenance, or begin it at once."""
    with opened(settings) as site:
        planned = maintenance.announce(
            site, operator(site), arguments.message, arguments.start, arguments.until
        )
    output.say(_("保守の始まり: {at}", at=wareki_datetime(planned.start)))
    output.result(asdict(planned))
    return 0


def maintenance_off(_arguments: Namespace, settings: Settings, output: Output) -> int:
    """End it."""
    with opened(settings) as site:
        ended = maintenance.end(site, operator(site))
    output.say(_("保守を終えました。") if ended else _("保守の予定はありません。"))
    output.result({"ended": ended})
    return 0


def moment(text: str) -> datetime:
    """Read a moment in local time. Raises ArgumentTypeError."""
    try:
        return given_moment(text)
    except OutOfRange as refused:
        raise ArgumentTypeError(str(refused)) from None
    except ValueError:
        raise ArgumentTypeError(_("日時は 2026-04-01T18:00 の形で指定してください")) from None
