from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from dxflow.audit.chain import GENESIS, Head, case_stream, leaf_hash
from dxflow.audit.events import Change, Subject, UnknownEventType
from dxflow.audit.log import SystemStream, append, append_many, append_system
from dxflow.db.engine import Database
from tests.integration.audit.history import NOW, Failure, an_event


def rows(database: Database, statement: str) -> list[tuple]:
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(text(statement))]


def test_an_event_and_its_head_are_there_after_the_commit(database: Database) -> None:
    with database.write() as connection:
        head = append(
            connection, Head.start(case_stream("c1")), an_event(subject=Subject("task", "t1"))
        )
    ((seq, prev, leaf, body, actor, case),) = rows(
        database, "SELECT seq, prev_hash, leaf_hash, body, actor, case_id FROM audit_event"
    )
    assert (seq, bytes(prev), actor, case) == (1, GENESIS, "p1", "c1")
    assert bytes(leaf) == leaf_hash(body.encode()) == head.hash
    assert head == Head("case:c1", 1, head.hash, NOW)


def test_nothing_is_written_when_the_act_fails(database: Database) -> None:
    def fails_after_its_event() -> None:
        with database.write() as connection:
            append(connection, Head.start("case:c1"), an_event())
            raise Failure

    with pytest.raises(Failure):
        fails_after_its_event()
    assert rows(database, "SELECT count(*) FROM audit_event") == [(0,)]


def test_two_acts_behind_the_same_head_cannot_both_be_recorded(database: Database) -> None:
    with database.write() as connection:
        append(connection, Head.start("case:c1"), an_event())
    with pytest.raises(IntegrityError), database.write() as connection:
        append(connection, Head.start("case:c1"), an_event(at=NOW + timedelta(hours=1)))


def test_a_personal_value_stands_beside_the_log_and_never_in_it(database: Database) -> None:
    change = Change("name", "氏名", None, "架空 花子", personal=True)
    with database.write() as connection:
        append_many(connection, Head.start("case:c1"), [an_event(changes=(change,)), an_event()])
    bodies = rows(database, "SELECT body FROM audit_event ORDER BY seq")
    values = rows(database, "SELECT value FROM audit_private")
    assert "花子" not in bodies[0][0]
    assert "commitment" in bodies[0][0]
    assert values == [('"架空 花子"',)]


def test_an_unknown_type_of_event_is_refused(database: Database) -> None:
    with pytest.raises(UnknownEventType), database.write() as connection:
        append(connection, Head.start("case:c1"), an_event(type="task.frobnicated"))


def test_system_events_form_chains_of_their_own(database: Database) -> None:
    login = an_event(type="session.started", subject=Subject("session", "s1"))
    for _ in range(3):
        with database.write() as connection:
            append_system(connection, SystemStream.ACCESS, login)
    with database.write() as connection:
        append_system(connection, SystemStream.ADMIN, an_event(type="person.created"), login)
    assert rows(database, "SELECT stream, seq FROM audit_event ORDER BY stream, seq") == [
        ("sys:access", 1), ("sys:access", 2), ("sys:access", 3), ("sys:admin", 1), ("sys:admin", 2),
    ]  # fmt: skip
    assert rows(database, "SELECT stream, seq FROM audit_stream ORDER BY stream") == [
        ("sys:access", 3),
        ("sys:admin", 2),
    ]


def test_time_never_goes_back_within_a_stream(database: Database) -> None:
    with database.write() as connection:
        head = append(connection, Head.start("case:c1"), an_event())
        head = append(connection, head, an_event(at=NOW - timedelta(minutes=5)))
    assert head.at == NOW
    (first,), (second,) = rows(database, "SELECT body FROM audit_event ORDER BY seq")
    assert '"clock":"held"' in second
    assert '"clock"' not in first
