"""The packs of an installation as a list."""

from dxflow.services.packs import store as packs
from dxflow.services.site import Site


def installed(site: Site) -> list[packs.PackRow]:
    """Return every installed version, newest first within a pack."""
    with site.database.read() as tx:
        return packs.versions(site, tx)
