"""Counting what is sent to the database."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from sqlalchemy import event

from dxflow.db.engine import Database
from dxflow.services.people import mail_settings, maintenance


@dataclass
class Count:
    """How many statements were sent, transaction control not counted."""

    statements: int = 0


@contextmanager
def counted(database: Database) -> Iterator[Count]:
    """Count the statements sent while the block runs.

    What is asked anew every few seconds, whoever opens which page, is of no page: a slow machine
    would count it with one and not with the next.
    """
    count = Count()

    def sent(_connection: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if not statement.lstrip().upper().startswith(("BEGIN", "COMMIT", "SET TRANSACTION")):
            count.statements += 1

    event.listen(database.engine, "before_cursor_execute", sent)
    try:
        with (
            patch.object(maintenance, "KEPT_SECONDS", math.inf),
            patch.object(mail_settings, "KEPT_SECONDS", math.inf),
        ):
            yield count
    finally:
        event.remove(database.engine, "before_cursor_execute", sent)
