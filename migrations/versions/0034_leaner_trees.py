"""What an act writes lies in fewer trees, and open tasks of a case are found by their state"""

import sqlalchemy as sa
from alembic import op

revision = '0034'
down_revision = '0033'

#: Name, columns, and the rows an index holds when it does not hold all.
NEW = (
    ("ix_work_item_case_id_status", ["case_id", "status"], None),
    (
        "ix_work_item_taken",
        ["assignee_id", "status", "due_at", "created_at", "id"],
        "assignee_id IS NOT NULL",
    ),
    (
        "ix_work_item_ended",
        ["process_key", "element", "status", "ended_at"],
        "ended_at IS NOT NULL",
    ),
)
#: What the new ones take the place of.
OLD = (
    ("ix_work_item_case_id", ["case_id"]),
    (
        "ix_work_item_assignee_id_status_due_at_created_at_id",
        ["assignee_id", "status", "due_at", "created_at", "id"],
    ),
    (
        "ix_work_item_process_key_element_status_ended_at",
        ["process_key", "element", "status", "ended_at"],
    ),
)


def upgrade() -> None:
    for name, _columns in OLD:
        op.drop_index(name, "work_item")
    for name, columns, rows in NEW:
        where = None if rows is None else sa.text(rows)
        op.create_index(name, "work_item", columns, sqlite_where=where, postgresql_where=where)
    _with_rowid(False)


def downgrade() -> None:
    _with_rowid(True)
    for name, _columns, _rows in NEW:
        op.drop_index(name, "work_item")
    for name, columns in OLD:
        op.create_index(name, "work_item", columns)


def _with_rowid(yes: bool) -> None:
    """Have SQLite keep two tables with hidden row numbers, or by their keys alone."""
    if op.get_bind().dialect.name != "sqlite":
        return
    for table in ("work_item_group", "element_visit"):
        with op.batch_alter_table(
            table, recreate="always", table_kwargs={"sqlite_with_rowid": yes}
        ):
            pass
