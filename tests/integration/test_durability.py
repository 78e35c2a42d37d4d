"""All of an act or nothing: whatever fails, wherever, the database is as it was before."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.exc import IntegrityError

from dxflow.audit import verify_database
from dxflow.db.base import Base
from dxflow.db.engine import Database
from dxflow.db.process import Incident, ProcessInstance
from dxflow.engine import StepFailed
from dxflow.errors import STATUS_OF_KIND, Conflict, DxflowError, OutcomeUnknown, Unavailable
from dxflow.services.acts import cases, incidents
from dxflow.services.acts.act import Act
from dxflow.services.installation import schema
from dxflow.services.packs import store as packs
from dxflow.services.site import Command
from tests import postgres
from tests.factories import ROOT, SHEET, City, found_city
from tests.integration.histories import broken
from tests.walks import TRIAGE, do, task_of, to_committee, to_decision, to_sheet, to_triage

Content = dict[str, list[tuple[Any, ...]]]


def content(database: Database) -> Content:
    """Return every row of every table."""
    with database.read() as tx:
        return {
            name: sorted((tuple(row) for row in tx.execute(select(table))), key=repr)
            for name, table in Base.metadata.tables.items()
        }


@contextmanager
def nothing_changes(city: City, *errors: type[Exception]) -> Iterator[None]:
    """Promise that the block fails with one of the errors and leaves no trace at all."""
    before = content(city.site.database)
    with pytest.raises(errors or Exception):
        yield
    after = content(city.site.database)
    assert {name for name in after if after[name] != before[name]} == set()


def with_pack(city: City, file: str, old: str, new: str) -> None:
    """Install the standard pack with one thing changed."""
    files = packs.read_folder(ROOT / "processes" / "standard")
    assert old in files[file]
    files[file] = files[file].replace(old, new)
    packs.install(city.site, files, "system")


def with_command(city: City, name: str, wrap: Callable[[Command], Command]) -> City:
    """Return the same city with one command exchanged."""
    commands = {**city.site.commands, name: wrap(city.site.commands[name])}
    return replace(city, site=replace(city.site, commands=commands))


def failing(error: Exception) -> Callable[[Command], Command]:
    """Return a command that does all it should and then fails."""

    def wrap(command: Command) -> Command:
        def run(act: Act, payload: dict[str, Any], element: str) -> dict[str, Any]:
            command(act, payload, element)
            raise error

        return run

    return wrap


@pytest.mark.parametrize(
    "error",
    [Conflict("もう一度"), ValueError("kaputt"), RuntimeError("kaputt"), KeyError("kaputt")],
    ids=lambda error: type(error).__name__,
)
def test_a_command_that_fails_after_it_wrote_leaves_nothing(city, error):
    case = to_sheet(city)
    bad = with_command(city, "milestone.plan", failing(error))
    with nothing_changes(city, DxflowError, type(error)):
        do(bad, case, "applicant", "project_sheet", "submit", **SHEET)
    do(city, case, "applicant", "project_sheet", "submit", **SHEET)
    assert broken(city) == []


def test_a_command_of_a_service_task_that_fails_takes_the_whole_step_along(city):
    case = to_decision(city)
    decider = next(n for n in city.person if any(t.case_id == case for t in city.open_tasks(n)))
    bad = with_command(city, "notify", failing(ValueError("kaputt")))
    with nothing_changes(city, StepFailed):
        do(bad, case, decider, "decide", "approve", reason="決裁する")
    do(city, case, decider, "decide", "approve", reason="決裁する")
    assert broken(city) == []


def test_a_condition_that_is_neither_true_nor_false_leaves_nothing(city):
    with_pack(city, "idea.bpmn", '=outcome = "proceed"', "=case_id")
    case = to_triage(city)
    with nothing_changes(city, StepFailed):
        do(city, case, "secretariat", "triage", "proceed", **TRIAGE)


def test_a_decision_whose_rules_contradict_each_other_leaves_nothing(city):
    with_pack(city, "route.dmn", 'hitPolicy="FIRST"', 'hitPolicy="UNIQUE"')
    case = to_triage(city)
    with nothing_changes(city, StepFailed):
        do(city, case, "secretariat", "triage", "proceed", **TRIAGE | {"cost": 100_000_000})


def test_a_script_that_fails_leaves_nothing(city):
    with_pack(city, "kpi.bpmn", "period_of(today(), frequency)", "period_of(today(), case_id)")
    case = to_decision(city)
    decider = next(n for n in city.person if any(t.case_id == case for t in city.open_tasks(n)))
    do(city, case, decider, "decide", "approve", reason="決裁する")
    with nothing_changes(city, StepFailed):
        do(city, case, "applicant", "execution_report", "done", progress="終えた", reports=[])


def test_what_stopped_a_step_is_recorded_as_an_incident_of_its_own(city):
    with_pack(city, "idea.bpmn", '=outcome = "proceed"', "=case_id")
    case = to_triage(city)
    with pytest.raises(StepFailed) as stopped:
        do(city, case, "secretariat", "triage", "proceed", **TRIAGE)
    actor = city.actor("secretariat")
    number = incidents.of_failure(city.site, actor, stopped.value, case)
    with city.site.database.read() as tx:
        row = tx.execute(select(Incident.__table__)).one()
        assert verify_database(tx).findings == ()
    assert (row.id, row.case_id, row.status) == (number, case, "open")
    assert row.element == "triage_gateway"
    assert row.cause
    assert broken(city) == []


def test_an_event_that_cannot_be_written_keeps_the_act_from_happening(city):
    case = to_sheet(city)
    with city.site.database.write() as tx:
        head = tx.execute(
            select(ProcessInstance.audit_seq).where(ProcessInstance.case_id == case)
        ).scalar_one()
        tx.execute(
            text(
                "INSERT INTO audit_event (stream, seq, prev_hash, leaf_hash, at, type, body)"
                " VALUES (:stream, :seq, :hash, :hash, '', '', '')"
            ),
            {"stream": f"case:{case}", "seq": head + 1, "hash": bytes(32)},
        )
    with nothing_changes(city, IntegrityError):
        do(city, case, "applicant", "project_sheet", "submit", **SHEET)
    with nothing_changes(city, IntegrityError):
        cases.withdraw(city.site, city.actor("applicant"), case, "やめる")


@pytest.mark.parametrize("point", ["before_cursor_execute", "commit"])
def test_a_connection_lost_at_any_statement_of_an_act_leaves_all_or_nothing(city, point):
    """The act is broken off at its first statement, then at its second, …, then at its commit."""
    case = to_sheet(city)
    task = task_of(city, "applicant", case, "project_sheet")
    form = city.form("applicant", task.id)
    engine = city.site.database.engine
    broken_off = 0
    for limit in range(200) if point != "commit" else range(1):
        seen = iter(range(1000))

        def break_off(*_given: Any, limit: int = limit, seen: Iterator[int] = seen) -> None:
            if next(seen) == limit:
                raise ConnectionResetError

        before = content(city.site.database)
        event.listen(engine, point, break_off)
        try:
            city.complete_form("applicant", form, "submit", **SHEET)
        except ConnectionResetError:
            broken_off += 1
            event.remove(engine, point, break_off)
            assert content(city.site.database) == before
        else:
            event.remove(engine, point, break_off)
            break
    assert broken_off >= (1 if point == "commit" else 10)
    if point == "commit":
        city.complete_form("applicant", form, "submit", **SHEET)
    assert broken(city) == []


HOLD = """
import importlib, sys
driver = importlib.import_module(sys.argv[1] + ".dbapi2")
connection = driver.connect(sys.argv[2], isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def another_process(program: str, *arguments: str) -> Iterator[None]:
    """Run a program that says when it holds what it should, until the block is over."""
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        try:
            yield
        finally:
            process.stdin.close()
            process.wait(10)


def assert_refused_soon(city: City, act: Callable[[], Any]) -> None:
    began = time.monotonic()
    with nothing_changes(city, Unavailable):
        act()
    assert time.monotonic() - began < 5.5


def test_a_sqlite_file_that_another_program_has_locked_is_waited_for_not_long(sqlite_city):
    city = sqlite_city
    case = to_sheet(city)
    act = partial(do, city, case, "applicant", "project_sheet", "submit", **SHEET)
    module = (
        "pysqlite3" if "pysqlite3" in str(city.site.database.engine.dialect.dbapi) else "sqlite3"
    )
    with another_process(HOLD, module, city.site.database.url.database or ""):
        assert_refused_soon(city, act)
        assert city.open_tasks("applicant")  # readers never wait
    act()
    assert broken(city) == []


def test_everybody_who_waits_for_a_locked_sqlite_file_is_told_in_time(sqlite_city):
    city = sqlite_city
    database = city.site.database
    module = "pysqlite3" if "pysqlite3" in str(database.engine.dialect.dbapi) else "sqlite3"

    def one_act(_number: int) -> float:
        began = time.monotonic()
        with pytest.raises(Unavailable), database.write():
            pass
        return time.monotonic() - began

    with (
        another_process(HOLD, module, database.url.database or ""),
        ThreadPoolExecutor(max_workers=8) as crowd,
    ):
        waited = list(crowd.map(one_act, range(8)))
        late = list(crowd.map(one_act, range(8)))
    assert max(waited) < 5.0
    assert sorted(late)[-2] < 2.0  # told at once, all but the one who tries the lock again
    with database.write():
        pass


def test_a_writer_that_keeps_the_queue_is_waited_for_not_long(sqlite_city):
    city = sqlite_city
    case = to_sheet(city)
    act = partial(do, city, case, "applicant", "project_sheet", "submit", **SHEET)
    queue = (
        "import fcntl, sys; f = open(sys.argv[1], 'a'); fcntl.flock(f, fcntl.LOCK_EX);"
        " print('held', flush=True); sys.stdin.read()"
    )
    with another_process(queue, f"{city.site.database.url.database}.lock"):
        assert_refused_soon(city, act)
    act()
    assert broken(city) == []


def test_a_case_that_another_connection_holds_is_waited_for_not_long(postgres_database, tmp_path):
    city = found_city(postgres_database, tmp_path)
    case = to_sheet(city)
    act = partial(do, city, case, "applicant", "project_sheet", "submit", **SHEET)
    other = Database(city.site.database.url)
    with other.write() as tx:
        tx.execute(
            select(ProcessInstance.case_id)
            .where(ProcessInstance.case_id == case)
            .with_for_update()
        )  # fmt: skip
        assert_refused_soon(city, act)
    other.close()
    act()
    assert broken(city) == []


def test_a_server_that_ends_the_connection_is_waited_for(postgres_database, tmp_path):
    city = found_city(postgres_database, tmp_path)
    case = to_sheet(city)
    task = task_of(city, "applicant", case, "project_sheet")
    form = city.form("applicant", task.id)
    other = Database(city.site.database.url)
    shot = iter([True])

    def shoot(*given: Any) -> None:
        if "UPDATE work_item" in given[2] and next(shot, False):
            postgres.end_other_connections(other)

    event.listen(city.site.database.engine, "before_cursor_execute", shoot)
    with nothing_changes(city, Unavailable):
        city.complete_form("applicant", form, "submit", **SHEET)
    event.remove(city.site.database.engine, "before_cursor_execute", shoot)
    city.complete_form("applicant", form, "submit", **SHEET)
    other.close()
    assert broken(city) == []


def test_a_connection_that_ends_while_it_saves_is_told_as_unknown(postgres_database, tmp_path):
    city = found_city(postgres_database, tmp_path)
    case = to_sheet(city)
    form = city.form("applicant", task_of(city, "applicant", case, "project_sheet").id)
    other = Database(city.site.database.url)
    shot = iter([True])

    def shoot(*_given: Any) -> None:
        if next(shot, False):
            postgres.end_other_connections(other)

    event.listen(city.site.database.engine, "commit", shoot)
    with nothing_changes(city, OutcomeUnknown):
        city.complete_form("applicant", form, "submit", key="once", **SHEET)
    event.remove(city.site.database.engine, "commit", shoot)
    assert STATUS_OF_KIND[OutcomeUnknown.kind] == 503
    city.complete_form("applicant", form, "submit", key="once", **SHEET)
    other.close()
    assert broken(city) == []


def test_a_database_that_may_not_grow_refuses_and_goes_on_when_it_may_again(sqlite_city):
    city = sqlite_city
    case = to_sheet(city)
    engine = city.site.database.engine

    def limit(connection: Any, *_given: Any) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # SQLite takes the present size instead

    def no_limit(connection: Any, *_given: Any) -> None:
        connection.execute("PRAGMA max_page_count = 1000000")

    event.listen(engine, "checkout", limit)
    with pytest.raises(Unavailable, match="空き"):
        hand_in(city, 500)  # what is free within the file is used up first
    with nothing_changes(city, Unavailable):
        city.start(trouble="長い話" * 60)
    event.remove(engine, "checkout", limit)
    event.listen(engine, "checkout", no_limit)
    do(city, case, "applicant", "project_sheet", "submit", **SHEET)
    assert broken(city) == []


def hand_in(city: City, times: int) -> None:
    for _time in range(times):
        city.start(trouble="長い話" * 60)


def _small_disk(folder: Path) -> bool:
    """Return whether a tiny file system could be mounted; that takes root."""
    return not subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", folder],
        check=False, capture_output=True,
    ).returncode  # fmt: skip


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount a small disk")
def test_a_full_disk_refuses_and_loses_nothing(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    if not _small_disk(disk):
        pytest.skip("mounting is not allowed here")
    database = Database(f"sqlite:///{disk}/dxflow.db")
    try:
        schema.upgrade(database)
        city = found_city(database, tmp_path)
        with pytest.raises(Unavailable, match="空き"):
            hand_in(city, 3000)
        with database.write() as tx:
            tx.execute(text("UPDATE setting SET value = value"))  # what needs no room still works
            assert tx.execute(text("PRAGMA integrity_check")).scalar_one() == "ok"
        assert broken(city) == []
        subprocess.run(["mount", "-o", "remount,size=30m", disk], check=True)
        city.start()
        assert broken(city) == []
    finally:
        database.close()
        subprocess.run(["umount", disk], check=True)


def test_the_tables_can_be_made_taken_away_and_made_again(database):
    def assert_in_step() -> None:
        with database.read() as tx:
            assert schema.differences(tx) == []
            assert schema.current(tx) == schema.newest()

    assert_in_step()
    schema.downgrade(database, "base")
    with database.read() as tx:
        assert schema.current(tx) is None
        kind = "sqlite_master WHERE type IN ('table', 'trigger')" if database.is_sqlite else (
            "pg_tables WHERE schemaname = 'public'"
        )  # fmt: skip
        left = {row[0] for row in tx.execute(text(f"SELECT {_name(database)} FROM {kind}"))}
    assert left <= {"alembic_version", "sqlite_sequence"}
    with pytest.raises(Unavailable):
        schema.require_newest(database)
    schema.upgrade(database)
    assert_in_step()


def _name(database: Database) -> str:
    return "name" if database.is_sqlite else "tablename"


def test_the_tables_can_be_made_in_an_empty_database(request, tmp_path, postgres_server):
    addresses = [f"sqlite:///{tmp_path}/new/dxflow.db"]
    addresses.append(postgres.create_database(postgres_server, "quite_empty"))
    try:
        for address in addresses:
            database = Database(address)
            schema.upgrade(database)
            schema.upgrade(database)  # a second time changes nothing
            with database.read() as tx:
                assert schema.differences(tx) == []
            case = to_committee(found_city(database, tmp_path))
            assert case
            database.close()
    finally:
        postgres.drop_database(postgres_server, "quite_empty")
