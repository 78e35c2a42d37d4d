"""Files of proposals that are not handed in; scores of evaluators entered from paper"""

import sqlalchemy as sa
from alembic import op

from dxflow.db.base import UtcDateTime

revision = '0033'
down_revision = "0032"


def upgrade() -> None:
    op.create_table(
        'draft_file',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('draft_id', sa.String(length=32), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('size', sa.BigInteger(), nullable=False),
        sa.Column('sha256', sa.String(length=64), nullable=False),
        sa.Column('scan', sa.String(length=16), nullable=False),
        sa.Column('at', UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_draft_file')),
    )
    op.create_index(op.f('ix_draft_file_draft_id'), 'draft_file', ['draft_id'])
    op.create_table(
        'draft_piece',
        sa.Column('version_id', sa.String(length=32), nullable=False),
        sa.Column('place', sa.Integer(), nullable=False),
        sa.Column('body', sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint('version_id', 'place', name=op.f('pk_draft_piece')),
    )
    op.add_column(
        'draft', sa.Column('has_files', sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column('evaluation', sa.Column('entered_by', sa.String(length=32), nullable=True))
    op.add_column(
        'evaluation', sa.Column('source', sa.Text(), server_default='', nullable=False)
    )


def downgrade() -> None:
    op.drop_column('evaluation', 'source')
    op.drop_column('evaluation', 'entered_by')
    op.drop_column('draft', 'has_files')
    op.drop_table('draft_piece')
    op.drop_table('draft_file')
