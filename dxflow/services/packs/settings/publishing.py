"""What a pack's `[open_data]` settles: under which licence its measures are published."""

from dataclasses import dataclass
from typing import Any

from dxflow.services.packs.settings.authority import Complain
from dxflow.texts import gettext as _

KEY = "open_data"
_KEYS = frozenset({"licence", "attribution"})
_LONGEST = 500


@dataclass(frozen=True)
class OpenData:
    """The wording of the licence, "" where nothing is published, and whom to name as the source."""

    licence: str = ""
    attribution: str = ""


def read(raw: Any, complain: Complain) -> OpenData:
    """Return the settings; what is wrong is told, and nothing is published then."""
    if not isinstance(raw, dict):
        complain(KEY, _("[{key}] は表として書いてください。", key=KEY))
        return OpenData()
    for key in sorted(set(raw) - _KEYS):
        complain(key, _("[open_data] に {key} という項目はありません。", key=key))
    return OpenData(*(_text(raw.get(key, ""), key, complain) for key in ("licence", "attribution")))


def _text(value: Any, key: str, complain: Complain) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST:
        complain(key, _("{key} は {most} 字までの文字列で書いてください。", key=key, most=_LONGEST))
        return ""
    return " ".join(value.split())
