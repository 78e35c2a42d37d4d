"""Evaluations by criteria, private notes, entered ballots, restricted reading, escalation"""

import sqlalchemy as sa
from alembic import op

from dxflow.db.base import UtcDateTime

revision = '0031'
down_revision = "0029"


def upgrade() -> None:
    op.create_table(
        'evaluation',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('deliberation_id', sa.String(length=32), nullable=False),
        sa.Column('seat', sa.String(length=64), nullable=False),
        sa.Column('person_id', sa.String(length=32), nullable=False),
        sa.Column('scores', sa.Text(), nullable=False),
        sa.Column('remark', sa.Text(), server_default='', nullable=False),
        sa.Column('at', UtcDateTime(), nullable=False),
        sa.Column('superseded_at', UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_evaluation')),
    )
    standing = sa.text('superseded_at IS NULL')
    op.create_index(
        'uq_evaluation_standing',
        'evaluation',
        ['deliberation_id', 'seat'],
        unique=True,
        sqlite_where=standing,
        postgresql_where=standing,
    )
    op.create_table(
        'private_note',
        sa.Column('case_id', sa.String(length=32), nullable=False),
        sa.Column('person_id', sa.String(length=32), nullable=False),
        sa.Column('body', sa.Text(), nullable=False),
        sa.Column('updated_at', UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('case_id', 'person_id', name=op.f('pk_private_note')),
    )
    op.add_column('ballot', sa.Column('entered_by', sa.String(length=32), nullable=True))
    op.add_column(
        'ballot', sa.Column('way', sa.String(length=8), server_default='', nullable=False)
    )
    op.add_column('ballot', sa.Column('source', sa.Text(), server_default='', nullable=False))
    op.add_column(
        'case_file',
        sa.Column('restricted', sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    unresolved = sa.text('resolution IS NULL')
    op.create_index(
        'ix_deliberation_open',
        'deliberation',
        ['case_id'],
        sqlite_where=unresolved,
        postgresql_where=unresolved,
    )
    op.create_table(
        'escalation',
        sa.Column('work_item_id', sa.String(length=32), nullable=False),
        sa.Column('due_at', UtcDateTime(), nullable=False),
        sa.Column('at', UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('work_item_id', 'due_at', name=op.f('pk_escalation')),
    )


def downgrade() -> None:
    op.drop_table('escalation')
    op.drop_index('ix_deliberation_open', table_name='deliberation')
    op.drop_column('case_file', 'restricted')
    for column in ('source', 'way', 'entered_by'):
        op.drop_column('ballot', column)
    op.drop_table('private_note')
    op.drop_table('evaluation')
