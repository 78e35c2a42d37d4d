"""Codes of an authenticator app (TOTP, RFC 6238: SHA-1, six digits, 30 seconds), and those in reserve.

Pure rules: no clock, no database. A secret is its Base32 text, as apps and people take it.
"""

import base64
import hashlib
import hmac
import secrets
import unicodedata
from datetime import datetime
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
#: How many steps the clock of a phone may be ahead or behind.
DRIFT = 1
#: What RFC 4226 recommends for SHA-1: 160 bits.
SECRET_BYTES = 20
ISSUER = "dxflow"

RESERVE_CODES = 10
#: 80 random bits, which nobody guesses through even by their plain hash.
_RESERVE_BYTES = 10
_GROUP = 4


def fresh_secret() -> str:
    """Return a random secret."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def step_of(moment: datetime) -> int:
    """Return the number of the step that a moment lies in."""
    return int(moment.timestamp()) // STEP_SECONDS


def code_of(secret: str, step: int, digits: int = DIGITS) -> str:
    """Return the code of a step."""
    mac = hmac.digest(base64.b32decode(secret), step.to_bytes(8, "big"), hashlib.sha1)
    place = mac[-1] & 0x0F
    number = int.from_bytes(mac[place : place + 4], "big") & 0x7FFF_FFFF
    return str(number % 10**digits).zfill(digits)


def fitting_step(secret: str, code: str, now: datetime, after: int) -> int | None:
    """Return the step whose code this is, None when it is of no step near now.

    Steps up to `after` are used up: what somebody has read over a shoulder opens nothing.
    """
    here = step_of(now)
    found = None
    for step in range(here - DRIFT, here + DRIFT + 1):
        if hmac.compare_digest(code_of(secret, step), code) and step > after:
            found = step
    return found


def cleaned(typed: str) -> str:
    """Return a code as it is compared: half-width capitals without blanks and hyphens."""
    text = unicodedata.normalize("NFKC", typed[:100]).upper()
    return "".join(sign for sign in text if sign.isascii() and sign.isalnum())


def is_of_app(code: str) -> bool:
    """Return whether a cleaned code has the form of an app's code."""
    return len(code) == DIGITS and code.isdigit()


def fresh_reserve() -> list[str]:
    """Return codes in reserve, each to be used once, in groups as they are shown."""
    made = (base64.b32encode(secrets.token_bytes(_RESERVE_BYTES)) for _n in range(RESERVE_CODES))
    return ["-".join(grouped(code.decode())) for code in made]


def reserve_digest(code: str) -> str:
    """Return the hash under which a code in reserve is kept."""
    return hashlib.sha256(cleaned(code).encode()).hexdigest()


def grouped(text: str) -> list[str]:
    """Return a text in groups of four, as it is typed from a page."""
    return [text[place : place + _GROUP] for place in range(0, len(text), _GROUP)]


def address(secret: str, username: str) -> str:
    """Return the address that an authenticator app reads from a picture."""
    label = quote(f"{ISSUER}:{username}", safe=":@")
    given = {"secret": secret, "issuer": ISSUER}
    return f"otpauth://totp/{label}?{urlencode(given)}"
