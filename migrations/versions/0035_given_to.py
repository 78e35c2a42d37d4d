"""To whom operators gave a task, so that it comes back to them when it is pulled back"""

import sqlalchemy as sa
from alembic import op

revision = '0035'
down_revision = '0034'


def upgrade() -> None:
    op.add_column(
        'work_item',
        sa.Column('given_to', sa.String(length=128), server_default='', nullable=False),
    )


def downgrade() -> None:
    op.drop_column('work_item', 'given_to')
