"""The tables refuse what is not an append, and a protection that is gone is reported."""

import pytest
from sqlalchemy import NullPool, create_engine
from sqlalchemy.exc import DatabaseError

from dxflow.audit.chain import Head
from dxflow.audit.events import Change
from dxflow.audit.findings import FindingKind
from dxflow.audit.log import SystemStream, append, append_system
from dxflow.audit.protection import protection_findings
from dxflow.audit.verify import verify_database
from dxflow.db import triggers
from dxflow.db.engine import Database
from dxflow.db.guard import install_guard
from dxflow.db.sqlite import driver
from tests.integration.audit.history import an_event, build


def in_one_act(database: Database, *statements: str) -> None:
    with database.write() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)


FORBIDDEN = [
    "UPDATE audit_event SET body = 'x'",
    "UPDATE audit_event SET actor = 'p2' WHERE seq = 1",
    "DELETE FROM audit_event",
    "DELETE FROM audit_event WHERE stream = 'case:c0' AND seq = 1",
    "INSERT INTO audit_event SELECT * FROM audit_event WHERE stream = 'case:c0' AND seq = 1"
    " ON CONFLICT (stream, seq) DO UPDATE SET body = 'x'",
    "UPDATE audit_private SET value = '1'",
    "UPDATE audit_stream SET seq = seq - 1",
    "UPDATE audit_stream SET stream = 'sys:other', seq = seq + 1",
    "DELETE FROM audit_stream",
]
FORBIDDEN_SQLITE = [
    "INSERT OR REPLACE INTO audit_event SELECT * FROM audit_event WHERE id = 1",
    "REPLACE INTO audit_event (stream, seq, prev_hash, leaf_hash, at, type, body)"
    " SELECT stream, seq, prev_hash, leaf_hash, at, type, 'x' FROM audit_event WHERE id = 1",
    "UPDATE OR REPLACE audit_event SET id = 2 WHERE id = 1",
    "INSERT OR REPLACE INTO audit_private SELECT commitment, salt, '1' FROM audit_private",
]
FORBIDDEN_POSTGRESQL = [
    "TRUNCATE audit_event",
    "TRUNCATE audit_private",
    "TRUNCATE audit_stream CASCADE",
    "SET session_replication_role = replica; DELETE FROM audit_event",
    "MERGE INTO audit_event e USING (SELECT 1) z ON e.seq = 1 WHEN MATCHED THEN DELETE",
]


@pytest.mark.parametrize("statement", FORBIDDEN)
def test_the_log_takes_new_events_only(database: Database, statement: str) -> None:
    build(database, cases=1)
    with pytest.raises(DatabaseError), database.write() as connection:
        connection.exec_driver_sql(statement)
    with database.read() as connection:
        assert verify_database(connection).ok


@pytest.mark.parametrize("recursive", ["ON", "OFF"])
@pytest.mark.parametrize("statement", FORBIDDEN_SQLITE)
def test_sqlite_replaces_no_event_whatever_its_settings(
    sqlite_database: Database, statement: str, recursive: str
) -> None:
    build(sqlite_database, cases=1)
    raw = driver().connect(sqlite_database.engine.url.database)
    raw.execute(f"PRAGMA recursive_triggers={recursive}")
    with pytest.raises(driver().IntegrityError, match="audit_"):
        raw.execute(statement)
    raw.rollback()
    raw.close()
    with sqlite_database.read() as connection:
        assert verify_database(connection).ok


@pytest.mark.parametrize("statement", FORBIDDEN_POSTGRESQL)
def test_postgresql_empties_no_table_even_for_a_superuser(
    postgres_database: Database, statement: str
) -> None:
    build(postgres_database, cases=1)
    with pytest.raises(DatabaseError, match="append-only"):
        in_one_act(postgres_database, *statement.split("; "))


def test_personal_values_may_be_deleted(database: Database) -> None:
    build(database, cases=1)
    with database.write() as connection:
        assert connection.exec_driver_sql("DELETE FROM audit_private").rowcount == 4
    with database.read() as connection:
        assert verify_database(connection).erased == 4


GUARDED = [
    "DROP TRIGGER audit_event_no_update",
    "DROP TABLE audit_event",
    "DROP TABLE Audit_Private",
    "DROP INDEX ix_audit_event_filter",
    "ALTER TABLE audit_event RENAME TO old",
    "ALTER TABLE audit_event ADD COLUMN more TEXT",
    "UPDATE audit_event SET body = 'x'",
    "UPDATE main.\"AUDIT_EVENT\" SET body = 'x'",
    "DELETE FROM audit_event",
    "UPDATE audit_private SET value = '1'",
    "DELETE FROM audit_stream",
    "PRAGMA writable_schema = ON",
    "PRAGMA ignore_check_constraints = ON",
    "CREATE TRIGGER evil AFTER INSERT ON audit_event BEGIN SELECT 1; END",
    "CREATE TEMP TRIGGER evil AFTER INSERT ON audit_event BEGIN SELECT 1; END",
]


@pytest.mark.parametrize("statement", GUARDED)
def test_a_guarded_connection_cannot_touch_the_log_or_its_protection(
    sqlite_database: Database, statement: str
) -> None:
    build(sqlite_database, cases=1)
    raw = driver().connect(sqlite_database.engine.url.database)
    install_guard(raw)
    with pytest.raises(driver().DatabaseError, match="not authorized"):
        raw.execute(statement)
    raw.close()


def test_a_guarded_connection_does_all_its_usual_work(sqlite_database: Database) -> None:
    raw = driver().connect(sqlite_database.engine.url.database)
    install_guard(raw)
    raw.execute("INSERT INTO audit_stream VALUES ('sys:x', 0, zeroblob(32), '')")
    raw.execute("UPDATE audit_stream SET seq = 1")
    raw.execute("INSERT INTO audit_private VALUES (zeroblob(32), zeroblob(32), '1')")
    raw.execute("DELETE FROM audit_private")
    raw.execute("CREATE TABLE other (id INTEGER)")
    raw.execute("DROP TABLE other")
    assert raw.execute("PRAGMA integrity_check(audit_event)").fetchall() == [("ok",)]
    raw.close()


DAMAGE_SQLITE = [
    ["DROP TRIGGER audit_event_no_delete"],
    ["DROP TRIGGER audit_event_no_replace", "CREATE TRIGGER audit_event_no_replace"
     " BEFORE INSERT ON audit_event WHEN 0 BEGIN SELECT 1; END"],
    ["CREATE TRIGGER z AFTER INSERT ON audit_event BEGIN DELETE FROM audit_stream WHERE 0; END"],
    ["DROP TABLE audit_private", "CREATE VIEW audit_private AS SELECT 1"],
]  # fmt: skip
DAMAGE_POSTGRESQL = [
    ["DROP TRIGGER audit_event_keep ON audit_event"],
    ["ALTER TABLE audit_event DISABLE TRIGGER ALL"],
    ["ALTER TABLE audit_event ENABLE TRIGGER audit_event_keep"],
    ["CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS"
     " $$ BEGIN RETURN OLD; END $$"],
    ["DROP TRIGGER audit_event_keep ON audit_event", "CREATE TRIGGER audit_event_keep BEFORE"
     " UPDATE OR DELETE ON audit_event FOR EACH ROW WHEN (OLD.seq < 0)"
     " EXECUTE FUNCTION audit_refuse()",
     "ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_keep"],
    ["DROP TRIGGER audit_event_keep ON audit_event", "CREATE TRIGGER audit_event_keep BEFORE"
     " UPDATE OF type OR DELETE ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
     "ALTER TABLE audit_event ENABLE ALWAYS TRIGGER audit_event_keep"],
    ["CREATE TRIGGER z BEFORE INSERT ON audit_event FOR EACH ROW EXECUTE FUNCTION audit_refuse()"],
    ["CREATE RULE z AS ON DELETE TO audit_event DO INSTEAD NOTHING"],
]  # fmt: skip


def damaged(database: Database, statements: list[str]) -> list[FindingKind]:
    options = {"module": driver()} if database.is_sqlite else {}
    engine = create_engine(database.engine.url, poolclass=NullPool, **options)
    with engine.begin() as connection:
        for statement in statements:
            connection.exec_driver_sql(statement)
    engine.dispose()
    with database.read() as connection:
        return [finding.kind for finding in protection_findings(connection)]


@pytest.mark.parametrize("statements", DAMAGE_SQLITE)
def test_a_protection_missing_in_sqlite_is_reported(
    sqlite_database: Database, statements: list[str]
) -> None:
    found = damaged(sqlite_database, statements)
    assert found
    assert set(found) == {FindingKind.SCHEMA}


@pytest.mark.parametrize("statements", DAMAGE_POSTGRESQL)
def test_a_protection_missing_in_postgresql_is_reported(
    postgres_database: Database, statements: list[str]
) -> None:
    found = damaged(postgres_database, statements)
    assert found
    assert set(found) == {FindingKind.SCHEMA}


def test_a_fresh_database_is_protected_and_a_downgrade_takes_it_away(database: Database) -> None:
    assert damaged(database, []) == []
    dialect = database.engine.dialect.name
    gone = damaged(database, list(triggers.drop_statements(dialect)))
    assert len(gone) == 7


def test_the_application_role_of_postgresql_can_append_and_nothing_else(
    postgres_database: Database,
) -> None:
    build(postgres_database, cases=1)
    with postgres_database.write() as connection:
        connection.exec_driver_sql("DROP ROLE IF EXISTS dx_app")
        connection.exec_driver_sql("CREATE ROLE dx_app")
        for statement in triggers.postgresql_grants("dx_app"):
            connection.exec_driver_sql(statement)
    attempts = [
        "UPDATE audit_event SET body = 'x'",
        "DELETE FROM audit_event",
        "TRUNCATE audit_event",
        "ALTER TABLE audit_event DISABLE TRIGGER ALL",
        "DROP TRIGGER audit_event_keep ON audit_event",
        "DROP TABLE audit_event",
        "UPDATE audit_stream SET stream = 'sys:x'",
        "SET session_replication_role = replica",
    ]
    for attempt in attempts:
        with pytest.raises(DatabaseError, match=r"permission denied|must be owner"):
            in_one_act(postgres_database, "SET LOCAL ROLE dx_app", attempt)
    with postgres_database.write() as connection:
        connection.exec_driver_sql("SET LOCAL ROLE dx_app")
        change = Change("name", "氏名", None, "架空 花子", personal=True)
        append(connection, Head.start("case:x"), an_event(changes=(change,)))
        append_system(connection, SystemStream.ACCESS, an_event())
        append_system(connection, SystemStream.CONFIG, an_event())
        connection.exec_driver_sql("DELETE FROM audit_private")
    with postgres_database.write() as connection:
        connection.exec_driver_sql("DROP OWNED BY dx_app")
        connection.exec_driver_sql("DROP ROLE dx_app")


def test_a_role_name_that_needs_quoting_is_refused() -> None:
    with pytest.raises(ValueError, match="role name"):
        triggers.postgresql_grants("x; DROP TABLE audit_event")
