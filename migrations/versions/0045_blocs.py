"""The matters of an agenda that are decided at once"""

import sqlalchemy as sa
from alembic import op

revision = '0045'
down_revision = '0044'


def upgrade() -> None:
    op.add_column('meeting_matter', sa.Column('bloc', sa.Integer()))


def downgrade() -> None:
    op.drop_column('meeting_matter', 'bloc')
