"""An authorizer in every SQLite connection of the application: a second guard of the audit log.

Triggers can be dropped by whoever may run SQL. SQLite asks the authorizer when a statement is
prepared: a statement that would change or delete audit events, touch the tables' definition or
triggers, or make the schema itself writable, is never even prepared. Migrations run on
connections of their own without it.
"""

from typing import Any

from dxflow.db.triggers import AUDIT_TABLES

# Action codes of sqlite3_set_authorizer (sqlite3.h); the DBAPI modules do not all name them.
_OK, _DENY = 0, 1
_DELETE, _UPDATE, _PRAGMA, _ALTER = 9, 23, 19, 26
_CREATE = {5, 7}  # temporary trigger, trigger: (its name, its table)
_DROP_OF = {10, 12, 14, 16}  # index, temporary index, temporary trigger, trigger: (name, table)
_DROP_TABLE = {11, 13}  # table, temporary table: (name, -)

REFUSED = "not authorized"
"""What SQLite says of a statement the authorizer refuses."""

_KEPT = {
    _DELETE: {"audit_event", "audit_stream"},
    _UPDATE: {"audit_event", "audit_private"},
}
_FORBIDDEN_PRAGMAS = {"writable_schema", "ignore_check_constraints"}


def install_guard(connection: Any) -> None:
    """Install the authorizer on a DBAPI connection of `pysqlite3` or `sqlite3`.

    A refused statement raises the module's DatabaseError ("not authorized").
    """
    connection.set_authorizer(_authorize)


def _authorize(
    action: int, first: str | None, second: str | None, database: str | None, inner: str | None
) -> int:
    """Answer SQLite; `first` and `second` mean what sqlite3.h says for the action."""
    del database, inner
    if action in _KEPT:
        return _DENY if _name(first) in _KEPT[action] else _OK
    if action in _CREATE or action in _DROP_OF:
        return _DENY if _name(second) in AUDIT_TABLES else _OK
    if action in _DROP_TABLE:
        return _DENY if _name(first) in AUDIT_TABLES else _OK
    if action == _ALTER:  # (database, table)
        return _DENY if _name(second) in AUDIT_TABLES else _OK
    if action == _PRAGMA and second is not None:
        return _DENY if _name(first) in _FORBIDDEN_PRAGMAS else _OK
    return _OK


def _name(text: str | None) -> str:
    """Return a name as SQLite compares it: without regard to case."""
    return (text or "").lower()
