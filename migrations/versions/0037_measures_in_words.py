"""Measures in words have a scale; a baseline that does not exist says why"""

import sqlalchemy as sa
from alembic import op

revision = '0037'
down_revision = '0036'


def upgrade() -> None:
    for name in ('baseline_note', 'scale'):
        op.add_column('measure', sa.Column(name, sa.Text(), server_default='', nullable=False))


def downgrade() -> None:
    op.drop_column('measure', 'scale')
    op.drop_column('measure', 'baseline_note')
