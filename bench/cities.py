"""A city on a database as it is run for real: durable, with the clock of today."""

import gc
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text

from dxflow import clock
from dxflow.db.engine import Database
from dxflow.services.installation import schema
from tests import postgres
from tests.factories import City, found_city


@contextmanager
def city_on(kind: str) -> Iterator[City]:
    """Yield a fresh city on `sqlite` or `postgresql`; nothing of it is left afterwards."""
    with tempfile.TemporaryDirectory(prefix="dxb", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        address = f"sqlite:///{folder}/dxflow.db"
        if kind == "postgresql":
            server = postgres.start_server(folder / "pg", durable=True)
            address = postgres.create_database(server, "bench")
        try:
            database = Database(address)
            schema.upgrade(database)
            city = found_city(database, folder)
            city.clock.moment = clock.now()
            city.clock.goes()
            city.site.settings.make_secret_key()
            gc.collect()
            gc.freeze()  # as every program that serves does
            yield city
            database.close()
        finally:
            gc.unfreeze()
            if kind == "postgresql":
                postgres.stop(folder / "pg")


def version(city: City) -> str:
    """Return a city's database and its durability in words."""
    return version_of(city.site.database)


def version_of(database: Database) -> str:
    """Return the database and its durability in words."""
    if database.is_sqlite:
        return "SQLite WAL, synchronous=FULL"
    with database.read() as tx:
        return f"PostgreSQL {tx.execute(text('SHOW server_version')).scalar_one()}, fsync=on"
