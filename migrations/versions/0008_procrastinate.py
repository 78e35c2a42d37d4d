"""Procrastinate's tables on PostgreSQL, in a schema of their own"""

from pathlib import Path

from alembic import op

revision = '0008'
down_revision = "0002"

SCHEMA = Path(__file__).parents[1] / 'procrastinate_3_10.sql'
FUNCTIONS = (
    "SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"
    " WHERE n.nspname = 'procrastinate'"
)
#: Notifies within the transaction that defers: on a disk that takes its time, every commit that
#: notifies waits for the one before. Workers are woken after the commit instead.
NOTIFIER = 'procrastinate_jobs_notify_queue_job_inserted_v1'


def upgrade() -> None:
    bind = op.get_bind()
    if bind.dialect.name != 'postgresql':
        return
    # The driver itself: one text of many statements, in which % is no placeholder.
    cursor = bind.connection.cursor()
    before = cursor.execute("SELECT current_setting('search_path')").fetchone()[0]
    cursor.execute("CREATE SCHEMA procrastinate")
    cursor.execute("SET LOCAL search_path TO procrastinate")
    cursor.execute(SCHEMA.read_text(encoding='utf-8'))
    cursor.execute(f"ALTER TABLE procrastinate_jobs DISABLE TRIGGER {NOTIFIER}")
    names = [row[0] for row in cursor.execute(FUNCTIONS).fetchall()]
    for name in names:
        # callable from every connection, whatever its search path
        cursor.execute(f"ALTER FUNCTION {name} SET search_path = procrastinate")
    cursor.execute("SELECT set_config('search_path', %s, true)", (before,))
    cursor.close()


def downgrade() -> None:
    if op.get_bind().dialect.name == 'postgresql':
        op.execute("DROP SCHEMA procrastinate CASCADE")
