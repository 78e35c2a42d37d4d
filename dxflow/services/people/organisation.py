"""The organisation as of a date: units, posts, who holds them, and what follows from it.

The whole directory of a date is kept in memory under the organisation's version, a name that
every change gives anew in its own transaction: asking who somebody is costs no query of its own.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

import orjson
from sqlalchemy import Connection, ScalarSelect, delete, insert, select, update

from dxflow.authority import organisation as values
from dxflow.authority.directory import Directory
from dxflow.db.identity import Holding, Person, Post, Setting, Unit
from dxflow.ids import new_id
from dxflow.services.people import claims
from dxflow.services.people import standing_rows as standing
from dxflow.services.people.actor import Actor, HeldPost
from dxflow.services.site import Site

VERSION_KEY = "organisation.version"
#: Where it is kept what the roles of packs are called.
ROLES_KEY = "organisation.roles"
_KEPT = 16


@dataclass(frozen=True)
class UnitRow:
    """A unit to be written; dates as in the tables."""

    key: str
    name: str
    kind: str
    parent: str | None
    valid_from: date
    valid_to: date | None = None


@dataclass(frozen=True)
class PostRow:
    """A post to be written."""

    key: str
    title: str
    unit: str
    kind: str
    valid_from: date
    valid_to: date | None = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class HoldingRow:
    """A holding to be written; `person` is a person's id."""

    person: str
    post: str
    valid_from: date
    valid_to: date | None = None
    concurrent: bool = False


@dataclass(frozen=True)
class Organisation:
    """A whole organisation to be written at once."""

    units: tuple[UnitRow, ...] = field(default=())
    posts: tuple[PostRow, ...] = field(default=())
    holdings: tuple[HoldingRow, ...] = field(default=())


_VERSION = select(Setting.value).where(Setting.key == VERSION_KEY).scalar_subquery()
_READ_VERSION = select(_VERSION)
#: The version of an organisation that was never changed.
NONE_YET = "0"


def version_query() -> ScalarSelect[str]:
    """Return the organisation's version as a scalar subquery, to ride on another statement."""
    return _VERSION


def read_version(connection: Connection) -> str:
    """Return the organisation's version as it is now."""
    return str(connection.execute(_READ_VERSION).scalar_one_or_none() or NONE_YET)


def directory(
    site: Site, connection: Connection, day: date, version: str | None = None
) -> Directory:
    """Return who is who on a day. `version` saves the query when the caller knows it."""
    if version is None:
        version = read_version(connection)
    found = site.directories.get((version, day))
    if found is None:
        found = _load(connection, day)
        while len(site.directories) >= _KEPT:
            site.directories.pop(next(iter(site.directories)), None)
        site.directories[(version, day)] = found
    return found


def directory_of(site: Site, day: date, version: str) -> Directory:
    """Return who is who on a day; the database is only asked when this version is new here."""
    found = site.directories.get((version, day))
    if found is not None:
        return found  # type: ignore[no-any-return]
    with site.database.read() as tx:
        return directory(site, tx, day)


def _load(connection: Connection, day: date) -> Directory:
    units = [
        values.Unit(
            key=row.key, name=row.name, parent=row.parent, kind=row.kind,
            valid_from=row.valid_from, valid_to=row.valid_to,
        )
        for row in connection.execute(select(Unit.__table__).order_by(Unit.position, Unit.key))
    ]  # fmt: skip
    posts = [
        values.Post(
            key=row.key, title=row.title, unit=row.unit or None, kind=row.kind,
            roles=frozenset(row.roles.split()),
            valid_from=row.valid_from, valid_to=row.valid_to,
        )
        for row in connection.execute(select(Post.__table__))
    ]  # fmt: skip
    holdings = [
        values.Holding(
            person=row.person_id, post=row.post, concurrent=row.concurrent,
            valid_from=row.valid_from, valid_to=row.valid_to,
        )
        for row in connection.execute(select(Holding.__table__))
    ]  # fmt: skip
    return Directory(
        units, posts, holdings, day,
        absences=standing.absences(connection, day),
        delegations=standing.delegations(connection, day),
        ranks=standing.ranks(connection, day),
        successions=standing.successions(connection),
        role_words=read_role_words(connection),
    )  # fmt: skip


def read_role_words(connection: Connection) -> dict[str, dict[str, str]]:
    """Return what the roles of packs are called: by role and language."""
    kept = connection.execute(
        select(Setting.value).where(Setting.key == ROLES_KEY)
    ).scalar_one_or_none()
    return orjson.loads(kept) if kept else {}


def write(connection: Connection, organisation: Organisation, site: Site) -> None:
    """Add units, posts and holdings, and raise the organisation's version."""
    moment = site.now()
    unit_rows = [
        vars(row) | {"id": new_id(moment), "position": position}
        for position, row in enumerate(organisation.units)
    ]
    post_rows = [
        vars(row) | {"id": new_id(moment), "roles": " ".join(row.roles)}
        for row in organisation.posts
    ]
    holding_rows = [
        {
            "id": new_id(moment), "person_id": row.person, "post": row.post,
            "concurrent": row.concurrent, "valid_from": row.valid_from, "valid_to": row.valid_to,
        }
        for row in organisation.holdings
    ]  # fmt: skip
    for table, rows in ((Unit, unit_rows), (Post, post_rows), (Holding, holding_rows)):
        if rows:
            connection.execute(insert(table), rows)
    raise_version(connection, moment)


def end_holding(connection: Connection, person_id: str, post: str, day: date, now: datetime) -> int:
    """End a person's holding of a post on a day (the first day without it); return how many."""
    ended = connection.execute(
        update(Holding)
        .where(Holding.person_id == person_id, Holding.post == post, Holding.valid_to.is_(None))
        .values(valid_to=day)
    ).rowcount
    connection.execute(delete(Holding).where(Holding.valid_to <= Holding.valid_from))
    raise_version(connection, now)
    return ended


def hold(connection: Connection) -> None:
    """Let nobody else change the organisation until this writing transaction ends.

    What an act has checked stays true until it is written. SQLite has one writer at a time anyway.
    """
    if connection.dialect.name == "sqlite":
        return
    lock = select(Setting.value).where(Setting.key == VERSION_KEY).with_for_update()
    if connection.execute(lock).first() is None:
        _name_version(connection)


def raise_version(connection: Connection, now: datetime) -> None:
    """Tell every process that the organisation has changed; claims that lapse are looked for."""
    _name_version(connection)
    claims.look(connection, now)


def _name_version(connection: Connection) -> None:
    """Give the organisation's version a name that never comes again.

    What was read of it in a transaction that was undone afterwards must not be taken for what
    somebody else writes next.
    """
    version = secrets.token_hex(8)
    changed = connection.execute(
        update(Setting).where(Setting.key == VERSION_KEY).values(value=version)
    ).rowcount
    if not changed:
        connection.execute(insert(Setting).values(key=VERSION_KEY, value=version))


def actor(
    who: Directory,
    person_id: str,
    username: str,
    name: str,
    *,
    acting_post: str | None = None,
    channel: str = "page",
    request_id: str = "",
) -> Actor:
    """Return the person as they stand in the directory; the main post unless another is chosen."""
    posts = tuple(
        HeldPost(
            key=post.key,
            title=post.title,
            unit=post.unit or "",
            unit_name=unit_name(who, post.unit or ""),
            kind=post.kind,
            concurrent=position > 0,
        )
        for position, post in enumerate(who.posts_of(person_id))
    )
    keys = [post.key for post in posts]
    chosen = acting_post if acting_post in keys else (keys[0] if keys else None)
    unit = next((post.unit for post in posts if post.key == chosen), "") or None
    department = who.department_of(unit) if unit else None
    return Actor(
        person_id=person_id,
        username=username,
        name=name,
        on=who.date,
        groups=who.groups_of(person_id),
        posts=posts,
        acting_post=chosen,
        unit=unit,
        department=department.key if department else None,
        channel=channel,
        request_id=request_id,
        stands_in=who.standing.groups_of(person_id),
        who=who,
    )


def unit_name(who: Directory, key: str) -> str:
    """Return the name of a unit on the directory's date, or of the one that succeeded it.

    Its key when there is none.
    """
    unit = who.units.get(who.heir(key))
    return unit.name if unit else key


def sections(who: Directory) -> list[tuple[str, str]]:
    """Return (key, name) of the sections that may lead or join a case, in the city's order."""
    return [
        (unit.key, unit.name) for unit in who.units.values() if unit.kind in values.SECTION_KINDS
    ]


def names_of(connection: Connection, person_ids: Iterable[str]) -> Mapping[str, str]:
    """Return the names of persons by id, in one query."""
    wanted = {p for p in person_ids if p}
    if not wanted:
        return {}
    rows = connection.execute(select(Person.id, Person.name).where(Person.id.in_(wanted)))
    return {row.id: row.name for row in rows}
