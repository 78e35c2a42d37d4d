"""Absences, deputies, lists of substitutes, and what was done for others"""

import sqlalchemy as sa
from alembic import op

from dxflow.db.base import UtcDateTime

revision = '0023'
down_revision = '0021'


def upgrade() -> None:
    op.create_table(
        'absence',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('person_id', sa.String(length=32), nullable=False),
        sa.Column('valid_from', sa.Date(), nullable=False),
        sa.Column('valid_to', sa.Date(), nullable=False),
        sa.Column('reason', sa.Text(), server_default='', nullable=False),
        sa.Column('entered_by', sa.String(length=32), nullable=True),
        sa.Column('entered_at', UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_absence')),
    )
    op.create_index(op.f('ix_absence_person_id'), 'absence', ['person_id'])
    op.create_table(
        'delegation',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('giver_id', sa.String(length=32), nullable=False),
        sa.Column('deputy_id', sa.String(length=32), nullable=False),
        sa.Column('post', sa.String(length=64), server_default='', nullable=False),
        sa.Column('valid_from', sa.Date(), nullable=False),
        sa.Column('valid_to', sa.Date(), nullable=False),
        sa.Column('reason', sa.Text(), server_default='', nullable=False),
        sa.Column('entered_at', UtcDateTime(), nullable=False),
        sa.Column('ended_at', UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_delegation')),
    )
    op.create_index(op.f('ix_delegation_giver_id'), 'delegation', ['giver_id'])
    op.create_index(op.f('ix_delegation_deputy_id'), 'delegation', ['deputy_id'])
    op.create_table(
        'substitute_rank',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('post', sa.String(length=64), nullable=False),
        sa.Column('place', sa.Integer(), nullable=False),
        sa.Column('substitute', sa.String(length=64), nullable=False),
        sa.Column('valid_from', sa.Date(), nullable=False),
        sa.Column('valid_to', sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_substitute_rank')),
    )
    op.create_index(op.f('ix_substitute_rank_post'), 'substitute_rank', ['post'])
    op.create_table(
        'stood_in',
        sa.Column('submission_id', sa.String(length=32), nullable=False),
        sa.Column('case_id', sa.String(length=32), nullable=False),
        sa.Column('work_item_id', sa.String(length=32), nullable=False),
        sa.Column('absent_id', sa.String(length=32), nullable=True),
        sa.Column('post', sa.String(length=64), nullable=False),
        sa.Column('person_id', sa.String(length=32), nullable=False),
        sa.Column('way', sa.String(length=16), nullable=False),
        sa.Column('at', UtcDateTime(), nullable=False),
        sa.Column('owner_id', sa.String(length=32), nullable=True),
        sa.Column('read_at', UtcDateTime(), nullable=True),
        sa.Column('remark', sa.Text(), server_default='', nullable=False),
        sa.PrimaryKeyConstraint('submission_id', name=op.f('pk_stood_in')),
    )
    op.create_index(op.f('ix_stood_in_case_id'), 'stood_in', ['case_id'])
    op.create_index(
        'ix_stood_in_owed',
        'stood_in',
        ['owner_id'],
        sqlite_where=sa.text('read_at IS NULL'),
        postgresql_where=sa.text('read_at IS NULL'),
    )


def downgrade() -> None:
    for name in ('stood_in', 'substitute_rank', 'delegation', 'absence'):
        op.drop_table(name)
