"""Hashing of passwords: Argon2id, one cost for every account, known or not.

Cost: 46 MiB, one pass (OWASP's equal of 19 MiB, two passes; about 50 ms), at most a few hashes at a
time so that a flood of logins cannot eat the memory.
"""

import hashlib
import hmac
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from dxflow.errors import Invalid
from dxflow.texts import gettext as _

MINIMUM_LENGTH = 10
MAXIMUM_LENGTH = 256

#: Marks the hash of a generated one-time password.
_ONCE = "once$"

_hasher = PasswordHasher(time_cost=1, memory_cost=47104, parallelism=1)
_slots = threading.BoundedSemaphore(4)


@cache
def _nobody() -> str:
    """Return the hash that an unknown name is measured against, made at the first login."""
    return _hasher.hash("a password nobody has")


def make(password: str, username: str = "") -> str:
    """Return the hash of a password. Raises Invalid when it is too short, too long or the name."""
    if len(password) > MAXIMUM_LENGTH:
        raise Invalid(
            _("パスワードは {n} 文字までにしてください。", n=MAXIMUM_LENGTH),
            {"password": [_("{n} 文字までにしてください。", n=MAXIMUM_LENGTH)]},
        )
    if len(password) < MINIMUM_LENGTH:
        raise Invalid(
            _("パスワードは {n} 文字以上にしてください。", n=MINIMUM_LENGTH),
            {"password": [_("{n} 文字以上にしてください。", n=MINIMUM_LENGTH)]},
        )
    if len(set(password)) < 4 or password.casefold() == username.casefold():
        raise Invalid(
            _(
                "推測されやすいパスワードは使えません。"
                "同じ文字のくり返しや利用者名ではないものにしてください。"
            ),
            {"password": [_("同じ文字のくり返しや利用者名ではないものにしてください。")]},
        )
    with _slots:
        return _hasher.hash(password)


def make_once(secret: str) -> str:
    """Return the hash of a generated password of 96 random bits, to be changed at first login.

    Slow hashing protects what people choose; nobody can guess through 96 random bits, so that
    hundreds of new accounts need not wait for it.
    """
    return _ONCE + hashlib.sha256(secret.encode()).hexdigest()


def matches(stored: str | None, password: str) -> bool:
    """Return whether the password fits; takes as long for an account that does not exist."""
    if stored is not None and stored.startswith(_ONCE):
        matches(None, password)
        return hmac.compare_digest(stored, make_once(password))
    with _slots:
        try:
            _hasher.verify(stored or _nobody(), password[:MAXIMUM_LENGTH])
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False
    return stored is not None
