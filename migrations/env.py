"""Alembic's entry: runs on the connection that dxflow hands over."""

from alembic import context

from dxflow.db.base import Base

# Every table is known by then: whoever hands the connection over has imported them all,
# see `TABLES` of dxflow.services.installation.schema.


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
