"""Files attached to cases: versions, their bytes in pieces, and which a decision document lists"""

import sqlalchemy as sa
from alembic import op

from dxflow.db.attachment import FUNCTIONS, KEEPERS
from dxflow.db.base import UtcDateTime

revision = '0029'
down_revision = "0028"


def upgrade() -> None:
    op.create_table(
        'attachment',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('case_id', sa.String(length=32), nullable=False),
        sa.Column('withdrawn_at', UtcDateTime(), nullable=True),
        sa.Column('withdrawn_by', sa.String(length=32), nullable=True),
        sa.Column('withdraw_reason', sa.Text(), server_default='', nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_attachment')),
    )
    op.create_index(op.f('ix_attachment_case_id'), 'attachment', ['case_id'])
    op.create_table(
        'attachment_version',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('attachment_id', sa.String(length=32), nullable=False),
        sa.Column('case_id', sa.String(length=32), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('size', sa.BigInteger(), nullable=False),
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('scan', sa.String(length=16), nullable=False),
        sa.Column('beside', sa.Boolean(), nullable=False),
        sa.Column('person_id', sa.String(length=32), nullable=False),
        sa.Column('post', sa.String(length=64), server_default='', nullable=False),
        sa.Column('at', UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_attachment_version')),
        sa.UniqueConstraint(
            'attachment_id', 'number', name=op.f('uq_attachment_version_attachment_id_number')
        ),
    )
    op.create_index(op.f('ix_attachment_version_case_id'), 'attachment_version', ['case_id'])
    op.create_table(
        'attachment_piece',
        sa.Column('version_id', sa.String(length=32), nullable=False),
        sa.Column('place', sa.Integer(), nullable=False),
        sa.Column('body', sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint('version_id', 'place', name=op.f('pk_attachment_piece')),
    )
    op.create_table(
        'document_attachment',
        sa.Column('document_id', sa.String(length=32), nullable=False),
        sa.Column('version_id', sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint(
            'document_id', 'version_id', name=op.f('pk_document_attachment')
        ),
    )
    op.create_index(
        op.f('ix_document_attachment_version_id'), 'document_attachment', ['version_id']
    )
    for statement in KEEPERS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    for name in ('document_attachment', 'attachment_piece', 'attachment_version', 'attachment'):
        op.drop_table(name)
    if op.get_bind().dialect.name == 'postgresql':
        for function in FUNCTIONS:
            op.execute(f'DROP FUNCTION {function}()')
