"""Verify the log in the database: recompute everything and compare everything with everything.

Every hash, link, number and column of every event; the heads that cases and system streams keep;
the engine's states; the personal values; the forms, decisions, ballots, sealed texts, values of
cases and people, open work, conditions, absences and units that the log tells of; the bytes of
attached files; the triggers; checkpoints that were kept. Reads in one snapshot and in chunks, so
that it runs beside the work of the day and in little memory (about 300 bytes per stream, file, form
handed in, task, task done, stamp and measured value).
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from dxflow.audit import reading
from dxflow.audit.chain import ChainCheck
from dxflow.audit.checkpoints.kept import Kept
from dxflow.audit.commitments import opens, reference
from dxflow.audit.findings import Finding, FindingKind, Report
from dxflow.audit.heads import End, instance_findings, system_findings
from dxflow.audit.protection import protection_findings
from dxflow.audit.rows import Rows
from dxflow.audit.rows.files import DISPOSED, Logged, disposed, file_findings, logged
from dxflow.calendars.wareki import wareki_datetime
from dxflow.clock import now as utc_now
from dxflow.texts import gettext as _


class NotASnapshot(RuntimeError):
    """The connection does not show one state of the database; work going on looks like damage."""


@dataclass(slots=True)
class _Pass:
    """What has been seen so far."""

    events: int = 0
    committed: int = 0
    opened: int = 0
    last_id: int = 0
    ends: dict[str, End] = field(default_factory=dict)
    files: dict[str, Logged] = field(default_factory=dict)
    gone: dict[str, str] = field(default_factory=dict)
    #: Personal values that are not there any more, by case.
    erased: Counter[str] = field(default_factory=Counter)
    disposed: set[str] = field(default_factory=set)
    rows: Rows = field(default_factory=Rows)
    kept: Kept | None = None
    findings: list[Finding] = field(default_factory=list)

    def found(self, kind: FindingKind, stream: str, text: str, seq: int = 0) -> None:
        self.findings.append(Finding(kind, stream, seq, text))


def verify_database(
    connection: Connection, kept: Kept | None = None, now: datetime | None = None
) -> Report:
    """Verify everything on a connection that shows one snapshot (`Database.read()`).

    With checkpoints that were kept, also that the log still holds what each of them saw; `now` is
    the moment of the verification. Raises NotASnapshot on any other connection. Damage of any kind
    is a finding, never an exception.
    """
    _require_snapshot(connection)
    done = _Pass(kept=kept)
    parts: tuple[Callable[[Connection, _Pass], None], ...] = (
        _check_protection,
        _check_events,
        _check_counts,
        _check_heads,
        _check_records,
        _check_files,
    )
    for part in parts:
        try:
            part(connection, done)
        except DBAPIError as exc:
            reason = str(exc.orig).splitlines()[0] if str(exc.orig) else type(exc.orig).__name__
            done.found(
                FindingKind.UNREADABLE, "", _("データベースを読めません：{reason}", reason=reason)
            )
            break
    else:
        if kept is not None:
            kept.compare(now or utc_now())
    checkpoints = [] if kept is None else kept.taken
    last = checkpoints[-1] if checkpoints else None
    if kept is not None:
        done.findings += kept.findings
    return Report(
        events=done.events,
        streams=len(done.ends),
        private=done.committed,
        erased=done.committed - done.opened,
        findings=tuple(done.findings),
        files=len(done.files),
        disposed=len(done.gone),
        checkpoints=len(checkpoints),
        last_checkpoint=_("{n}、{at}", n=last.number, at=wareki_datetime(last.at)) if last else "",
        notices=(*_erased_by_hand(done), *(() if kept is None else kept.notices)),
    )


def _require_snapshot(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        snapshot = bool(getattr(connection.connection.dbapi_connection, "in_transaction", False))
        # The transaction begins with the first statement that goes through SQLAlchemy.
        if not snapshot:
            connection.exec_driver_sql("SELECT 1")
            snapshot = bool(
                getattr(connection.connection.dbapi_connection, "in_transaction", False)
            )
    else:
        level = connection.exec_driver_sql("SHOW transaction_isolation").scalar_one()
        snapshot = level in ("repeatable read", "serializable")
        connection.exec_driver_sql("SET LOCAL statement_timeout = 0")  # a long log takes long
    if not snapshot:
        raise NotASnapshot


def _check_protection(connection: Connection, done: _Pass) -> None:
    done.findings += protection_findings(connection)


def _check_events(connection: Connection, done: _Pass) -> None:
    chain: ChainCheck | None = None
    for chunk in reading.events(connection):
        private: dict[bytes, tuple[str, int, str]] = {}
        for row, sound in chunk:
            stream = row.stream or ""
            if chain is None or chain.stream != stream:
                _end(chain, done)
                chain = ChainCheck(stream)
            body = chain.step(row)
            if not sound:
                text = _("列の値の型が違います。")
                done.found(FindingKind.COLUMN, stream, text, row.seq or 0)
            for digest in references(body or {}):
                private[digest] = (stream, row.seq or 0, _case_of(body or {}))
            if known := logged(body or {}, stream, row.seq or 0):
                done.files[known[0]] = known[1]
            done.gone |= disposed(body or {})
            if (body or {}).get("type") == DISPOSED:
                done.disposed.add(_case_of(body or {}))
            done.rows.note(body or {}, stream, row.seq or 0)
            if done.kept is not None:
                at = row.index.at if row.index is not None else ""
                done.kept.see(stream, row.seq or 0, row.body, at)
                done.kept.note(body or {}, row.seq or 0)
            done.events += 1
            done.last_id = max(done.last_id, row.id or 0)
        _check_private(connection, private, done)
    _end(chain, done)


def _end(chain: ChainCheck | None, done: _Pass) -> None:
    """Close a stream and keep its findings and its end."""
    if chain is not None:
        done.findings += chain.findings
        done.ends[chain.stream] = End(chain.seq, chain.hash, chain.at, chain.state)


def _case_of(body: Mapping[str, Any]) -> str:
    thing = body.get("object")
    return str(thing.get("case") or "") if isinstance(thing, dict) else ""


def _erased_by_hand(done: _Pass) -> tuple[str, ...]:
    """Return what must be told of personal values that are gone without a disposal of their case.

    They may be deleted, which is what the table is for: no contradiction, but nobody recorded it.
    """
    n = sum(count for case, count in done.erased.items() if case not in done.disposed)
    return (_("個人情報の値 {n} 件が、廃棄の記録なしに消去されています。", n=n),) if n else ()


def references(body: Mapping[str, Any]) -> list[bytes]:
    """Return the commitments that an event's changes name."""
    changes = body.get("changes")
    if not isinstance(changes, list):
        return []
    values = (
        change.get(side)
        for change in changes
        if isinstance(change, dict)
        for side in ("before", "after")
    )
    return [digest for value in values if (digest := reference(value)) is not None]


def _check_private(
    connection: Connection, wanted: Mapping[bytes, tuple[str, int, str]], done: _Pass
) -> None:
    found = reading.openings(connection, list(wanted))
    done.committed += len(wanted)
    done.opened += len(found)
    done.erased.update(case for digest, (*_at, case) in wanted.items() if digest not in found)
    for digest, opening in found.items():
        if not opens(digest, opening.salt, opening.value):
            stream, seq, _case = wanted[digest]
            text = _("個人情報の値が、記録されたときの値と違います（改変）。")
            done.found(FindingKind.PRIVATE, stream, text, seq)


def _check_counts(connection: Connection, done: _Pass) -> None:
    """Compare with what the tables count themselves, past every index."""
    values = connection.exec_driver_sql("SELECT count(*) FROM audit_private").scalar_one()
    if values > done.opened:
        text = _("どの記録にも属さない個人情報の値が {n} 件あります。", n=values - done.opened)
        done.found(FindingKind.ORPHAN, "", text)
    if connection.dialect.name != "sqlite":
        return
    # AUTOINCREMENT never gives an id twice, and gives none that a rolled-back act had used up.
    given = connection.exec_driver_sql(
        "SELECT max(seq) FROM sqlite_sequence WHERE name = 'audit_event'"
    ).scalar()
    if (given or 0) != done.events or done.last_id != done.events:
        done.found(
            FindingKind.GAP,
            "",
            _(
                "記録は {events} 件ですが、データベースが採番した数は {given}"
                "（最後の id は {last}）です。",
                events=done.events,
                given=given or 0,
                last=done.last_id,
            ),
        )
    for table in ("audit_event", "audit_private", "audit_stream"):
        for (answer,) in connection.exec_driver_sql(f"PRAGMA integrity_check({table})"):
            if answer != "ok":
                text = _("表の内部が壊れています：{reason}", reason=answer)
                done.found(FindingKind.UNREADABLE, "", text)


def _check_heads(connection: Connection, done: _Pass) -> None:
    done.findings += instance_findings(connection, done.ends)
    done.findings += system_findings(connection, done.ends)


def _check_records(connection: Connection, done: _Pass) -> None:
    done.findings += done.rows.findings(connection)


def _check_files(connection: Connection, done: _Pass) -> None:
    done.findings += file_findings(connection, done.files, done.gone)
