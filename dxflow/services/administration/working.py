"""The worker of an installation, with all that happens without a person."""

from dxflow.jobs.runner import Runner
from dxflow.services.acts import upkeep
from dxflow.services.reading import digests
from dxflow.services.site import Site


def make_worker(site: Site) -> Runner:
    """Return the worker that serves an installation: timers, notices, migrations, digests."""
    return upkeep.make_worker(
        site,
        work={digests.KIND: lambda tx, payload, _key, now: digests.make(site, tx, payload, now)},
        sources=[lambda now: digests.queue_due(site, now)],
    )
