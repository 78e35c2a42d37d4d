"""Suspended cases, incidents that count and can be resolved, what completing a task means"""

import sqlalchemy as sa
from alembic import op

from dxflow.db.base import UtcDateTime

revision = '0009'
down_revision = '0008'


def upgrade() -> None:
    with op.batch_alter_table('process_instance', schema=None) as batch_op:
        batch_op.add_column(sa.Column('suspended_at', UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('suspended_by', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('suspend_reason', sa.Text(), server_default='', nullable=False))

    with op.batch_alter_table('work_item', schema=None) as batch_op:
        batch_op.add_column(sa.Column('act', sa.String(length=16), server_default='', nullable=False))
        batch_op.create_index(batch_op.f('ix_work_item_process_key_element_status_ended_at'), ['process_key', 'element', 'status', 'ended_at'], unique=False)

    with op.batch_alter_table('incident', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_incident_status'))
        batch_op.add_column(sa.Column('process_key', sa.String(length=64), server_default='', nullable=False))
        batch_op.add_column(sa.Column('digest', sa.String(length=64), server_default='', nullable=False))
        batch_op.add_column(sa.Column('job_id', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('work_item_id', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('outcome', sa.String(length=64), server_default='', nullable=False))
        batch_op.add_column(sa.Column('occurrences', sa.Integer(), server_default='1', nullable=False))
        batch_op.add_column(sa.Column('last_at', UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('resolved_at', UtcDateTime(), nullable=True))
        batch_op.add_column(sa.Column('resolved_by', sa.String(length=32), nullable=True))
        batch_op.add_column(sa.Column('note', sa.Text(), server_default='', nullable=False))
    # Failures recorded so far stay rows of their own.
    op.execute("UPDATE incident SET digest = id, last_at = at")
    with op.batch_alter_table('incident', schema=None) as batch_op:
        batch_op.alter_column('digest', existing_type=sa.String(length=64), server_default=None)
        batch_op.alter_column('last_at', existing_type=UtcDateTime(), nullable=False)
        batch_op.create_index(batch_op.f('ix_incident_status_last_at'), ['status', 'last_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_incident_job_id'), ['job_id'], unique=False)
        batch_op.create_index('uq_incident_open_digest', ['digest'], unique=True, sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'"))


def downgrade() -> None:
    with op.batch_alter_table('incident', schema=None) as batch_op:
        batch_op.drop_index('uq_incident_open_digest', sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'"))
        batch_op.drop_index(batch_op.f('ix_incident_job_id'))
        batch_op.drop_index(batch_op.f('ix_incident_status_last_at'))
        for name in ('note', 'resolved_by', 'resolved_at', 'last_at', 'occurrences', 'outcome', 'work_item_id', 'job_id', 'digest', 'process_key'):
            batch_op.drop_column(name)
        batch_op.create_index(batch_op.f('ix_incident_status'), ['status'], unique=False)

    with op.batch_alter_table('work_item', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_work_item_process_key_element_status_ended_at'))
        batch_op.drop_column('act')

    with op.batch_alter_table('process_instance', schema=None) as batch_op:
        for name in ('suspend_reason', 'suspended_by', 'suspended_at'):
            batch_op.drop_column(name)
