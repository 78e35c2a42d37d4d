"""Messages that are to go out, written in the transaction of what they tell of.

One row for an event and a person, whatever happens: telling the same again is nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from dxflow.clock import local_date
from dxflow.db.identity import Person
from dxflow.db.mail import OutgoingMail
from dxflow.ids import new_id
from dxflow.services.people import mail_choices, mail_settings, organisation
from dxflow.services.people.mail_settings import AT_ONCE
from dxflow.services.site import Site

#: Rows of one statement: SQLite takes 32,766 values at the most.
CHUNK = 500
LONGEST_EVENT = 200


@dataclass(frozen=True)
class News:
    """Something that groups are told: `subjects` maps each group to the key of what it is told."""

    event: str
    subjects: Mapping[str, str]


def tell_groups(site: Site, tx: Connection, now: datetime, kind: str, news: Sequence[News]) -> int:
    """Write a message for everybody of the groups who wants mail at once; return how many.

    Whoever is in several groups gets one message for an event.
    """
    if not mail_settings.read(tx).on:
        return 0
    who = organisation.directory(site, tx, local_date(now))
    told = {
        (one.event, person): subject
        for one in news
        for group, subject in sorted(one.subjects.items(), reverse=True)
        for person in who.holders(group)
    }
    return tell_persons(tx, now, kind, told)


def tell_persons(
    tx: Connection, now: datetime, kind: str, told: Mapping[tuple[str, str], str]
) -> int:
    """Write a message for every person of `told` who wants mail at once; return how many.

    `told` maps an event and a person, by id, to the key of what they are told.
    """
    settings = mail_settings.read(tx)
    if not told or not settings.on:
        return 0
    wants = mail_choices.wanting(settings, AT_ONCE)
    among = Person.id.in_(sorted({person for _event, person in told}))
    wanting = set(mail_choices.persons(tx, wants & among))
    letters = [
        Letter(event, person, subject)
        for (event, person), subject in told.items()
        if person in wanting
    ]
    write(tx, now, kind, letters)
    return len(letters)


@dataclass(frozen=True)
class Letter:
    """A message to be written; see OutgoingMail."""

    event: str
    person: str
    subject: str = ""
    since: datetime | None = None


def write(tx: Connection, now: datetime, kind: str, letters: Sequence[Letter]) -> None:
    """Write messages; whoever has one for the same event keeps that one."""
    make = sqlite.insert if tx.dialect.name == "sqlite" else postgresql.insert
    for start in range(0, len(letters), CHUNK):
        rows = [
            {
                "id": new_id(now), "event": one.event[:LONGEST_EVENT], "kind": kind,
                "person_id": one.person, "subject": one.subject, "since": one.since,
                "status": "waiting", "due_at": now, "created_at": now,
            }
            for one in letters[start : start + CHUNK]
        ]  # fmt: skip
        tx.execute(
            make(OutgoingMail)
            .values(rows)
            .on_conflict_do_nothing(index_elements=["event", "person_id"])
        )
