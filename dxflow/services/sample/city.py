"""The sample city founded: people with their accounts, organisation, and the pack."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert

from dxflow import audit
from dxflow.authority.directory import Directory
from dxflow.db.identity import Person
from dxflow.ids import new_id
from dxflow.services.administration.units import stored
from dxflow.services.installation import bootstrap
from dxflow.services.packs import store as packs
from dxflow.services.people import events, organisation, passwords, person_rows, standing
from dxflow.services.people.actor import Actor
from dxflow.services.people.organisation import HoldingRow, Organisation, PostRow, UnitRow
from dxflow.services.sample.script import Login, Script
from dxflow.services.site import Site
from dxflow.texts import mark

PASSWORD = "dxflow-demo"  # noqa: S105 - only in demonstrations; a production start refuses it


@dataclass(frozen=True)
class Citizen:
    """A person of the sample city; `login` when they are one of the accounts to try.

    `place` orders people: the accounts as the script lists them, then everybody else.
    """

    id: str
    place: int
    username: str
    name: str
    login: Login | None


@dataclass(frozen=True)
class People:
    """Everybody, by the id of the script and by the person's id."""

    by_key: Mapping[str, Citizen]
    by_id: Mapping[str, Citizen]

    def actor(self, who: Directory, person_id: str, groups: frozenset[str]) -> Actor:
        """Return a person as they act on a task of these groups: in the post it is offered to."""
        citizen = self.by_id[person_id]
        return organisation.actor(
            who,
            citizen.id,
            citizen.username,
            citizen.name,
            acting_post=_fitting_post(who, person_id, groups),
        )


def found(site: Site, script: Script, files: Mapping[str, str]) -> People:
    """Make the city in a database whose tables are there, and publish the pack's files."""
    people = _people(site, script)
    with site.database.write() as tx:
        _insert(site, tx, people)
        organisation.write(tx, _organisation(script, people), site)
        _record(site, tx, script, people)
    for post, order in script.substitutes.items():
        standing.set_substitutes(site, bootstrap.operator(site), post, order)
    packs.install(site, files, "system")
    return people


def _people(site: Site, script: Script) -> People:
    logins = {login.person: login for login in script.logins}
    order = [*logins, *(one["id"] for one in script.people if one["id"] not in logins)]
    citizens = {}
    for one in script.people:
        login = logins.get(one["id"])
        citizens[one["id"]] = Citizen(
            id=new_id(site.now()),
            place=order.index(one["id"]),
            username=login.username if login else one["id"],
            name=one["name"],
            login=login,
        )
    return People(citizens, {citizen.id: citizen for citizen in citizens.values()})


def _insert(site: Site, tx: Connection, people: People) -> None:
    nobody = passwords.make(secrets.token_urlsafe())
    tx.execute(
        insert(Person),
        [
            {
                "id": citizen.id,
                "username": citizen.username,
                "name": citizen.name,
                "email": "",
                "password_hash": passwords.make(PASSWORD, citizen.username)
                if citizen.login
                else nobody,
                "status": "active",
                "demo": True,
                "must_change_password": False,
                "epoch": 1,
                "created_at": site.now(),
            }
            for citizen in people.by_key.values()
        ],
    )


def _organisation(script: Script, people: People) -> Organisation:
    return Organisation(
        tuple(
            UnitRow(
                one["key"], one["name"], one["kind"], one["parent"],
                _day(one["valid_from"]), _end(one.get("valid_to")),
            )
            for one in script.units
        ),
        tuple(
            PostRow(
                one["key"], one["title"], one["unit"] or "", one["kind"],
                _day(one["valid_from"]), _end(one.get("valid_to")), tuple(one["roles"]),
            )
            for one in script.posts
        ),
        tuple(
            HoldingRow(
                people.by_key[one["id"]].id, holding["post"], _day(holding["from"]),
                _end(holding.get("to")), holding.get("concurrent", False),
            )
            for one in script.people
            for holding in one["holdings"]
        ),
    )  # fmt: skip


def _record(site: Site, tx: Connection, script: Script, people: People) -> None:
    """Record everybody and every post they hold, as if each had been entered by the operator."""
    by = bootstrap.operator(site)
    for one in script.people:
        citizen = people.by_key[one["id"]]
        person_rows.record(
            site, tx, by, "person.created", citizen.id,
            audit.Change("username", mark("利用者名"), None, citizen.username, personal=True),
            audit.Change("name", mark("氏名"), None, citizen.name, personal=True),
        )  # fmt: skip
        for holding in one["holdings"]:
            person_rows.record(
                site, tx, by, "membership.granted", citizen.id,
                audit.Change("post", mark("職"), None, holding["post"]),
                audit.Change("valid_from", mark("始まり"), None, _day(holding["from"])),
                audit.Change("valid_to", mark("終わり"), None, _end(holding.get("to"))),
            )  # fmt: skip
    begun = events.system_event(
        "unit.created", site.now(), None, by.channel,
        subject=audit.Subject("unit", script.units[0]["key"]),
        changes=(
            audit.Change("units", mark("組織"), None, [one["name"] for one in script.units]),
            audit.Change("posts", mark("職"), None, [one["title"] for one in script.posts]),
        ),
    )  # fmt: skip
    facts = stored.facts(stored.load(tx))
    audit.append_system(tx, audit.SystemStream.ADMIN, replace(begun, facts=facts))


def _fitting_post(who: Directory, person_id: str, groups: frozenset[str]) -> str | None:
    """Return the post of a person that the groups mean, the main one when it is one of them."""
    for post in who.posts_of(person_id):
        meant = who.groups_of_post(post) | {f"role:{role}" for role in post.roles}
        if post.unit:
            meant |= {f"section:{unit.key}" for unit in (who.section_of(post.unit),) if unit}
        if not groups.isdisjoint(meant):
            return post.key
    return None


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _end(text: Any) -> date | None:
    return _day(text) if text else None
