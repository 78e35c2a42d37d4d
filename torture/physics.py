"""Whether the database itself is whole, and whether the log verifies."""

import subprocess
import sys
from collections.abc import Iterator

from sqlalchemy import text

from torture.installation import Installation
from torture.servers import ROOT

_PROGRAM = "import sys; from dxflow.cli import main; sys.exit(main(sys.argv[1:]))"


def log_verifies(installation: Installation) -> Iterator[str]:
    """`dxflow audit verify` ends with 0."""
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, "audit", "verify"],
        cwd=ROOT, env=installation.environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        yield f"dxflow audit verify: {done.returncode} {done.stdout[-1000:]}{done.stderr[-1000:]}"


def file_is_whole(installation: Installation) -> Iterator[str]:
    """SQLite: integrity and foreign keys. PostgreSQL: every index finds what its table holds."""
    with installation.database.read() as tx:
        if installation.kind == "sqlite":
            said = [row[0] for row in tx.execute(text("PRAGMA integrity_check"))]
            if said != ["ok"]:
                yield f"integrity_check: {said[:3]}"
            yield from (
                f"foreign key: {row}" for row in tx.execute(text("PRAGMA foreign_key_check"))
            )
            return
        names = [
            row[0]
            for row in tx.execute(
                text(
                    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
                )
            )
        ]
        for name in names:
            tx.execute(text("SET LOCAL enable_indexscan = off"))
            tx.execute(text("SET LOCAL enable_indexonlyscan = off"))
            tx.execute(text("SET LOCAL enable_bitmapscan = off"))
            held = tx.execute(text(f'SELECT count(*) FROM "{name}"')).scalar_one()
            keys = [
                row[0]
                for row in tx.execute(
                    text(
                        "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid"
                        " AND a.attnum = i.indkey[0] WHERE i.indrelid = CAST(:name AS regclass)"
                        " AND i.indpred IS NULL"
                    ),
                    {"name": f'"{name}"'},
                )
            ]
            tx.execute(text("SET LOCAL enable_seqscan = off"))
            tx.execute(text("SET LOCAL enable_indexscan = on"))
            tx.execute(text("SET LOCAL enable_indexonlyscan = on"))
            for key in keys:
                by_index = tx.execute(
                    text(f'SELECT count(*) FROM (SELECT "{key}" FROM "{name}" ORDER BY "{key}") o')
                ).scalar_one()
                if by_index != held:
                    yield f"{name}: {held} rows, {by_index} by the index on {key}"
            tx.execute(text("SET LOCAL enable_seqscan = on"))


PHYSICS = (log_verifies, file_is_whole)
