"""Meetings of the small city's committee: planned, drawn up, held, as its people would."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from dxflow import audit
from dxflow.db.engine import Database
from dxflow.errors import DxflowError
from dxflow.services.meetings import agenda, planning, session
from dxflow.services.meetings.planning import Plan
from tests.factories import City
from tests.walks import MEMBERS, do, to_committee

BODY = "dx_committee"
SEAT_OF = {
    "civic_head": "head-civic", "tax_head": "head-tax", "mgmt_head": "head-management",
    "it_head": "head-it", "planning_head": "head-planning", "cio": "cio",
}  # fmt: skip


def plan(city: City, *, days: int = 0, written: bool = False) -> str:
    """Plan a meeting so many days from today; return its id."""
    city_today = city.site.today().toordinal()
    day = city.site.today().fromordinal(city_today + days)
    wanted = Plan(day, written=True) if written else Plan(day, "14:00", "15:00", "第一会議室")
    return planning.plan(city.site, city.actor("secretariat"), BODY, wanted)


def drawn(
    city: City, *, days: int = 0, written: bool = False, **said: dict[str, Any]
) -> tuple[str, str, str]:
    """Bring a case before the committee and put it on an agenda: case, meeting, matter.

    What is `said`: the values of its `idea` and `sheet` that are not the usual ones.
    """
    case = to_committee(city, **said)
    meeting = plan(city, days=days, written=written)
    matter = agenda.add(city.site, city.actor("secretariat"), meeting, case)
    return case, meeting, matter


def attend(city: City, meeting: str, names: Iterable[str] = MEMBERS, *, here: bool = True) -> None:
    """Have the secretariat record who comes or goes."""
    for name in names:
        session.attend(city.site, city.actor("secretariat"), meeting, SEAT_OF[name], here=here)


def opened(
    city: City, names: Iterable[str] = MEMBERS, **said: dict[str, Any]
) -> tuple[str, str, str]:
    """Hold a meeting today up to the vote on one matter: case, meeting, matter."""
    case, meeting, matter = drawn(city, **said)
    attend(city, meeting, names)
    session.begin(city.site, city.actor("secretariat"), meeting)
    session.open_vote(city.site, city.actor("cio"), matter)
    return case, meeting, matter


def held(city: City, **said: dict[str, Any]) -> tuple[str, str, str]:
    """Hold a meeting to its end, its one matter approved: case, meeting, matter."""
    case, meeting, matter = opened(city, **said)
    for name in MEMBERS:
        do(city, case, name, "verdict", "approve", reason="効果が見込める")
    do(city, case, "cio", "conclude", "approve", reason="全員一致")
    session.close(city.site, city.actor("secretariat"), meeting)
    return case, meeting, matter


def audited(database: Database) -> tuple[object, ...]:
    """Return what the verifier finds wrong with the log: nothing."""
    with database.read() as tx:
        return tuple(audit.verify_database(tx).findings)


def at_once(*acts: Callable[[], object]) -> list[BaseException | None]:
    """Do several things at the same moment; return what each was refused with."""
    start = threading.Barrier(len(acts))
    came: list[BaseException | None] = [None] * len(acts)

    def run(place: int, act: Callable[[], object]) -> None:
        start.wait()
        try:
            act()
        except DxflowError as refused:
            came[place] = refused

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return came
