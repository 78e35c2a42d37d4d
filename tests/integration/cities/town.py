"""A sample city that is made once, looked at by many tests, and copied for those that change it."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import select

from dxflow import forms
from dxflow.audit import verify_database
from dxflow.config import Settings
from dxflow.db.case import Case
from dxflow.db.identity import Person
from dxflow.db.process import Incident, Submission, WorkItem
from dxflow.services.acts import task_forms, tasks
from dxflow.services.installation.opening import open_site
from dxflow.services.people import accounts, organisation
from dxflow.services.people.actor import Actor
from dxflow.services.reading import inbox
from dxflow.services.sample import loading, script
from dxflow.services.site import Site
from tests import postgres

#: Where and as of which day a sample is made: on SQLite unless its name says PostgreSQL.
Made = Mapping[str, date]


@dataclass
class Town:
    """The sample as it was made, on its own day."""

    site: Site
    pack: str
    accounts: list[loading.Account]

    def rows(self, query: Any) -> list[Any]:
        with self.site.database.read() as tx:
            return list(tx.execute(query))

    def case(self, key: str) -> Any:
        title = next(plan.title for plan in script.read(self.pack).plans if plan.key == key)
        query = select(Case.__table__).where(Case.title == title, Case.parent_id.is_(None))
        (row,) = self.rows(query)
        return row

    def open(self, case: str) -> set[str]:
        query = select(WorkItem.element).where(WorkItem.case_id == case, WorkItem.status == "open")
        return {row.element for row in self.rows(query)}

    def said(self, case: str, element: str) -> list[str]:
        """Return the buttons that were pressed in tasks of an element."""
        query = select(Submission.outcome).where(
            Submission.case_id == case, Submission.element == element
        )
        return [row.outcome for row in self.rows(query)]

    def actor(self, username: str) -> Actor:
        (person,) = self.rows(select(Person.__table__).where(Person.username == username))
        with self.site.database.read() as tx:
            who = organisation.directory(self.site, tx, self.site.today())
        return organisation.actor(who, person.id, username, person.name)

    def waits(self, username: str, case: str, element: str) -> bool:
        """Return whether somebody has a task of this element in their inbox."""
        entries = inbox.waiting(self.site, self.actor(username), per_page=100).entries
        return (case, element) in {(one.case_id, one.element) for one in entries}

    def complete(self, username: str, case: str, element: str, outcome: str, **values: Any) -> None:
        """Complete a task as somebody who has it in their inbox."""
        by = self.actor(username)
        waiting = inbox.waiting(self.site, by, per_page=100).entries
        found = [one.id for one in waiting if (one.case_id, one.element) == (case, element)]
        assert found, [(one.case_id, one.element) for one in waiting]
        form = task_forms.task_form(self.site, by, found[0])
        handed_in = forms.submit_values(form.definition, values, outcome, form.context)
        tasks.complete(self.site, by, found[0], handed_in, version=form.version)

    def stands_as_planned(self) -> None:
        for plan in script.read(self.pack).plans:
            case, expected = self.case(plan.key), plan.expected
            assert (case.status, case.stage) == (expected["status"], expected["stage"]), plan.key
            assert set(expected["must"]) <= self.open(case.id) <= set(expected["open"]), plan.key

    def is_sound(self) -> None:
        with self.site.database.read() as tx:
            assert verify_database(tx).findings == ()
        assert self.rows(select(Incident.cause)) == []

    def busy(self) -> set[str]:
        """Let everybody log in; return for whom work waits."""
        found = set()
        for account in self.accounts:
            login = accounts.log_in(self.site, account.username, account.password, "test")
            actor = accounts.actor_of_session(self.site, login.reference)
            assert actor.name == account.name
            if inbox.waiting(self.site, actor).entries:
                found.add(account.username)
        return found


@dataclass
class Kept:
    """A sample as it was made: its day, its accounts, and a database that nobody opens.

    `server` is that of PostgreSQL, "" where the sample is a file of SQLite.
    """

    pack: str
    day: date
    home: Path
    server: str

    def make(self) -> list[loading.Account]:
        address = f"sqlite:///{self.home / 'dxflow.db'}"
        if self.server:
            address = postgres.create_database(self.server, self._name)
        settings = Settings(home=self.home, database=address, demo=True)
        return loading.load(settings, self.pack, clock=self.moment)

    def open(self, home: Path, name: str) -> Town:
        address = f"sqlite:///{home / 'dxflow.db'}"
        if self.server:
            address = postgres.create_database(self.server, f"{self.pack}_{name}", self._name)
        else:
            shutil.copy(self.home / "dxflow.db", home)
        site = open_site(Settings(home=home, database=address, demo=True), self.moment)
        return Town(site, self.pack, loading.accounts(self.pack))

    def close(self, town: Town, name: str) -> None:
        town.site.database.close()
        if self.server:
            postgres.drop_database(self.server, f"{self.pack}_{name}")

    def drop(self) -> None:
        if self.server:
            postgres.drop_database(self.server, self._name)

    def moment(self) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, 3, tzinfo=UTC)

    @property
    def _name(self) -> str:
        return f"{self.pack}_kept"
