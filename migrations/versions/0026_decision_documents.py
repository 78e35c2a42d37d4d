"""Decision documents with their stamps, additions and holds; decisions name their table"""

import sqlalchemy as sa
from alembic import op

from dxflow.db.base import UtcDateTime
from dxflow.db.document import KEEPERS

revision = '0026'
down_revision = "0025"


def upgrade() -> None:
    op.create_table(
        'decision_document',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('case_id', sa.String(length=32), nullable=False),
        sa.Column('revision', sa.Integer(), nullable=False),
        sa.Column('title', sa.Text(), nullable=False),
        sa.Column('content', sa.Text(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('ruling', sa.Text(), nullable=False),
        sa.Column('drafter_id', sa.String(length=32), nullable=False),
        sa.Column('drawn_at', UtcDateTime(), nullable=False),
        sa.Column('outcome', sa.String(length=32), nullable=True),
        sa.Column('decided_at', UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_decision_document')),
        sa.UniqueConstraint(
            'case_id', 'revision', name=op.f('uq_decision_document_case_id_revision')
        ),
    )
    op.create_table(
        'stamp',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('document_id', sa.String(length=32), nullable=False),
        sa.Column('place', sa.Integer(), nullable=False),
        sa.Column('part', sa.String(length=16), nullable=False),
        sa.Column('group_key', sa.String(length=128), nullable=False),
        sa.Column('title', sa.Text(), nullable=False),
        sa.Column('person_id', sa.String(length=32), nullable=True),
        sa.Column('absent_id', sa.String(length=32), nullable=True),
        sa.Column('way', sa.String(length=16), server_default='', nullable=False),
        sa.Column('outcome', sa.String(length=32), server_default='', nullable=False),
        sa.Column('remark', sa.Text(), server_default='', nullable=False),
        sa.Column('dated', sa.Date(), nullable=True),
        sa.Column('at', UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_stamp')),
        sa.UniqueConstraint('document_id', 'place', name=op.f('uq_stamp_document_id_place')),
    )
    op.create_table(
        'addendum',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('document_id', sa.String(length=32), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('person_id', sa.String(length=32), nullable=False),
        sa.Column('post', sa.String(length=64), server_default='', nullable=False),
        sa.Column('at', UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_addendum')),
    )
    op.create_index(op.f('ix_addendum_document_id'), 'addendum', ['document_id'])
    op.create_table(
        'task_hold',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('work_item_id', sa.String(length=32), nullable=False),
        sa.Column('case_id', sa.String(length=32), nullable=False),
        sa.Column('person_id', sa.String(length=32), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('until', sa.Date(), nullable=False),
        sa.Column('at', UtcDateTime(), nullable=False),
        sa.Column('ended_at', UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_task_hold')),
    )
    op.create_index(
        'ix_task_hold_open',
        'task_hold',
        ['work_item_id'],
        unique=True,
        sqlite_where=sa.text('ended_at IS NULL'),
        postgresql_where=sa.text('ended_at IS NULL'),
    )
    op.add_column('decision_record', sa.Column('document_id', sa.String(length=32), nullable=True))
    op.add_column(
        'decision_record',
        sa.Column('authority_table', sa.Text(), server_default='', nullable=False),
    )
    op.add_column('decision_record', sa.Column('authority_from', sa.Date(), nullable=True))
    for statement in KEEPERS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    for name in ('authority_from', 'authority_table', 'document_id'):
        op.drop_column('decision_record', name)
    for name in ('task_hold', 'addendum', 'stamp', 'decision_document'):
        op.drop_table(name)
    if op.get_bind().dialect.name == 'postgresql':
        op.execute('DROP FUNCTION decision_document_keep()')
