"""Cases of a section that was split go to the successor that was chosen for them"""

import sqlalchemy as sa
from alembic import op

revision = '0032'
down_revision = "0031"


def upgrade() -> None:
    op.add_column('case_file', sa.Column('heirs', sa.Text(), server_default='', nullable=False))


def downgrade() -> None:
    op.drop_column('case_file', 'heirs')
