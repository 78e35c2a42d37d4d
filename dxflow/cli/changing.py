"""Commands that change running cases: they keep to a maintenance, like acts on pages do.

Commands that care for the installation (backup, restore, upgrade, accounts, packs, reading) do
not: they are what a maintenance is for.
"""

from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager

from dxflow.config import Settings
from dxflow.services.installation.bootstrap import operator
from dxflow.services.installation.opening import opened
from dxflow.services.people import maintenance
from dxflow.services.people.actor import Actor
from dxflow.services.people.maintenance import UnderMaintenance
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@contextmanager
def changing(arguments: Namespace, settings: Settings) -> Iterator[tuple[Site, Actor]]:
    """Yield the installation and its operator, to change cases.

    Raises UnderMaintenance while nothing may be changed, unless the change is part of it.
    """
    with opened(settings) as site:
        if not arguments.during_maintenance:
            _require_open(site)
        yield site, operator(site)


def _require_open(site: Site) -> None:
    try:
        maintenance.require_open(site)
    except UnderMaintenance as closed:
        raise UnderMaintenance(
            _(
                "保守中なので、案件を変えるコマンドは止めています（{message}）。"
                "保守の作業として行うなら --during-maintenance を付けてください。"
                "保守が済んでいるなら dxflow maintenance off で終えてください。",
                message=closed.said,
            ),
            closed.retry_after,
        ) from None
