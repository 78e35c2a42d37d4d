"""Inboxes, own cases, measures and the portfolio are read in their own order"""

import sqlalchemy as sa
from alembic import op

from dxflow.db.base import UtcDateTime

revision = '0024'
down_revision = '0023'

OPEN = "status = 'open'"
#: Name, table, columns, and the rows an index holds when it does not hold all.
NEW = (
    (
        "ix_work_item_assignee_id_status_due_at_created_at_id",
        "work_item",
        ["assignee_id", "status", "due_at", "created_at", "id"],
        None,
    ),
    (
        "ix_work_item_open_place",
        "work_item",
        ["process_key", "element", "name", "due_at", "created_at", "status"],
        OPEN,
    ),
    (
        "ix_case_file_applicant_id_status_created_at_id",
        "case_file",
        ["applicant_id", "status", "created_at", "id"],
        None,
    ),
    (
        "ix_case_file_unit_status_created_at_id",
        "case_file",
        ["unit", "status", "created_at", "id"],
        None,
    ),
    (
        "ix_case_file_lead_newest",
        "case_file",
        ["lead_unit", "status", "created_at", "id"],
        None,
    ),
    ("ix_case_unit_unit_part_case_id", "case_unit", ["unit", "part", "case_id"], None),
)
#: What the new ones take the place of.
OLD = (
    ("ix_work_item_assignee_id_status", "work_item", ["assignee_id", "status"]),
    ("ix_case_file_applicant_id", "case_file", ["applicant_id"]),
    ("ix_case_file_unit", "case_file", ["unit"]),
    ("ix_case_unit_unit_case_id", "case_unit", ["unit", "case_id"]),
)


def upgrade() -> None:
    for name, table, _columns in OLD:
        op.drop_index(name, table)
    for name, table, columns, rows in NEW:
        where = None if rows is None else sa.text(rows)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    with op.batch_alter_table('work_item_group', schema=None) as batch_op:
        batch_op.drop_index('ix_work_item_group_group_key_work_item_id')
        batch_op.add_column(sa.Column('due_at', UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('created_at', UtcDateTime(), nullable=True))
    for column in ("due_at", "created_at"):
        op.execute(
            f"UPDATE work_item_group SET {column} = (SELECT w.{column} FROM work_item w"
            " WHERE w.id = work_item_group.work_item_id)"
        )
    with op.batch_alter_table('work_item_group', schema=None) as batch_op:
        batch_op.alter_column('created_at', existing_type=UtcDateTime(), nullable=False)
        batch_op.create_index(
            'ix_work_item_group_in_order', ['group_key', 'due_at', 'created_at', 'work_item_id']
        )


def downgrade() -> None:
    with op.batch_alter_table('work_item_group', schema=None) as batch_op:
        batch_op.drop_index('ix_work_item_group_in_order')
        batch_op.drop_column('created_at')
        batch_op.drop_column('due_at')
        batch_op.create_index(
            'ix_work_item_group_group_key_work_item_id', ['group_key', 'work_item_id']
        )
    for name, table, _columns, _rows in NEW:
        op.drop_index(name, table)
    for name, table, columns in OLD:
        op.create_index(name, table, columns)
