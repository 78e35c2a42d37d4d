"""Minutes (議事録): their seal, and the chain of corrections behind it.

A sealed text is never changed. Its SHA-256 stands in the audit log, and each correction carries
that of everything before it, so that none can be taken out or put between others.
"""

import hashlib
from collections.abc import Iterable
from enum import StrEnum

from dxflow.errors import Conflict, NotAllowed
from dxflow.texts import gettext as _


class Stage(StrEnum):
    """Where minutes stand."""

    DRAFT = "draft"
    APPROVED = "approved"
    SEALED = "sealed"


def digest(body: str) -> str:
    """Return the SHA-256 of a text, hexadecimal."""
    return hashlib.sha256(body.encode()).hexdigest()


def correction_digest(before: str, text: str, reason: str) -> str:
    """Return the SHA-256 of a correction behind `before`, the digest it follows."""
    return digest(f"{before}\n{reason}\n{text}")


def unbroken(sealed: str, body: str, corrections: Iterable[tuple[str, str, str]]) -> bool:
    """Return whether a text and its corrections (text, reason, digest) are as they were sealed."""
    last = digest(body)
    if last != sealed:
        return False
    for text, reason, found in corrections:
        last = correction_digest(last, text, reason)
        if last != found:
            return False
    return True


def rewrite(stage: Stage) -> None:
    """Let a draft be written anew. Raises Conflict once it is approved."""
    if stage is Stage.SEALED:
        raise Conflict(_("議事録は確定しています。直すところは訂正として追記してください。"))
    if stage is Stage.APPROVED:
        raise Conflict(_("議事録は承認されています。書き直せません。"))


def approve(stage: Stage, current: str, seen: str, *, presided: bool) -> None:
    """Let the chair approve what they have seen. Raises NotAllowed, Conflict."""
    if not presided:
        raise NotAllowed(_("議事録を承認できるのは、その会議の議長だけです。"))
    if stage is not Stage.DRAFT:
        raise Conflict(_("議事録はすでに承認されています。"))
    if current != seen:
        raise Conflict(
            _(
                "画面を開いたあとに議事録が書き直されました。内容を確かめて、もう一度承認してください。"
            )
        )


def seal(stage: Stage) -> None:
    """Let approved minutes be sealed. Raises Conflict."""
    if stage is Stage.DRAFT:
        raise Conflict(_("議長の承認がまだです。"))
    if stage is Stage.SEALED:
        raise Conflict(_("議事録はすでに確定しています。"))


def correct(stage: Stage) -> None:
    """Let a correction be appended. Raises Conflict before the seal."""
    if stage is not Stage.SEALED:
        raise Conflict(_("訂正を追記できるのは、確定した議事録だけです。"))
