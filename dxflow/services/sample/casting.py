"""Who does what in the sample: somebody it is offered to on the day, and who may act on it."""

from dataclasses import dataclass

from sqlalchemy import select

from dxflow.authority.directory import Directory
from dxflow.authority.organisation import LADDER
from dxflow.db.case import Case
from dxflow.services.acts import history
from dxflow.services.packs import store as packs
from dxflow.services.people import organisation
from dxflow.services.people.actor import Actor
from dxflow.services.sample.city import People
from dxflow.services.sample.script import SampleBroken
from dxflow.services.sample.waiting import Waiting
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class Casting:
    """Chooses people on the site's date: staff before their head, accounts to try before others."""

    site: Site
    people: People
    pack: packs.Pack

    def who(self) -> Directory:
        """Return who is who on the date."""
        with self.site.database.read() as tx:
            return organisation.directory(self.site, tx, self.site.today())

    def known(self, key: str) -> Actor:
        """Return a person of the script."""
        return self.people.actor(self.who(), self.people.by_key[key].id, frozenset())

    def member(self, group: str) -> Actor:
        """Return somebody of a group."""
        who = self.who()
        person = min(who.holders(group), key=lambda one: self._rank(who, one, ""))
        return self.people.actor(who, person, frozenset({group}))

    def doer(self, waiting: Waiting) -> Actor:
        """Return who does a task: the proposer when they may, nobody involved where one judges.

        Raises SampleBroken when nobody may.
        """
        who = self.who()
        if waiting.assignee is not None:
            return self.people.actor(who, waiting.assignee, waiting.groups)
        with self.site.database.read() as tx:
            applicant = tx.execute(
                select(Case.applicant_id).where(Case.id == waiting.case_id)
            ).scalar_one()
            involved = history.involvement(tx, waiting.case_id, applicant).persons
        persons = {person for group in waiting.groups for person in who.holders(group)}
        if self.pack.act_of(waiting.process, waiting.element) in packs.SEGREGATED:
            persons -= involved
        if not persons:
            raise SampleBroken(
                _(
                    "作業「{task}」を {day} に担える人が見本にいません。",
                    task=waiting.element,
                    day=who.date,
                )
            )
        chosen = min(persons, key=lambda one: self._rank(who, one, applicant))
        return self.people.actor(who, chosen, waiting.groups)

    def tried(self, who: Directory, waiting: Waiting) -> bool:
        """Return whether a task waits for somebody who may log in."""
        persons = {person for group in waiting.groups for person in who.holders(group)}
        return any(self.people.by_id[person].login for person in persons)

    def _rank(self, who: Directory, person: str, first: str) -> tuple[bool, int, int]:
        steps = [LADDER.index(post.kind) for post in who.posts_of(person) if post.kind in LADDER]
        return (person != first, max(steps, default=-1), self.people.by_id[person].place)
