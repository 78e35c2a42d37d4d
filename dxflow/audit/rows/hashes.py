"""Compare texts that were sealed by their hash with the hash that the log has of them.

Decision documents as they were drawn up, or as the disposal of their case left them; minutes with
their corrections, and the files of every procedure that was published or that an event names.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from dxflow.audit.chain import case_stream
from dxflow.audit.findings import Finding, FindingKind
from dxflow.texts import gettext as _

_DOCUMENTS = "SELECT id, case_id, content, digest, outcome, decided_at FROM decision_document"
_MINUTES = "SELECT meeting_id, status, body, digest FROM minutes"
_CORRECTIONS = (
    "SELECT meeting_id, number, text, reason, digest FROM minutes_correction"
    " ORDER BY meeting_id, number"
)
_PACKS = "SELECT digest, files, key, version FROM pack_version"
_MINUTES_STREAM = "sys:committee"


@dataclass(frozen=True, slots=True)
class Place:
    """A hash, and the event that has it."""

    digest: str
    stream: str
    seq: int


@dataclass(slots=True)
class Hashes:
    """The hashes that the log has: gathered event by event, compared at the end.

    `drawn` and `decided` are by document, `emptied` too: the hash before and the hash after the
    disposal of its case; `disposed` are the streams whose event tells of documents. `minutes` are
    by meeting, `corrected` by meeting and number, `packs` are where the log names a published
    procedure first.
    """

    drawn: dict[str, Place] = field(default_factory=dict)
    decided: dict[str, tuple[str, Place]] = field(default_factory=dict)
    emptied: dict[str, tuple[str, Place]] = field(default_factory=dict)
    disposed: dict[str, int] = field(default_factory=dict)
    minutes: dict[str, Place] = field(default_factory=dict)
    finished: set[str] = field(default_factory=set)
    corrected: dict[tuple[str, int], Place] = field(default_factory=dict)
    packs: dict[str, Place] = field(default_factory=dict)

    def note(self, body: Mapping[str, Any], stream: str, seq: int) -> None:
        """Remember the hashes of an event; one that was damaged has none."""
        definition = body.get("definition")
        if isinstance(definition, str):
            self.packs.setdefault(definition, Place(definition, stream, seq))
        thing, changes, kind = body.get("object"), body.get("changes"), str(body.get("type"))
        if not isinstance(thing, dict) or not isinstance(changes, list):
            return
        after = {one.get("field"): one.get("after") for one in changes if isinstance(one, dict)}
        which = str(thing.get("id"))
        if kind == "document.drawn":
            self.drawn[which] = Place(str(after.get("content")), stream, seq)
        elif kind == "decision.recorded" and after.get("document"):
            place = Place(str(after.get("content")), stream, seq)
            self.decided[str(after["document"])] = (str(after.get("outcome")), place)
        elif kind == "retention.disposed":
            self._emptied(body.get("facts"), stream, seq)
        elif kind == "minutes.corrected":
            number = after.get("number")
            place = Place(str(after.get("digest")), stream, seq)
            self.corrected[which, number if isinstance(number, int) else 0] = place
        elif kind.startswith("minutes."):
            self.minutes[which] = Place(str(after.get("digest")), stream, seq)
            if kind == "minutes.sealed":
                self.finished.add(which)

    def _emptied(self, facts: object, stream: str, seq: int) -> None:
        """Remember what a disposal left of documents: {id: [hash, hash after]}."""
        documents = facts.get("documents") if isinstance(facts, dict) else None
        if not isinstance(documents, dict):
            return  # a version that left documents as they were
        self.disposed[stream] = seq
        for document, pair in documents.items():
            if isinstance(pair, list) and len(pair) == 2:
                self.emptied[document] = (str(pair[0]), Place(str(pair[1]), stream, seq))


def sealed_findings(connection: Connection, known: Hashes) -> list[Finding]:
    """Compare what is stored with the hashes of the log."""
    return [
        *_documents(connection, known),
        *_minutes(connection, known),
        *_packs(connection, known),
    ]


def _documents(connection: Connection, known: Hashes) -> list[Finding]:
    findings, seen = [], set()
    changed = _("決裁の文書の内容が、記録されたハッシュ値と違います（改変）。")
    wrong = _("決裁の文書が、記録された廃棄のとおりになっていません（消し残しか改変）。")
    unnamed = _("廃棄された案件の決裁の文書が、廃棄の記録にありません。")
    for document, case, content, digest, outcome, decided_at in connection.exec_driver_sql(
        _DOCUMENTS
    ):
        seen.add(document)
        place, decided = known.drawn.get(document), known.decided.get(document)
        if place is None:
            text = _("決裁の文書 {id} の起案が記録されていません。", id=document)
            findings.append(Finding(FindingKind.RECORD, case_stream(case), 0, text))
            continue
        before, left = known.emptied.get(document) or (digest, place)
        if not place.digest == digest == before or (
            decided is not None and decided[1].digest != digest
        ):
            findings.append(Finding(FindingKind.RECORD, place.stream, place.seq, changed))
        elif _content_digest(content) != left.digest:
            text = changed if left is place else wrong
            findings.append(Finding(FindingKind.RECORD, left.stream, left.seq, text))
        if (left is not place) != (case_stream(case) in known.disposed):
            seq = known.disposed.get(case_stream(case), 0)
            findings.append(Finding(FindingKind.RECORD, case_stream(case), seq, unnamed))
        if decided_at is not None and (decided is None or decided[0] != outcome):
            text = _("決裁の文書の決裁が、記録と違うか、記録にありません。")
            findings.append(Finding(FindingKind.RECORD, place.stream, place.seq, text))
    text = _("決裁した文書がありません（削除）。")
    stay = known.emptied | known.decided
    lost = [place for document, (_said, place) in stay.items() if document not in seen]
    return findings + [Finding(FindingKind.RECORD, one.stream, one.seq, text) for one in lost]


def _minutes(connection: Connection, known: Hashes) -> list[Finding]:
    findings, last = [], {}
    wrong = _("議事録が、記録されたハッシュ値と違います（改変）。")
    lost = _("記録にある議事録がありません（削除）。")
    for meeting, status, body, digest in connection.exec_driver_sql(_MINUTES):
        last[meeting] = digest
        place = known.minutes.get(meeting) or Place("", _MINUTES_STREAM, 0)
        same = place.digest == digest == hashlib.sha256(body.encode()).hexdigest()
        if not same or (status == "sealed") != (meeting in known.finished):
            findings.append(Finding(FindingKind.RECORD, place.stream, place.seq, wrong))
    missing, there = dict(known.corrected), set(last)
    for meeting, number, text, reason, digest in connection.exec_driver_sql(_CORRECTIONS):
        place = missing.pop((meeting, number), Place("", _MINUTES_STREAM, 0))
        written = f"{last.get(meeting, '')}\n{reason}\n{text}"
        if not place.digest == digest == hashlib.sha256(written.encode()).hexdigest():
            findings.append(Finding(FindingKind.RECORD, place.stream, place.seq, wrong))
        last[meeting] = digest
    gone = [*(known.minutes[one] for one in known.minutes if one not in there), *missing.values()]
    return findings + [Finding(FindingKind.RECORD, one.stream, one.seq, lost) for one in gone]


def _packs(connection: Connection, known: Hashes) -> list[Finding]:
    findings, missing = [], dict(known.packs)
    for digest, files, key, version in connection.exec_driver_sql(_PACKS):
        missing.pop(digest, None)
        if hashlib.sha256(files.encode()).hexdigest() != digest:
            text = _(
                "手続き {key} 第{version}版のファイルが、公開されたときのものと違います（改変）。",
                key=key,
                version=version,
            )
            findings.append(Finding(FindingKind.RECORD, "sys:config", 0, text))
    text = _("記録にある手続きの版がありません（削除）。")
    return findings + [
        Finding(FindingKind.RECORD, one.stream, one.seq, text) for one in missing.values()
    ]


def _content_digest(content: str) -> str:
    try:
        found = json.loads(content)
    except ValueError:
        return ""
    text = json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
