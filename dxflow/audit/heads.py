"""Compare where the events of a stream end with what the case or the stream's own row knows."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from dxflow.audit import reading
from dxflow.audit.chain import case_stream, state_digest
from dxflow.audit.events import CASE_STREAM
from dxflow.audit.findings import Finding, FindingKind
from dxflow.audit.plain import moment_text
from dxflow.audit.reading import Stored
from dxflow.texts import gettext as _


@dataclass(frozen=True, slots=True)
class End:
    """Where the events of a stream end, and the state of the engine that they recorded last."""

    seq: int
    hash: bytes
    at: str
    state: str | None


def instance_findings(connection: Connection, ends: Mapping[str, End]) -> list[Finding]:
    """Compare every process instance with the events of its case, and the other way round."""
    findings: list[Finding] = []
    missing = {stream for stream in ends if stream.startswith(CASE_STREAM)}
    for stored in reading.instances(connection):
        stream = case_stream(stored.owner)
        missing.discard(stream)
        end = ends.get(stream)
        if end is None:
            findings.append(_orphan(stream, _("案件はありますが、その記録がありません。")))
        else:
            findings += _compare_head(stored, end, stream) + _compare_state(stored, end, stream)
    gone = _("記録はありますが、その案件がありません。")
    return findings + [_orphan(stream, gone) for stream in sorted(missing)]


def system_findings(connection: Connection, ends: Mapping[str, End]) -> list[Finding]:
    """Compare the rows of the `sys:*` streams with their events, and the other way round."""
    findings: list[Finding] = []
    missing = {stream for stream in ends if not stream.startswith(CASE_STREAM)}
    for stored in reading.system_streams(connection):
        missing.discard(stored.owner)
        end = ends.get(stored.owner)
        if end is not None:
            findings += _compare_head(stored, end, stored.owner)
        elif stored.seq != 0:
            text = _("系列の控えはありますが、記録がありません。")
            findings.append(_orphan(stored.owner, text))
    gone = _("記録はありますが、系列の控えがありません。")
    return findings + [_orphan(stream, gone) for stream in sorted(missing)]


def _compare_head(stored: Stored, end: End, stream: str) -> list[Finding]:
    seq = end.seq
    if stored.seq is not None and stored.seq > end.seq:
        seq = stored.seq
        text = _(
            "連番 {first}〜{last} の記録がありません（末尾の削除）。", first=end.seq + 1, last=seq
        )
    elif (stored.seq, stored.head) != (end.seq, end.hash):
        text = _("最後の記録が、控えてある連番・ハッシュ値と一致しません。")
    elif stored.at is None or moment_text(stored.at) != end.at:
        text = _("最後の記録の日時が、控えてある日時と一致しません。")
    else:
        return []
    return [Finding(FindingKind.HEAD, stream, seq, text)]


def _compare_state(stored: Stored, end: End, stream: str) -> list[Finding]:
    if stored.state is not None and state_digest(stored.state) == end.state:
        return []
    text = _("案件の状態が、最後に記録された状態と一致しません（記録を残さない変更）。")
    return [Finding(FindingKind.STATE, stream, end.seq, text)]


def _orphan(stream: str, text: str) -> Finding:
    return Finding(FindingKind.ORPHAN, stream, 0, text)
