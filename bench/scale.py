"""Pages over a small and a large city: what they cost when there are a hundred times the cases.

The large city is the sample city with every case copied thousands of times by the database itself,
events and all. The copies are true to their rows but not to their chains: nothing here verifies.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

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
REPEATS = 9
#: Columns that hold ids of rows that are copied as well.
_IDS = {
    "id", "case_id", "work_item_id", "deliberation_id", "measure_id", "undo_submission",
}  # fmt: skip
#: Copied of every case, and of those that still run as well.
_TABLES = (
    "case_file", "process_instance", "case_unit", "measure", "actual", "target",
    "decision_record", "workload",
)  # fmt: skip
_OF_RUNNING = (
    "element_visit", "submission", "milestone", "duty", "deliberation", "ballot",
    "decision_evaluation", "work_item", "work_item_group", "timer",
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
    ("case page", "ishida", "/cases/{case}"),
    ("case timeline", "ishida", "/cases/{case}/timeline"),
    ("audit page", "sugawara", "/audit"),
    ("audit page of one case", "sugawara", "/audit?case={number}"),
    ("list of cases", "ishida", "/cases"),
    ("list of cases of a section", "hayashi", "/cases"),
    ("list of measures", "asakura", "/kpis"),
    ("portfolio", "asakura", "/portfolio"),
)


def measure(kind: str, small: int = SMALL, large: int = LARGE) -> Iterator[Figure]:
    """Yield for each page what it costs in the large city against the small one."""
    with _town(kind, small) as little:
        before = _times(little)
        events = _events(little)
    with _town(kind, large) as big:
        after = _times(big)
        note = f"{large:,} cases and {_events(big):,} events against {small:,} and {events:,}"
        words = f"{version_of(big.database)}; {note}"
    for name, seconds in after.items():
        yield Figure(
            f"{name}, {words.split(';')[0]}",
            seconds * 1000,
            "ms",
            before[name] * 1000,
            seconds / before[name],
            f"goal ≤ 1.5; {note}",
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
            _fill(Database(address, guarded=False), cases)
            site = open_site(settings)
            yield site
            site.database.close()
        finally:
            if kind == "postgresql":
                postgres.stop(folder / "pg")


def _fill(database: Database, cases: int) -> None:
    """Copy the cases of the sample until there are so many."""
    with database.write() as tx:
        _unprotect(tx)
        ids = "SELECT id FROM case_file"
        running = list(tx.execute(text(f"{ids} WHERE status = 'running'")).scalars())
        done = f"{ids} WHERE status <> 'running' OR stage = 'kpi'"
        over = list(tx.execute(text(done)).scalars())
        copies = _Copies(tx)
        copies.of(over, 1, cases * (100 - RUNNING) // 100 // len(over), ended=True)
        copies.of(running, 500_000, cases * RUNNING // 100 // len(running), ended=False)
    with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))
    database.close()


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
        if ended and column == "ended_at" and table == "case_file":
            return "COALESCE(t.ended_at, t.updated_at)"
        return f"t.{column}"

    def _events(self, cases: str, first: int, times: int, *, ended: bool) -> None:
        which = f"case_id IN ({cases})" + (f" AND seq <= {EVENTS}" if ended else "")
        new = self._id("t.case_id")
        columns = "stream, seq, prev_hash, leaf_hash, at, type, actor, case_id, body"
        values = (
            f"'case:' || {new}, t.seq, t.prev_hash, t.leaf_hash, t.at, t.type, t.actor, {new},"
            f" replace(t.body, t.case_id, {new})"
        )
        rows = (
            f"SELECT {values} FROM audit_event t CROSS JOIN n WHERE {which} AND stream <> 'sys:x'"
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


def _times(site: Site) -> dict[str, float]:
    """Return the median time of each page, warm."""
    app = build(site)
    browsers: dict[str, FlaskClient] = {}
    with site.database.read() as tx:
        newest = "SELECT id, number FROM case_file WHERE status = 'running' AND stage = 'committee'"
        case, number = tx.execute(text(f"{newest} ORDER BY id DESC LIMIT 1")).one()
    found = {}
    for name, who, path in _PAGES:
        browser = browsers.setdefault(who, _logged_in(app, who))
        found[name] = _time(browser, path.format(case=case, number=number))
    return found


def _logged_in(app: object, who: str) -> FlaskClient:
    browser: FlaskClient = app.test_client()  # type: ignore[attr-defined]
    page = browser.get("/login").text
    token = page.split('name="_csrf" value="')[1].split('"')[0]
    password = loading.accounts("standard")[0].password
    answer = browser.post("/login", data={"_csrf": token, "username": who, "password": password})
    assert answer.status_code == 303, answer.status_code
    return browser


def _time(browser: FlaskClient, path: str) -> float:
    spans = []
    for _round in range(REPEATS + 2):
        begin = time.perf_counter()
        answer = browser.get(path)
        spans.append(time.perf_counter() - begin)
        assert answer.status_code == 200, (path, answer.status_code)
    return statistics.median(spans[2:])


if __name__ == "__main__":
    import sys

    for kind in sys.argv[1:] or ["sqlite", "postgresql"]:
        for one in measure(kind):
            print(f"{one.name}: {one.value:.1f} {one.unit} / {one.baseline:.1f}, {one.ratio:.2f}")
