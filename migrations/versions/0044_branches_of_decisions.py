"""Evaluations of decision tables know the branch they were made in"""

import sqlalchemy as sa
from alembic import op

revision = '0044'
down_revision = '0043'


def upgrade() -> None:
    op.add_column(
        'decision_evaluation', sa.Column('branch', sa.Text(), server_default='', nullable=False)
    )


def downgrade() -> None:
    op.drop_column('decision_evaluation', 'branch')
