"""Whatever is written in whatever order, a clean log verifies; and two writers never mix it up."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dxflow.audit.chain import state_digest
from dxflow.audit.events import Change
from dxflow.audit.log import SystemStream, append_system
from dxflow.audit.verify import verify_database
from dxflow.db.engine import Database
from tests.integration.audit.history import NOW, Failure, an_event, build, start_case, step

PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**53) + 1, 2**53 - 1),
    st.decimals(allow_nan=False, allow_infinity=False, places=3),
    st.dates(),
    st.datetimes(timezones=st.just(NOW.tzinfo)),
    st.timedeltas(),
    st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.from_regex(r"[a-z]{1,4}", fullmatch=True), inner, max_size=3),
    ),
    max_leaves=6,
)
CHANGES = st.builds(
    Change, st.just("field"), st.just("項目"), VALUES, VALUES, personal=st.booleans()
)
ACTS = st.lists(
    st.tuples(
        st.sampled_from(["case", "system", "failing case", "failing system"]),
        st.integers(0, 2),
        st.integers(-600, 600),
        st.lists(st.lists(CHANGES, max_size=3), min_size=1, max_size=3),
    ),
    min_size=1,
    max_size=8,
)


def perform(database: Database, kind: str, number: int, seconds: int, changes: list) -> None:
    at = NOW + timedelta(seconds=seconds)
    state = f"{seconds}".encode()
    events = [an_event(at=at, changes=tuple(some), state=state_digest(state)) for some in changes]
    fail = kind.startswith("failing")
    if "case" in kind:
        step(database, f"c{number}", *events, state=state, fail=fail)
    else:
        with database.write() as connection:
            append_system(connection, list(SystemStream)[number], *events)
            if fail:
                raise Failure


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=ACTS)
def test_no_clean_history_raises_an_alarm(database: Database, acts: list) -> None:
    # The database lives on through all examples: the log only grows, and stays clean.
    with database.read() as connection:
        fresh = verify_database(connection).events == 0
    for case in ("c0", "c1", "c2") if fresh else ():
        start_case(database, case)
    for act in acts:
        try:
            perform(database, *act)
        except Failure:
            continue
    with database.read() as connection:
        report = verify_database(connection)
    assert report.ok, report.text


def test_two_connections_writing_to_one_system_stream_wait_for_each_other(
    database: Database,
) -> None:
    errors: list[BaseException] = []
    ready = threading.Barrier(2)

    def work() -> None:
        try:
            ready.wait(10)
            for _ in range(20):
                with database.write() as connection:
                    append_system(connection, SystemStream.ACCESS, an_event())
        except BaseException as exc:
            errors.append(exc)

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert errors == []
    with database.read() as connection:
        report = verify_database(connection)
    assert (report.events, report.streams, report.findings) == (40, 1, ())


@pytest.mark.parametrize("junk", [b"x", b"\xff", b"\x00", b"\xc3"])
def test_one_byte_changed_in_the_database_file_is_found(
    sqlite_database: Database, junk: bytes
) -> None:
    build(sqlite_database)
    address = sqlite_database.engine.url
    with sqlite_database.engine.connect() as connection:
        connection.connection.dbapi_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    sqlite_database.close()
    path = address.database
    assert path is not None
    # Everywhere, as free space may hold older copies of a page.
    found = '"label":"状態"'.encode()
    content = Path(path).read_bytes()
    assert found in content
    Path(path).write_bytes(content.replace(found, found[:10] + junk + found[11:]))
    again = Database(address)
    with again.read() as connection:
        report = verify_database(connection)
    again.close()
    assert not report.ok
    assert "本文" in report.text or "読めません" in report.text
