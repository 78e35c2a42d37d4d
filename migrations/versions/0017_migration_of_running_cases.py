"""Batches of running cases that move to another version of their pack"""

import sqlalchemy as sa
from alembic import op

from dxflow.db.base import UtcDateTime

revision = '0017'
down_revision = '0016'


def upgrade() -> None:
    op.create_table(
        'migration_batch',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('pack_key', sa.String(length=64), nullable=False),
        sa.Column('to_digest', sa.String(length=64), nullable=False),
        sa.Column('mapping', sa.Text(), nullable=False),
        sa.Column('mapping_digest', sa.String(length=64), nullable=False),
        sa.Column('person_id', sa.String(length=32), nullable=False),
        sa.Column('at', UtcDateTime(), nullable=False),
        sa.Column('status', sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(['to_digest'], ['pack_version.digest'], name=op.f('fk_migration_batch_to_digest_pack_version')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_migration_batch')),
    )
    op.create_index(op.f('ix_migration_batch_at'), 'migration_batch', ['at'])
    op.create_table(
        'migration_result',
        sa.Column('batch_id', sa.String(length=32), nullable=False),
        sa.Column('case_id', sa.String(length=32), nullable=False),
        sa.Column('outcome', sa.String(length=16), nullable=False),
        sa.Column('reason', sa.Text(), server_default='', nullable=False),
        sa.Column('before_state', sa.LargeBinary(), nullable=True),
        sa.Column('before_digest', sa.String(length=64), nullable=True),
        sa.Column('version_after', sa.Integer(), nullable=True),
        sa.Column('at', UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(['batch_id'], ['migration_batch.id'], name=op.f('fk_migration_result_batch_id_migration_batch')),
        sa.PrimaryKeyConstraint('batch_id', 'case_id', name=op.f('pk_migration_result')),
    )
    op.create_index(op.f('ix_migration_result_case_id'), 'migration_result', ['case_id'])


def downgrade() -> None:
    op.drop_table('migration_result')
    op.drop_table('migration_batch')
