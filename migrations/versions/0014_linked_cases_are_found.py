"""Linked cases are found without looking at every case"""

from alembic import op

revision = '0014'
down_revision = '0009'


def upgrade() -> None:
    op.create_index("ix_case_file_parent_id", "case_file", ["parent_id"])


def downgrade() -> None:
    op.drop_index("ix_case_file_parent_id", "case_file")
