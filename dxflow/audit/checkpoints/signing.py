"""The key that signs checkpoints: Ed25519 (RFC 8032), kept as files that openssl reads as well.

The library is read in by those who sign or check a signature, and by nobody else.
"""

import base64
import binascii
import hashlib
import os
import re
import secrets
from pathlib import Path

from dxflow import refused
from dxflow.config import ConfigRefused
from dxflow.texts import gettext as _

#: What stands before the 32 bytes of a key in DER (RFC 8410): public, and private.
_PUBLIC = bytes.fromhex("302a300506032b6570032100")
_PRIVATE = bytes.fromhex("302e020100300506032b657004220420")
KEY_BYTES = 32
SIGNATURE_BYTES = 64
_LARGEST = 4096


def make_seed() -> bytes:
    """Return a fresh private key: 32 random bytes."""
    return secrets.token_bytes(KEY_BYTES)


def write_seed(file: Path, seed: bytes, *, replace: bool = False) -> None:
    """Put a private key into a file that this user alone can read.

    Raises FileExistsError when there is one already that is not to be replaced, OSError.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = file.with_name(file.name + ".new") if replace else file
    if replace:
        place.unlink(missing_ok=True)
    handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as f:
        f.write(_pem("PRIVATE KEY", _PRIVATE + seed))
        f.flush()
        os.fsync(f.fileno())
    if replace:
        place.replace(file)


def read_seed(file: Path) -> bytes | None:
    """Return the private key of a file, None when there is none.

    Raises ConfigRefused for a file that is no such key, or that others can read.
    """
    try:
        text = file.read_bytes()[:_LARGEST]
        mode = file.stat().st_mode
    except FileNotFoundError:
        return None
    except OSError as exc:
        raise ConfigRefused(
            _(
                "署名の鍵 {file} を読めません（{why}）。"
                "ファイルの持ち主は、サービスの利用者（dxflow）でなければなりません。",
                file=file,
                why=refused.why(exc),
            )
        ) from None
    if os.name == "posix" and mode & 0o077:
        raise ConfigRefused(
            _(
                "署名の鍵 {file} を他の利用者が読めます。chmod 600 を実行してください。",
                file=file,
            )
        )
    der = _der(text, "PRIVATE KEY")
    if der is None or not der.startswith(_PRIVATE) or len(der) != len(_PRIVATE) + KEY_BYTES:
        raise ConfigRefused(_("{file} は署名の鍵（Ed25519）ではありません。", file=file))
    return der[len(_PRIVATE) :]


def public_of(seed: bytes) -> bytes:
    """Return the 32 bytes of the public key of a private one."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def sign(seed: bytes, message: bytes) -> bytes:
    """Return the 64 bytes of a signature."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def signed_by(public: bytes, signature: bytes, message: bytes) -> bool:
    """Return whether a signature over a message is that of a public key."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint(public: bytes) -> str:
    """Return the SHA-256 (hex) of a public key in DER, as openssl would give it."""
    return hashlib.sha256(_PUBLIC + public).hexdigest()


def public_pem(public: bytes) -> str:
    """Return a public key as the text of a PEM file."""
    return _pem("PUBLIC KEY", _PUBLIC + public).decode("ascii")


def read_public(file: Path) -> bytes:
    """Return the public key of a PEM file, whatever stands around it. Raises ConfigRefused."""
    try:
        der = _der(file.read_bytes()[:_LARGEST], "PUBLIC KEY")
    except OSError as exc:
        raise ConfigRefused(
            _("公開鍵 {file} を読めません（{why}）。", file=file, why=refused.why(exc))
        ) from None
    if der is None or not der.startswith(_PUBLIC) or len(der) != len(_PUBLIC) + KEY_BYTES:
        raise ConfigRefused(_("{file} は公開鍵（Ed25519 の PEM）ではありません。", file=file))
    return der[len(_PUBLIC) :]


def grouped(digest: str) -> str:
    """Return a hash in groups of eight digits, to be read aloud and compared with paper."""
    return " ".join(digest[start : start + 8] for start in range(0, len(digest), 8))


def _pem(what: str, der: bytes) -> bytes:
    text = base64.b64encode(der).decode("ascii")
    return f"-----BEGIN {what}-----\n{text}\n-----END {what}-----\n".encode("ascii")


def _der(text: bytes, what: str) -> bytes | None:
    """Return what the first block of a PEM file holds, None when there is none."""
    found = re.search(
        f"-----BEGIN {what}-----(.+?)-----END {what}-----", text.decode("ascii", "replace"), re.S
    )
    if found is None:
        return None
    try:
        return base64.b64decode("".join(found[1].split()), validate=True)
    except binascii.Error:
        return None
