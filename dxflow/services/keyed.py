"""Requests of programs that are done once, whatever comes between: told by the id of what they make.

One half of the id is the caller and their key, the other what was asked for: nothing is written for
it that would not be written anyway.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from dxflow.db.identity import Person
from dxflow.errors import Conflict
from dxflow.services import plain
from dxflow.texts import gettext as _

_HALF = 16
#: The greatest second half of an id.
_LAST = "f" * _HALF


@dataclass(frozen=True)
class Keyed:
    """A request's idempotency key, and the digest of what it asks for."""

    key: str
    request: str

    def id_by(self, person_id: str) -> str:
        """Return the id (32 hex digits) of what the request of a person makes."""
        halves = ([person_id, self.key], [self.request])
        return "".join(
            hashlib.sha256(plain.dumps(half).encode()).hexdigest()[:_HALF] for half in halves
        )


def made_before(tx: Connection, ids: Any, person_id: str, keyed: Keyed) -> str | None:
    """Return the id of what the request made when it came first, None when it is new.

    `ids` is the column of such ids. Requests of one person wait for each other here, so that of two
    at the same moment one is done: ask before anything else is locked. Raises Conflict when another
    request had the key.
    """
    tx.execute(select(Person.id).where(Person.id == person_id).with_for_update(key_share=True))
    wanted = keyed.id_by(person_id)
    # between, not LIKE: by that SQLite reads every id there is, and PostgreSQL too in most languages
    same_key = ids.between(wanted[:_HALF], wanted[:_HALF] + _LAST)
    found = tx.execute(select(ids).where(same_key)).scalars().first()
    if found not in (None, wanted):
        raise another_request()
    return wanted if found else None


def another_request() -> Conflict:
    """Return the refusal of a key that was used for something else."""
    return Conflict(_("同じ Idempotency-Key が別の内容に使われています。"))
