"""Bring a database's tables to this version of dxflow, and say whether they are.

Alembic is read in where tables are changed or compared. Whether they are of this version is asked
at every start: that is read from the migrations' own lines, without running any of them.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Connection, inspect, text

from dxflow import config
from dxflow.db import (
    attachment,
    audit,
    case,
    digest,
    document,
    identity,
    job,
    meeting,
    migration,
    process,
    retention,
    standing,
    transfer,
    upkeep,
)
from dxflow.db.base import Base
from dxflow.db.engine import Database
from dxflow.errors import Unavailable
from dxflow.texts import gettext as _

if TYPE_CHECKING:
    from alembic.config import Config

#: What a migration says of itself: its revision, and the one before it (None for the first).
_REVISION = re.compile(r"""^(down_)?revision\b[^=\n]*=\s*(?:['"](\w+)['"]|None)""", re.MULTILINE)
#: Every module that declares tables; importing them fills the metadata.
TABLES = (
    attachment, audit, case, digest, document, identity, job, meeting, migration, process,
    retention, standing, transfer, upkeep,
)  # fmt: skip


def upgrade(database: Database, target: str = "head") -> None:
    """Apply the migrations up to a target, in one transaction."""
    with _migrating(database) as tx:
        if not database.is_sqlite:
            tx.exec_driver_sql("SET LOCAL statement_timeout = 0")
        migrate(tx, target)


def migrate(tx: Connection, target: str) -> None:
    """Apply the migrations up to a target on a connection that may change the audit tables."""
    from alembic import command  # here, so that no start waits for it

    command.upgrade(_config(tx), target)


def downgrade(database: Database, target: str) -> None:
    """Take migrations back down to a target, in one transaction."""
    from alembic import command  # here, so that no start waits for it

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
    """Return the revision a database is at, None for an empty one.

    Raises Unavailable for a role of PostgreSQL that may not use the schema: to it, every table
    looks missing, as after a restore by the owner.
    """
    if not inspect(tx).has_table("alembic_version"):
        if tx.dialect.name == "postgresql" and not tx.scalar(text("SELECT current_schema()")):
            raise Unavailable(
                _(
                    "このデータベースの役割には、表を読む権限がありません。"
                    "手引きの「PostgreSQL」のとおりに、権限を与え直してください。"
                )
            )
        return None
    found: str | None = tx.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def newest() -> str | None:
    """Return the newest revision this program knows. Raises RuntimeError when there are two."""
    before = _revisions()
    last = before.keys() - before.values()
    if len(last) > 1:
        message = f"several migrations are the last one: {', '.join(sorted(last))}"
        raise RuntimeError(message)
    return next(iter(last), None)


def known() -> frozenset[str]:
    """Return every revision this program knows."""
    return frozenset(_revisions())


def _revisions() -> dict[str, str | None]:
    """Return each revision with the one before it."""
    found: dict[str, str | None] = {}
    for path in (config.root() / "migrations" / "versions").glob("*.py"):
        said = {
            bool(down): name or None for down, name in _REVISION.findall(path.read_text("utf-8"))
        }
        if said.get(False):
            found[str(said[False])] = said.get(True)
    return found


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
    from alembic.autogenerate import compare_metadata  # here, so that no start waits for it
    from alembic.migration import MigrationContext

    context = MigrationContext.configure(
        tx, opts={"compare_type": True, "render_as_batch": tx.dialect.name == "sqlite"}
    )
    return [str(difference) for difference in compare_metadata(context, Base.metadata)]


def _config(tx: Connection) -> "Config":
    from alembic.config import Config  # here, so that no start waits for it

    settings = Config()
    settings.set_main_option("script_location", str(config.root() / "migrations"))
    settings.attributes["connection"] = tx
    return settings
