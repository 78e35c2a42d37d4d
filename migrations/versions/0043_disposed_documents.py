"""The disposal of decision documents: the register counts them, their trigger lets them through"""

import sqlalchemy as sa
from alembic import op

from dxflow.db.retention import DOCUMENT_KEEPERS, DOCUMENT_UNDOING

revision = '0043'
down_revision = '0042'


def upgrade() -> None:
    op.add_column(
        'disposal', sa.Column('documents', sa.Integer(), server_default='0', nullable=False)
    )
    for statement in DOCUMENT_KEEPERS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    for statement in DOCUMENT_UNDOING[op.get_bind().dialect.name]:
        op.execute(statement)
    op.drop_column('disposal', 'documents')
