"""Statements compiled once: the same rows, listeners and errors as SQLAlchemy's own way."""

import threading
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import bindparam, delete, event, insert, literal_column, select, text, update
from sqlalchemy.exc import IntegrityError

from dxflow.db.base import table
from dxflow.db.engine import Database
from dxflow.db.identity import Setting
from dxflow.db.prepared import Prepared, Writes
from dxflow.db.process import Timer
from dxflow.db.sqlite import _FairLock
from tests import postgres

NOW = datetime(2026, 5, 11, 1, 0, 0, 123456, tzinfo=UTC)
TIMER, SETTING = table(Timer), table(Setting)
ADD = Prepared(insert(TIMER))
MOVE = Prepared(update(TIMER).where(TIMER.c.id == bindparam("which")))
DROP = Prepared(delete(TIMER).where(TIMER.c.id == bindparam("which")))
OF_CASE = Prepared(
    select(TIMER).where(TIMER.c.case_id == bindparam("case"), TIMER.c.attempts == 0)
    .order_by(TIMER.c.id)
)  # fmt: skip


def timer(name: str, case: str = "a") -> dict[str, object]:
    return {"id": name, "case_id": case, "element": "期限", "due_at": NOW}


def test_rows_come_back_typed_as_sqlalchemy_gives_them(database: Database):
    with database.write() as tx:
        ADD.many(tx, [timer("1"), timer("2"), timer("3", "b")])
        ADD.run(tx, timer("4"))
    with database.read() as tx:
        own = OF_CASE.all(tx, {"case": "a"})
        core = tx.execute(select(TIMER).where(TIMER.c.case_id == "a").order_by(TIMER.c.id)).all()
        nothing = OF_CASE.first(tx, {"case": "z"})
    assert [tuple(row) for row in own] == [tuple(row) for row in core]
    assert [row.id for row in own] == ["1", "2", "4"]
    assert own[0].due_at == NOW
    assert nothing is None


@pytest.mark.parametrize(
    "moment",
    [
        NOW,
        NOW.replace(microsecond=0),
        datetime(1999, 12, 31, 23, 59, 59, 1, tzinfo=ZoneInfo("Asia/Tokyo")),
    ],
)
def test_a_moment_is_stored_as_sqlalchemy_stores_it(database: Database, moment: datetime):
    with database.write() as tx:
        ADD.run(tx, timer("own") | {"due_at": moment})
        tx.execute(insert(TIMER), timer("core") | {"due_at": moment})
        stored = tx.execute(text("SELECT id, CAST(due_at AS VARCHAR) FROM timer ORDER BY id")).all()
    assert [name for name, _due in stored] == ["core", "own"]
    assert stored[0][1] == stored[1][1]


def test_a_moment_without_a_zone_is_refused(database: Database):
    with database.write() as tx, pytest.raises(ValueError, match="zone"):
        ADD.run(tx, timer("1") | {"due_at": NOW.replace(tzinfo=None)})


def test_different_columns_make_different_statements(database: Database):
    with database.write() as tx:
        ADD.run(tx, timer("1"))
        MOVE.run(tx, {"which": "1", "attempts": 1})
        MOVE.run(tx, {"which": "1", "attempts": 0, "element": "x"})
    assert [row.element for row in database.glance(OF_CASE, {"case": "a"})] == ["x"]


def test_gathered_changes_are_sent_together_and_once(database: Database):
    sent: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    writes = Writes()
    with database.write() as tx:
        ADD.run(tx, timer("old"))
        writes.add(ADD, timer("1"), timer("2"))
        writes.add(ADD)  # nothing
        writes.add(DROP, {"which": "old"})
        before = len(sent)
        writes.send(tx)
        after = len(sent)
        writes.send(tx)
        assert len(sent) == after
    assert after - before == (2 if database.is_sqlite else 1)
    assert [row.id for row in database.glance(OF_CASE, {"case": "a"})] == ["1", "2"]


def test_errors_are_those_of_sqlalchemy_and_undo_everything(database: Database):
    def act() -> None:
        writes = Writes()
        writes.add(ADD, timer("1"))
        writes.add(ADD, timer("1"))
        with database.write() as tx:
            ADD.run(tx, timer("0"))
            writes.send(tx)

    with pytest.raises(IntegrityError):
        act()
    assert database.glance(OF_CASE, {"case": "a"}) == []


def test_a_value_that_is_missing_is_noticed(database: Database):
    with database.read() as tx, pytest.raises(KeyError):
        OF_CASE.all(tx, {})


def test_connections_lost_while_idle_are_replaced_unseen(postgres_database: Database):
    database = postgres_database
    with database.write() as tx:
        ADD.run(tx, timer("1"))
    for way in ("read", "write", "glance"):
        other = Database(database.url)
        with other.write() as tx:
            tx.execute(
                text(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )
        other.close()
        if way == "glance":
            rows = database.glance(OF_CASE, {"case": "a"})
        else:
            with getattr(database, way)() as tx:
                rows = OF_CASE.all(tx, {"case": "a"})
        assert [row.id for row in rows] == ["1"]


def prepared_on(database: Database, beginning: str) -> int:
    """Return how many statements that begin so the server keeps for the connection."""
    named = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE :some")
    with database.read() as tx:
        return int(tx.execute(named, {"some": f"{beginning}%"}).scalar_one())


def test_the_server_keeps_a_statement_across_reads(postgres_database: Database):
    """A read that ended with ROLLBACK made the driver forget all that the server had prepared."""
    for _time in range(8):
        with postgres_database.read() as tx:
            OF_CASE.all(tx, {"case": "a"})
    assert prepared_on(postgres_database, "SELECT timer.id") == 1


def test_what_was_read_counts_when_the_server_is_lost_at_the_end(postgres_database: Database):
    other = Database(postgres_database.url)
    with postgres_database.read() as tx:
        found = OF_CASE.all(tx, {"case": "a"})
        postgres.end_other_connections(other)
    assert found == []
    with postgres_database.read() as tx:
        assert OF_CASE.all(tx, {"case": "a"}) == []
    other.close()


def test_a_composed_statement_is_planned_for_its_values(postgres_database: Database):
    """A list of somebody's cases takes thirty times as long by a plan that fits anybody."""
    for _time in range(20):
        with postgres_database.read() as tx:
            tx.execute(select(TIMER.c.id).where(TIMER.c.case_id == "a")).all()
    assert prepared_on(postgres_database, "SELECT timer.id") == 0


def test_threads_get_the_lock_in_the_order_they_came():
    lock, order, waiting = _FairLock(), [], threading.Semaphore(0)
    assert lock.acquire(1)

    def wait(number: int) -> None:
        waiting.release()
        assert lock.acquire(10)
        order.append(number)
        lock.release()

    threads = []
    for number in range(5):
        threads.append(threading.Thread(target=wait, args=(number,)))
        threads[-1].start()
        waiting.acquire()
        while len(lock._waiting) <= number:
            pass
    assert not lock.acquire(0.01)
    lock.release()
    for thread in threads:
        thread.join()
    assert order == list(range(5))
    assert lock.acquire(0)


def test_what_marks_a_parameter_means_nothing_within_texts(database: Database):
    odd = "100% $1 ? %s"
    begins = Prepared(
        select(TIMER.c.element).where(
            TIMER.c.element.like(literal_column("'100%'")), TIMER.c.case_id == bindparam("case")
        )
    )
    writes = Writes()
    with database.write() as tx:
        writes.add(ADD, timer("1") | {"element": odd}, timer("2") | {"element": "別"})
        writes.send(tx)
    assert [row.element for row in database.glance(begins, {"case": "a"})] == [odd]
