"""Bring a database's tables to this version of dxflow, and say whether they are."""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from dxflow import config
from dxflow.db import audit, case, identity, job, process, upkeep
from dxflow.db.base import Base
from dxflow.db.engine import Database
from dxflow.errors import Unavailable
from dxflow.texts import gettext as _

#: Every module that declares tables; importing them fills the metadata.
TABLES = (audit, case, identity, job, process, upkeep)


def upgrade(database: Database, target: str = "head") -> None:
    """Apply the migrations up to a target, in one transaction."""
    with _migrating(database) as tx:
        command.upgrade(_config(tx), target)


def downgrade(database: Database, target: str) -> None:
    """Take migrations back down to a target, in one transaction."""
    with _migrating(database) as tx:
        command.downgrade(_config(tx), target)


@contextmanager
def _migrating(database: Database) -> Iterator[Connection]:
    """Yield a writing connection that may change the audit tables' schema."""
    unguarded = Database(database.url, pool_size=1, guarded=False)
    try:
        with unguarded.write() as tx:
            yield tx
    finally:
        unguarded.close()


def current(tx: Connection) -> str | None:
    """Return the revision a database is at, None for an empty one."""
    return MigrationContext.configure(tx).get_current_revision()


def newest() -> str | None:
    """Return the newest revision this program knows."""
    return ScriptDirectory.from_config(_config(None)).get_current_head()


def require_newest(database: Database) -> None:
    """Raise Unavailable when the tables are not of this version."""
    with database.read() as tx:
        found = current(tx)
    if found is None:
        raise Unavailable(_("データベースが空です。先に dxflow init を実行してください。"))
    if found != newest():
        raise Unavailable(
            _(
                "データベースの版（{found}）が合いません。dxflow upgrade を実行してください。",
                found=found,
            )
        )


def differences(tx: Connection) -> list[str]:
    """Return where tables and migrations differ; empty when they are in step."""
    context = MigrationContext.configure(
        tx, opts={"compare_type": True, "render_as_batch": tx.dialect.name == "sqlite"}
    )
    return [str(difference) for difference in compare_metadata(context, Base.metadata)]


def _config(tx: Connection | None) -> Config:
    settings = Config()
    settings.set_main_option("script_location", str(config.root() / "migrations"))
    settings.attributes["connection"] = tx
    return settings
