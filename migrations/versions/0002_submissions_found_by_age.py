"""Indexes by which a case's latest submission and its drafters are found, however old it is"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'

_DRAFTS = sa.text("act = 'draft'")


def upgrade() -> None:
    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_submission_case_id_form_key'))
        batch_op.create_index(batch_op.f('ix_submission_case_id_form_key_at'), ['case_id', 'form_key', 'at'], unique=False)
        batch_op.create_index('ix_submission_drafts', ['case_id', 'person_id'], unique=False, sqlite_where=_DRAFTS, postgresql_where=_DRAFTS)


def downgrade() -> None:
    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.drop_index('ix_submission_drafts', postgresql_where=_DRAFTS)
        batch_op.drop_index(batch_op.f('ix_submission_case_id_form_key_at'))
        batch_op.create_index(batch_op.f('ix_submission_case_id_form_key'), ['case_id', 'form_key'], unique=False)
