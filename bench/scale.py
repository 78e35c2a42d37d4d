"""Pages over a small and a large city: what they cost when there are a hundred times the cases.

The large city is the sample city with every case copied thousands of times by the database itself,
events and all; those that have ended lie spread over the ten years before. The copies are true to
their rows but not to their chains: nothing here verifies. Both cities are asked in turns, so that
a busy machine slows both.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from flask.testing import FlaskClient
from sqlalchemy import Connection, text

from bench.cities import version_of
from bench.report import Figure
from dxflow.cli.application import build
from dxflow.config import Settings
from dxflow.db.engine import Database
from dxflow.services.installation.opening import open_site
from dxflow.services.sample import loading
from dxflow.services.site import Site
from tests import postgres

SMALL, LARGE = 1_000, 100_000
#: Of a hundred cases so many still run; the others ended years ago.
RUNNING = 10
#: Events copied of an ended case, so that the large city has about two million.
EVENTS = 20
#: Warm is what has been asked as often as PostgreSQL needs to keep a plan for good.
REPEATS, WARM = 9, 12
#: Columns that hold ids of rows that are copied as well.
_IDS = {
    "id", "case_id", "work_item_id", "deliberation_id", "measure_id", "undo_submission",
}  # fmt: skip
YEARS = 10
#: Ended cases lie so many days back, each by its number: these columns move with them.
_DAYS_BACK = f"(n.k * 37 % {YEARS * 365})"
_MOMENTS = {
    "case_file": {"created_at", "updated_at", "stage_since", "ended_at"},
    "process_instance": {"updated_at"},
}
_TOUCHED = ("process_instance", "updated_at")
_DAYS = {"decision_record": {"decided_on"}}
#: Copied of every case, and of those that still run as well.
_TABLES = (
    "case_file", "process_instance", "case_unit", "measure", "actual", "target",
    "decision_record", "workload",
)  # fmt: skip
_OF_RUNNING = (
    "element_visit", "submission", "milestone", "duty", "deliberation", "ballot",
    "decision_evaluation", "work_item", "work_item_group", "timer", "notice",
)  # fmt: skip
_WITHOUT_CASE = {
    "target": "measure_id IN (SELECT id FROM measure WHERE case_id IN ({cases}))",
    "ballot": "deliberation_id IN (SELECT id FROM deliberation WHERE case_id IN ({cases}))",
    "work_item_group": "work_item_id IN (SELECT id FROM work_item WHERE case_id IN ({cases}))",
    "case_file": "id IN ({cases})",
}
_PAGES = (
    ("inbox", "ishida", "/"),
    ("inbox of a member", "naito", "/"),
    ("inbox with colleagues", "ishida", "/?scope=group"),
    ("all open work", "asakura", "/?scope=all"),
    ("case page", "ishida", "/cases/{case}"),
    ("case timeline", "ishida", "/cases/{case}/timeline"),
    ("audit page", "sugawara", "/audit"),
    ("audit page of one case", "sugawara", "/audit?case={number}"),
    ("list of cases", "ishida", "/cases"),
    ("list of running cases", "ishida", "/cases?status=running"),
    ("list of a section's cases", "ishida", "/cases?unit={unit}"),
    ("list of cases somebody sees", "hayashi", "/cases"),
    ("cases with a word", "ishida", "/cases?q=申請"),
    ("own cases", "hayashi", "/mine"),
    ("notices", "ishida", "/notices"),
    ("list of measures", "asakura", "/kpis"),
    ("list of measures somebody sees", "hayashi", "/kpis"),
    ("portfolio", "asakura", "/portfolio"),
)


def measure(kind: str, small: int = SMALL, large: int = LARGE) -> Iterator[Figure]:
    """Yield for each page what it costs in the large city against the small one."""
    with _town(kind, small) as little, _town(kind, large) as big:
        before, after = _Visited(little), _Visited(big)
        sizes = f"{large:,} cases, {_events(big):,} events / {small:,}, {_events(little):,}"
        for name, who, path in _PAGES:
            spent, spent_before = _in_turns(after, before, who, path)
            yield Figure(
                f"{name}, {version_of(big.database).split(',')[0]}",
                spent,
                "ms",
                spent_before,
                spent / spent_before,
                f"{path}; {sizes}",
                "ratio <= 1.5",
            )


@contextmanager
def _town(kind: str, cases: int) -> Iterator[Site]:
    with tempfile.TemporaryDirectory(prefix="dxb", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        address = f"sqlite:///{folder}/dxflow.db"
        if kind == "postgresql":
            server = postgres.start_server(folder / "pg", durable=True)
            address = postgres.create_database(server, "bench")
        try:
            settings = Settings(home=folder, database=address, demo=True)
            loading.load(settings, "standard")
            fill(Database(address, guarded=False), cases)
            site = open_site(settings)
            yield site
            site.database.close()
        finally:
            if kind == "postgresql":
                postgres.stop(folder / "pg")


def fill(database: Database, cases: int) -> None:
    """Copy the cases of the sample until there are so many."""
    with database.write() as tx:
        _unprotect(tx)
        if tx.dialect.name == "postgresql":
            tx.execute(text("SET LOCAL statement_timeout = 0"))  # it copies for minutes
        ids = "SELECT id FROM case_file"
        running = list(tx.execute(text(f"{ids} WHERE status = 'running'")).scalars())
        done = f"{ids} WHERE status <> 'running' OR stage = 'kpi'"
        over = list(tx.execute(text(done)).scalars())
        copies = _Copies(tx)
        copies.of(over, 1, cases * (100 - RUNNING) // 100 // len(over), ended=True)
        copies.of(running, 500_000, cases * RUNNING // 100 // len(running), ended=False)
    _settle(database)
    database.close()


def _settle(database: Database) -> None:
    """Do what a PostgreSQL server does of itself in time. Nobody does it for an SQLite file."""
    if database.is_sqlite:
        return
    address = database.url.set(drivername="postgresql")
    with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as server:
        server.execute("VACUUM ANALYZE")


def _unprotect(tx: Connection) -> None:
    if tx.dialect.name == "postgresql":
        tx.execute(text("ALTER TABLE audit_event DISABLE TRIGGER USER"))
        return
    named = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_event'"
    for name in list(tx.execute(text(named)).scalars()):
        tx.execute(text(f"DROP TRIGGER {name}"))


@dataclass
class _Copies:
    """Copies cases with everything that belongs to them, in one statement a table."""

    tx: Connection

    def of(self, cases: Sequence[str], first: int, times: int, *, ended: bool) -> None:
        """Make copies numbered from `first`; ended ones leave no open work behind."""
        if times < 1:
            return
        wanted = ", ".join(f"'{one}'" for one in cases)
        for table in (*_TABLES, *(() if ended else _OF_RUNNING)):
            self._table(table, wanted, first, times, ended=ended)
        self._events(wanted, first, times, ended=ended)

    def _table(self, table: str, cases: str, first: int, times: int, *, ended: bool) -> None:
        found = self.tx.execute(text(f"SELECT * FROM {table} LIMIT 0"))
        columns = list(found.keys())
        which = _WITHOUT_CASE.get(table, "case_id IN ({cases})").format(cases=cases)
        values = [self._value(table, column, ended=ended) for column in columns]
        self.tx.execute(
            text(
                f"{self._numbers(first, times)} INSERT INTO {table} ({', '.join(columns)})"
                f" SELECT {', '.join(values)} FROM {table} t CROSS JOIN n WHERE {which}"
            )
            if self.tx.dialect.name == "postgresql"
            else text(
                f"INSERT INTO {table} ({', '.join(columns)}) {self._numbers(first, times)}"
                f" SELECT {', '.join(values)} FROM {table} t CROSS JOIN n WHERE {which}"
            )
        )

    def _value(self, table: str, column: str, *, ended: bool) -> str:
        if column in _IDS:
            return self._id(f"t.{column}")
        if table == "case_file" and column == "number":
            return f"t.number || '-' || {self._digits()}"
        if column == "idempotency_key":
            return "NULL"
        if ended and column == "status" and table == "case_file":
            return "CASE WHEN t.status = 'running' THEN 'completed' ELSE t.status END"
        if ended and column == "status" and table == "process_instance":
            return "'ended'"
        value = f"t.{column}"
        if ended and column == "ended_at" and table == "case_file":
            value = "COALESCE(t.ended_at, t.updated_at)"
        if not ended:
            return self._lately(value) if (table, column) == _TOUCHED else value
        return self._long_ago(table, column, value)

    def _lately(self, value: str) -> str:
        """Return a moment of the last three months: no two cases are touched at the same time."""
        minutes = f"(n.k * 37 % {90 * 24 * 60})"
        if self.tx.dialect.name == "postgresql":
            return f"{value} - make_interval(mins => {minutes})"
        return (
            f"strftime('%Y-%m-%d %H:%M:%S', {value}, '-' || {minutes} || ' minutes') || '.000000'"
        )

    def _long_ago(self, table: str, column: str, value: str) -> str:
        if column == "fiscal_year" and table == "case_file":
            return f"{value} - {_DAYS_BACK} / 365"
        moment, day = column in _MOMENTS.get(table, ()), column in _DAYS.get(table, ())
        if not (moment or day):
            return value
        if self.tx.dialect.name == "postgresql":
            moved = f"{value} - make_interval(days => {_DAYS_BACK})"
            return f"({moved})::date" if day else moved
        back = f"'-' || {_DAYS_BACK} || ' days'"
        if day:
            return f"date({value}, {back})"
        return f"strftime('%Y-%m-%d %H:%M:%S', {value}, {back}) || '.000000'"

    def _events(self, cases: str, first: int, times: int, *, ended: bool) -> None:
        which = f"case_id IN ({cases})" + (f" AND seq <= {EVENTS}" if ended else "")
        new = self._id("t.case_id")
        columns = "stream, seq, prev_hash, leaf_hash, at, type, actor, case_id, body"
        values = (
            f"'case:' || {new}, t.seq, t.prev_hash, t.leaf_hash, t.at, t.type, t.actor, {new},"
            f" replace(t.body, t.case_id, {new})"
        )
        rows = (
            f"SELECT {values} FROM audit_event t CROSS JOIN n WHERE {which}"
            " AND stream = 'case:' || t.case_id"
        )
        numbers = self._numbers(first, times)
        statement = (
            f"{numbers} INSERT INTO audit_event ({columns}) {rows}"
            if self.tx.dialect.name == "postgresql"
            else f"INSERT INTO audit_event ({columns}) {numbers} {rows}"
        )
        self.tx.execute(text(statement))

    def _numbers(self, first: int, times: int) -> str:
        return (
            f"WITH RECURSIVE n(k) AS (SELECT {first} UNION ALL"
            f" SELECT k + 1 FROM n WHERE k < {first + times - 1})"
        )

    def _digits(self) -> str:
        if self.tx.dialect.name == "postgresql":
            return "lpad(n.k::text, 7, '0')"
        return "printf('%07d', n.k)"

    def _id(self, column: str) -> str:
        return f"'c' || {self._digits()} || substr({column}, 9)"


def _events(site: Site) -> int:
    with site.database.read() as tx:
        return int(tx.execute(text("SELECT count(*) FROM audit_event")).scalar_one())


class _Visited:
    """A city with somebody at each browser."""

    def __init__(self, site: Site) -> None:
        self._app = build(site)
        self._browsers: dict[str, FlaskClient] = {}
        newest = (
            "SELECT id, number, lead_unit FROM case_file WHERE status = 'running'"
            " AND stage = 'committee' ORDER BY id DESC LIMIT 1"
        )
        with site.database.read() as tx:
            row = tx.execute(text(newest)).one()
        self._known = {"case": row.id, "number": row.number, "unit": row.lead_unit}

    def time(self, who: str, path: str) -> float:
        """Return how many milliseconds a page takes."""
        if who not in self._browsers:
            self._browsers[who] = _logged_in(self._app, who)
        address = path.format(**self._known)
        begin = time.perf_counter()
        answer = self._browsers[who].get(address)
        spent = time.perf_counter() - begin
        assert answer.status_code == 200, (address, answer.status_code)
        return spent * 1000


def _in_turns(one: _Visited, other: _Visited, who: str, path: str) -> tuple[float, float]:
    """Return the median times of a page in two cities, asked in turns, warm."""
    spent = [(one.time(who, path), other.time(who, path)) for _round in range(REPEATS + WARM)][
        WARM:
    ]
    mine, others = zip(*spent, strict=True)
    return statistics.median(mine), statistics.median(others)


def _logged_in(app: object, who: str) -> FlaskClient:
    browser: FlaskClient = app.test_client()  # type: ignore[attr-defined]
    page = browser.get("/login").text
    token = page.split('name="_csrf" value="')[1].split('"')[0]
    password = loading.accounts("standard")[0].password
    answer = browser.post("/login", data={"_csrf": token, "username": who, "password": password})
    assert answer.status_code == 303, answer.status_code
    return browser


if __name__ == "__main__":
    import sys

    for kind in sys.argv[1:] or ["sqlite", "postgresql"]:
        for one in measure(kind):
            print(f"{one.name}: {one.value:.1f} {one.unit} / {one.baseline:.1f}, {one.ratio:.2f}")
