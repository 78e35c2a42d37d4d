"""Databases and installations for tests: every promise is kept on SQLite and on PostgreSQL."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, settings

from dxflow.db.engine import Database
from dxflow.services.installation import schema
from tests import factories, postgres

# How long an example takes says how busy the machine is, not whether a promise is kept.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
# A mutant is killed by the first example that fails, and the same ones are tried again next time:
# looking for a smaller one took most of the time of a run.
settings.register_profile(
    "mutants",
    settings.get_profile("untimed"),
    phases=[Phase.explicit, Phase.generate],
    derandomize=True,
)
settings.load_profile("mutants" if "MUTANT_UNDER_TEST" in os.environ else "untimed")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ask the quick tests first where a mutant is tried: examples, then properties, then histories."""
    if "MUTANT_UNDER_TEST" in os.environ:
        items.sort(key=_cost)


def _cost(item: pytest.Item) -> int:
    if item.name == "runTest":
        return 2
    return 1 if item.get_closest_marker("hypothesis") else 0


def _prepare(address: str) -> None:
    database = Database(address)
    schema.upgrade(database)
    database.close()


def _found(address: str, home: Path) -> factories.Founded:
    database = Database(address)
    founded = factories.Founded.of(factories.found_city(database, home))
    database.close()
    return founded


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    _prepare(f"sqlite:///{folder}/dxflow.db")
    return folder / "dxflow.db"


@pytest.fixture(scope="session")
def sqlite_founded(
    sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, factories.Founded]:
    """A database with a small city in it, and who lives there."""
    file = tmp_path_factory.mktemp("founded") / "dxflow.db"
    shutil.copy(sqlite_template, file)
    return file, _found(f"sqlite:///{file}", file.parent)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    # Not below pytest's own folders: the path of a socket may have 107 bytes only.
    folder = Path(tempfile.mkdtemp(prefix="dxpg"))
    try:
        server = postgres.start_server(folder)
        _prepare(postgres.create_database(server, "template_dxflow"))
        yield server
        postgres.stop(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_founded(
    postgres_server: str, tmp_path_factory: pytest.TempPathFactory
) -> factories.Founded:
    """Who lives in the city of the database `template_city`."""
    address = postgres.create_database(postgres_server, "template_city", "template_dxflow")
    return _found(address, tmp_path_factory.mktemp("founded"))


@pytest.fixture
def sqlite_database(sqlite_template: Path, tmp_path: Path) -> Iterator[Database]:
    shutil.copy(sqlite_template, tmp_path / "dxflow.db")
    database = Database(f"sqlite:///{tmp_path}/dxflow.db")
    yield database
    database.close()


@pytest.fixture
def postgres_database(postgres_server: str) -> Iterator[Database]:
    address = postgres.create_database(postgres_server, "one_test", "template_dxflow")
    database = Database(address)
    yield database
    database.close()
    postgres.drop_database(postgres_server, "one_test")


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> Database:
    name = "sqlite_database" if request.param == "sqlite" else "postgres_database"
    return request.getfixturevalue(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def city(request: pytest.FixtureRequest) -> factories.City:
    """A small city with the standard pack, on both databases."""
    name = "sqlite_city" if request.param == "sqlite" else "postgres_city"
    return request.getfixturevalue(name)


@pytest.fixture
def sqlite_city(
    sqlite_founded: tuple[Path, factories.Founded], tmp_path: Path
) -> Iterator[factories.City]:
    """A small city with the standard pack, on SQLite only: for what no database changes."""
    file, founded = sqlite_founded
    shutil.copy(file, tmp_path / "dxflow.db")
    database = Database(f"sqlite:///{tmp_path}/dxflow.db")
    yield founded.city(database, tmp_path)
    database.close()


@pytest.fixture
def postgres_city(
    postgres_server: str, postgres_founded: factories.Founded, tmp_path: Path
) -> Iterator[factories.City]:
    """A small city with the standard pack, on PostgreSQL only."""
    address = postgres.create_database(postgres_server, "one_test", "template_city")
    database = Database(address)
    yield postgres_founded.city(database, tmp_path)
    database.close()
    postgres.drop_database(postgres_server, "one_test")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many tests met a real PostgreSQL and a real browser; silence would hide neither."""
    done = [
        report
        for kind in ("passed", "failed")
        for report in terminalreporter.stats.get(kind, [])
        if report.when == "call"
    ]
    postgres_tests = sum("postgresql" in report.nodeid for report in done)
    browser_tests = sum("tests/e2e/" in report.nodeid for report in done)
    terminalreporter.write_line(f"PostgreSQL tests run: {postgres_tests}")
    terminalreporter.write_line(f"browser tests run: {browser_tests}")
    left_out = [
        report
        for report in terminalreporter.stats.get("skipped", [])
        if "tests/e2e/" in report.nodeid
    ]
    if left_out and not browser_tests:
        terminalreporter.write_line("!!! NO BROWSER TEST RAN: no Chromium was found !!!", red=True)
