"""Whether the triggers that make the audit tables append-only stand as they were created.

Asked at every start and by every verification. A trigger or rule too many on an audit table is
reported as well: it could undo or divert what the log writes.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from dxflow.audit.findings import Finding, FindingKind
from dxflow.db import triggers
from dxflow.texts import gettext as _

_SQLITE_OBJECTS = """
SELECT type, name, lower(tbl_name), sql FROM sqlite_schema
WHERE type IN ('table', 'view', 'trigger')
  AND lower(tbl_name) IN ('audit_event', 'audit_private', 'audit_stream')
"""
_POSTGRESQL_TRIGGERS = """
SELECT c.relname, t.tgname, t.tgenabled, t.tgtype, p.proname, p.prosrc, l.lanname,
  t.tgqual IS NULL AND t.tgnargs = 0 AND cardinality(t.tgattr::int2[]) = 0
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid JOIN pg_proc p ON p.oid = t.tgfoid
  JOIN pg_language l ON l.oid = p.prolang
WHERE NOT t.tgisinternal AND c.oid IN
  (to_regclass('audit_event'), to_regclass('audit_private'), to_regclass('audit_stream'))
"""
_POSTGRESQL_TABLES = """
SELECT c.relname, c.relkind, (SELECT count(*) FROM pg_rewrite r WHERE r.ev_class = c.oid)
FROM pg_class c WHERE c.oid IN
  (to_regclass('audit_event'), to_regclass('audit_private'), to_regclass('audit_stream'))
"""
# Bits of pg_trigger.tgtype (src/include/catalog/pg_trigger.h).
_BITS = {"ROW": 1, "BEFORE": 2, "INSERT": 4, "DELETE": 8, "UPDATE": 16, "TRUNCATE": 32}


def protection_findings(connection: Connection) -> list[Finding]:
    """Return one finding per protection that is missing, altered or added."""
    if connection.dialect.name == "sqlite":
        return _sqlite(connection)
    return _postgresql(connection)


def _sqlite(connection: Connection) -> list[Finding]:
    objects = connection.exec_driver_sql(_SQLITE_OBJECTS).fetchall()
    tables = {table for kind, _name, table, _sql in objects if kind == "table"}
    found = {name: sql for kind, name, _table, sql in objects if kind == "trigger"}
    expected = {
        name: f"CREATE TRIGGER {name} {body}" for name, body in triggers.sqlite_triggers().items()
    }
    return _missing_tables(tables) + _differences(expected, found)


def _postgresql(connection: Connection) -> list[Finding]:
    sources = triggers.postgresql_functions()
    expected = {
        (trigger.table, trigger.name): (
            "A",
            sum(bit for word, bit in _BITS.items() if word in trigger.fires.split()),
            trigger.function,
            sources[trigger.function],
            "plpgsql",
            True,
        )
        for trigger in triggers.postgresql_triggers()
    }
    found = {
        (table, name): tuple(map(_plain, rest))
        for table, name, *rest in connection.exec_driver_sql(_POSTGRESQL_TRIGGERS)
    }
    tables = connection.exec_driver_sql(_POSTGRESQL_TABLES).fetchall()
    rules = [
        _finding(_("表 {name} に想定外のルールがあります。", name=name))
        for name, _kind, count in tables
        if count
    ]
    plain_tables = {name for name, kind, _count in tables if _plain(kind) == "r"}
    return _missing_tables(plain_tables) + rules + _differences(expected, found)


def _plain(value: object) -> object:
    """Return PostgreSQL's one-byte "char" as text."""
    return value.decode("ascii") if isinstance(value, bytes) else value


def _missing_tables(found: set[str]) -> list[Finding]:
    return [
        _finding(_("監査ログの表 {name} がありません。", name=name))
        for name in triggers.AUDIT_TABLES
        if name not in found
    ]


def _differences(expected: Mapping[Any, object], found: Mapping[Any, object]) -> list[Finding]:
    texts = [
        _("保護のトリガー {name} がありません。", name=_name(key))
        if key not in found
        else _("保護のトリガー {name} が書き換えられているか、無効です。", name=_name(key))
        for key, definition in expected.items()
        if found.get(key) != definition
    ]
    texts += [
        _("想定外のトリガー {name} があります。", name=_name(key))
        for key in found
        if key not in expected
    ]
    return [_finding(text) for text in texts]


def _name(key: object) -> str:
    return key[-1] if isinstance(key, tuple) else str(key)


def _finding(text: str) -> Finding:
    return Finding(FindingKind.SCHEMA, "", 0, text)
