"""Salted commitments: the log proves a personal value without holding it.

The event carries HMAC-SHA256(salt, canonical text of the value); salt and value lie in a table
that may be deleted from. With them the value can be proven to be the one recorded; without them
nothing about it can be learned, as the salt is 32 random bytes of its own for every value.
"""

import hmac
import secrets
from dataclasses import dataclass

from dxflow.audit.canonical import canonical

SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Commitment:
    """A committed value with its opening: `value` is canonical text."""

    digest: bytes
    salt: bytes
    value: str

    @property
    def reference(self) -> dict[str, str]:
        """Return what stands in the event's body in place of the value."""
        return {"commitment": self.digest.hex()}


def commit(value: object) -> Commitment:
    """Commit to a canonical value under a fresh salt."""
    text = canonical(value)
    salt = secrets.token_bytes(SALT_BYTES)
    return Commitment(hmac.digest(salt, text, "sha256"), salt, text.decode("utf-8"))


def opens(digest: bytes, salt: bytes, value: bytes) -> bool:
    """Return whether salt and canonical text are the ones that were committed to."""
    return hmac.compare_digest(hmac.digest(salt, value, "sha256"), digest)


def reference(value: object) -> bytes | None:
    """Return the digest when a value of an event's body is a commitment, else None."""
    if isinstance(value, dict) and value.keys() == {"commitment"}:
        try:
            return bytes.fromhex(value["commitment"])
        except (TypeError, ValueError):
            return None
    return None
