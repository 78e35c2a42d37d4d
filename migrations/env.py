"""Alembic's entry: runs on the connection that dxflow hands over."""

from alembic import context

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

TABLES = (
    audit, case, digest, document, identity, job, meeting, migration, process, standing,
    transfer, upkeep,
)  # fmt: skip


def run() -> None:
    connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        transaction_per_migration=False,
    )
    context.run_migrations()


run()
