"""Events about a case outside its own chain are found without reading the log"""

import sqlalchemy as sa
from alembic import op

revision = '0015'
down_revision = '0014'


def upgrade() -> None:
    of_system = sa.text("stream >= 'sys:'")
    op.create_index(
        "ix_audit_event_system_case",
        "audit_event",
        ["case_id"],
        sqlite_where=of_system,
        postgresql_where=of_system,
    )


def downgrade() -> None:
    op.drop_index("ix_audit_event_system_case", "audit_event")
