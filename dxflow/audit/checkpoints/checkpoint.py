"""A checkpoint: what the log was at one moment, signed, to be kept beyond the server's reach.

A file of two lines. The first is canonical JSON, with its line feed it is what was signed:

    v, installation, number, at     of which installation, which in its order, when (UTC)
    events, streams, head           how many there were; the hash over the heads of all chains
    previous                        SHA-256 of the whole file before it, "" for the first
    key, successor                  the public key that signs; the one that is to sign from here on
    full                            whether `heads` are all chains, or those that moved since
    heads                           [[stream, number of its last event, its hash], …] by stream

The second is the signature (Ed25519) in Base64. A chain's head holds its whole history, since every
event is hashed with the hash before it: comparing heads compares everything up to them.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dxflow.audit.canonical import NotCanonical, canonical, parse
from dxflow.audit.checkpoints import signing
from dxflow.audit.plain import moment_text

FORMAT = 1
#: Where a chain ends: the number of its last event and that event's hash.
Heads = dict[str, tuple[int, str]]


class Unreadable(ValueError):
    """The bytes are no checkpoint, or one that was cut off."""


class NotGenuine(ValueError):
    """The signature is not that of the key that the checkpoint names."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a checkpoint says; hashes and keys in hexadecimal. `digest` is its file's SHA-256."""

    installation: str
    number: int
    at: datetime
    events: int
    streams: int
    head: str
    previous: str
    key: str
    successor: str
    full: bool
    heads: Heads
    digest: str = ""


def head_over(heads: Mapping[str, tuple[int, str]]) -> str:
    """Return the hash over the heads of all chains: SHA-256 of a line each, sorted by stream."""
    lines = (f"{stream} {heads[stream][0]} {heads[stream][1]}\n" for stream in sorted(heads))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def moved(before: Mapping[str, tuple[int, str]], now: Heads) -> Heads:
    """Return the heads that are not what they were."""
    return {stream: head for stream, head in now.items() if before.get(stream) != head}


def torn(before: Mapping[str, tuple[int, str]], now: Mapping[str, tuple[int, str]]) -> list[str]:
    """Return the chains that cannot have become what they are by going on: cut, gone or changed."""
    return [
        stream
        for stream, (seq, digest) in before.items()
        if (found := now.get(stream)) is None
        or found[0] < seq
        or (found[0] == seq and found[1] != digest)
    ]


def digest_of(file: bytes) -> str:
    """Return the SHA-256 of a checkpoint's file, as the next one names it."""
    return hashlib.sha256(file).hexdigest()


def written(checkpoint: Checkpoint, seed: bytes) -> bytes:
    """Return the bytes of a checkpoint's file, signed."""
    body = {
        "v": FORMAT,
        "installation": checkpoint.installation,
        "number": checkpoint.number,
        "at": moment_text(checkpoint.at),
        "events": checkpoint.events,
        "streams": checkpoint.streams,
        "head": checkpoint.head,
        "previous": checkpoint.previous,
        "key": checkpoint.key,
        "successor": checkpoint.successor,
        "full": checkpoint.full,
        "heads": [[stream, *checkpoint.heads[stream]] for stream in sorted(checkpoint.heads)],
    }
    line = canonical(body) + b"\n"
    return line + base64.b64encode(signing.sign(seed, line)) + b"\n"


def read(file: bytes) -> Checkpoint:
    """Return what a checkpoint's file says. Raises Unreadable, NotGenuine."""
    line, _feed, rest = file.partition(b"\n")
    try:
        signature = base64.b64decode(rest.strip(), validate=True)
        found = _checkpoint(parse(line), digest_of(file))
        key = bytes.fromhex(found.key)
    except (NotCanonical, binascii.Error, KeyError, TypeError, ValueError, AttributeError):
        raise Unreadable from None
    if len(signature) != signing.SIGNATURE_BYTES or len(key) != signing.KEY_BYTES:
        raise Unreadable
    if not signing.signed_by(key, signature, line + b"\n"):
        raise NotGenuine
    return found


def _checkpoint(body: Any, digest: str) -> Checkpoint:
    """Read a body. Raises KeyError, TypeError, ValueError and AttributeError for another shape."""
    at = datetime.fromisoformat(body["at"])
    numbers = (body["v"], body["number"], body["events"], body["streams"])
    if at.tzinfo is None or any(type(one) is not int for one in numbers) or body["v"] != FORMAT:
        raise ValueError
    texts = {name: body[name] for name in ("installation", "head", "previous", "key", "successor")}
    if any(type(one) is not str for one in texts.values()) or type(body["full"]) is not bool:
        raise ValueError
    heads: Heads = {}
    for stream, seq, head in body["heads"]:
        if type(stream) is not str or type(seq) is not int or type(head) is not str:
            raise ValueError
        heads[stream] = (seq, head)
    return Checkpoint(
        number=body["number"], at=at, events=body["events"], streams=body["streams"],
        full=body["full"], heads=heads, digest=digest, **texts,
    )  # fmt: skip
