"""Small histories as the services write them: cases with their instance rows, system events."""

import hashlib
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, insert, select, update

from dxflow.audit.chain import Head, case_stream, state_digest
from dxflow.audit.events import Actor, Change, Channel, Event, Subject
from dxflow.audit.log import SystemStream, append, append_many, append_system
from dxflow.db.engine import Database
from dxflow.db.process import PackVersion, ProcessInstance

NOW = datetime(2026, 11, 21, 1, 15, tzinfo=UTC)
#: The digest of a pack without any files.
PACK = hashlib.sha256(b"{}").hexdigest()
INSTANCE = ProcessInstance.__table__


def an_event(**changed: object) -> Event:
    values: dict[str, object] = {
        "type": "task.claimed",
        "at": NOW,
        "actor": Actor(Channel.PAGE, person="p1", post="post:kacho"),
        "subject": Subject("task", "t1"),
    }
    return Event(**(values | changed))  # type: ignore[arg-type]


def install_pack(connection: Connection) -> None:
    if connection.execute(select(PackVersion.digest)).first() is None:
        connection.execute(
            insert(PackVersion).values(
                digest=PACK, key="standard", version=1, title="標準", status="current",
                files="{}", published_at=NOW, published_by="p0",
            )
        )  # fmt: skip


def start_case(
    database: Database, case_id: str, *, at: datetime = NOW, state: bytes = b"0"
) -> None:
    with database.write() as connection:
        install_pack(connection)
        event = an_event(type="case.stage_changed", at=at, state=state_digest(state), version=1)
        head = append(connection, Head.start(case_stream(case_id)), event)
        row: dict[str, object] = {
            "case_id": case_id, "pack_digest": PACK, "process_key": "main",
            "status": "active", "version": 1, "updated_at": at,
        }  # fmt: skip
        columns = INSTANCE.columns.keys()
        row |= {name: None for name in columns if name not in row and INSTANCE.c[name].nullable}
        connection.execute(insert(INSTANCE).values(**row, **_head(head), state=state))


def step(
    database: Database, case_id: str, *events: Event, state: bytes = b"1", fail: bool = False
) -> None:
    """Write events on a case with the instance's new state, as one act."""
    with database.write() as connection:
        act(connection, case_id, *events, state=state)
        if fail:
            raise Failure


def act(connection: Connection, case_id: str, *events: Event, state: bytes) -> None:
    found = connection.execute(
        select(INSTANCE.c.audit_seq, INSTANCE.c.audit_head, INSTANCE.c.audit_at)
        .where(INSTANCE.c.case_id == case_id)
        .with_for_update()
    ).one()
    head = append_many(connection, Head(case_stream(case_id), *found), events)
    connection.execute(
        update(INSTANCE).where(INSTANCE.c.case_id == case_id).values(**_head(head), state=state)
    )


def _head(head: Head) -> dict[str, object]:
    return {"audit_seq": head.seq, "audit_head": head.hash, "audit_at": head.at}


class Failure(Exception):
    """An act that goes wrong after its event was written."""


def build(database: Database, cases: int = 3, steps: int = 5) -> None:
    """Write a few cases of a few steps, with personal values, and some logins."""
    for number in range(cases):
        case_id = f"c{number}"
        start_case(database, case_id)
        for turn in range(1, steps):
            state = f"state {number} {turn}".encode()
            changes = (
                Change("status", "状態", "審査中", "承認"),
                Change("name", "氏名", None, f"架空 花子{turn}", personal=True),
            )
            event = an_event(
                at=NOW + timedelta(minutes=turn), changes=changes, state=state_digest(state)
            )
            step(database, case_id, event, state=state)
    for turn in range(4):
        login = an_event(type="session.started", at=NOW + timedelta(hours=turn))
        with database.write() as connection:
            append_system(connection, SystemStream.ACCESS, login)
