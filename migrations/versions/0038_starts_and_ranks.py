"""When cases begin by themselves, and the places in the backlog that were set by hand"""

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
    op.create_table(
        'case_rank',
        sa.Column('case_id', sa.String(length=32), nullable=False),
        sa.Column('place', sa.Integer(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('person_id', sa.String(length=32), nullable=False),
        sa.Column('at', UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('case_id', name=op.f('pk_case_rank')),
    )


def downgrade() -> None:
    op.drop_table('case_rank')
    op.drop_index(op.f('ix_planned_start_due_at'), table_name='planned_start')
    op.drop_table('planned_start')
