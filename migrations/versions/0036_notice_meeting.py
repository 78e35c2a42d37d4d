"""The meeting that a notice is about, so that it leads there"""

import sqlalchemy as sa
from alembic import op

revision = '0036'
down_revision = '0035'


def upgrade() -> None:
    op.add_column('notice', sa.Column('meeting_id', sa.String(length=32)))


def downgrade() -> None:
    op.drop_column('notice', 'meeting_id')
