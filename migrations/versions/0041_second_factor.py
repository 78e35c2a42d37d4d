"""A second factor at login: the app, codes in reserve, and logins that wait for their code"""

import sqlalchemy as sa
from alembic import op

from dxflow.db.base import UtcDateTime

revision = '0041'
down_revision = '0040'


def upgrade() -> None:
    op.create_table(
        'second_factor',
        sa.Column('person_id', sa.String(length=32), nullable=False),
        sa.Column('secret', sa.Text(), nullable=False),
        sa.Column('last_step', sa.Integer(), server_default='0', nullable=False),
        sa.Column('created_at', UtcDateTime(), nullable=False),
        sa.Column('confirmed_at', UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('person_id', name=op.f('pk_second_factor')),
    )
    op.create_table(
        'reserve_code',
        sa.Column('code_hash', sa.String(length=64), nullable=False),
        sa.Column('person_id', sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint('code_hash', name=op.f('pk_reserve_code')),
    )
    op.create_index(op.f('ix_reserve_code_person_id'), 'reserve_code', ['person_id'])
    op.create_table(
        'half_login',
        sa.Column('reference_hash', sa.String(length=64), nullable=False),
        sa.Column('person_id', sa.String(length=32), nullable=False),
        sa.Column('epoch', sa.Integer(), nullable=False),
        sa.Column('expires_at', UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('reference_hash', name=op.f('pk_half_login')),
    )
    op.create_index(op.f('ix_half_login_expires_at'), 'half_login', ['expires_at'])


def downgrade() -> None:
    op.drop_table('half_login')
    op.drop_table('reserve_code')
    op.drop_table('second_factor')
