"""A decision says which item of its case it decided, where the case has several"""

import sqlalchemy as sa
from alembic import op

revision = '0047'
down_revision = '0046'


def upgrade() -> None:
    op.add_column(
        'decision_record', sa.Column('about', sa.Text(), server_default='', nullable=False)
    )


def downgrade() -> None:
    op.drop_column('decision_record', 'about')
