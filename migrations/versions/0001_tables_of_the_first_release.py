"""Tables of the first release"""

import sqlalchemy as sa
from alembic import op

from dxflow.db import triggers
from dxflow.db.base import UtcDateTime

revision = '0001'
down_revision = None


def upgrade() -> None:
    op.create_table('actual',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('measure_id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('period', sa.String(length=16), nullable=False),
    sa.Column('value', sa.String(length=64), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('superseded_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_actual'))
    )
    with op.batch_alter_table('actual', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_actual_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_actual_measure_id_period'), ['measure_id', 'period'], unique=False)

    op.create_table('api_token',
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('epoch', sa.Integer(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('token_hash', name=op.f('pk_api_token'))
    )
    with op.batch_alter_table('api_token', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_api_token_person_id'), ['person_id'], unique=False)

    op.create_table('audit_event',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('stream', sa.String(length=64), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('prev_hash', sa.LargeBinary(), nullable=False),
    sa.Column('leaf_hash', sa.LargeBinary(), nullable=False),
    sa.Column('at', sa.String(length=32), nullable=False),
    sa.Column('type', sa.String(length=64), nullable=False),
    sa.Column('actor', sa.String(length=64), nullable=True),
    sa.Column('case_id', sa.String(length=64), nullable=True),
    sa.Column('body', sa.Text(), nullable=False),
    sa.CheckConstraint('length(leaf_hash) = 32', name=op.f('ck_audit_event_leaf_hash')),
    sa.CheckConstraint('length(prev_hash) = 32', name=op.f('ck_audit_event_prev_hash')),
    sa.CheckConstraint('seq > 0', name=op.f('ck_audit_event_seq')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_event')),
    sa.UniqueConstraint('stream', 'seq', name=op.f('uq_audit_event_stream_seq')),
    sqlite_autoincrement=True
    )
    with op.batch_alter_table('audit_event', schema=None) as batch_op:
        batch_op.create_index('ix_audit_event_filter', ['at', 'type', 'actor', 'case_id'], unique=False)

    op.create_table('audit_private',
    sa.Column('commitment', sa.LargeBinary(), nullable=False),
    sa.Column('salt', sa.LargeBinary(), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.CheckConstraint('length(commitment) = 32', name=op.f('ck_audit_private_commitment')),
    sa.CheckConstraint('length(salt) = 32', name=op.f('ck_audit_private_salt')),
    sa.PrimaryKeyConstraint('commitment', name=op.f('pk_audit_private'))
    )
    op.create_table('audit_stream',
    sa.Column('stream', sa.String(length=64), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('head', sa.LargeBinary(), nullable=False),
    sa.Column('at', sa.String(length=32), nullable=False),
    sa.CheckConstraint('length(head) = 32', name=op.f('ck_audit_stream_head')),
    sa.PrimaryKeyConstraint('stream', name=op.f('pk_audit_stream'))
    )
    op.create_table('ballot',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('deliberation_id', sa.String(length=32), nullable=False),
    sa.Column('seat', sa.String(length=64), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('verdict', sa.String(length=16), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('superseded_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ballot'))
    )
    with op.batch_alter_table('ballot', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ballot_deliberation_id'), ['deliberation_id'], unique=False)

    op.create_table('case_file',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('number', sa.String(length=64), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('search_text', sa.Text(), nullable=False),
    sa.Column('process_key', sa.String(length=64), nullable=False),
    sa.Column('pack_digest', sa.String(length=64), nullable=False),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('stage', sa.String(length=128), nullable=False),
    sa.Column('stage_since', UtcDateTime(), nullable=False),
    sa.Column('applicant_id', sa.String(length=32), nullable=False),
    sa.Column('unit', sa.String(length=64), nullable=False),
    sa.Column('lead_unit', sa.String(length=64), nullable=False),
    sa.Column('fiscal_year', sa.Integer(), nullable=False),
    sa.Column('amount', sa.BigInteger(), nullable=True),
    sa.Column('parent_id', sa.String(length=32), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.Column('ended_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case_file')),
    sa.UniqueConstraint('number', name=op.f('uq_case_file_number'))
    )
    with op.batch_alter_table('case_file', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_file_applicant_id'), ['applicant_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_case_file_status_updated_at'), ['status', 'updated_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_case_file_unit'), ['unit'], unique=False)

    op.create_table('case_unit',
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('unit', sa.String(length=64), nullable=False),
    sa.Column('part', sa.String(length=16), nullable=False),
    sa.PrimaryKeyConstraint('case_id', 'unit', 'part', name=op.f('pk_case_unit'))
    )
    with op.batch_alter_table('case_unit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_case_unit_unit'), ['unit'], unique=False)

    op.create_table('decision_evaluation',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('pack_digest', sa.String(length=64), nullable=False),
    sa.Column('element', sa.String(length=128), nullable=False),
    sa.Column('decision', sa.String(length=128), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('inputs', sa.Text(), nullable=False),
    sa.Column('fired', sa.Text(), nullable=False),
    sa.Column('result', sa.Text(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_decision_evaluation'))
    )
    with op.batch_alter_table('decision_evaluation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_decision_evaluation_case_id'), ['case_id'], unique=False)

    op.create_table('decision_record',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('outcome', sa.String(length=32), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('post', sa.String(length=64), nullable=False),
    sa.Column('authority_row', sa.Text(), nullable=False),
    sa.Column('decided_on', sa.Date(), nullable=False),
    sa.Column('content_digest', sa.String(length=64), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_decision_record'))
    )
    with op.batch_alter_table('decision_record', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_decision_record_case_id'), ['case_id'], unique=False)

    op.create_table('deliberation',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('body', sa.String(length=64), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('seats', sa.Text(), nullable=False),
    sa.Column('recused', sa.Text(), nullable=False),
    sa.Column('chair', sa.String(length=64), nullable=False),
    sa.Column('quorum', sa.Integer(), nullable=False),
    sa.Column('deadline', sa.Date(), nullable=False),
    sa.Column('convened_at', UtcDateTime(), nullable=False),
    sa.Column('resolution', sa.String(length=32), nullable=True),
    sa.Column('reason', sa.Text(), server_default='', nullable=False),
    sa.Column('result', sa.Text(), server_default='{}', nullable=False),
    sa.Column('resolved_at', UtcDateTime(), nullable=True),
    sa.Column('resolved_by', sa.String(length=32), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deliberation')),
    sa.UniqueConstraint('case_id', 'round', name=op.f('uq_deliberation_case_id_round'))
    )
    op.create_table('draft',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('subject', sa.String(length=160), nullable=False),
    sa.Column('title', sa.Text(), server_default='', nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_draft')),
    sa.UniqueConstraint('person_id', 'subject', name=op.f('uq_draft_person_id_subject'))
    )
    op.create_table('duty',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=16), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('owner_group', sa.String(length=128), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('imposed_at', UtcDateTime(), nullable=False),
    sa.Column('met_at', UtcDateTime(), nullable=True),
    sa.Column('met_by', sa.String(length=32), nullable=True),
    sa.Column('evidence', sa.Text(), server_default='', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_duty'))
    )
    with op.batch_alter_table('duty', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_duty_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_duty_owner_group'), ['owner_group'], unique=False)

    op.create_table('element_visit',
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('process_key', sa.String(length=64), nullable=False),
    sa.Column('element', sa.String(length=128), nullable=False),
    sa.Column('entered', sa.Integer(), nullable=False),
    sa.Column('completed', sa.Integer(), nullable=False),
    sa.Column('cancelled', sa.Integer(), nullable=False),
    sa.Column('last_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('case_id', 'process_key', 'element', name=op.f('pk_element_visit'))
    )
    op.create_table('holding',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('post', sa.String(length=64), nullable=False),
    sa.Column('concurrent', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_holding'))
    )
    with op.batch_alter_table('holding', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_holding_person_id'), ['person_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_holding_post'), ['post'], unique=False)

    op.create_table('incident',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=True),
    sa.Column('element', sa.String(length=128), nullable=False),
    sa.Column('cause', sa.Text(), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=True),
    sa.Column('request_id', sa.String(length=64), nullable=False),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_incident'))
    )
    with op.batch_alter_table('incident', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_incident_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_incident_status'), ['status'], unique=False)

    op.create_table('job',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('kind', sa.String(length=64), nullable=False),
    sa.Column('key', sa.String(length=160), nullable=False),
    sa.Column('payload', sa.Text(), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=True),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('run_at', UtcDateTime(), nullable=False),
    sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
    sa.Column('fence', sa.Integer(), server_default='0', nullable=False),
    sa.Column('lease_until', UtcDateTime(), nullable=True),
    sa.Column('last_error', sa.Text(), server_default='', nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('done_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_job')),
    sa.UniqueConstraint('kind', 'key', name=op.f('uq_job_kind_key'))
    )
    with op.batch_alter_table('job', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_job_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_job_status_run_at'), ['status', 'run_at'], unique=False)

    op.create_table('login_throttle',
    sa.Column('subject', sa.String(length=160), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('blocked_until', UtcDateTime(), nullable=True),
    sa.Column('last_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('subject', name=op.f('pk_login_throttle'))
    )
    op.create_table('measure',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('unit', sa.Text(), nullable=False),
    sa.Column('direction', sa.String(length=16), nullable=False),
    sa.Column('aggregation', sa.String(length=16), nullable=False),
    sa.Column('frequency', sa.String(length=16), nullable=False),
    sa.Column('baseline', sa.String(length=64), nullable=True),
    sa.Column('baseline_year', sa.Integer(), nullable=True),
    sa.Column('since', sa.Date(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_measure'))
    )
    with op.batch_alter_table('measure', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_measure_case_id'), ['case_id'], unique=False)

    op.create_table('milestone',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('note', sa.Text(), server_default='', nullable=False),
    sa.Column('done_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_milestone'))
    )
    with op.batch_alter_table('milestone', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_milestone_case_id'), ['case_id'], unique=False)

    op.create_table('notice',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('group_key', sa.String(length=128), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=True),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice'))
    )
    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notice_group_key_at'), ['group_key', 'at'], unique=False)

    op.create_table('notice_read',
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('read_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('person_id', name=op.f('pk_notice_read'))
    )
    op.create_table('number_series',
    sa.Column('fiscal_year', sa.Integer(), nullable=False),
    sa.Column('unit', sa.String(length=64), nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.PrimaryKeyConstraint('fiscal_year', 'unit', name=op.f('pk_number_series'))
    )
    op.create_table('pack_version',
    sa.Column('digest', sa.String(length=64), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('files', sa.Text(), nullable=False),
    sa.Column('published_at', UtcDateTime(), nullable=False),
    sa.Column('published_by', sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint('digest', name=op.f('pk_pack_version')),
    sa.UniqueConstraint('key', 'version', name=op.f('uq_pack_version_key_version'))
    )
    op.create_table('person',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('username', sa.String(length=64), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('email', sa.Text(), server_default='', nullable=False),
    sa.Column('password_hash', sa.Text(), nullable=False),
    sa.Column('status', sa.String(length=16), server_default='active', nullable=False),
    sa.Column('demo', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('must_change_password', sa.Boolean(), server_default='0', nullable=False),
    sa.Column('epoch', sa.Integer(), server_default='1', nullable=False),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_person')),
    sa.UniqueConstraint('username', name=op.f('uq_person_username'))
    )
    op.create_table('post',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('unit', sa.String(length=64), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('roles', sa.Text(), server_default='', nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_post')),
    sa.UniqueConstraint('key', 'valid_from', name=op.f('uq_post_key_valid_from'))
    )
    with op.batch_alter_table('post', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_post_unit'), ['unit'], unique=False)

    op.create_table('setting',
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_setting'))
    )
    op.create_table('submission',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('work_item_id', sa.String(length=32), nullable=True),
    sa.Column('element', sa.String(length=128), nullable=False),
    sa.Column('pack_digest', sa.String(length=64), nullable=False),
    sa.Column('form_key', sa.String(length=64), nullable=False),
    sa.Column('form_digest', sa.String(length=64), nullable=False),
    sa.Column('outcome', sa.String(length=64), nullable=False),
    sa.Column('act', sa.String(length=16), server_default='', nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('post', sa.String(length=64), nullable=True),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.Column('idempotency_key', sa.String(length=128), nullable=True),
    sa.Column('request_digest', sa.String(length=64), server_default='', nullable=False),
    sa.Column('answer', sa.Text(), server_default='', nullable=False),
    sa.Column('superseded_at', UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_submission')),
    sa.UniqueConstraint('person_id', 'idempotency_key', name=op.f('uq_submission_person_id_idempotency_key'))
    )
    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_submission_case_id_form_key'), ['case_id', 'form_key'], unique=False)
        batch_op.create_index(batch_op.f('ix_submission_person_id_case_id'), ['person_id', 'case_id'], unique=False)

    op.create_table('target',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('measure_id', sa.String(length=32), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.Column('fiscal_year', sa.Integer(), nullable=False),
    sa.Column('value', sa.String(length=64), nullable=False),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('body', sa.Text(), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_target')),
    sa.UniqueConstraint('measure_id', 'revision', name=op.f('uq_target_measure_id_revision'))
    )
    op.create_table('timer',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('element', sa.String(length=128), nullable=False),
    sa.Column('due_at', UtcDateTime(), nullable=False),
    sa.Column('attempts', sa.Integer(), server_default='0', nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_timer'))
    )
    with op.batch_alter_table('timer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_timer_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_timer_due_at'), ['due_at'], unique=False)

    op.create_table('unit',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('key', sa.String(length=64), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('kind', sa.String(length=32), nullable=False),
    sa.Column('parent', sa.String(length=64), nullable=True),
    sa.Column('position', sa.Integer(), server_default='0', nullable=False),
    sa.Column('valid_from', sa.Date(), nullable=False),
    sa.Column('valid_to', sa.Date(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unit')),
    sa.UniqueConstraint('key', 'valid_from', name=op.f('uq_unit_key_valid_from'))
    )
    op.create_table('web_session',
    sa.Column('reference_hash', sa.String(length=64), nullable=False),
    sa.Column('person_id', sa.String(length=32), nullable=False),
    sa.Column('epoch', sa.Integer(), nullable=False),
    sa.Column('acting_post', sa.String(length=64), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('last_seen_at', UtcDateTime(), nullable=False),
    sa.Column('expires_at', UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint('reference_hash', name=op.f('pk_web_session'))
    )
    with op.batch_alter_table('web_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_web_session_expires_at'), ['expires_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_web_session_person_id'), ['person_id'], unique=False)

    op.create_table('work_item',
    sa.Column('id', sa.String(length=32), nullable=False),
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('element', sa.String(length=128), nullable=False),
    sa.Column('process_key', sa.String(length=64), nullable=False),
    sa.Column('path', sa.Text(), server_default='', nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('lane', sa.Text(), server_default='', nullable=False),
    sa.Column('form_key', sa.String(length=64), nullable=False),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('assignee_id', sa.String(length=32), nullable=True),
    sa.Column('variables', sa.Text(), server_default='{}', nullable=False),
    sa.Column('due_at', UtcDateTime(), nullable=True),
    sa.Column('created_at', UtcDateTime(), nullable=False),
    sa.Column('ended_at', UtcDateTime(), nullable=True),
    sa.Column('ended_by', sa.String(length=32), nullable=True),
    sa.Column('outcome', sa.String(length=64), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_work_item'))
    )
    with op.batch_alter_table('work_item', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_work_item_assignee_id_status'), ['assignee_id', 'status'], unique=False)
        batch_op.create_index(batch_op.f('ix_work_item_case_id'), ['case_id'], unique=False)
        batch_op.create_index('ix_work_item_open_due', ['due_at'], unique=False, sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'"))

    op.create_table('work_item_group',
    sa.Column('work_item_id', sa.String(length=32), nullable=False),
    sa.Column('group_key', sa.String(length=128), nullable=False),
    sa.PrimaryKeyConstraint('work_item_id', 'group_key', name=op.f('pk_work_item_group'))
    )
    with op.batch_alter_table('work_item_group', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_work_item_group_group_key'), ['group_key'], unique=False)

    op.create_table('workload',
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('as_is_hours', sa.String(length=40), nullable=False),
    sa.Column('to_be_hours', sa.String(length=40), nullable=False),
    sa.Column('saved_hours', sa.String(length=40), nullable=False),
    sa.Column('saved_yen', sa.String(length=40), nullable=False),
    sa.Column('unit_cost', sa.String(length=40), nullable=False),
    sa.Column('steps', sa.Text(), nullable=False),
    sa.PrimaryKeyConstraint('case_id', name=op.f('pk_workload'))
    )
    op.create_table('process_instance',
    sa.Column('case_id', sa.String(length=32), nullable=False),
    sa.Column('pack_digest', sa.String(length=64), nullable=False),
    sa.Column('process_key', sa.String(length=64), nullable=False),
    sa.Column('status', sa.String(length=16), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('audit_seq', sa.Integer(), nullable=False),
    sa.Column('audit_head', sa.LargeBinary(), nullable=False),
    sa.Column('audit_at', UtcDateTime(), nullable=False),
    sa.Column('updated_at', UtcDateTime(), nullable=False),
    sa.Column('state', sa.LargeBinary(), nullable=False),
    sa.Column('undo_state', sa.LargeBinary(), nullable=True),
    sa.Column('undo_person', sa.String(length=32), nullable=True),
    sa.Column('undo_submission', sa.String(length=32), nullable=True),
    sa.ForeignKeyConstraint(['pack_digest'], ['pack_version.digest'], name=op.f('fk_process_instance_pack_digest_pack_version')),
    sa.PrimaryKeyConstraint('case_id', name=op.f('pk_process_instance'))
    )
    for statement in triggers.create_statements(op.get_bind().dialect.name):
        op.execute(sa.DDL(statement.replace("%", "%%")))


def downgrade() -> None:
    for statement in triggers.drop_statements(op.get_bind().dialect.name):
        op.execute(sa.DDL(statement.replace("%", "%%")))
    op.drop_table('process_instance')
    op.drop_table('workload')
    with op.batch_alter_table('work_item_group', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_work_item_group_group_key'))

    op.drop_table('work_item_group')
    with op.batch_alter_table('work_item', schema=None) as batch_op:
        batch_op.drop_index('ix_work_item_open_due', sqlite_where=sa.text("status = 'open'"), postgresql_where=sa.text("status = 'open'"))
        batch_op.drop_index(batch_op.f('ix_work_item_case_id'))
        batch_op.drop_index(batch_op.f('ix_work_item_assignee_id_status'))

    op.drop_table('work_item')
    with op.batch_alter_table('web_session', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_web_session_person_id'))
        batch_op.drop_index(batch_op.f('ix_web_session_expires_at'))

    op.drop_table('web_session')
    op.drop_table('unit')
    with op.batch_alter_table('timer', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_timer_due_at'))
        batch_op.drop_index(batch_op.f('ix_timer_case_id'))

    op.drop_table('timer')
    op.drop_table('target')
    with op.batch_alter_table('submission', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_submission_person_id_case_id'))
        batch_op.drop_index(batch_op.f('ix_submission_case_id_form_key'))

    op.drop_table('submission')
    op.drop_table('setting')
    with op.batch_alter_table('post', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_post_unit'))

    op.drop_table('post')
    op.drop_table('person')
    op.drop_table('pack_version')
    op.drop_table('number_series')
    op.drop_table('notice_read')
    with op.batch_alter_table('notice', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_notice_group_key_at'))

    op.drop_table('notice')
    with op.batch_alter_table('milestone', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_milestone_case_id'))

    op.drop_table('milestone')
    with op.batch_alter_table('measure', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_measure_case_id'))

    op.drop_table('measure')
    op.drop_table('login_throttle')
    with op.batch_alter_table('job', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_job_status_run_at'))
        batch_op.drop_index(batch_op.f('ix_job_case_id'))

    op.drop_table('job')
    with op.batch_alter_table('incident', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_incident_status'))
        batch_op.drop_index(batch_op.f('ix_incident_case_id'))

    op.drop_table('incident')
    with op.batch_alter_table('holding', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_holding_post'))
        batch_op.drop_index(batch_op.f('ix_holding_person_id'))

    op.drop_table('holding')
    op.drop_table('element_visit')
    with op.batch_alter_table('duty', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_duty_owner_group'))
        batch_op.drop_index(batch_op.f('ix_duty_case_id'))

    op.drop_table('duty')
    op.drop_table('draft')
    op.drop_table('deliberation')
    with op.batch_alter_table('decision_record', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_decision_record_case_id'))

    op.drop_table('decision_record')
    with op.batch_alter_table('decision_evaluation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_decision_evaluation_case_id'))

    op.drop_table('decision_evaluation')
    with op.batch_alter_table('case_unit', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_case_unit_unit'))

    op.drop_table('case_unit')
    with op.batch_alter_table('case_file', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_case_file_unit'))
        batch_op.drop_index(batch_op.f('ix_case_file_status_updated_at'))
        batch_op.drop_index(batch_op.f('ix_case_file_applicant_id'))

    op.drop_table('case_file')
    with op.batch_alter_table('ballot', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ballot_deliberation_id'))

    op.drop_table('ballot')
    op.drop_table('audit_stream')
    op.drop_table('audit_private')
    with op.batch_alter_table('audit_event', schema=None) as batch_op:
        batch_op.drop_index('ix_audit_event_filter')

    op.drop_table('audit_event')
    with op.batch_alter_table('api_token', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_api_token_person_id'))

    op.drop_table('api_token')
    with op.batch_alter_table('actual', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_actual_measure_id_period'))
        batch_op.drop_index(batch_op.f('ix_actual_case_id'))

    op.drop_table('actual')
