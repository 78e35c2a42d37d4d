"""What a group owes is read in the order of its days"""

import sqlalchemy as sa
from alembic import op

revision = '0042'
down_revision = '0041'


def upgrade() -> None:
    op.create_index(
        'ix_duty_owed',
        'duty',
        ['owner_group', 'due_on', 'id'],
        sqlite_where=sa.text("status = 'open'"),
        postgresql_where=sa.text("status = 'open'"),
    )


def downgrade() -> None:
    op.drop_index('ix_duty_owed', 'duty')
