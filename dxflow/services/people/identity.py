"""Which installation this is: an id made once, by which a backup finds its way home."""

from datetime import datetime

from sqlalchemy import Connection, inspect, text

from dxflow.ids import new_id

KEY = "installation.id"


def read(tx: Connection) -> str | None:
    """Return the id of the installation in a database, None when there is none."""
    if "setting" not in inspect(tx).get_table_names():
        return None
    found = tx.execute(text("SELECT value FROM setting WHERE key = :key"), {"key": KEY}).scalar()
    return None if found is None else str(found)


def ensure(tx: Connection, now: datetime) -> str:
    """Return the id of the installation, made now if need be."""
    found = read(tx)
    if found is None:
        found = new_id(now)
        tx.execute(
            text("INSERT INTO setting (key, value) VALUES (:key, :value)"),
            {"key": KEY, "value": found},
        )
    return found
