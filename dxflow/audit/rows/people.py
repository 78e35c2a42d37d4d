"""Compare who is who with what the log says: accounts, who holds which post, what roles posts carry.

The log must know all of it, from the installation's first day, before a row without an event is a
finding: rows that were put in past the program before that (an organisation of a test) are not.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from dxflow.audit.findings import Finding, FindingKind
from dxflow.audit.reading import rows
from dxflow.texts import gettext as _

STREAM = "sys:admin"
_PERSONS = "SELECT id, username, status FROM person"
_POSTS = "SELECT key, title, roles FROM post"
_HOLDINGS = "SELECT person_id, post, valid_from, valid_to FROM holding"


@dataclass(slots=True)
class _Held:
    """What the log says of one person and one post: the days it names, and the last event."""

    begins: set[str] = field(default_factory=set)
    ends: set[str] = field(default_factory=set)
    #: Whether every appointment says its day.
    dated: bool = True
    granted: bool = False
    #: The last event, whether it ended the holding for good, and its number.
    ended: bool = False
    seq: int = 0


@dataclass(slots=True)
class PeopleSaid:
    """What the log says of people and posts: gathered event by event, compared at the end."""

    #: Whether the log goes back to the first day; who was registered since it began.
    complete: bool = False
    created: set[str] = field(default_factory=set)
    status: dict[str, tuple[str, int]] = field(default_factory=dict)
    held: dict[tuple[str, str], _Held] = field(default_factory=lambda: defaultdict(_Held))
    #: post -> every set of roles that it was given, and the last event about it.
    roles: dict[str, tuple[set[frozenset[str]], int]] = field(default_factory=dict)

    def note(self, body: Mapping[str, Any], _stream: str, seq: int) -> None:
        """Remember what an event says; one that was damaged says nothing."""
        kind, thing, changes = body.get("type"), body.get("object"), body.get("changes")
        if kind == "system.initialised":
            self.complete = True
        if not isinstance(kind, str) or not isinstance(thing, dict):
            return
        found = changes if isinstance(changes, list) else []
        after = {one.get("field"): one for one in reversed(found) if isinstance(one, dict)}
        which = str(thing.get("id"))
        if kind in ("person.created", "person.reactivated"):
            self.status[which] = ("active", seq)
            if kind == "person.created":
                self.created.add(which)
        elif kind == "person.deactivated":
            self.status[which] = (str(after.get("status", {}).get("after", "inactive")), seq)
        elif kind in ("membership.granted", "membership.ended"):
            self._membership(kind, which, after, seq)
        elif kind in ("post.created", "post.changed"):
            self._post(kind, which, after, seq)

    def _membership(
        self, kind: str, person: str, after: Mapping[Any, dict[str, Any]], seq: int
    ) -> None:
        post, end = after.get("post", {}), after.get("valid_to", {}).get("after")
        granted = kind == "membership.granted"
        held = self.held[person, str(post.get("after" if granted else "before"))]
        held.seq, held.ended = seq, not granted and end is not None
        if granted:
            held.granted = True
            begin = after.get("valid_from", {}).get("after")
            held.dated = held.dated and begin is not None
            held.begins.add(str(begin))
        if end is not None:
            held.ends.add(str(end))

    def _post(self, kind: str, post: str, after: Mapping[Any, dict[str, Any]], seq: int) -> None:
        known = self.roles.get(post)
        if known is None and kind != "post.created":
            return  # its beginning is older than the log: what it carried then is not known
        sets = known[0] if known else set[frozenset[str]]()
        if "roles" in after or kind == "post.created":
            given = after.get("roles", {}).get("after") or []
            sets.add(frozenset(given.split() if isinstance(given, str) else map(str, given)))
        self.roles[post] = (sets, seq)


def people_findings(connection: Connection, said: PeopleSaid) -> Iterator[Finding]:
    """Compare the rows with what the log says of them; one pass over each table."""
    names: dict[str, str] = {}
    for person, username, status in rows(connection, _PERSONS):
        names[person] = username
        told = said.status.get(person)
        if told is None:
            if said.complete:
                text = _("利用者 {name} の登録が記録されていません。", name=username)
                yield _finding(0, text)
        elif told[0] != status:
            text = _("利用者 {name} が有効か無効かが、記録と違います。", name=username)
            yield _finding(told[1], text)
    titles: dict[str, str] = {}
    for post, title, roles in rows(connection, _POSTS):
        titles[post] = title
        known = said.roles.get(post)
        if known is not None and frozenset(roles.split()) not in known[0]:
            text = _("職「{post}」の役割が、記録と違います（{roles}）。", post=title, roles=roles)
            yield _finding(known[1], text)
    yield from _holdings(connection, said, names, titles)
    for person in sorted(said.status.keys() - names.keys()):
        text = _("記録にある利用者（{id}）がいません（削除）。", id=person)
        yield _finding(said.status[person][1], text)


def _holdings(
    connection: Connection, said: PeopleSaid, names: Mapping[str, str], titles: Mapping[str, str]
) -> Iterator[Finding]:
    there = set()
    for person, post, begin, end in rows(connection, _HOLDINGS):
        there.add((person, post))
        if not said.complete and person not in said.created:
            continue  # what they held before the log began is not known
        held = said.held.get((person, post))
        name, title = names.get(person, person), titles.get(post, post)
        if held is None or not held.granted:
            text = _("利用者 {name} の職「{post}」への任命が記録されていません。",
                     name=name, post=title)  # fmt: skip
            yield _finding(0, text)
            continue
        days = (held.dated and str(begin) not in held.begins) or (
            held.ended if end is None else str(end) not in held.ends
        )
        if days:
            text = _(
                "利用者 {name} の職「{post}」の期間が、記録と違います。", name=name, post=title
            )
            yield _finding(held.seq, text)
    for (person, post), held in said.held.items():
        known = said.complete or person in said.created
        if known and held.granted and not held.ended and (person, post) not in there:
            text = _("記録にある、利用者 {name} の職「{post}」がありません（削除）。",
                     name=names.get(person, person), post=titles.get(post, post))  # fmt: skip
            yield _finding(held.seq, text)


def _finding(seq: int, text: str) -> Finding:
    return Finding(FindingKind.RECORD, STREAM, seq, text)
