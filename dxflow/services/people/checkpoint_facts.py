"""What the installation itself knows of its checkpoints: the key in use, the last one, what failed."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from dxflow.audit.checkpoints import signing
from dxflow.services.people import facts

#: The public key in use; the last checkpoint; why the last attempts failed, by who made them (a
#: worker: job, by hand: cli); what a checkpoint found torn; which number all auditors have by
#: mail, who has the next one, and what went wrong with it.
KEY = "audit.checkpoint_key"
LAST = "audit.checkpoint"
TROUBLE = "audit.checkpoint_trouble"
TORN = "audit.checkpoint_torn"
#: The channel under which a worker acts, whose trouble is not ended by a hand.
WORKER = "job"
MAILED = "audit.checkpoint_mailed"


@dataclass(frozen=True)
class PublicKey:
    """The key by which checkpoints are checked: its text as a PEM file, and its fingerprint."""

    pem: str
    fingerprint: str

    @property
    def grouped(self) -> str:
        """Return the fingerprint as it stands on paper."""
        return signing.grouped(self.fingerprint)


@dataclass(frozen=True)
class Torn:
    """That chains had lost or changed what a checkpoint saw, until somebody has settled it.

    `at` and `number` are of the checkpoint that found it first, `before` is the number of the one
    that saw what is lost, `streams` how many chains it was.
    """

    at: datetime
    number: int
    before: int
    streams: int


def torn(tx: Connection) -> Torn | None:
    """Return what was found and not settled yet."""
    fact = facts.read(tx, TORN).get(TORN, {})
    try:
        at = datetime.fromisoformat(fact["at"])
        return Torn(at, int(fact["number"]), int(fact["before"]), int(fact["streams"]))
    except (KeyError, TypeError, ValueError):
        return None


def tear(tx: Connection, found: Torn) -> None:
    """Keep what a checkpoint has found, with what is not settled: since the first of them."""
    first = torn(tx)
    if first is not None:
        found = replace(first, streams=first.streams + found.streams)
    fact = {
        "at": found.at.isoformat(), "number": found.number, "before": found.before,
        "streams": found.streams,
    }  # fmt: skip
    facts.write(tx, TORN, fact)


def of(public: bytes) -> PublicKey:
    """Return a public key for people."""
    return PublicKey(signing.public_pem(public), signing.fingerprint(public))


def known(tx: Connection) -> PublicKey | None:
    """Return the key in use, without reading the key that signs."""
    try:
        public = bytes.fromhex(str(facts.read(tx, KEY).get(KEY, {}).get("key", "")))
    except ValueError:
        return None
    return of(public) if len(public) == signing.KEY_BYTES else None
