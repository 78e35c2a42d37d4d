"""Until when ended cases are kept, proposals to dispose of them, and what was disposed of"""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from alembic import op

from dxflow.db.base import UtcDateTime
from dxflow.db.retention import FUNCTIONS, KEEPERS, UNDOING

revision = '0040'
down_revision = '0038'

#: No version published so far says anything else.
YEARS = 5


def upgrade() -> None:
    op.add_column('case_file', sa.Column('kept_until', sa.Date(), nullable=True))
    _keep_what_has_ended()
    op.create_index(
        'ix_case_file_kept_until', 'case_file', ['kept_until', 'number'],
        sqlite_where=sa.text('kept_until IS NOT NULL'),
        postgresql_where=sa.text('kept_until IS NOT NULL'),
    )
    op.create_table(
        'retention_proposal',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('case_id', sa.String(length=32), nullable=False),
        sa.Column('proposed', sa.String(length=16), nullable=False),
        sa.Column('years', sa.Integer(), nullable=False),
        sa.Column('kept_until', sa.Date(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('proposer_id', sa.String(length=32), nullable=False),
        sa.Column('at', UtcDateTime(), nullable=False),
        sa.Column('decided_at', UtcDateTime(), nullable=True),
        sa.Column('decider_id', sa.String(length=32), nullable=True),
        sa.Column('approved', sa.Boolean(), nullable=True),
        sa.Column('decision_reason', sa.Text(), server_default='', nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_retention_proposal')),
    )
    op.create_index(
        'uq_retention_proposal_open', 'retention_proposal', ['case_id'], unique=True,
        sqlite_where=sa.text('decided_at IS NULL'),
        postgresql_where=sa.text('decided_at IS NULL'),
    )
    op.create_table(
        'disposal',
        sa.Column('case_id', sa.String(length=32), nullable=False),
        sa.Column('kept_until', sa.Date(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('proposer_id', sa.String(length=32), nullable=False),
        sa.Column('approver_id', sa.String(length=32), nullable=False),
        sa.Column('at', UtcDateTime(), nullable=False),
        sa.Column('files', sa.Integer(), nullable=False),
        sa.Column('bytes', sa.BigInteger(), nullable=False),
        sa.Column('openings', sa.Integer(), nullable=False),
        sa.Column('forms', sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint('case_id', name=op.f('pk_disposal')),
    )
    op.create_index(op.f('ix_disposal_at_case_id'), 'disposal', ['at', 'case_id'])
    for statement in KEEPERS[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    dialect = op.get_bind().dialect.name
    for statement in UNDOING[dialect]:
        op.execute(statement)
    op.drop_table('disposal')
    op.drop_table('retention_proposal')
    op.drop_index('ix_case_file_kept_until', 'case_file')
    op.drop_column('case_file', 'kept_until')
    if dialect == 'postgresql':
        for function in FUNCTIONS:
            op.execute(f'DROP FUNCTION {function}()')


def _keep_what_has_ended() -> None:
    """Give every ended case the usual period: so many years after the fiscal year of its end."""
    case = sa.table(
        'case_file', sa.column('id', sa.String()), sa.column('ended_at', UtcDateTime()),
        sa.column('kept_until', sa.Date()),
    )
    tx = op.get_bind()
    ended = tx.execute(sa.select(case.c.id, case.c.ended_at).where(case.c.ended_at.is_not(None)))
    found = [{'of_case': row.id, 'until': _until(row.ended_at)} for row in ended]
    if found:
        tx.execute(
            sa.update(case)
            .where(case.c.id == sa.bindparam('of_case'))
            .values(kept_until=sa.bindparam('until')),
            found,
        )


def _until(ended_at: datetime) -> date:
    day = ended_at.astimezone(UTC).astimezone(ZoneInfo('Asia/Tokyo')).date()
    return date((day.year if day.month >= 4 else day.year - 1) + YEARS + 1, 3, 31)
