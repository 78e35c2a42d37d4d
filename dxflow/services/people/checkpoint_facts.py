"""What the installation itself knows of its checkpoints: the key in use, the last one, what failed."""

from dataclasses import dataclass

from sqlalchemy import Connection

from dxflow.audit import signing
from dxflow.services.people import facts

#: The public key in use; the last checkpoint; why the last attempt failed; which number all
#: auditors have by mail, who has the next one, and what went wrong with it.
KEY = "audit.checkpoint_key"
LAST = "audit.checkpoint"
TROUBLE = "audit.checkpoint_trouble"
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
