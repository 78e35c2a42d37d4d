"""When cases begin by themselves, by the timer start events of the packs in force"""

import sqlalchemy as sa
from alembic import op

from dxflow.db.base import UtcDateTime

revision = '0038'
down_revision = '0036'


def upgrade() -> None:
    op.create_table(
        'planned_start',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('pack', sa.String(length=64), nullable=False),
        sa.Column('process_key', sa.String(length=64), nullable=False),
        sa.Column('element', sa.String(length=128), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('timer', sa.Text(), nullable=False),
        sa.Column('since', UtcDateTime(), nullable=False),
        sa.Column('due_at', UtcDateTime(), nullable=True),
        sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
        sa.Column('last_case_id', sa.String(length=32), nullable=True),
        sa.Column('last_due_at', UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_planned_start')),
        sa.UniqueConstraint(
            'pack', 'process_key', 'element', name=op.f('uq_planned_start_pack_process_key_element')
        ),
    )
    op.create_index(op.f('ix_planned_start_due_at'), 'planned_start', ['due_at'])


def downgrade() -> None:
    op.drop_index(op.f('ix_planned_start_due_at'), table_name='planned_start')
    op.drop_table('planned_start')
