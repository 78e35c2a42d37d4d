"""Put the rows of a backup into tables that have just been made, in the caller's transaction."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, text

from dxflow.db.triggers import AUDIT_TABLES
from dxflow.services.installation import schema
from dxflow.services.installation.backup import checking, dumping
from dxflow.services.installation.backup.archive import BackupRefused, Reader
from dxflow.texts import gettext as _

_CHUNK = 500


def refill(tx: Connection, reader: Reader) -> None:
    """Make the tables at the backup's revision, fill them, and bring them to this version.

    The database must be empty and the connection free to change the audit tables' schema. Raises
    BackupRefused for a newer revision and for tables or columns that the revision does not have.
    """
    revision = reader.manifest["revision"]
    if revision not in schema.known():
        raise checking.newer(reader)
    if tx.dialect.name != "sqlite":
        tx.exec_driver_sql("SET LOCAL statement_timeout = 0")
    schema.migrate(tx, revision)
    tables = dumping.tables_of(tx)
    _require_same(reader, tables)
    _empty(tx, tables)
    for table in tables:
        _fill(tx, reader, table)
    _set_counters(tx, reader)
    schema.migrate(tx, "head")


def _require_same(reader: Reader, tables: list[Table]) -> None:
    """Raise BackupRefused when the backup's tables are not those of its revision."""
    here = {table.name: {column.name for column in table.c} for table in tables}
    there = {name: set(table["columns"]) for name, table in reader.manifest["tables"].items()}
    if here == there:
        return
    wrong = sorted(name for name in here.keys() | there.keys() if here.get(name) != there.get(name))
    raise BackupRefused(
        _(
            "{file} の表（{names}）は、この dxflow の表の版 {revision} にありません。"
            "バックアップを作った版（{version}）の dxflow で復元してください。",
            file=reader.file,
            names="、".join(wrong),
            revision=reader.manifest["revision"],
            version=reader.manifest["dxflow"],
        )
    )


def _empty(tx: Connection, tables: list[Table]) -> None:
    """Take out what migrations have put in: the backup holds it already."""
    for table in reversed(tables):
        if table.name not in AUDIT_TABLES:
            tx.execute(delete(table))


def _fill(tx: Connection, reader: Reader, table: Table) -> None:
    sqlite = tx.dialect.name == "sqlite"
    rows = checking.rows_of(reader, table.name, aware=not sqlite)
    if table.name == "audit_event" and sqlite and reader.manifest["database"] != "sqlite":
        rows = _numbered(rows)
    while chunk := list(islice(rows, _CHUNK)):
        tx.execute(insert(table), chunk)


def _numbered(rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Number events anew: PostgreSQL leaves gaps for acts undone, SQLite's count knows none."""
    for number, row in enumerate(rows, start=1):
        yield row | {"id": number}


def _set_counters(tx: Connection, reader: Reader) -> None:
    """Have the next event's number follow the last that was ever given."""
    last = reader.manifest["last_event_id"]
    if tx.dialect.name != "sqlite":
        tx.execute(
            text(
                "SELECT setval(pg_get_serial_sequence('audit_event', 'id'),"
                " greatest(:last, 1), :last > 0)"
            ),
            {"last": last},
        )
    elif reader.manifest["database"] == "sqlite":
        tx.exec_driver_sql("UPDATE sqlite_sequence SET seq = ? WHERE name = 'audit_event'", (last,))
