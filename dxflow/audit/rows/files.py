"""Compare the bytes of attached files with the hashes that the log holds of them.

Bytes may be gone where an event of disposal names the version with its hash, and only there.

The log alone says which bytes a file had: `file.added` names its version, size and SHA-256 in
plain. Every stored version must have its event, every event its version, and the bytes must be
those; they are read piece by piece, so that the largest file needs no memory.
"""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from dxflow.audit.findings import Finding, FindingKind
from dxflow.texts import gettext as _

ADDED, DISPOSED = "file.added", "retention.disposed"
_CHUNK = 64
_VERSIONS = "SELECT id, case_id, name, size, sha256 FROM attachment_version"
_PIECES = "SELECT version_id, place, body FROM attachment_piece ORDER BY version_id, place"


@dataclass(frozen=True, slots=True)
class Logged:
    """What an event says of a version of a file."""

    stream: str
    seq: int
    size: int
    sha256: str


def logged(body: Mapping[str, Any], stream: str, seq: int) -> tuple[str, Logged] | None:
    """Return the id of the version that an event has added, and what it says of it."""
    thing, changes = body.get("object"), body.get("changes")
    if body.get("type") != ADDED or not isinstance(thing, dict) or not isinstance(changes, list):
        return None
    said = {one.get("field"): one.get("after") for one in changes if isinstance(one, dict)}
    size = said.get("size")
    known = Logged(stream, seq, size if isinstance(size, int) else -1, str(said.get("sha256")))
    return str(thing.get("id")), known


def disposed(body: Mapping[str, Any]) -> dict[str, str]:
    """Return the hashes of the versions whose bytes an event has disposed of, by their ids."""
    facts = body.get("facts")
    files = facts.get("files") if isinstance(facts, dict) else None
    if body.get("type") != DISPOSED or not isinstance(files, dict):
        return {}
    return {str(version): str(sha256) for version, sha256 in files.items()}


def file_findings(
    connection: Connection, files: Mapping[str, Logged], gone: Mapping[str, str]
) -> list[Finding]:
    """Compare what is stored with what the log says; `files` by the id of the version.

    `gone` are the hashes of the versions that were disposed of: of these nothing may be there.
    """
    findings: list[Finding] = []
    missing = dict(files)
    rows = {
        str(version): (case, name, size, sha256)
        for version, case, name, size, sha256 in connection.exec_driver_sql(_VERSIONS)
    }
    bytes_of = dict(_digests(connection))
    for version, (case, name, size, sha256) in rows.items():
        known = missing.pop(version, None)
        if known is None:
            text = _("添付ファイル {id} の追加が記録されていません。", id=version)
            findings.append(Finding(FindingKind.ORPHAN, f"case:{case}", 0, text))
            continue
        if (size, sha256) != (known.size, known.sha256):
            text = _("添付ファイルの控えのハッシュ値か大きさが、記録と違います。")
            findings.append(Finding(FindingKind.FILE, known.stream, known.seq, text))
        if gone.get(version) == known.sha256:
            if bytes_of.pop(version, None) is not None or name:
                text = _("廃棄された添付ファイルの中身か名前が、残っています。")
                findings.append(Finding(FindingKind.FILE, known.stream, known.seq, text))
            continue
        if bytes_of.pop(version, (hashlib.sha256().hexdigest(), 0)) != (known.sha256, known.size):
            text = _("添付ファイルの中身が、添付されたときのものと違います（改変）。")
            findings.append(Finding(FindingKind.FILE, known.stream, known.seq, text))
    for known in missing.values():
        text = _("記録にある添付ファイルがありません（削除）。")
        findings.append(Finding(FindingKind.FILE, known.stream, known.seq, text))
    lost = [version for version in bytes_of if version not in rows and version not in missing]
    if lost:
        text = _("どの添付ファイルにも属さない中身が {n} 件あります。", n=len(lost))
        findings.append(Finding(FindingKind.ORPHAN, "", 0, text))
    return findings


def _digests(connection: Connection) -> Iterator[tuple[str, tuple[str, int]]]:
    """Yield the SHA-256 and the number of bytes of every version as it is stored."""
    result = connection.exec_driver_sql(
        _PIECES, execution_options={"stream_results": True, "max_row_buffer": _CHUNK}
    )
    here, digest, size, expected = "", hashlib.sha256(), 0, 0
    for version, place, body in result:
        if version != here:
            if here:
                yield here, (digest.hexdigest(), size)
            here, digest, size, expected = str(version), hashlib.sha256(), 0, 0
        if place != expected:
            digest.update(b"\x00gap")  # pieces that were moved or lost equal nothing
        piece = body.encode() if isinstance(body, str) else bytes(body)
        digest.update(piece)
        size, expected = size + len(piece), expected + 1
    if here:
        yield here, (digest.hexdigest(), size)
