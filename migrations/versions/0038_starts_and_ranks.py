"""When cases begin by themselves, places in the backlog, last year's case"""

import sqlalchemy as sa
from alembic import op

from dxflow.db.base import UtcDateTime

revision = '0038'
down_revision = '0037'


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
    op.add_column('case_file', sa.Column('previous_id', sa.String(length=32)))
    op.create_index(
        'ix_case_file_previous',
        'case_file',
        ['previous_id'],
        sqlite_where=sa.text('previous_id IS NOT NULL'),
        postgresql_where=sa.text('previous_id IS NOT NULL'),
    )


def downgrade() -> None:
    op.drop_index('ix_case_file_previous', table_name='case_file')
    op.drop_column('case_file', 'previous_id')
    op.drop_table('case_rank')
    op.drop_index(op.f('ix_planned_start_due_at'), table_name='planned_start')
    op.drop_table('planned_start')
