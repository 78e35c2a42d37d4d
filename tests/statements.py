"""Counting what is sent to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event

from dxflow.db.engine import Database


@dataclass
class Count:
    """How many statements were sent, transaction control not counted."""

    statements: int = 0


@contextmanager
def counted(database: Database) -> Iterator[Count]:
    """Count the statements sent while the block runs."""
    count = Count()

    def sent(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.lstrip().upper().startswith(("BEGIN", "COMMIT", "SET TRANSACTION")):
            count.statements += 1

    event.listen(database.engine, "before_cursor_execute", sent)
    try:
        yield count
    finally:
        event.remove(database.engine, "before_cursor_execute", sent)
