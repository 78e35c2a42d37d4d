"""Meetings of bodies: agenda, attendance, papers read, consents, minutes"""

import sqlalchemy as sa
from alembic import op

from dxflow.db.base import UtcDateTime

revision = '0028'
down_revision = "0026"


def upgrade() -> None:
    op.create_table(
        'meeting',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('body', sa.String(length=64), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('written', sa.Boolean(), nullable=False),
        sa.Column('held_on', sa.Date(), nullable=False),
        sa.Column('begins', sa.String(length=5), server_default='', nullable=False),
        sa.Column('ends', sa.String(length=5), server_default='', nullable=False),
        sa.Column('place', sa.Text(), server_default='', nullable=False),
        sa.Column('status', sa.String(length=16), nullable=False),
        sa.Column('version', sa.Integer(), nullable=False),
        sa.Column('created_by', sa.String(length=32), nullable=False),
        sa.Column('created_at', UtcDateTime(), nullable=False),
        sa.Column('distributed_at', UtcDateTime(), nullable=True),
        sa.Column('opened_at', UtcDateTime(), nullable=True),
        sa.Column('closed_at', UtcDateTime(), nullable=True),
        sa.Column('chair', sa.String(length=64), server_default='', nullable=False),
        sa.Column('reason', sa.Text(), server_default='', nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_meeting')),
        sa.UniqueConstraint('body', 'number', name=op.f('uq_meeting_body_number')),
    )
    op.create_index(op.f('ix_meeting_status_held_on'), 'meeting', ['status', 'held_on'])
    op.create_table(
        'meeting_matter',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('meeting_id', sa.String(length=32), nullable=False),
        sa.Column('case_id', sa.String(length=32), nullable=False),
        sa.Column('place', sa.Integer(), nullable=False),
        sa.Column('status', sa.String(length=16), nullable=False),
        sa.Column('deliberation_id', sa.String(length=32), nullable=True),
        sa.Column('opened_at', UtcDateTime(), nullable=True),
        sa.Column('closed_at', UtcDateTime(), nullable=True),
        sa.Column('present', sa.Text(), server_default='[]', nullable=False),
        sa.Column('decided_at', UtcDateTime(), nullable=True),
        sa.Column('reason', sa.Text(), server_default='', nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_meeting_matter')),
    )
    op.create_index(op.f('ix_meeting_matter_meeting_id'), 'meeting_matter', ['meeting_id'])
    undecided = sa.text("status IN ('waiting', 'voting', 'closed')")
    op.create_index(
        'uq_meeting_matter_undecided',
        'meeting_matter',
        ['case_id'],
        unique=True,
        sqlite_where=undecided,
        postgresql_where=undecided,
    )
    op.create_table(
        'attendance',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('meeting_id', sa.String(length=32), nullable=False),
        sa.Column('seat', sa.String(length=64), nullable=False),
        sa.Column('person_id', sa.String(length=32), nullable=False),
        sa.Column('came_at', UtcDateTime(), nullable=False),
        sa.Column('left_at', UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_attendance')),
    )
    op.create_index(op.f('ix_attendance_meeting_id'), 'attendance', ['meeting_id'])
    there = sa.text('left_at IS NULL')
    op.create_index(
        'uq_attendance_present',
        'attendance',
        ['meeting_id', 'seat'],
        unique=True,
        sqlite_where=there,
        postgresql_where=there,
    )
    op.create_table(
        'paper_reading',
        sa.Column('matter_id', sa.String(length=32), nullable=False),
        sa.Column('person_id', sa.String(length=32), nullable=False),
        sa.Column('read_at', UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('matter_id', 'person_id', name=op.f('pk_paper_reading')),
    )
    op.create_table(
        'written_consent',
        sa.Column('meeting_id', sa.String(length=32), nullable=False),
        sa.Column('seat', sa.String(length=64), nullable=False),
        sa.Column('person_id', sa.String(length=32), nullable=False),
        sa.Column('agrees', sa.Boolean(), nullable=False),
        sa.Column('at', UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint('meeting_id', 'seat', name=op.f('pk_written_consent')),
    )
    op.create_table(
        'minutes',
        sa.Column('meeting_id', sa.String(length=32), nullable=False),
        sa.Column('status', sa.String(length=16), nullable=False),
        sa.Column('remarks', sa.Text(), server_default='{}', nullable=False),
        sa.Column('body', sa.Text(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.Column('written_at', UtcDateTime(), nullable=False),
        sa.Column('written_by', sa.String(length=32), nullable=False),
        sa.Column('approved_at', UtcDateTime(), nullable=True),
        sa.Column('approved_by', sa.String(length=32), nullable=True),
        sa.Column('sealed_at', UtcDateTime(), nullable=True),
        sa.Column('sealed_by', sa.String(length=32), nullable=True),
        sa.PrimaryKeyConstraint('meeting_id', name=op.f('pk_minutes')),
    )
    op.create_table(
        'minutes_correction',
        sa.Column('id', sa.String(length=32), nullable=False),
        sa.Column('meeting_id', sa.String(length=32), nullable=False),
        sa.Column('number', sa.Integer(), nullable=False),
        sa.Column('text', sa.Text(), nullable=False),
        sa.Column('reason', sa.Text(), nullable=False),
        sa.Column('person_id', sa.String(length=32), nullable=False),
        sa.Column('at', UtcDateTime(), nullable=False),
        sa.Column('digest', sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_minutes_correction')),
        sa.UniqueConstraint(
            'meeting_id', 'number', name=op.f('uq_minutes_correction_meeting_id_number')
        ),
    )


def downgrade() -> None:
    for name in (
        'minutes_correction', 'minutes', 'written_consent', 'paper_reading', 'attendance',
        'meeting_matter', 'meeting',
    ):  # fmt: skip
        op.drop_table(name)
