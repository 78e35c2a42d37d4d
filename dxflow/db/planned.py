"""The cursor of statements that are composed anew, such as those of lists.

The server plans each of them for the values it comes with. One that is prepared gets a plan for
any value after a few times, which for a list of somebody's cases among a hundred thousand can be
thirty times slower. Statements that are compiled once are sent by a cursor of their own and are
prepared, see `prepared`.
"""

from typing import Any

from psycopg import Cursor


class PlannedCursor(Cursor[Any]):
    """A cursor that never has a statement prepared."""

    def execute(self, query: Any, params: Any = None, **how: Any) -> "PlannedCursor":
        """Run a statement as psycopg does."""
        return super().execute(query, params, **{**how, "prepare": False})
