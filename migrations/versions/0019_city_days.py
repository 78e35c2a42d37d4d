"""Days on which the city is closed or open besides its packs' calendars"""

import sqlalchemy as sa
from alembic import op

from dxflow.db.base import UtcDateTime

revision = '0019'
down_revision = '0018'


def upgrade() -> None:
    op.create_table(
        'city_day',
        sa.Column('day', sa.Date(), nullable=False),
        sa.Column('kind', sa.String(length=8), nullable=False),
        sa.Column('name', sa.Text(), nullable=False),
        sa.Column('entered_at', UtcDateTime(), nullable=False),
        sa.Column('entered_by', sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint('day', name=op.f('pk_city_day')),
    )


def downgrade() -> None:
    op.drop_table('city_day')
