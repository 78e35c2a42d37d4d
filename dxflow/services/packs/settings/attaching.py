"""What a pack's `[attachments]` settles: how much may be attached, and which kinds of files."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dxflow.attachments.kinds import KINDS
from dxflow.services.packs.settings.authority import Complain
from dxflow.texts import gettext as _

KEY = "attachments"
_MOST_MB = 1024


@dataclass(frozen=True)
class AttachmentSettings:
    """Limits in megabytes and endings of files; None leaves it to the installation."""

    file_mb: int | None = None
    case_mb: int | None = None
    kinds: tuple[str, ...] | None = None


def read(raw: Any, complain: Complain) -> AttachmentSettings:
    """Return the settings; what is wrong is told, and left to the installation."""
    if not isinstance(raw, dict):
        complain(KEY, _("[{key}] は表として書いてください。", key=KEY))
        return AttachmentSettings()
    return AttachmentSettings(
        file_mb=_megabytes(raw, "file_mb", complain),
        case_mb=_megabytes(raw, "case_mb", complain),
        kinds=_kinds(raw, complain),
    )


def _megabytes(raw: Mapping[str, Any], key: str, complain: Complain) -> int | None:
    value = raw.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _MOST_MB:
        complain(
            key, _("{key} は 1 から {most} の数（MB）にしてください。", key=key, most=_MOST_MB)
        )
        return None
    return value


def _kinds(raw: Mapping[str, Any], complain: Complain) -> tuple[str, ...] | None:
    value = raw.get("kinds")
    if value is None:
        return None
    if not isinstance(value, list) or not set(map(str, value)) <= KINDS.keys():
        complain(
            "kinds",
            _("kinds には {kinds} だけを並べられます。", kinds=_("、").join(KINDS)),
        )
        return None
    return tuple(map(str, value))
