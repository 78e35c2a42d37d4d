"""Roles that watch over others: whoever gains or loses one, CIO and auditors are told.

The event in the log is the proof; the notice makes sure that a second pair of eyes sees it without
looking for it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, insert, select

from dxflow.calendars.wareki import wareki_date
from dxflow.db.case import Notice
from dxflow.db.identity import Person, Post
from dxflow.ids import new_id
from dxflow.services.people import outbox
from dxflow.services.people.naming import role_name
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import to_be_stored

POWERFUL = frozenset({"admin", "auditor", "cio"})
#: Who is told.
WATCHERS = ("role:cio", "role:auditor")


@dataclass(frozen=True)
class Turn:
    """A post that a person, by id, is given or gives up from `day` on."""

    person: str
    post: str
    day: date


def roles_of(tx: Connection, turns: Iterable[Turn]) -> dict[Turn, frozenset[str]]:
    """Return the powerful roles that come or go, in one query; turns without any are left out."""
    posts = tx.execute(
        select(Post.key, Post.roles, Post.valid_from, Post.valid_to).where(Post.roles != "")
    ).all()
    found = {}
    for turn in turns:
        roles = {
            role
            for post in posts
            if post.key == turn.post
            and post.valid_from <= turn.day
            and (post.valid_to is None or turn.day < post.valid_to)
            for role in post.roles.split()
        }
        if powerful := POWERFUL & roles:
            found[turn] = powerful
    return found


def tell_given(site: Site, tx: Connection, turns: Iterable[Turn]) -> None:
    """Leave a notice for every post given that carries a powerful role."""
    tell_gained(site, tx, roles_of(tx, turns))


def tell_ended(site: Site, tx: Connection, turns: Iterable[Turn]) -> None:
    """Leave a notice for every post given up that carries a powerful role."""
    tell_lost(site, tx, roles_of(tx, turns))


def tell_gained(site: Site, tx: Connection, powerful: Mapping[Turn, frozenset[str]]) -> None:
    """Leave a notice of powerful roles that come with a post from the turn's day on."""
    _tell(
        site, tx, powerful,
        lambda name, roles, day: _(
            "{name} に「{roles}」の役割がつきます（{day} から）。", name=name, roles=roles, day=day
        ),
    )  # fmt: skip


def tell_lost(site: Site, tx: Connection, powerful: Mapping[Turn, frozenset[str]]) -> None:
    """Leave a notice of powerful roles that go from the turn's day on."""
    _tell(
        site, tx, powerful,
        lambda name, roles, day: _(
            "{name} の「{roles}」の役割が終わります（{day} から）。", name=name, roles=roles, day=day
        ),
    )  # fmt: skip


def _tell(
    site: Site, tx: Connection, powerful: Mapping[Turn, frozenset[str]],
    sentence: Callable[[str, str, str], str],
) -> None:  # fmt: skip
    if not powerful:
        return
    persons = {turn.person for turn in powerful}
    names = {
        row.id: row.name
        for row in tx.execute(select(Person.id, Person.name).where(Person.id.in_(sorted(persons))))
    }
    now = site.now()
    rows, news = [], []
    with to_be_stored():
        for turn, roles in powerful.items():
            words = "、".join(sorted(role_name(role) for role in roles))
            message = sentence(names[turn.person], words, wareki_date(turn.day))
            told = {group: new_id(now) for group in WATCHERS}
            news.append(outbox.News(f"notice:{told[WATCHERS[0]]}", told))
            rows += [
                {"id": key, "group_key": group, "case_id": None, "message": message, "at": now}
                for group, key in told.items()
            ]
    tx.execute(insert(Notice), rows)
    outbox.tell_groups(site, tx, now, "notice", news)
