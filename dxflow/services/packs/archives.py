"""A pack as a zip file: read without trust, written as it is published.

The zip holds what `read_folder` reads: `processes/<name>/*` and `forms/<name>/*`, or the files of
a pack with a folder `forms` beside them, at the top or in one folder.
"""

import io
import posixpath
import zipfile
import zlib
from collections.abc import Mapping

from dxflow.errors import Invalid
from dxflow.texts import gettext as _

MOST_FILES = 300
LARGEST_FILE = 1 << 20
LARGEST_PACK = 8 << 20
#: What zipfile raises for files that are broken or packed in a way it does not know.
_UNREADABLE = (
    zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError,
)  # fmt: skip
ENDINGS = (".bpmn", ".dmn", ".toml", ".form")


def read(content: bytes) -> dict[str, str]:
    """Return the files of a pack by the names a version keeps them under.

    Raises Invalid for what is no zip, is too large, encrypted, leads out of its folder, is no
    UTF-8, or has no pack.toml.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return _files(archive)
    except _UNREADABLE as exc:
        message = _(
            "zip ファイルとして読めません。壊れているか、暗号化されています。"
            "フォルダーを zip にまとめ直して送ってください。"
        )
        raise _refused(message) from exc


def write(files: Mapping[str, str], name: str) -> bytes:
    """Return a zip of a version's files, to be unpacked beside others."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted(files):
            folder = f"forms/{name}" if path.startswith("forms/") else f"processes/{name}"
            entry = zipfile.ZipInfo(f"{folder}/{posixpath.basename(path)}", (2026, 1, 1, 0, 0, 0))
            archive.writestr(entry, files[path])
    return buffer.getvalue()


def _files(archive: zipfile.ZipFile) -> dict[str, str]:
    entries = [one for one in archive.infolist() if not one.is_dir()]
    if len(entries) > MOST_FILES:
        raise _refused(_("ファイルが多すぎます（{most}個まで）。", most=MOST_FILES))
    if sum(one.file_size for one in entries) > LARGEST_PACK:
        raise _refused(_("展開すると大きすぎます（{n} MiB まで）。", n=LARGEST_PACK >> 20))
    found: dict[str, str] = {}
    for entry in entries:
        if name := _name(entry):
            if name in found:
                raise _refused(
                    _("{name} が二つあります。zip に入れるパックは一つだけです。", name=name)
                )
            found[name] = _text(archive, entry)
    if "pack.toml" not in found:
        raise _refused(
            _("pack.toml がありません。processes と forms のフォルダーごと zip にしてください。")
        )
    return found


def _name(entry: zipfile.ZipInfo) -> str:
    """Return the name a version keeps a file under, empty for what is not part of a pack."""
    path = entry.filename.replace("\\", "/")
    parts = path.split("/")
    if path.startswith("/") or ".." in parts or ":" in parts[0]:
        raise _refused(_("フォルダーの外を指すファイル名があります: {name}", name=path))
    if entry.flag_bits & 1:
        raise _refused(_("暗号化された zip は使えません。"))
    if not path.endswith(ENDINGS) or parts[-1].startswith("."):
        return ""
    return f"forms/{parts[-1]}" if path.endswith(".form") else parts[-1]


def _text(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    with archive.open(entry) as file:
        content = file.read(LARGEST_FILE + 1)  # what is declared need not be true
    if len(content) > LARGEST_FILE:
        raise _refused(_("{name} が大きすぎます（1 MiB まで）。", name=entry.filename))
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise _refused(_("{name} が UTF-8 の文字として読めません。", name=entry.filename)) from None


def _refused(message: str) -> Invalid:
    return Invalid(message, {"file": [message]})
