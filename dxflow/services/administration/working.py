"""The worker of an installation, with all that happens without a person."""

from dxflow.jobs.runner import Runner
from dxflow.services import once_a_day
from dxflow.services.acts import upkeep
from dxflow.services.administration import (
    checkpointing,
    due_conditions,
    escalating,
    tidying,
)
from dxflow.services.administration.transfers import scheduling
from dxflow.services.commands.committee import REFER
from dxflow.services.mail import daily, offered, sending
from dxflow.services.meetings import concluding, referring, reminding
from dxflow.services.people import claims
from dxflow.services.reading import digests
from dxflow.services.site import Site


def make_worker(site: Site) -> Runner:
    """Return the worker of an installation: all that happens by the clock."""

    def escalate(_payload: object) -> None:
        escalating.run(site, site.now())

    return upkeep.make_worker(
        site,
        work={
            digests.KIND: lambda tx, payload, _key, now: digests.make(site, tx, payload, now),
            daily.KIND: lambda tx, payload, _key, now: daily.make(site, tx, payload, now),
            offered.KIND: lambda tx, payload, _key, now: offered.tell(site, tx, payload, now),
            reminding.KIND: lambda tx, _payload, _key, now: reminding.remind(site, tx, now),
            due_conditions.KIND: lambda tx, _payload, _key, now: due_conditions.remind(
                site, tx, now
            ),
            REFER: lambda tx, payload, key, now: referring.refer(site, tx, payload, key, now),
            concluding.KIND: lambda tx, payload, _key, now: concluding.hand_on(
                site, tx, payload, now
            ),
            tidying.KIND: lambda tx, _payload, _key, now: tidying.tidy(tx, now),
            scheduling.CHECK: lambda tx, payload, _key, now: scheduling.check(
                site, tx, payload, now
            ),
            scheduling.APPLY: lambda tx, payload, _key, now: scheduling.carry_out(
                site, tx, payload, now
            ),
        },
        sources=[
            lambda now: digests.queue_due(site, now),
            lambda now: daily.queue_due(site, now),
            lambda now: offered.queue_due(site, now),
            lambda now: once_a_day.queue_due(site, now, claims.KIND, claims.HOUR),
            lambda now: once_a_day.queue_due(site, now, reminding.KIND, reminding.HOUR),
            lambda now: once_a_day.queue_due(site, now, escalating.KIND, escalating.HOUR),
            lambda now: once_a_day.queue_due(site, now, due_conditions.KIND, due_conditions.HOUR),
            lambda now: once_a_day.queue_due(site, now, tidying.KIND, tidying.HOUR),
            lambda now: concluding.queue_due(site, now),
            lambda now: sending.queue_due(site, now),
            lambda now: checkpointing.queue_due(site, now),
        ],
        outside={
            sending.KIND: lambda payload: sending.send_due(site, payload),
            escalating.KIND: escalate,
            checkpointing.KIND: lambda payload: checkpointing.run(site, payload),
        },
    )
