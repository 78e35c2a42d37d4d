"""Mail"""

import sqlalchemy as sa
from alembic import op

from dxflow.db.base import UtcDateTime

revision = '0020'
down_revision = '0019'


def upgrade() -> None:
    op.create_table(
        'mail_choice',
        sa.Column('person_id', sa.String(length=32), nullable=False),
        sa.Column('choice', sa.String(length=16), nullable=False),
        sa.Column('weekly', sa.Boolean(), server_default='0', nullable=False),
        sa.Column('language', sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint('person_id', name=op.f('pk_mail_choice')),
    )
    op.create_table(
        'outgoing_mail',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('event', sa.String(length=200), nullable=False),
        sa.Column('kind', sa.String(length=16), nullable=False),
        sa.Column('person_id', sa.String(length=32), nullable=False),
        sa.Column('subject', sa.String(length=32), server_default='', nullable=False),
        sa.Column('since', UtcDateTime(), nullable=True),
        sa.Column('status', sa.String(length=16), nullable=False),
        sa.Column('due_at', UtcDateTime(), nullable=False),
        sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
        sa.Column('address', sa.Text(), server_default='', nullable=False),
        sa.Column('answer', sa.Text(), server_default='', nullable=False),
        sa.Column('created_at', UtcDateTime(), nullable=False),
        sa.Column('handed_at', UtcDateTime(), nullable=True),
        sa.Column('settled_at', UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_outgoing_mail')),
        sa.UniqueConstraint('event', 'person_id', name=op.f('uq_outgoing_mail_event_person_id')),
    )
    op.create_index(op.f('ix_outgoing_mail_status_due_at'), 'outgoing_mail', ['status', 'due_at'])
    op.create_index(op.f('ix_outgoing_mail_created_at'), 'outgoing_mail', ['created_at'])
    op.create_index(
        'ix_work_item_open_created', 'work_item', ['created_at'],
        sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'"),
    )


def downgrade() -> None:
    op.drop_index('ix_work_item_open_created', 'work_item')
    op.drop_table('outgoing_mail')
    op.drop_table('mail_choice')
