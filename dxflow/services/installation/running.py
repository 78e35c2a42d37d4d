"""Who runs on an installation: servers and workers announce themselves, an upgrade is alone."""

from collections.abc import Iterator
from contextlib import contextmanager

from dxflow.db import presence
from dxflow.services.site import Site


@contextmanager
def announced(site: Site) -> Iterator[None]:
    """Run a server or a worker. Raises Conflict while an upgrade or a restore is going on."""
    with presence.present(site.database):
        yield


@contextmanager
def alone(site: Site) -> Iterator[None]:
    """Have the installation for oneself. Raises Conflict while a server or a worker runs."""
    with presence.alone(site.database):
        yield
