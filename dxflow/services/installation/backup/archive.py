"""The file itself: a ZIP whose last 64 letters are the SHA-256 of everything before them.

Members, in this order: `mimetype` (uncompressed, so that the first bytes tell the kind of file),
one `tables/<name>.jsonl` per table, perhaps `secret_key`, and `manifest.json`. The digest stands
in the archive's comment: one cut, changed or added byte anywhere is noticed before anything is
read, and any program that knows ZIP still opens the file.
"""

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from dxflow.errors import DxflowError
from dxflow.texts import gettext as _

MIMETYPE = b"application/vnd.dxflow.backup+zip"
MANIFEST = "manifest.json"
KEY = "secret_key"
_MARK = b"dxflow-sha256:"
_DIGEST = 64
_HEAD = 30 + len("mimetype") + len(MIMETYPE)
_CHUNK = 1 << 20


class BackupRefused(DxflowError):
    """The file is no backup, or not one that may be used; the message says what to do."""


@dataclass
class Writer:
    """Writes the members of a backup one after another and remembers their digests."""

    archive: zipfile.ZipFile
    members: dict[str, dict[str, Any]] = field(default_factory=dict)

    def add(self, name: str, lines: Iterable[bytes]) -> int:
        """Write a member line by line; return how many lines there were."""
        digest, count = hashlib.sha256(), 0
        with self.archive.open(name, "w", force_zip64=True) as out:
            for line in lines:
                digest.update(line)
                out.write(line)
                count += 1
        self.members[name] = {"sha256": digest.hexdigest(), "lines": count}
        return count

    def finish(self, manifest: dict[str, Any]) -> None:
        """Write the manifest, which names every other member."""
        document = manifest | {"members": self.members}
        self.archive.writestr(MANIFEST, json.dumps(document, ensure_ascii=False, indent=1))


@contextmanager
def written(file: Path) -> Iterator[Writer]:
    """Yield a writer; the file stands in its place only when it is whole and on the disk.

    Readable by its owner only: a backup holds everything the city knows.
    """
    partial = file.with_name(file.name + ".partial")
    with suppress(FileNotFoundError):
        partial.unlink()
    try:
        descriptor = os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL | _BINARY, 0o600)
        with os.fdopen(descriptor, "w+b") as out:
            with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=5) as archive:
                archive.comment = _MARK + b"0" * _DIGEST
                archive.writestr(zipfile.ZipInfo("mimetype"), MIMETYPE)
                yield Writer(archive)
            _seal(out)
            out.flush()
            os.fsync(out.fileno())
        os.replace(partial, file)
        secure(file.parent)
    finally:
        with suppress(FileNotFoundError):
            partial.unlink()


def secure(place: Path) -> None:
    """Have a file or a folder on the disk before going on."""
    if place.is_dir() and os.name != "posix":
        return  # Windows keeps folders by itself and lets nobody open them
    # Windows puts only what may be written on the disk
    descriptor = os.open(place, os.O_RDONLY if place.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


_BINARY = getattr(os, "O_BINARY", 0)


def _seal(out: Any) -> None:
    """Put the digest of everything before it into the last letters."""
    end = out.seek(0, os.SEEK_END) - _DIGEST
    out.seek(0)
    digest = _digest(out, end)
    out.seek(end)
    out.write(digest)


def _digest(source: Any, length: int) -> bytes:
    digest, left = hashlib.sha256(), length
    while left > 0 and (part := source.read(min(left, _CHUNK))):
        digest.update(part)
        left -= len(part)
    return digest.hexdigest().encode()


class Reader:
    """Reads a backup whose bytes are the ones that were written."""

    def __init__(self, file: Path, archive: zipfile.ZipFile) -> None:
        self.file = file
        self._archive = archive
        self.manifest: dict[str, Any] = orjson.loads(archive.read(MANIFEST))
        self.sha256 = archive.comment[len(_MARK) :].decode()

    def lines(self, name: str) -> Iterator[bytes]:
        """Yield the lines of a member. Raises BackupRefused when they are not the ones counted."""
        expected = self.manifest["members"].get(name, {})
        digest, count = hashlib.sha256(), 0
        with self._archive.open(name) as member:
            for line in member:
                digest.update(line)
                count += 1
                yield line
        if (digest.hexdigest(), count) != (expected.get("sha256"), expected.get("lines")):
            raise _altered(self.file)

    def key(self) -> bytes | None:
        """Return the secret key, None when it was left out."""
        if KEY not in self._archive.namelist():
            return None
        return bytes.fromhex(b"".join(self.lines(KEY)).decode())


@contextmanager
def read(file: Path) -> Iterator[Reader]:
    """Yield a reader of a whole and unaltered file. Raises BackupRefused for any other."""
    try:
        with file.open("rb") as source:
            _require_whole(file, source)
            with zipfile.ZipFile(source) as archive:
                yield Reader(file, archive)
    except (zipfile.BadZipFile, KeyError, orjson.JSONDecodeError) as exc:
        raise _altered(file) from exc


def _require_whole(file: Path, source: Any) -> None:
    head = source.read(_HEAD)
    if not (head.startswith(b"PK") and head.endswith(MIMETYPE)):
        raise BackupRefused(
            _(
                "{file} は dxflow のバックアップではありません（または先頭が壊れています）。"
                "dxflow backup で作ったファイルを指定してください。",
                file=file,
            )
        )
    size = source.seek(0, os.SEEK_END)
    source.seek(max(0, size - _DIGEST - len(_MARK)))
    tail = source.read()
    if not tail.startswith(_MARK):
        raise BackupRefused(
            _(
                "{file} は途中で切れているか、末尾が変わっています。"
                "別のバックアップを使うか、写し直してください。",
                file=file,
            )
        )
    source.seek(0)
    if _digest(source, size - _DIGEST) != tail[len(_MARK) :]:
        raise _altered(file)
    source.seek(0)


def _altered(file: Path) -> BackupRefused:
    return BackupRefused(
        _(
            "{file} の中身が、作られたときと変わっています。"
            "別のバックアップを使うか、写し直してください。",
            file=file,
        )
    )
