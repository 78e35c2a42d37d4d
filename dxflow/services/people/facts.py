"""Small facts about the installation: one JSON object a key in the table of settings."""

from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, delete, insert, select, update

from dxflow.db.identity import Setting


def read(tx: Connection, *keys: str) -> dict[str, dict[str, Any]]:
    """Return the facts that are there, by key; what is no JSON object counts as not there."""
    found: dict[str, dict[str, Any]] = {}
    for row in tx.execute(select(Setting.key, Setting.value).where(Setting.key.in_(keys))):
        try:
            value = orjson.loads(row.value)
        except orjson.JSONDecodeError:
            continue
        if isinstance(value, dict):
            found[row.key] = value
    return found


def write(tx: Connection, key: str, value: Mapping[str, Any] | None) -> None:
    """Put a fact in the place of what stood under its key; None removes it."""
    if value is None:
        tx.execute(delete(Setting).where(Setting.key == key))
        return
    text = orjson.dumps(dict(value)).decode()
    changed = tx.execute(update(Setting).where(Setting.key == key).values(value=text)).rowcount
    if not changed:
        tx.execute(insert(Setting).values(key=key, value=text))
