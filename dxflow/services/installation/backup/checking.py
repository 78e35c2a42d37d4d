"""Check a backup by itself: digests, counts, the chains of the log and the attached files in it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from dxflow import audit
from dxflow.audit.chain import case_stream, leaf_hash
from dxflow.services.installation.backup import archive, dumping
from dxflow.services.installation.backup.archive import BackupRefused, Reader
from dxflow.services.installation.backup.rows import row_of
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class Checked:
    """What a backup is. `findings` counts contradictions, as they were backed up.

    They are those of the log, and attached files whose bytes are not those of their hash.
    """

    file: Path
    size: int
    sha256: str
    created_at: datetime
    dxflow: str
    revision: str
    database: str
    installation: str
    packs: tuple[str, ...]
    rows: int
    events: int
    with_key: bool
    findings: int


def check(file: Path) -> Checked:
    """Check a backup file and say what it is. Raises BackupRefused with what to do."""
    with archive.read(file) as reader:
        require_known_format(reader)
        findings, files, rows = _Chains(), _Files(), 0
        for name, table in reader.manifest["tables"].items():
            count = 0
            for row in rows_of(reader, name):
                findings.see(name, row)
                files.see(name, row)
                count += 1
            if count != table["rows"]:
                raise BackupRefused(
                    _("{file} の表 {name} の行数が合いません。", file=file, name=name)
                )
            rows += count
        manifest = reader.manifest
        return Checked(
            file=file,
            size=file.stat().st_size,
            sha256=reader.sha256,
            created_at=datetime.fromisoformat(manifest["created_at"]),
            dxflow=manifest["dxflow"],
            revision=manifest["revision"] or "",
            database=manifest["database"],
            installation=manifest["installation"] or "",
            packs=tuple(f"{one['key']} {one['version']}" for one in manifest["packs"]),
            rows=rows,
            events=manifest["tables"].get("audit_event", {}).get("rows", 0),
            with_key=reader.key() is not None,
            findings=findings.count() + files.count(),
        )


def require_known_format(reader: Reader) -> None:
    """Raise BackupRefused for a backup of a newer program."""
    if reader.manifest["format"] > dumping.FORMAT:
        raise newer(reader)


def newer(reader: Reader) -> BackupRefused:
    """Return the refusal of what only a newer program understands."""
    return BackupRefused(
        _(
            "{file} は、より新しい dxflow（{version}、表の版 {revision}）のバックアップです。"
            "その版以降の dxflow を入れてから復元してください。",
            file=reader.file,
            version=reader.manifest["dxflow"],
            revision=reader.manifest["revision"],
        )
    )


def rows_of(reader: Reader, name: str, *, aware: bool = True) -> Iterator[dict[str, Any]]:
    """Yield the rows of a table, by column."""
    columns = reader.manifest["tables"][name]["columns"]
    for line in reader.lines(f"{dumping.FOLDER}{name}.jsonl"):
        yield dict(zip(columns, row_of(line, aware=aware), strict=True))


class _Chains:
    """Follows the chains of the log through the rows; what does not fit is counted."""

    def __init__(self) -> None:
        self._ends: dict[str, tuple[int, bytes]] = {}
        self._heads: dict[str, tuple[int, bytes]] = {}
        self._wrong = 0

    def see(self, table: str, row: dict[str, Any]) -> None:
        """Take a row in."""
        if table == "audit_event":
            self._event(row)
        elif table == "audit_stream":
            self._heads[row["stream"]] = (row["seq"], row["head"])
        elif table == "process_instance":
            self._heads[case_stream(row["case_id"])] = (row["audit_seq"], row["audit_head"])

    def _event(self, row: dict[str, Any]) -> None:
        seq, last = self._ends.get(row["stream"], (0, audit.GENESIS))
        real = leaf_hash(row["body"].encode())
        if (row["seq"], row["prev_hash"], row["leaf_hash"]) != (seq + 1, last, real):
            self._wrong += 1
        self._ends[row["stream"]] = (row["seq"], row["leaf_hash"])

    def count(self) -> int:
        """Return how much did not fit, the heads included."""
        empty = (0, audit.GENESIS)
        names = self._ends.keys() | self._heads.keys()
        return self._wrong + sum(
            self._ends.get(name, empty) != self._heads.get(name, empty) for name in names
        )


class _Files:
    """Hashes attached files as their pieces go by, in order; what is not as it should is counted."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, int]] = {}
        self._should: dict[str, tuple[str, int]] = {}
        self._case_of: dict[str, str] = {}
        self._disposed: set[str] = set()
        self._here, self._digest, self._size = "", hashlib.sha256(), 0

    def see(self, table: str, row: dict[str, Any]) -> None:
        """Take a row in."""
        if table == "attachment_version":
            self._should[row["id"]] = (row["sha256"], row["size"])
            self._case_of[row["id"]] = row["case_id"]
        elif table == "disposal":
            self._disposed.add(row["case_id"])
        elif table == "attachment_piece":
            self._piece(row["version_id"], row["body"])

    def _piece(self, version: str, body: bytes) -> None:
        if version != self._here:
            self._close()
            self._here, self._digest, self._size = version, hashlib.sha256(), 0
        self._digest.update(body)
        self._size += len(body)

    def _close(self) -> None:
        if self._here:
            self._found[self._here] = (self._digest.hexdigest(), self._size)

    def count(self) -> int:
        """Return how many files are not those of their hash."""
        self._close()
        for version, case in self._case_of.items():
            if case in self._disposed:
                del self._should[version]  # nothing of it may be there
        names = self._found.keys() | self._should.keys()
        return sum(self._found.get(name) != self._should.get(name) for name in names)
