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
from dxflow.db import (
    audit,
    case,
    digest,
    document,
    identity,
    job,
    meeting,
    migration,
    process,
    standing,
    transfer,
    upkeep,
)
from dxflow.db.base import Base
from dxflow.db.engine import Database
from dxflow.errors import Unavailable
from dxflow.texts import gettext as _

#: Every module that declares tables; importing them fills the metadata.
TABLES = (
    audit, case, digest, document, identity, job, meeting, migration, process, standing,
    transfer, upkeep,
)  # fmt: skip


def upgrade(database: Database, target: str = "head") -> None:
    """Apply the migrations up to a target, in one transaction."""
    with _migrating(database) as tx:
        if not database.is_sqlite:
            tx.exec_driver_sql("SET LOCAL statement_timeout = 0")
        migrate(tx, target)


def migrate(tx: Connection, target: str) -> None:
    """Apply the migrations up to a target on a connection that may change the audit tables."""
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


def known() -> frozenset[str]:
    """Return every revision this program knows."""
    script = ScriptDirectory.from_config(_config(None))
    return frozenset(one.revision for one in script.walk_revisions())


def require_known(revision: str | None) -> None:
    """Raise Unavailable for a database without tables, or with those of a newer program."""
    if revision is None:
        raise Unavailable(_("データベースが空です。先に dxflow init を実行してください。"))
    if revision not in known():
        raise Unavailable(
            _(
                "データベースの版（{found}）は、この dxflow より新しいものです。"
                "その版以降の dxflow を入れるか、古い版のバックアップを復元してください。",
                found=revision,
            )
        )


def require_newest(database: Database) -> None:
    """Raise Unavailable when the tables are not of this version."""
    with database.read() as tx:
        found = current(tx)
    require_known(found)
    if found != newest():
        raise Unavailable(
            _(
                "データベースの版（{found}）が合いません。dxflow upgrade を実行してください。",
                found=found,
            )
        )


def require_newest_or_none(database: Database) -> None:
    """Raise Unavailable when there are tables, but not of this version."""
    with database.read() as tx:
        found = current(tx)
    if found is not None:
        require_newest(database)


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
