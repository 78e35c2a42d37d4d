"""Names of files: Japanese kept, whatever could mislead a person or a program taken out."""

import re
import unicodedata
from urllib.parse import quote

#: Signs of a name, and bytes of it in UTF-8, with which every file system is content.
LONGEST, LONGEST_BYTES = 120, 240
#: Format signs (bidi overrides and invisible ones among them), controls, separators of lines.
_TAKEN_OUT = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})
_NOT_ON_WINDOWS = re.compile(r'[<>:"|?*]')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9]|lpt[0-9])", re.IGNORECASE)
#: What RFC 5987 lets stand as it is.
_PLAIN = "!#$&+-.^_`|~"


def safe_name(sent: str) -> str:
    """Return a name without path, invisible signs and what Windows refuses; "" when none is left.

    The name is in normalization form C: a Mac sends が as two signs.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", sent))[-1]
    seen = "".join(sign for sign in last if unicodedata.category(sign) not in _TAKEN_OUT)
    seen = _NOT_ON_WINDOWS.sub("_", " ".join(seen.split())).strip(" .")
    stem, dot, ending = seen.rpartition(".")
    if not dot:
        stem, ending = seen, ""
    if _RESERVED.fullmatch(stem.split(".")[0]):
        stem = f"_{stem}"
    return _short(stem, dot + ending) if stem else ""


def ending_of(name: str) -> str:
    """Return the ending of a name in small letters without its dot, "" for a name without one."""
    stem, dot, ending = name.rpartition(".")
    return ending.lower() if dot and stem else ""


def content_disposition(name: str, *, inline: bool = False) -> str:
    """Return the header by which a browser keeps a file under its name (RFC 6266 and 5987)."""
    plain = "".join(sign if sign.isascii() and sign not in '"\\%' else "_" for sign in name)
    whole = quote(name, safe=_PLAIN)
    how = "inline" if inline else "attachment"
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{whole}"


def _short(stem: str, ending: str) -> str:
    while stem and (len(stem + ending) > LONGEST or len((stem + ending).encode()) > LONGEST_BYTES):
        stem = stem[:-1]
    return f"{stem}{ending}" if stem else ""
