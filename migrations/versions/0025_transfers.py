"""Transfers of personnel, planned and applied, and who does the work of what has ended"""

import sqlalchemy as sa
from alembic import op

from dxflow.db.base import UtcDateTime

revision = '0025'
down_revision = "0024"


def upgrade() -> None:
    op.create_table(
        'transfer_plan',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('effective', sa.Date(), nullable=False),
        sa.Column('status', sa.String(length=16), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('made_by', sa.String(length=32), nullable=False),
        sa.Column('made_at', UtcDateTime(), nullable=False),
        sa.Column('scheduled_by', sa.String(length=32), nullable=True),
        sa.Column('scheduled_at', UtcDateTime(), nullable=True),
        sa.Column('held_up', sa.Text(), server_default='', nullable=False),
        sa.Column('applied_by', sa.String(length=32), nullable=True),
        sa.Column('applied_at', UtcDateTime(), nullable=True),
        sa.Column('before', sa.Text(), server_default='', nullable=False),
        sa.Column('ended_by', sa.String(length=32), nullable=True),
        sa.Column('ended_at', UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_transfer_plan')),
    )
    op.create_index(
        op.f('ix_transfer_plan_status_effective'), 'transfer_plan', ['status', 'effective']
    )
    op.create_table(
        'transfer_file',
        sa.Column('plan_id', sa.String(length=32), nullable=False),
        sa.Column('what', sa.String(length=16), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('content', sa.LargeBinary(), nullable=False),
        sa.Column('columns', sa.Text(), server_default='{}', nullable=False),
        sa.Column('at', UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ['plan_id'], ['transfer_plan.id'], name=op.f('fk_transfer_file_plan_id_transfer_plan')
        ),
        sa.PrimaryKeyConstraint('plan_id', 'what', name=op.f('pk_transfer_file')),
    )
    op.create_table(
        'transfer_fill',
        sa.Column('plan_id', sa.String(length=32), nullable=False),
        sa.Column('hole', sa.String(length=160), nullable=False),
        sa.Column('target', sa.String(length=160), nullable=False),
        sa.Column('reason', sa.Text(), server_default='', nullable=False),
        sa.Column('person_id', sa.String(length=32), nullable=False),
        sa.Column('at', UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ['plan_id'], ['transfer_plan.id'], name=op.f('fk_transfer_fill_plan_id_transfer_plan')
        ),
        sa.PrimaryKeyConstraint('plan_id', 'hole', name=op.f('pk_transfer_fill')),
    )
    op.create_table(
        'succession',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('old', sa.String(length=64), nullable=False),
        sa.Column('new', sa.String(length=64), nullable=False),
        sa.Column('valid_from', sa.Date(), nullable=False),
        sa.Column('plan_id', sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_succession')),
        sa.UniqueConstraint(
            'kind', 'old', 'valid_from', name=op.f('uq_succession_kind_old_valid_from')
        ),
    )


def downgrade() -> None:
    for name in ('succession', 'transfer_fill', 'transfer_file', 'transfer_plan'):
        op.drop_table(name)
