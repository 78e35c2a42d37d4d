import json
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import Connection, NullPool, create_engine, text

from dxflow.audit.canonical import canonical
from dxflow.audit.chain import leaf_hash
from dxflow.audit.findings import FindingKind as Kind
from dxflow.audit.findings import Report
from dxflow.audit.verify import NotASnapshot, verify_database
from dxflow.db import triggers
from dxflow.db.engine import Database
from dxflow.db.sqlite import driver
from tests.integration.audit.history import an_event, build, start_case, step

Attack = Callable[[Connection, random.Random], None]


def verify(database: Database) -> Report:
    with database.read() as connection:
        return verify_database(connection)


@contextmanager
def intruder(database: Database) -> Iterator[Connection]:
    """A person with the database file or the owner's role: no guard, triggers off, then on again."""
    url = database.engine.url
    options = {"module": driver()} if database.is_sqlite else {}
    engine = create_engine(url, poolclass=NullPool, **options)
    dialect = engine.dialect.name
    with engine.begin() as connection:
        for statement in triggers.drop_statements(dialect):
            connection.exec_driver_sql(statement)
        yield connection
        for statement in triggers.create_statements(dialect):
            connection.exec_driver_sql(statement)
    engine.dispose()


def run(connection: Connection, statement: str, **values: object) -> None:
    done = connection.execute(text(statement), values)
    assert done.rowcount > 0, "the attack changed nothing"


def pick(connection: Connection, chance: random.Random, where: str = "1 = 1") -> int:
    ids = connection.execute(text(f"SELECT id FROM audit_event WHERE {where} ORDER BY id"))
    return chance.choice([found for (found,) in ids])


def body_of(connection: Connection, event: int) -> dict:
    found = connection.execute(text("SELECT body FROM audit_event WHERE id = :e"), {"e": event})
    return json.loads(found.scalar_one())


def rewrite(connection: Connection, event: int, body: bytes) -> None:
    run(
        connection, "UPDATE audit_event SET body = :b, leaf_hash = :h WHERE id = :e",
        b=body.decode(), h=leaf_hash(body), e=event,
    )  # fmt: skip


def with_other_actor(connection: Connection, event: int) -> bytes:
    body = body_of(connection, event)
    body["actor"]["post"] = "post:bucho"
    return canonical(body)


def edit_body(connection: Connection, chance: random.Random) -> None:
    event = pick(connection, chance)
    body = with_other_actor(connection, event).decode()
    run(connection, "UPDATE audit_event SET body = :b WHERE id = :e", b=body, e=event)


def edit_body_and_hash(connection: Connection, chance: random.Random) -> None:
    event = pick(connection, chance)
    rewrite(connection, event, with_other_actor(connection, event))


def rewrite_the_rest_of_the_chain(connection: Connection, chance: random.Random) -> None:
    case = chance.choice(["case:c0", "case:c1", "sys:access"])
    start = chance.randint(1, 4)
    found = connection.execute(
        text("SELECT id FROM audit_event WHERE stream = :s AND seq >= :q ORDER BY seq"),
        {"s": case, "q": start},
    ).fetchall()
    prev: bytes | None = None
    for (event,) in found:
        body = body_of(connection, event)
        body["actor"]["post"] = "post:bucho"
        if prev is not None:
            body["prev"] = prev.hex()
            run(connection, "UPDATE audit_event SET prev_hash = :p WHERE id = :e", p=prev, e=event)
        rewrite(connection, event, canonical(body))
        prev = leaf_hash(canonical(body))


def delete_one(connection: Connection, chance: random.Random) -> None:
    run(connection, "DELETE FROM audit_event WHERE id = :e", e=pick(connection, chance))


def cut_the_tail(connection: Connection, chance: random.Random) -> None:
    run(
        connection, "DELETE FROM audit_event WHERE stream = 'case:c1' AND seq >= :q",
        q=chance.randint(2, 5),
    )  # fmt: skip


def swap_bodies(connection: Connection, chance: random.Random) -> None:
    one = pick(connection, chance)
    other = pick(connection, chance, f"id <> {one}")
    pair = [
        connection.execute(
            text("SELECT body, leaf_hash FROM audit_event WHERE id = :e"), {"e": e}
        ).one()
        for e in (one, other)
    ]
    for event, (body, leaf) in ((one, pair[1]), (other, pair[0])):
        run(
            connection, "UPDATE audit_event SET body = :b, leaf_hash = :h WHERE id = :e",
            b=body, h=leaf, e=event,
        )  # fmt: skip


def swap_numbers(connection: Connection, chance: random.Random) -> None:
    first = chance.randint(1, 4)
    for old, new in ((first, 900), (first + 1, first), (900, first + 1)):
        run(
            connection, "UPDATE audit_event SET seq = :n WHERE stream = 'case:c0' AND seq = :o",
            n=new, o=old,
        )  # fmt: skip


def replace_row(connection: Connection, chance: random.Random) -> None:
    event = pick(connection, chance)
    row = connection.execute(text("SELECT * FROM audit_event WHERE id = :e"), {"e": event}).one()
    body = with_other_actor(connection, event)
    forged = {**row._mapping, "body": body.decode(), "leaf_hash": leaf_hash(body)}
    run(connection, "DELETE FROM audit_event WHERE id = :e", e=event)
    insert_row(connection, forged)


def insert_row(connection: Connection, row: dict) -> None:
    override = "" if connection.dialect.name == "sqlite" else "OVERRIDING SYSTEM VALUE"
    run(
        connection,
        f"INSERT INTO audit_event ({', '.join(row)}) {override} VALUES ({', '.join(':' + c for c in row)})",
        **row,
    )


def append_a_forged_event(connection: Connection, chance: random.Random) -> None:
    stream = chance.choice(["case:c0", "case:c2", "sys:access"])
    row = connection.execute(
        text("SELECT * FROM audit_event WHERE stream = :s ORDER BY seq DESC LIMIT 1"), {"s": stream}
    ).one()
    body = json.loads(row.body)
    body |= {"seq": row.seq + 1, "prev": bytes(row.leaf_hash).hex()}
    text_ = canonical(body)
    new = {
        **row._mapping, "seq": row.seq + 1, "prev_hash": row.leaf_hash,
        "leaf_hash": leaf_hash(text_), "body": text_.decode(),
    }  # fmt: skip
    del new["id"]
    insert_row(connection, new)


def open_a_ghost_stream(connection: Connection, chance: random.Random) -> None:
    row = connection.execute(
        text("SELECT * FROM audit_event WHERE stream = 'case:c0' AND seq = 1")
    ).one()
    body = json.loads(row.body) | {"stream": "case:ghost"}
    text_ = canonical(body)
    new = {
        **row._mapping,
        "stream": "case:ghost",
        "leaf_hash": leaf_hash(text_),
        "body": text_.decode(),
    }
    del new["id"]
    insert_row(connection, new)


def edit_column(connection: Connection, chance: random.Random) -> None:
    column, value = chance.choice(
        [("at", "2020-01-01T00:00:00.000000+00:00"), ("type", "case.viewed"), ("actor", "p9"),
         ("actor", None), ("case_id", "c9"), ("case_id", None)]
    )  # fmt: skip
    event = pick(connection, chance, "case_id IS NOT NULL")
    run(connection, f"UPDATE audit_event SET {column} = :v WHERE id = :e", v=value, e=event)


def edit_link_column(connection: Connection, chance: random.Random) -> None:
    event = pick(connection, chance)
    run(
        connection,
        "UPDATE audit_event SET prev_hash = :h WHERE id = :e",
        h=bytes([1] * 32),
        e=event,
    )


def renumber(connection: Connection, chance: random.Random) -> None:
    run(connection, "UPDATE audit_event SET seq = seq + 1 WHERE stream = 'case:c0' AND seq = 5")


def edit_state(connection: Connection, chance: random.Random) -> None:
    run(
        connection,
        "UPDATE process_instance SET state = :s WHERE case_id = 'c1'",
        s=b"another state",
    )


def edit_head(connection: Connection, chance: random.Random) -> None:
    change, value = chance.choice(
        [("audit_seq = audit_seq - 1", None), ("audit_seq = audit_seq + 1", None),
         ("audit_head = :v", bytes([2] * 32)), ("audit_at = :v", "2031-01-01 00:00:00.000000")]
    )  # fmt: skip
    values = {} if value is None else {"v": value}
    run(connection, f"UPDATE process_instance SET {change} WHERE case_id = 'c2'", **values)


def edit_system_head(connection: Connection, chance: random.Random) -> None:
    run(connection, "UPDATE audit_stream SET seq = seq - 1 WHERE stream = 'sys:access'")


def drop_system_head(connection: Connection, chance: random.Random) -> None:
    run(connection, "DELETE FROM audit_stream WHERE stream = 'sys:access'")


def delete_instance(connection: Connection, chance: random.Random) -> None:
    run(connection, "DELETE FROM process_instance WHERE case_id = 'c0'")


def delete_all_events_of_a_case(connection: Connection, chance: random.Random) -> None:
    run(connection, "DELETE FROM audit_event WHERE stream = 'case:c1'")


def change_private_value(connection: Connection, chance: random.Random) -> None:
    column, value = chance.choice([("value", '"別人 太郎"'), ("salt", bytes(32))])
    run(
        connection,
        f"UPDATE audit_private SET {column} = :v WHERE commitment = (SELECT min(commitment) FROM audit_private)",
        v=value,
    )


def add_private_value(connection: Connection, chance: random.Random) -> None:
    run(connection, "INSERT INTO audit_private VALUES (:c, :c, '1')", c=bytes([7] * 32))


def respell_body(connection: Connection, chance: random.Random) -> None:
    event = pick(connection, chance)
    body = json.dumps(body_of(connection, event)).encode()
    rewrite(connection, event, body)


def exchange_ids(connection: Connection, chance: random.Random) -> None:
    one, other = connection.execute(
        text("SELECT id FROM audit_event WHERE stream = 'case:c0' AND seq IN (2, 3) ORDER BY seq")
    ).scalars()
    for old, new in ((one, 90_000), (other, one), (90_000, other)):
        run(connection, "UPDATE audit_event SET id = :n WHERE id = :o", n=new, o=old)


MATRIX: list[tuple[Attack, set[Kind]]] = [
    (edit_body, {Kind.BODY}),
    (edit_body_and_hash, {Kind.LINK, Kind.HEAD}),
    (rewrite_the_rest_of_the_chain, {Kind.HEAD}),
    (delete_one, {Kind.GAP, Kind.HEAD}),
    (cut_the_tail, {Kind.HEAD}),
    (swap_bodies, {Kind.LINK, Kind.COLUMN}),
    (swap_numbers, {Kind.LINK, Kind.COLUMN}),
    (replace_row, {Kind.LINK, Kind.HEAD}),
    (append_a_forged_event, {Kind.HEAD}),
    (open_a_ghost_stream, {Kind.ORPHAN}),
    (edit_column, {Kind.COLUMN}),
    (edit_link_column, {Kind.LINK}),
    (renumber, {Kind.GAP}),
    (edit_state, {Kind.STATE}),
    (edit_head, {Kind.HEAD}),
    (edit_system_head, {Kind.HEAD}),
    (drop_system_head, {Kind.ORPHAN}),
    (delete_instance, {Kind.ORPHAN}),
    (delete_all_events_of_a_case, {Kind.ORPHAN}),
    (change_private_value, {Kind.PRIVATE}),
    (add_private_value, {Kind.ORPHAN}),
    (respell_body, {Kind.FORM}),
    (exchange_ids, {Kind.ORDER}),
]


@pytest.mark.parametrize(
    ("attack", "kinds"), MATRIX, ids=[attack.__name__ for attack, _kinds in MATRIX]
)
@pytest.mark.parametrize("seed", range(4))
def test_tampering_past_the_triggers_is_found(
    database: Database, attack: Attack, kinds: set[Kind], seed: int
) -> None:
    build(database)
    assert verify(database).ok
    with intruder(database) as connection:
        attack(connection, random.Random(seed))
    report = verify(database)
    found = {finding.kind for finding in report.findings}
    assert found & kinds, report.text
    assert Kind.SCHEMA not in found


def test_a_clean_log_raises_no_alarm_and_says_what_it_cannot_see(database: Database) -> None:
    build(database)
    report = verify(database)
    assert report.findings == ()
    assert (report.events, report.streams, report.private, report.erased) == (19, 4, 12, 0)
    assert "改変の跡は見つかりませんでした" in report.text
    assert "チェックポイント" in report.text


def test_an_erased_personal_value_is_counted_and_no_error(database: Database) -> None:
    build(database)
    with database.write() as connection:
        connection.exec_driver_sql(
            "DELETE FROM audit_private WHERE commitment IN"
            " (SELECT commitment FROM audit_private ORDER BY commitment LIMIT 3)"
        )
    report = verify(database)
    assert report.ok
    assert (report.private, report.erased) == (12, 3)


def test_work_going_on_during_a_verification_is_no_damage(database: Database) -> None:
    build(database)
    with database.read() as connection:
        connection.execute(text("SELECT count(*) FROM audit_event")).scalar_one()
        step(database, "c0", an_event(state="0" * 64), state=b"later")
        start_case(database, "c9")
        assert verify_database(connection).ok


def test_a_verification_outside_a_snapshot_is_refused(postgres_database: Database) -> None:
    with postgres_database.engine.connect() as connection, pytest.raises(NotASnapshot):
        verify_database(connection)


def test_a_cut_tail_with_its_head_is_seen_on_sqlite_by_the_ids_it_used_up(
    sqlite_database: Database,
) -> None:
    build(sqlite_database)
    with intruder(sqlite_database) as connection:
        run(connection, "DELETE FROM audit_event WHERE stream = 'sys:access' AND seq = 4")
        run(
            connection,
            "UPDATE audit_stream SET seq = 3, (head, at) = (SELECT leaf_hash, at FROM audit_event"
            " WHERE stream = 'sys:access' AND seq = 3)",
        )
    assert {finding.kind for finding in verify(sqlite_database).findings} == {Kind.GAP}
