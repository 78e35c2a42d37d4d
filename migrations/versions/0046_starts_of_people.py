"""Which start a case began by: packs may offer people several"""

import sqlalchemy as sa
from alembic import op

revision = '0046'
down_revision = '0045'


def upgrade() -> None:
    op.add_column(
        'case_file', sa.Column('start_key', sa.String(64), server_default='', nullable=False)
    )


def downgrade() -> None:
    op.drop_column('case_file', 'start_key')
