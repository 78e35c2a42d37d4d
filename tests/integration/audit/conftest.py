"""Fresh databases with every table and trigger, on SQLite and on PostgreSQL."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import dxflow.db.audit
import dxflow.db.process  # noqa: F401  the instance's row holds the head of a case's chain
from dxflow.db import triggers
from dxflow.db.base import Base
from dxflow.db.engine import Database
from tests import postgres


def prepare(address: str) -> None:
    """Create every table and trigger in an empty database."""
    database = Database(address)
    with database.write() as connection:
        Base.metadata.create_all(connection)
        for statement in triggers.create_statements(connection.dialect.name):
            connection.exec_driver_sql(statement)
    database.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template")
    prepare(f"sqlite:///{folder}/dxflow.db")
    return folder / "dxflow.db"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    # Not below pytest's own folders: the path of a socket may have 107 bytes only.
    folder = Path(tempfile.mkdtemp(prefix="dxpg"))
    try:
        server = postgres.start_server(folder)
        prepare(postgres.create_database(server, "template_dxflow"))
        yield server
        postgres.stop(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


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
