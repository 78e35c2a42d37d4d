"""Lists of a large city are read by indexes in their own order"""

from collections.abc import Iterable

import sqlalchemy as sa
from alembic import op

revision = '0021'
down_revision = '0020'

#: Name, table, columns, and the rows an index holds when it does not hold all.
NEW = (
    ("ix_case_file_fiscal_year_id", "case_file", ["fiscal_year", "id"], None),
    (
        "ix_case_file_status_created_at_id",
        "case_file",
        ["status", "created_at", "id"],
        None,
    ),
    (
        "ix_case_file_status_stage_lead_unit",
        "case_file",
        ["status", "stage", "lead_unit"],
        None,
    ),
    (
        "ix_case_file_lead_unit_status_ended_at",
        "case_file",
        ["lead_unit", "status", "ended_at"],
        None,
    ),
    ("ix_case_unit_unit_case_id", "case_unit", ["unit", "case_id"], None),
    ("ix_milestone_waiting", "milestone", ["due_on"], "status NOT IN ('done', 'dropped')"),
    ("ix_duty_open", "duty", ["due_on"], "status = 'open'"),
    ("ix_decision_record_decided_on", "decision_record", ["decided_on"], None),
    ("ix_notice_group_key_at_id", "notice", ["group_key", "at", "id"], None),
    (
        "ix_process_instance_updated_at_case_id",
        "process_instance",
        ["updated_at", "case_id"],
        None,
    ),
    (
        "ix_work_item_group_group_key_work_item_id",
        "work_item_group",
        ["group_key", "work_item_id"],
        None,
    ),
    ("ix_work_item_open_due", "work_item", ["due_at", "created_at", "id"], "status = 'open'"),
)
#: What the new ones take the place of.
OLD = (
    ("ix_case_unit_unit", "case_unit", ["unit"], None),
    ("ix_notice_group_key_at", "notice", ["group_key", "at"], None),
    ("ix_work_item_group_group_key", "work_item_group", ["group_key"], None),
    ("ix_work_item_open_due", "work_item", ["due_at"], "status = 'open'"),
)


def upgrade() -> None:
    _drop(OLD)
    _create(NEW)


def downgrade() -> None:
    _drop(NEW)
    _create(OLD)


def _create(indexes: Iterable[tuple[str, str, list[str], str | None]]) -> None:
    for name, table, columns, rows in indexes:
        where = None if rows is None else sa.text(rows)
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)


def _drop(indexes: Iterable[tuple[str, str, list[str], str | None]]) -> None:
    for name, table, _columns, _rows in indexes:
        op.drop_index(name, table)
