"""A seat of a person: a place in a body that comes with no other post, held from a day to a day.

It is a post of its own with the roles of the body's other seats, made together with its holder, so
that transfers, quorum and recusals treat it as every seat. Ending it early is ending the post.
"""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, select

from dxflow import audit
from dxflow.db.identity import Post
from dxflow.errors import Conflict, Invalid
from dxflow.services.meetings import stored
from dxflow.services.packs.settings import Body
from dxflow.services.people import accounts, organisation, person_rows, powers
from dxflow.services.people.actor import Actor
from dxflow.services.people.organisation import HoldingRow, Organisation, PostRow
from dxflow.services.people.person_rows import ADMIN_ROLE
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

LONGEST_TITLE = 100
KIND = "staff"


@dataclass(frozen=True)
class SeatMade:
    """A seat of a person. `until` is the first day without it, None for open."""

    seat: str
    title: str
    username: str
    since: date
    until: date | None


def appoint(
    site: Site, by: Actor, body_key: str, username: str, title: str, since: date | None,
    until: date | None,
) -> SeatMade:  # fmt: skip
    """Give a person a seat in a body for a time, today unless said.

    They need an account. Their logins end, since what they may do changes. Raises NotAllowed,
    NotFound for body or person, Invalid, Conflict for somebody who has a seat in it then.
    """
    by.require_role(ADMIN_ROLE)
    day, name = since or site.today(), title.strip()
    _check(site, name, day, until)
    with site.database.write() as tx:
        organisation.hold(tx)
        body = stored.body_of(site, tx, body_key)
        person = person_rows.person(tx, username.strip())
        who = organisation.directory(site, tx, day)
        if any(body.seat_role in post.roles for post in who.posts_of(person["id"])):
            raise Conflict(_("{name} は、その日にこの会議体の席に就いています。", name=username))
        seat = _key(tx, body)
        roles = _roles(site, tx, body, day)
        main = not who.posts_of(person["id"])
        organisation.write(
            tx,
            Organisation(
                posts=(PostRow(seat, name, "", KIND, day, until, roles),),
                holdings=(HoldingRow(person["id"], seat, day, until, concurrent=not main),),
            ),
            site,
        )
        powers.tell_given(site, tx, [powers.Turn(person["id"], seat, day)])
        accounts.end_all(tx, person["id"])
        span = (
            audit.Change("valid_from", mark("始まり"), None, day),
            audit.Change("valid_to", mark("終わり"), None, until),
        )
        person_rows.record(
            site, tx, by, "post.created", "",
            audit.Change("title", mark("名前"), None, name),
            audit.Change("roles", mark("役割"), None, list(roles)), *span,
            subject=audit.Subject("post", seat),
        )  # fmt: skip
        person_rows.record(
            site, tx, by, "membership.granted", person["id"],
            audit.Change("post", mark("職"), None, seat), *span,
        )  # fmt: skip
    return SeatMade(seat, name, username.strip(), day, until)


def _check(site: Site, title: str, since: date, until: date | None) -> None:
    """Raise Invalid with everything that is wrong."""
    wrong: dict[str, list[str]] = {}
    if not 0 < len(title) <= LONGEST_TITLE:
        wrong["title"] = [_("席の名前を {n} 文字までで書いてください。", n=LONGEST_TITLE)]
    if since < site.today():
        wrong["since"] = [_("今日以後の日にしてください。")]
    if until is not None and until <= since:
        wrong["until"] = [_("終わりの日は始まりより後にしてください。")]
    if wrong:
        raise Invalid("".join(text for texts in wrong.values() for text in texts), wrong)


def _key(tx: Connection, body: Body) -> str:
    """Return a key that no post has had: the body's with a number."""
    stem = f"{body.key}-"[:56]
    taken = select(func.count(func.distinct(Post.key))).where(Post.key.startswith(stem))
    number = tx.execute(taken).scalar_one() + 1
    while tx.execute(select(Post.id).where(Post.key == f"{stem}{number}")).first() is not None:
        number += 1
    return f"{stem}{number}"


def _roles(site: Site, tx: Connection, body: Body, day: date) -> tuple[str, ...]:
    """Return the roles that every ordinary seat of the body has."""
    posts = organisation.directory(site, tx, day).posts.values()
    ordinary = [
        post.roles
        for post in posts
        if body.seat_role in post.roles and post.roles.isdisjoint(body.chair_roles)
    ]
    common = frozenset.intersection(*ordinary) if ordinary else frozenset()
    return tuple(sorted({body.seat_role, *common} - {ADMIN_ROLE}))
