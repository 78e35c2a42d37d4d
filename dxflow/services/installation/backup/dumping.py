"""Write every table of one snapshot into a backup.

The tables are taken as the database itself describes them, so that one of an older revision can
be written too. Sessions, tokens and failed logins are left out: they end with a restore, and a
file that lies about should open no door.
"""

import warnings
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, MetaData, Table, func, inspect, select
from sqlalchemy.exc import SAWarning

from dxflow.services.installation import schema
from dxflow.services.installation.backup.archive import Writer
from dxflow.services.installation.backup.rows import line_of
from dxflow.services.people import identity
from dxflow.version import VERSION

FORMAT = 1
FOLDER = "tables/"
#: Described by the revision, or of one machine's running programs only.
LEFT_OUT = frozenset({"alembic_version"})
#: The queue of a library, on PostgreSQL only; its work is deferred again from the tables `job`.
LEFT_OUT_PREFIX = "procrastinate_"
EMPTIED = frozenset({"web_session", "api_token", "login_throttle", "half_login"})
_CHUNK = 500


def tables_of(tx: Connection) -> list[Table]:
    """Return the tables that a backup holds, referred ones first, as the database has them."""
    wanted = [
        name
        for name in inspect(tx).get_table_names()
        if name not in LEFT_OUT and not name.startswith(LEFT_OUT_PREFIX)
    ]
    metadata = MetaData()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)  # of indexes: they are not ours to rebuild here
        metadata.reflect(tx, only=wanted)
    return list(metadata.sorted_tables)


def dump(tx: Connection, writer: Writer, now: datetime) -> dict[str, Any]:
    """Write all rows of a snapshot and return the manifest, without the members."""
    if tx.dialect.name != "sqlite":  # a large city takes longer than a page may
        tx.exec_driver_sql("SET LOCAL statement_timeout = 0")
        tx.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")
    tables = {}
    for table in tables_of(tx):
        lines = iter(()) if table.name in EMPTIED else _lines(tx, table)
        rows = writer.add(f"{FOLDER}{table.name}.jsonl", lines)
        tables[table.name] = {"columns": [column.name for column in table.c], "rows": rows}
    return {
        "format": FORMAT,
        "dxflow": VERSION,
        "revision": schema.current(tx),
        "database": tx.dialect.name,
        "installation": identity.read(tx),
        "packs": _packs(tx),
        "created_at": now.isoformat(),
        "tables": tables,
        "last_event_id": _last_id(tx),
    }


def _lines(tx: Connection, table: Table) -> Iterator[bytes]:
    order = list(table.primary_key.columns) or list(table.c)
    found = tx.execution_options(stream_results=True, yield_per=_CHUNK).execute(
        select(table).order_by(*order)
    )
    for row in found:
        yield line_of(tuple(row))


def _packs(tx: Connection) -> list[dict[str, Any]]:
    packs = Table("pack_version", MetaData(), autoload_with=tx)
    found = tx.execute(
        select(packs.c.key, packs.c.version, packs.c.title)
        .where(packs.c.status == "current")
        .order_by(packs.c.key)
    )
    return [dict(row._mapping) for row in found]


def _last_id(tx: Connection) -> int:
    """Return the last number given to an event: on SQLite the database's own count."""
    if tx.dialect.name == "sqlite":
        given = tx.exec_driver_sql(
            "SELECT max(seq) FROM sqlite_sequence WHERE name = 'audit_event'"
        ).scalar()
        return int(given or 0)
    events = Table("audit_event", MetaData(), autoload_with=tx)
    return int(tx.execute(select(func.max(events.c.id))).scalar() or 0)
