"""What somebody may do beside their own tasks, as programs are told it."""

from dxflow.services.meetings.stored import SECRETARIAT
from dxflow.services.operations.case_choice import OPERATORS
from dxflow.services.people import visibility
from dxflow.services.people.actor import READS_ALL, Actor
from dxflow.services.people.person_rows import ADMIN_ROLE
from dxflow.services.people.standing import RECORDERS
from dxflow.services.reading import audit_log
from dxflow.services.site import Site

#: In the order in which they are told; some cases may be read by fewer (`[reading]` of a pack).
NAMES = (
    "cases.start",
    "cases.read_all",
    "cases.operate",
    "portfolio.read",
    "meetings.manage",
    "absences.record",
    "people.manage",
    "audit.read",
)


def of_person(site: Site, actor: Actor) -> list[str]:
    """Return which of NAMES the actor has, by the same rules as the acts themselves ask."""
    with site.database.read() as tx:
        reads_all = visibility.scope(site, tx, actor).all
    granted = {
        "cases.start": actor.unit is not None,
        "cases.read_all": reads_all,
        "cases.operate": actor.has_role(*OPERATORS),
        "portfolio.read": actor.has_role(*READS_ALL),
        "meetings.manage": actor.has_role(SECRETARIAT),
        "absences.record": actor.has_role(*RECORDERS),
        "people.manage": actor.has_role(ADMIN_ROLE),
        "audit.read": actor.has_role(*audit_log.ROLES),
    }
    return [name for name in NAMES if granted[name]]
