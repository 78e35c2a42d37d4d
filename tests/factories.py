"""A small city for tests: people, posts, the standard pack, and somebody who does the work."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import insert

from dxflow import forms
from dxflow.clock import local_date
from dxflow.config import Settings
from dxflow.db.engine import Database
from dxflow.db.identity import Person
from dxflow.errors import NotFound
from dxflow.ids import new_id
from dxflow.jobs.runner import Runner
from dxflow.services.acts import cases, task_forms, tasks, upkeep
from dxflow.services.commands import COMMANDS
from dxflow.services.packs import store as packs
from dxflow.services.paging import MOST_PER_PAGE
from dxflow.services.people import organisation, passwords, visibility
from dxflow.services.people.actor import Actor
from dxflow.services.people.organisation import HoldingRow, Organisation, PostRow, UnitRow
from dxflow.services.reading import inbox
from dxflow.services.site import Site

ROOT = Path(__file__).parents[1]
PASSWORD = "correct-horse-7"
BEGIN = date(2020, 4, 1)
NOW = datetime(2026, 5, 11, 1, 0, tzinfo=UTC)

UNITS = (
    UnitRow("planning", "企画部", "department", None, BEGIN),
    UnitRow("management", "経営企画課", "section", "planning", BEGIN),
    UnitRow("it", "情報政策課", "section", "planning", BEGIN),
    UnitRow("civic", "市民部", "department", None, BEGIN),
    UnitRow("counter", "市民課", "section", "civic", BEGIN),
    UnitRow("tax", "収納課", "section", "civic", BEGIN),
    UnitRow("finance", "財政課", "section", "planning", BEGIN),
)
#: key, title, unit, kind, roles, person
POSTS = (
    ("staff-counter", "市民課 主任", "counter", "staff", "", "applicant"),
    ("staff-counter-2", "市民課 主事", "counter", "staff", "", "colleague"),
    ("head-counter", "市民課長", "counter", "section_head", "", "head"),
    (
        "head-civic",
        "市民部長",
        "civic",
        "department_head",
        "committee committee-member",
        "civic_head",
    ),
    ("staff-tax", "収納課 主事", "tax", "staff", "", "other"),
    ("head-tax", "収納課長", "tax", "section_head", "committee committee-member", "tax_head"),
    ("secretariat", "経営企画課 DX推進係", "management", "staff", "secretariat", "secretariat"),
    (
        "head-management",
        "経営企画課長",
        "management",
        "section_head",
        "committee committee-member",
        "mgmt_head",
    ),
    ("security", "情報政策課 セキュリティ担当", "it", "staff", "security", "security"),
    ("head-it", "情報政策課長", "it", "section_head", "committee committee-member", "it_head"),
    ("finance", "財政課 主査", "finance", "staff", "finance", "finance"),
    (
        "head-planning",
        "企画部長",
        "planning",
        "department_head",
        "committee committee-member committee-deputy",
        "planning_head",
    ),
    ("cio", "副市長", "", "deputy_mayor", "cio committee committee-member committee-chair", "cio"),
    ("mayor", "市長", "", "mayor", "", "mayor"),
    ("auditor", "監査委員事務局 書記", "", "staff", "auditor", "auditor"),
    ("admin", "情報政策課 システム担当", "it", "staff", "admin", "admin"),
)


class TestClock:
    """A clock that stands still until it is told to go on, or goes as clocks do once it `goes`."""

    __test__ = False

    def __init__(self, moment: datetime = NOW) -> None:
        self.moment = moment
        self._left_at: float | None = None

    def __call__(self) -> datetime:
        if self._left_at is None:
            return self.moment
        return self.moment + timedelta(seconds=monotonic() - self._left_at)

    def goes(self) -> None:
        """Let time pass from here on, as it does for those who are measured."""
        self._left_at = monotonic()

    def advance(self, **span: float) -> None:
        self.moment += timedelta(**span)

    def at(self, day: date, hour: int = 1) -> None:
        self.moment = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


@cache
def _hash() -> str:
    return passwords.make(PASSWORD)


@dataclass
class City:
    """An installation with people in it; `person` maps the names above to person ids."""

    site: Site
    clock: TestClock
    person: dict[str, str] = field(default_factory=dict)
    handed_in: dict[str, Any] = field(default_factory=dict)

    def actor(self, name: str, channel: str = "page", post: str | None = None) -> Actor:
        """Return somebody as they are on the clock's date."""
        with self.site.database.read() as tx:
            who = organisation.directory(self.site, tx, local_date(self.clock()))
        return organisation.actor(
            who, self.person[name], name, name, acting_post=post, channel=channel
        )

    def start(self, by: str = "applicant", draft_id: str = "", **values: Any) -> cases.Started:
        """Hand an idea in."""
        actor = self.actor(by)
        form = task_forms.start_form(self.site, actor, "proposal")
        raw = {
            "title": "転入手続のオンライン予約",
            "trouble": "窓口の待ち時間が長い。",
            "change": "来庁前に予約できるようにする。",
            "beneficiary": ["citizen"],
        } | values
        submission = forms.submit_values(
            form.definition, raw, form.definition.outcomes[0].key, form.context
        )
        return cases.start(self.site, actor, "proposal", submission, draft_id=draft_id)

    def sees(self, by: str, case_id: str) -> bool:
        """Return whether somebody may see a case."""
        try:
            with self.site.database.read() as tx:
                visibility.require(self.site, tx, self.actor(by), case_id)
        except NotFound:
            return False
        return True

    def open_tasks(self, by: str) -> list[inbox.Listed]:
        """Return what waits for somebody."""
        actor, found = self.actor(by), []
        for number in range(1, 100):
            page = inbox.waiting(self.site, actor, page=number, per_page=MOST_PER_PAGE)
            found += page.entries
            if number >= page.pages:
                break
        return found

    def complete(
        self, by: str, element: str, outcome: str, key: str | None = None, **values: Any
    ) -> tasks.Completed:
        """Complete the first open task of an element as somebody."""
        task = next(one for one in self.open_tasks(by) if one.element == element)
        return self.complete_id(by, task.id, outcome, key, **values)

    def complete_id(
        self, by: str, task_id: str, outcome: str, key: str | None = None, **values: Any
    ) -> tasks.Completed:
        """Complete a task by its id."""
        return self.complete_form(by, self.form(by, task_id), outcome, key, **values)

    def form(self, by: str, task_id: str) -> task_forms.TaskForm:
        """Return the form of a task as somebody opens it."""
        return task_forms.task_form(self.site, self.actor(by), task_id)

    def complete_form(
        self,
        by: str,
        form: task_forms.TaskForm,
        outcome: str,
        key: str | None = None,
        **values: Any,
    ) -> tasks.Completed:
        """Hand in a form that was opened before."""
        submission = forms.submit_values(form.definition, values, outcome, form.context)
        done = tasks.complete(
            self.site, self.actor(by), form.task.id, submission, idempotency_key=key
        )
        self.handed_in[key or ""] = (by, form, outcome, values)
        return done

    def complete_again(self, key: str) -> tasks.Completed:
        """Send the request with this idempotency key once more."""
        by, form, outcome, values = self.handed_in[key]
        return self.complete_form(by, form, outcome, key, **values)

    def runner(self) -> Runner:
        """Return the embedded runner on the city's clock."""
        return upkeep.make_runner(self.site)

    def run_jobs(self) -> int:
        """Run what is due now."""
        return self.runner().run_due()


@dataclass(frozen=True)
class Founded:
    """A city that was founded in a database of which copies are made."""

    person: dict[str, str]
    packs: dict[str, Any]

    @classmethod
    def of(cls, city: City) -> "Founded":
        with city.site.database.read() as tx:
            packs.current(city.site, tx)
        return cls(city.person, city.site.packs)

    def city(self, database: Database, home: Path) -> City:
        """Return the city that lives in a copy.

        Packs are known by what is in them and never change, so that every copy may have them.
        """
        city = _settled(database, home)
        city.person |= self.person
        city.site.packs.update(self.packs)
        return city


def _settled(database: Database, home: Path) -> City:
    clock = TestClock()
    settings = Settings(home=home, database=str(database.engine.url))
    return City(Site(settings, database, clock, COMMANDS), clock)


def found_city(database: Database, home: Path) -> City:
    """Make people, organisation and the standard pack in an empty database."""
    city = _settled(database, home)
    site, clock = city.site, city.clock
    names = list(dict.fromkeys(row[5] for row in POSTS))
    city.person = {name: new_id(clock()) for name in names}
    with database.write() as tx:
        tx.execute(
            insert(Person),
            [
                {
                    "id": city.person[name], "username": name, "name": name, "email": "",
                    "password_hash": _hash(), "status": "active", "demo": False,
                    "must_change_password": False, "epoch": 1, "created_at": clock(),
                }
                for name in names
            ],
        )  # fmt: skip
        organisation.write(
            tx,
            Organisation(
                UNITS,
                tuple(
                    PostRow(key, title, unit, kind, BEGIN, roles=tuple(roles.split()))
                    for key, title, unit, kind, roles, _name in POSTS
                ),
                tuple(HoldingRow(city.person[row[5]], row[0], BEGIN) for row in POSTS),
            ),
            site,
        )
    packs.install(site, _files(), "system")
    return city


@cache
def _files() -> dict[str, str]:
    return packs.read_folder(ROOT / "processes" / "standard")


SHEET: dict[str, Any] = {
    "title": "転入手続のオンライン予約",
    "classification": "life",
    "citizen_benefit": True,
    "lead": "counter",
    "related": ["tax"],
    "as_is": "窓口に並んで待つ。",
    "problems": "繁忙期の待ち時間が長い。",
    "content": "予約システムを入れる。",
    "effect": "待ち時間が短くなる。",
    "tools": ["online"],
    "cost_initial": Decimal(3000000),
    "cost_running": Decimal(500000),
    "kpis": [
        {
            "name": "予約の割合", "unit": "%", "direction": "increase", "aggregation": "level",
            "baseline": Decimal(0), "baseline_year": "2025", "target": Decimal(50),
            "target_year": "2027", "frequency": "year",
        }
    ],
    "schedule": [{"year": "2026", "action": "prepare", "text": "導入"}],
    "milestones": [{"name": "業者の決定", "due": "2026-07-31"}, {"name": "運用開始", "due": "2026-09-30"}],
}  # fmt: skip

ANALYSIS: dict[str, Any] = {
    "as_is": [
        {"name": "受付", "actor": "職員", "yearly_count": 12000, "minutes": 10, "ecrs": "simplify"}
    ],
    "to_be": [{"name": "受付", "actor": "職員", "yearly_count": 12000, "minutes": 4}],
    "unit_cost": 3000,
}
