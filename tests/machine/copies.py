"""A city set up once and copied for every history, so that a history begins in the thick of it."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dxflow.db.engine import Database
from dxflow.services.installation import schema
from dxflow.services.meetings import agenda, session
from tests import factories, memory, postgres, walks
from tests.factories import City
from tests.integration.test_standing_in import lists
from tests.sessions import attend, plan

COSTLY = {"cost_initial": 60_000_000}


class Copies:
    """A city whose database becomes a copy of the same beginning, as often as asked."""

    def __init__(self, city: City, folder: Path, server: str = "") -> None:
        self.city = city
        self._folder, self._server = folder, server
        self._moment = city.clock.moment
        database = city.site.database
        database.close()
        if server:
            postgres.create_database(server, "machine_beginning", "machine")
        else:
            shutil.copy(folder / "machine.db", folder / "beginning.db")

    def fresh(self) -> City:
        """Return the city as it was in the beginning."""
        site = self.city.site
        site.database.engine.dispose()
        if self._server:
            postgres.drop_database(self._server, "machine")
            postgres.create_database(self._server, "machine", "machine_beginning")
        else:
            for tail in ("", "-wal", "-shm"):
                (self._folder / f"machine.db{tail}").unlink(missing_ok=True)
            shutil.copy(self._folder / "beginning.db", self._folder / "machine.db")
        for kept in (site.directories, site.judged, site.kept, site.calendars):
            kept.clear()
        self.city.clock.moment = self._moment
        return self.city


@contextmanager
def made(kind: str = "sqlite") -> Iterator[Copies]:
    """Yield the copies of a city on a database in memory, or on a PostgreSQL of one's own."""
    folder = Path(tempfile.mkdtemp(prefix="dxm", dir=memory.folder()))
    try:
        if kind == "postgresql":
            server = postgres.start_server(folder)
            address = postgres.create_database(server, "machine")
            try:
                with _made(address, folder, server) as copies:
                    yield copies
            finally:
                postgres.stop(folder)
        else:
            with _made(f"sqlite:///{folder}/machine.db", folder, "") as copies:
                yield copies
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _made(address: str, folder: Path, server: str) -> Iterator[Copies]:
    database = Database(address)
    schema.upgrade(database)
    city = factories.found_city(database, folder)
    begin(city)
    copies = Copies(city, folder, server)
    try:
        yield copies
    finally:
        city.site.database.close()


def of_a_member(city: City) -> None:
    """Bring a matter of a member's own section before the committee, but for the last opinion."""
    case = walks.to_sheet(city, lead="tax")
    sheet = factories.SHEET | {"lead": "tax", "related": ["counter"]}
    walks.do(city, case, "other", "project_sheet", "submit", **sheet)
    walks.do(city, case, "other", "bpr_analysis", "submit", **factories.ANALYSIS)
    walks.do(city, case, "tax_head", "sheet_approval", "approve")
    walks.do(city, case, "security", "security_opinion", "agree", comment="問題なし", points=[])
    walks.do(city, case, "head", "related_opinion", "agree", comment="協力する", impact="some")


def important(city: City) -> None:
    """Bring an important matter before the mayor, who decides it alone."""
    case = walks.to_sheet(city, importance=["precedent"])
    walks.do(city, case, "applicant", "project_sheet", "submit", **factories.SHEET)
    walks.do(city, case, "applicant", "bpr_analysis", "submit", **factories.ANALYSIS)
    walks.do(city, case, "head", "sheet_approval", "approve")
    for by, element, values in (
        ("security", "security_opinion", {"comment": "問題なし", "points": []}),
        ("finance", "finance_opinion", {"comment": "", "funding_outlook": "planned"}),
        ("tax_head", "related_opinion", {"comment": "協力する", "impact": "some"}),
    ):
        walks.do(city, case, by, element, "agree", **values)
    walks.vote(city, case)
    walks.do(city, case, "cio", "conclude", "approve", reason="全員一致")
    walks.circulate(city, case)


def begin(city: City) -> None:
    """Bring cases to every stage: from here on everything that is decided is near."""
    for post, chosen in (
        ("head-counter", ("staff-counter-2", "head-tax")),
        ("head-civic", ("head-tax", "head-it")),
        ("cio", ("head-planning",)),
        ("mayor", ("cio",)),
    ):
        lists(city, post, *chosen)
    city.start(by="head")
    walks.to_sheet(city)
    walks.to_committee(city)
    in_session = walks.to_committee(city, sheet={"lead": "counter"})
    walks.to_decision(city)
    walks.to_decision(city, sheet=COSTLY)
    important(city)
    of_a_member(city)
    walks.to_execution(
        city, resolution="conditions", conditions=[{"text": "評価を行う", "due": "2026-12-28"}]
    )
    meeting = plan(city)
    agenda.add(city.site, city.actor("secretariat"), meeting, in_session)
    attend(city, meeting, ("cio", "it_head", "tax_head", "mgmt_head"))
    session.begin(city.site, city.actor("secretariat"), meeting)
    city.run_jobs()
