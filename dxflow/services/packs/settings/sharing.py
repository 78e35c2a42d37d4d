"""What a pack's `[shared]` names: files of the pack in a folder beside it, used as they are."""

import re
from dataclasses import dataclass
from typing import Any

from dxflow.services.packs.settings.authority import Complain
from dxflow.texts import gettext as _

KEY = "shared"
_KEYS = frozenset({"pack", "files"})
_PACK = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_TEXTS = re.compile(r"^texts\.([a-z]+)\.toml$")
_NAME = re.compile(r"(forms/)?[A-Za-z0-9][A-Za-z0-9_.-]*\.(bpmn|dmn|form|toml)")


@dataclass(frozen=True)
class Shared:
    """The name of the other pack's folder, "" where nothing is shared, and the files by name."""

    pack: str = ""
    files: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names the files have here: translations stand beside the pack's own."""
        return tuple(_TEXTS.sub(rf"texts.{self.pack}.\1.toml", name) for name in self.files)


def read(raw: Any, complain: Complain) -> Shared:
    """Return what is shared; what is wrong is told, and nothing is shared then."""
    if not isinstance(raw, dict):
        complain(KEY, _("[{key}] は表として書いてください。", key=KEY))
        return Shared()
    for key in sorted(set(raw) - _KEYS):
        complain(key, _("[shared] に {key} という項目はありません。", key=key))
    if not raw:
        return Shared()
    pack, files = raw.get("pack"), raw.get("files", [])
    if not isinstance(pack, str) or not _PACK.fullmatch(pack):
        complain("pack", _("[shared] の pack には、隣のフォルダーの名前を書いてください。"))
        return Shared()
    if not isinstance(files, list):
        complain("files", _("[shared] の files は、ファイル名の並びで書いてください。"))
        return Shared()
    for name in files:
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name == "pack.toml":
            complain("files", _("「{name}」は共有できるファイルの名前ではありません。", name=name))
            return Shared()
    return Shared(pack, tuple(files))
