"""Statements of the hot path: written as expressions, compiled once, sent by the driver itself.

SQLAlchemy's way from an expression to the driver costs more than most statements do. A `Prepared`
statement goes it once for each database and each set of parameters; after that a call converts
its parameters, hands the text to the driver's cursor and gives rows of plain values. An engine's
listeners of `before_cursor_execute` and the errors of SQLAlchemy are the same as everywhere else.
"""

import re
from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    Connection,
    Delete,
    Dialect,
    Insert,
    Select,
    Update,
    bindparam,
)
from sqlalchemy.dialects.postgresql import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.selectable import CompoundSelect
from sqlalchemy.types import TypeEngine

from dxflow.db.base import UtcDateTime, as_sqlite_text

Statement = Select[Any] | CompoundSelect[Any] | Insert | Update | Delete
Values = Mapping[str, Any]
Convert = Callable[[Any], Any]

_ROW = "__"
_MARK = re.compile("%[%s]")
_POSTGRESQL: Dialect = psycopg.dialect(paramstyle="format")  # type: ignore[no-untyped-call]

#: The execution option that says how a transaction begins, and its values.
BEGIN, SNAPSHOT, IMMEDIATE = "dxflow_begin", "snapshot", "immediate"


@dataclass(frozen=True, slots=True)
class Compiled:
    """A statement for one database: its text, and how values become its parameters.

    `sent` is the text as the driver gets it when the statement goes alone.
    `places` has for each parameter, in its order, the row it is taken from and its name there; a
    parameter that the statement brings itself is taken from `own`, as the last row. `converts`
    has the places of those that the driver wants otherwise, and how.
    """

    text: str
    sent: str
    places: tuple[tuple[int, str], ...]
    own: Values
    converts: tuple[tuple[int, Convert], ...]
    #: Takes all of them out of the one row there is, where they all come from it.
    pick: Callable[[Values], tuple[Any, ...]] | None

    def parameters(self, rows: Sequence[Values]) -> list[Any]:
        """Return the parameters of one execution. Raises KeyError for a value that is missing."""
        if self.pick is not None:
            found = list(self.pick(rows[0]))
        else:
            given = (*rows, self.own)
            found = [given[row][name] for row, name in self.places]
        for place, convert in self.converts:
            found[place] = convert(found[place])
        return found


class Prepared:
    """A statement that is run often; which columns are given may differ from call to call."""

    def __init__(self, statement: Statement) -> None:
        self.statement = statement
        self._compiled: dict[tuple[str, tuple[str, ...], int], Compiled] = {}
        self._readers: dict[str, Callable[[Sequence[Any]], Any]] = {}

    def all(self, tx: Connection, values: Values) -> list[Any]:
        """Run a SELECT and return its rows, with attributes named like the columns."""
        compiled, read = self.compiled(tx.dialect, values), self._reader(tx.dialect)
        cursor = send(tx, compiled.sent, compiled.parameters((values,)))
        try:
            return [read(row) for row in cursor.fetchall()]
        finally:
            cursor.close()

    def first(self, tx: Connection, values: Values) -> Any | None:
        """Run a SELECT and return its first row, None when there is none."""
        rows = self.all(tx, values)
        return rows[0] if rows else None

    def run(self, tx: Connection, values: Values) -> None:
        """Run a statement that changes something."""
        compiled = self.compiled(tx.dialect, values)
        send(tx, compiled.sent, compiled.parameters((values,))).close()

    def changed(self, tx: Connection, values: Values) -> int:
        """Run a statement that changes something and return how many rows it changed."""
        compiled = self.compiled(tx.dialect, values)
        cursor = send(tx, compiled.sent, compiled.parameters((values,)))
        number: int = cursor.rowcount
        cursor.close()
        return number

    def many(self, tx: Connection, rows: Sequence[Values]) -> None:
        """Insert rows that have the same columns."""
        together = Writes()
        together.add(self, *rows)
        together.send(tx)

    def compiled(self, dialect: Dialect, values: Values, rows: int = 1) -> Compiled:
        """Return the statement for these columns; `rows` more than one makes one long INSERT."""
        key = (dialect.name, tuple(values), rows)
        found = self._compiled.get(key)
        if found is None:
            found = self._compiled[key] = _compile(self.statement, dialect, key[1], rows)
        return found

    def _reader(self, dialect: Dialect) -> Callable[[Sequence[Any]], Any]:
        found = self._readers.get(dialect.name)
        if found is None:
            found = self._readers[dialect.name] = _reader(self.statement, dialect)
        return found


class Writes:
    """Changes that are gathered and sent together; their order among each other means nothing.

    PostgreSQL gets all of them as one statement, SQLite one after the other.
    """

    def __init__(self) -> None:
        self._gathered: list[tuple[Prepared, Sequence[Values]]] = []

    def add(self, statement: Prepared, *rows: Values) -> None:
        """Gather a statement; several rows are for an INSERT and have the same columns."""
        if rows:
            self._gathered.append((statement, rows))

    def send(self, tx: Connection) -> None:
        """Send what has been gathered."""
        gathered, self._gathered = self._gathered, []
        if not gathered:
            return
        if tx.dialect.name == "sqlite":
            _send_in_turn(tx, gathered)
        else:
            _send_together(tx, gathered)


def _send_in_turn(tx: Connection, gathered: Sequence[tuple[Prepared, Sequence[Values]]]) -> None:
    """Send one statement after the other over one cursor."""
    dialect, cursor, listeners = tx.dialect, tx.connection.cursor(), _listeners(tx)
    for statement, rows in gathered:
        compiled = statement.compiled(dialect, rows[0])
        if len(rows) == 1:
            _run(tx, cursor, listeners, compiled.text, compiled.parameters(rows))
        else:
            many = [compiled.parameters((row,)) for row in rows]
            _run(tx, cursor, listeners, compiled.text, many, many=True)
    cursor.close()


def _send_together(tx: Connection, gathered: Sequence[tuple[Prepared, Sequence[Values]]]) -> None:
    texts: list[str] = []
    parameters: list[Any] = []
    for statement, rows in gathered:
        compiled = statement.compiled(tx.dialect, rows[0], len(rows))
        texts.append(compiled.text)
        parameters.extend(compiled.parameters(rows))
    send(tx, _joined(tuple(texts)), parameters).close()


@lru_cache(maxsize=1024)
def _joined(texts: tuple[str, ...]) -> str:
    """Return changes as one statement; the same kinds of acts send the same ones over and over."""
    *before, last = texts
    steps = ", ".join(f"w{number} AS ({text})" for number, text in enumerate(before))
    return _numbered(f"WITH {steps} {last}" if before else last)


def _numbered(text: str) -> str:
    """Return a text with its parameters as PostgreSQL itself writes them: $1, $2.

    The driver would take a long text apart anew each time it is sent.
    """
    numbers = count(1)
    return _MARK.sub(lambda mark: "%" if mark[0] == "%%" else f"${next(numbers)}", text)


def send(tx: Connection, text: str, parameters: Any, *, many: bool = False) -> Any:
    """Have the driver run a text and return its cursor. Raises what SQLAlchemy would raise."""
    cursor = _cursor(tx)
    _run(tx, cursor, _listeners(tx), text, parameters, many=many)
    return cursor


def _cursor(tx: Connection) -> Any:
    dialect, pooled = tx.dialect, tx.connection
    if dialect.name == "sqlite":
        return pooled.cursor()
    raw: Any = dialect.loaded_dbapi.RawCursor  # of psycopg: takes the text as it is
    return raw(pooled.driver_connection)


def _listeners(tx: Connection) -> tuple[Callable[..., Any], ...]:
    """Return who is told of each statement: listeners of the engine.

    Asking SQLAlchemy for those of a connection costs as much as a statement does.
    """
    return tuple(tx.engine.dispatch.before_cursor_execute)


def _run(
    tx: Connection,
    cursor: Any,
    listeners: Sequence[Callable[..., Any]],
    text: str,
    parameters: Any,
    *,
    many: bool = False,
) -> None:
    for listener in listeners:
        listener(tx, cursor, text, parameters, None, many)
    try:
        if many:
            cursor.executemany(text, parameters)
        else:
            cursor.execute(text, parameters)
    except tx.dialect.loaded_dbapi.Error as refused:
        raise _said(tx, text, parameters, refused, cursor) from refused


def _said(
    tx: Connection, text: str, parameters: Any, refused: Exception, cursor: Any
) -> BaseException:
    """Return what SQLAlchemy says for an error of the driver; a lost connection is thrown away."""
    dialect = tx.dialect
    pooled = tx.connection
    lost = dialect.is_disconnect(refused, pooled, cursor)  # type: ignore[arg-type]
    if lost:
        tx.invalidate(refused)
    return DBAPIError.instance(
        text,
        parameters,
        refused,
        dialect.loaded_dbapi.Error,
        connection_invalidated=lost,
        dialect=dialect,
    )


def _compile(statement: Statement, dialect: Dialect, names: tuple[str, ...], rows: int) -> Compiled:
    positional = dialect if dialect.positional else _POSTGRESQL
    if isinstance(statement, Insert):
        statement = statement.inline()  # nobody asks for the number of the new row
    if rows > 1:
        statement = _long(statement, names, rows)
    compiled = statement.compile(dialect=positional, column_keys=None if rows > 1 else list(names))
    given = set(names)
    places: list[tuple[int, str]] = []
    own: dict[str, Any] = {}
    converts: list[tuple[int, Convert]] = []
    for place, name in enumerate(compiled.positiontup or ()):
        bind = compiled.binds[name]
        row, _mark, column = name.rpartition(_ROW)
        if name in given:
            places.append((0, name))
        elif column in given and row.isdigit():
            places.append((int(row), column))
        elif bind.required:
            raise KeyError(name)
        else:
            places.append((-1, name))
            own[name] = compiled.params[name]
        if convert := _convert(bind.type, positional):
            converts.append((place, convert))
    text = str(compiled)
    sent = text if dialect.positional else _numbered(text)
    alone = len(places) > 1 and not any(row for row, _name in places)
    pick = itemgetter(*(name for _row, name in places)) if alone else None
    return Compiled(text, sent, tuple(places), own, tuple(converts), pick)


def _convert(kind: TypeEngine[Any], dialect: Dialect) -> Convert | None:
    """Return how a value becomes a parameter, None when it is one already."""
    if isinstance(kind, UtcDateTime):
        return _moments(dialect)
    return kind.dialect_impl(dialect).bind_processor(dialect)


@lru_cache(maxsize=8)
def _moments(dialect: Dialect) -> Convert | None:
    """Return how moments become parameters; the last ones are kept, for all columns together.

    The moment of an act goes into most of its rows, and SQLAlchemy takes as long to write it out
    for SQLite as a short statement does.
    """
    if dialect.name == "sqlite":
        return lru_cache(maxsize=256)(as_sqlite_text)
    convert = UtcDateTime().dialect_impl(dialect).bind_processor(dialect)
    return lru_cache(maxsize=256)(convert) if convert is not None else None


def _long(statement: Statement, names: tuple[str, ...], rows: int) -> Insert:
    if not isinstance(statement, Insert):
        message = "several rows are for an INSERT"
        raise TypeError(message)
    columns = statement.table.c
    return statement.values(
        [
            {name: bindparam(f"{row}{_ROW}{name}", type_=columns[name].type) for name in names}
            for row in range(rows)
        ]
    )


def _reader(statement: Statement, dialect: Dialect) -> Callable[[Sequence[Any]], Any]:
    if not isinstance(statement, Select | CompoundSelect):
        message = "only a SELECT gives rows"
        raise TypeError(message)
    columns = list(statement.selected_columns)
    make: Any = namedtuple("Row", [str(column.key) for column in columns])  # type: ignore[misc]
    converts = [
        (place, convert)
        for place, column in enumerate(columns)
        if (convert := column.type.dialect_impl(dialect).result_processor(dialect, None))
    ]

    def read(row: Sequence[Any]) -> Any:
        values = list(row)
        for place, convert in converts:
            if values[place] is not None:
                values[place] = convert(values[place])
        return make(*values)

    return read
