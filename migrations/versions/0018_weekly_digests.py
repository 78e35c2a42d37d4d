"""Weekly digests"""

import sqlalchemy as sa
from alembic import op

from dxflow.db.base import UtcDateTime

revision = '0018'
down_revision = '0017'


def upgrade() -> None:
    op.create_table(
        'weekly_digest',
        sa.Column('week', sa.String(length=8), nullable=False),
        sa.Column('made_at', UtcDateTime(), nullable=False),
        sa.Column('body', sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint('week', name=op.f('pk_weekly_digest')),
    )


def downgrade() -> None:
    op.drop_table('weekly_digest')
