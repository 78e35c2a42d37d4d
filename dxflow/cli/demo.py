"""`dxflow demo`: a sample city made once, then served with the accounts to try it with."""

import os
from argparse import Namespace
from dataclasses import asdict, replace
from pathlib import Path

from dxflow import config
from dxflow.cli.output import Output
from dxflow.cli.serving import Stop, log_to_stderr, serve_until
from dxflow.config import Settings
from dxflow.errors import Conflict
from dxflow.services.installation import bootstrap, upgrading
from dxflow.services.installation.opening import open_site
from dxflow.services.installation.running import announced
from dxflow.services.sample import loading
from dxflow.texts import gettext as _

HOME = Path("var") / "demo"


def demo(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Make the sample when there is none, serve it, and print one line of JSON when it answers."""
    chosen = _settings(settings, arguments.port)
    accounts = loading.accounts(arguments.pack)  # before anything is thrown away
    if arguments.reset:
        loading.remove(chosen)
    _require_sample(chosen, arguments.pack, output)
    log_to_stderr()
    site = open_site(chosen)
    upgrading.upgrade(site, bootstrap.operator(site))
    with announced(site):
        bootstrap.require_ready(site)
        stop = Stop()
        stop.listen()
        serve_until(
            site,
            stop,
            lambda url: output.line({"url": url, "accounts": [asdict(one) for one in accounts]}),
        )
    return 0


def _settings(settings: Settings, port: int | None) -> Settings:
    """Return the settings of a demonstration: below `var/demo` unless a folder is named."""
    chosen = settings
    if not os.environ.get("DXFLOW_HOME"):
        chosen = config.load({**os.environ, "DXFLOW_HOME": str(HOME)})
    return replace(chosen, demo=True, port=chosen.port if port is None else port)


def _require_sample(settings: Settings, pack: str, output: Output) -> None:
    """Make the sample when it is not there. Raises Conflict when there is something else."""
    there = loading.present(settings)
    if there is None:
        output.note(_("見本の市を作ります。一分ほどかかることがあります。"))
        loading.load(settings, pack, say=output.note)
        output.note(_("見本の市ができました。"))
    elif there != pack:
        raise Conflict(
            _(
                "ここにはパック「{there}」の見本があります。"
                "「{pack}」で作り直すには --reset を付けてください。",
                there=there,
                pack=pack,
            )
        )
