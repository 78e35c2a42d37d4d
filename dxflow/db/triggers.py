"""Triggers that make the audit tables append-only, on SQLite and PostgreSQL.

`audit_event` takes new rows and nothing else. `audit_private` may lose rows (that is its purpose)
but never change one. `audit_stream` only moves forward. On SQLite, `INSERT OR REPLACE` deletes the
old row without firing delete triggers unless `recursive_triggers` is on, so that a trigger before
INSERT refuses what would replace a row. On PostgreSQL the triggers are ENABLE ALWAYS, or
`session_replication_role = replica` would switch them off. The owner of the tables can still drop
them: the application's role should not be the owner (`postgresql_grants`), and the verifier
reports every trigger that is missing or altered.
"""

from dataclasses import dataclass

_REFUSAL = "this table is append-only"

_SQLITE = {
    "audit_event_no_update": (
        "BEFORE UPDATE ON audit_event BEGIN SELECT RAISE(ABORT, 'audit_event: {0}'); END"
    ),
    "audit_event_no_delete": (
        "BEFORE DELETE ON audit_event BEGIN SELECT RAISE(ABORT, 'audit_event: {0}'); END"
    ),
    "audit_event_no_replace": (
        "BEFORE INSERT ON audit_event"
        " WHEN EXISTS (SELECT 1 FROM audit_event WHERE id = NEW.id)"
        " OR EXISTS (SELECT 1 FROM audit_event WHERE stream = NEW.stream AND seq = NEW.seq)"
        " BEGIN SELECT RAISE(ABORT, 'audit_event: UNIQUE, {0}'); END"
    ),
    "audit_private_no_update": (
        "BEFORE UPDATE ON audit_private"
        " BEGIN SELECT RAISE(ABORT, 'audit_private: values may be deleted, not changed'); END"
    ),
    "audit_private_no_replace": (
        "BEFORE INSERT ON audit_private"
        " WHEN EXISTS (SELECT 1 FROM audit_private WHERE commitment = NEW.commitment)"
        " BEGIN SELECT RAISE(ABORT, 'audit_private: UNIQUE, values may not be changed'); END"
    ),
    "audit_stream_forward": (
        "BEFORE UPDATE ON audit_stream WHEN NEW.stream <> OLD.stream OR NEW.seq <= OLD.seq"
        " BEGIN SELECT RAISE(ABORT, 'audit_stream: a head only moves forward'); END"
    ),
    "audit_stream_no_delete": (
        "BEFORE DELETE ON audit_stream BEGIN SELECT RAISE(ABORT, 'audit_stream: {0}'); END"
    ),
}


@dataclass(frozen=True, slots=True)
class PostgresTrigger:
    """A trigger: its table, its name, when it fires and the function it calls."""

    table: str
    name: str
    fires: str
    function: str


# No percent sign: drivers that know the "format" style of parameters would read it as one.
_FUNCTIONS = {
    "audit_refuse": (
        " BEGIN RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ': this table is append-only',"
        " ERRCODE = 'insufficient_privilege'; END "
    ),
    "audit_forward": (
        " BEGIN IF NEW.stream <> OLD.stream OR NEW.seq <= OLD.seq THEN"
        " RAISE EXCEPTION USING MESSAGE = TG_TABLE_NAME || ': a head only moves forward',"
        " ERRCODE = 'insufficient_privilege'; END IF; RETURN NEW; END "
    ),
}
_ROW, _STATEMENT = "FOR EACH ROW", "FOR EACH STATEMENT"
_POSTGRESQL = (
    PostgresTrigger(
        "audit_event", "audit_event_keep", f"BEFORE UPDATE OR DELETE {_ROW}", "audit_refuse"
    ),
    PostgresTrigger(
        "audit_event", "audit_event_keep_all", f"BEFORE TRUNCATE {_STATEMENT}", "audit_refuse"
    ),
    PostgresTrigger("audit_private", "audit_private_keep", f"BEFORE UPDATE {_ROW}", "audit_refuse"),
    PostgresTrigger(
        "audit_private", "audit_private_keep_all", f"BEFORE TRUNCATE {_STATEMENT}", "audit_refuse"
    ),
    PostgresTrigger(
        "audit_stream", "audit_stream_forward", f"BEFORE UPDATE {_ROW}", "audit_forward"
    ),
    PostgresTrigger("audit_stream", "audit_stream_keep", f"BEFORE DELETE {_ROW}", "audit_refuse"),
    PostgresTrigger(
        "audit_stream", "audit_stream_keep_all", f"BEFORE TRUNCATE {_STATEMENT}", "audit_refuse"
    ),
)

AUDIT_TABLES = ("audit_event", "audit_private", "audit_stream")


def create_statements(dialect: str) -> tuple[str, ...]:
    """Return the DDL that protects the audit tables, for `sqlite` or `postgresql`.

    To be run once, after the tables exist, one statement at a time.
    """
    if dialect == "sqlite":
        return tuple(f"CREATE TRIGGER {name} {body}" for name, body in sqlite_triggers().items())
    functions = (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $${source}$$"
        for name, source in _FUNCTIONS.items()
    )
    triggers = (
        statement
        for trigger in _POSTGRESQL
        for statement in (
            f"CREATE TRIGGER {trigger.name} {_on(trigger)} EXECUTE FUNCTION {trigger.function}()",
            f"ALTER TABLE {trigger.table} ENABLE ALWAYS TRIGGER {trigger.name}",
        )
    )
    return (*functions, *triggers)


def drop_statements(dialect: str) -> tuple[str, ...]:
    """Return the DDL that takes the protection away: for a downgrade before the tables go."""
    if dialect == "sqlite":
        return tuple(f"DROP TRIGGER {name}" for name in _SQLITE)
    triggers = (f"DROP TRIGGER {trigger.name} ON {trigger.table}" for trigger in _POSTGRESQL)
    return (*triggers, *(f"DROP FUNCTION {name}()" for name in _FUNCTIONS))


def sqlite_triggers() -> dict[str, str]:
    """Return SQLite's triggers by name, without the words `CREATE TRIGGER <name>`."""
    return {name: body.format(_REFUSAL) for name, body in _SQLITE.items()}


def postgresql_triggers() -> tuple[PostgresTrigger, ...]:
    """Return PostgreSQL's triggers."""
    return _POSTGRESQL


def postgresql_functions() -> dict[str, str]:
    """Return the source of PostgreSQL's trigger functions by name."""
    return dict(_FUNCTIONS)


def postgresql_grants(role: str) -> tuple[str, ...]:
    """Return what the application's role may do with the audit tables when it is not their owner.

    Raises ValueError for a role name that would need quoting.
    """
    if not role.isascii() or not role.replace("_", "a").isalnum():
        message = f"the role name {role!r} may hold letters, digits and _ only"
        raise ValueError(message)
    return (
        f"REVOKE ALL ON audit_event, audit_private, audit_stream FROM {role}",
        f"GRANT SELECT, INSERT ON audit_event TO {role}",
        f"GRANT SELECT, INSERT, DELETE ON audit_private TO {role}",
        f"GRANT SELECT, INSERT, UPDATE (seq, head, at) ON audit_stream TO {role}",
        f"GRANT USAGE ON SEQUENCE audit_event_id_seq TO {role}",
    )


def _on(trigger: PostgresTrigger) -> str:
    """Put `ON <table>` between the events and FOR EACH."""
    events, each = trigger.fires.split(" FOR EACH ")
    return f"{events} ON {trigger.table} FOR EACH {each}"
