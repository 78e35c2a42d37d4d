"""Restore a backup: into an empty database, or in the place of one that is kept beside.

SQLite: the restored database grows in a file of its own and takes its place when it is whole.
PostgreSQL: everything is one transaction; a replaced database stays as a schema of its own.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text, update

from dxflow import audit
from dxflow.audit.checkpoints import folder as shelf
from dxflow.clock import TOKYO
from dxflow.db.engine import Database
from dxflow.db.job import Job
from dxflow.errors import Conflict
from dxflow.services.administration import outgoing
from dxflow.services.installation import backups, running
from dxflow.services.installation.backup import archive, checking
from dxflow.services.installation.backup.archive import BackupRefused, Reader
from dxflow.services.installation.backup.checking import Checked
from dxflow.services.installation.backup.refilling import refill
from dxflow.services.people import checkpoint_facts, events, facts, identity
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

_BESIDE = ("-wal", "-shm", "-journal")


@dataclass(frozen=True)
class Restored:
    """What was restored; `kept` is where the replaced database lies, `findings` of the log.

    `mail_stopped` says that mail was in use and waits for an administrator to switch it on;
    `checkpoints` is the folder whose checkpoints the restored log is to be compared with, "" where
    none were kept, `newer` the number of the last one if it was made after the backup, else 0.
    """

    backup: Checked
    kept: str
    key_made: bool
    mail_stopped: bool
    findings: tuple[str, ...]
    checkpoints: str = ""
    newer: int = 0


def restore(
    site: Site, actor: Actor, file: Path, *, replace_it: bool = False, other_city: bool = False
) -> Restored:
    """Restore a backup, or leave everything as it is.

    Raises NotAllowed, BackupRefused for a file that may not be used, Conflict while a server or
    worker runs and for a database that is not empty (unless it may be replaced).
    """
    actor.require_role("admin")
    checked = checking.check(file)
    with running.alone(site):
        occupied = _require_room(site, checked, replace_it=replace_it, other_city=other_city)
        with archive.read(file) as reader:
            fill = _filling(site, actor, reader, checked)
            put = _put_sqlite if site.database.is_sqlite else _put_postgresql
            kept = put(site, fill, occupied=occupied)
            key_made = _bring_key(site, reader)
    with site.database.read() as tx:
        report = audit.verify_database(tx)
        stopped = outgoing.held(tx)
        folder, newer = _checkpoints(site, tx, checked)
    return Restored(
        checked, kept, key_made, stopped, tuple(str(one) for one in report.findings), folder, newer
    )


def _checkpoints(site: Site, tx: Connection, checked: Checked) -> tuple[str, int]:
    """Return where the city's checkpoints are kept, and the number of one newer than the backup."""
    place = site.settings.checkpoint_place
    try:
        newest, _state, _top = shelf.last_state(place, identity.read(tx) or "")
    except OSError:
        newest = None
    if newest is None and not facts.read(tx, checkpoint_facts.LAST):
        return "", 0
    later = newest is not None and newest.at > checked.created_at
    return str(place), newest.number if newest is not None and later else 0


def _require_room(site: Site, checked: Checked, *, replace_it: bool, other_city: bool) -> bool:
    """Return whether there is a database to be kept beside. Raises Conflict, BackupRefused."""
    with site.database.read() as tx:
        occupied = bool(inspect(tx).get_table_names())
        known = identity.read(tx)
    if not occupied:
        return False
    if not replace_it:
        raise Conflict(
            _(
                "データベースが空ではありません。置き換えるなら --replace を付けてください"
                "（いまのデータベースは別の名前で残します）。"
            )
        )
    if known != checked.installation and not other_city:
        raise BackupRefused(
            _(
                "{file} は別の市（別の導入）のバックアップです。"
                "それでも置き換えるなら --other-city を付けてください。",
                file=checked.file,
            )
        )
    return True


def _filling(
    site: Site, actor: Actor, reader: Reader, checked: Checked
) -> Callable[[Connection], None]:
    def fill(tx: Connection) -> None:
        refill(tx, reader)
        # Nobody is at work on anything: what was leased is free, and is done once.
        tx.execute(update(Job).where(Job.status == "waiting").values(lease_until=None))
        outgoing.hold_restored(site, tx, actor)
        backups.remember(tx, checked)
        events.record_configuration(
            site, tx, actor, "backup.restored", audit.Subject("system", "dxflow"),
            audit.Change("file", mark("ファイル"), None, checked.file.name),
            audit.Change("sha256", "SHA-256", None, checked.sha256),
            audit.Change("at", mark("バックアップの日時"), None, checked.created_at),
        )  # fmt: skip

    return fill


def _put_sqlite(site: Site, fill: Callable[[Connection], None], *, occupied: bool) -> str:
    place = Path(str(site.database.url.database))
    growing = place.with_name(place.name + ".restoring")
    _unlink(growing)
    try:
        fresh = Database(site.database.url.set(database=str(growing)), pool_size=1, guarded=False)
        try:
            with fresh.write() as tx:
                fill(tx)
            with fresh.engine.connect() as connection:
                raw: Any = connection.connection.dbapi_connection
                raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            fresh.close()
        archive.secure(growing)
        return _exchange(site, place, growing, occupied=occupied)
    finally:
        _unlink(growing)


def _exchange(site: Site, place: Path, growing: Path, *, occupied: bool) -> str:
    """Put the restored file in its place, the old one beside under a name of its own."""
    with site.database.engine.connect() as connection:
        raw: Any = connection.connection.dbapi_connection
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    site.database.close()
    for ending in _BESIDE:
        with suppress(FileNotFoundError):
            place.with_name(place.name + ending).unlink()
    kept = ""
    if occupied:
        old = place.with_name(f"{place.name}.replaced-{site.now().astimezone(TOKYO):%Y%m%d%H%M%S}")
        try:
            os.link(place, old)  # the place is never empty, whatever happens now
        except OSError:
            place.rename(old)
        kept = str(old)
    os.replace(growing, place)
    archive.secure(place.parent)
    return kept


def _unlink(file: Path) -> None:
    for ending in ("", *_BESIDE, ".lock", ".turn"):
        with suppress(FileNotFoundError):
            file.with_name(file.name + ending).unlink()


#: The schema of Procrastinate, which carries the jobs; the job rows themselves are restored.
CARRIERS = "procrastinate"


def _put_postgresql(site: Site, fill: Callable[[Connection], None], *, occupied: bool) -> str:
    kept = ""
    with site.database.write() as tx:
        if occupied:
            schema = tx.execute(text("SELECT current_schema()")).scalar_one()
            ending = f"_replaced_{site.now().astimezone(TOKYO):%Y%m%d%H%M%S}"
            kept = f"{schema}{ending}"
            _require_ownership(tx, schema)
            quote = tx.dialect.identifier_preparer.quote
            tx.exec_driver_sql(f"ALTER SCHEMA {quote(schema)} RENAME TO {quote(kept)}")
            tx.exec_driver_sql(f"CREATE SCHEMA {quote(schema)}")
            if inspect(tx).has_schema(
                CARRIERS
            ):  # made anew with the tables; jobs are carried again
                tx.exec_driver_sql(f"ALTER SCHEMA {CARRIERS} RENAME TO {CARRIERS}{ending}")
        fill(tx)
    site.database.close()  # plans of statements still know the replaced tables
    return kept


def _require_ownership(tx: Connection, schema: str) -> None:
    """Raise Conflict unless this role may put a schema aside and make a new one."""
    may, role, database = tx.execute(
        text(
            "SELECT pg_has_role(nspowner, 'USAGE')"
            " AND has_database_privilege(current_database(), 'CREATE'),"
            " current_user, current_database() FROM pg_namespace WHERE nspname = :schema"
        ),
        {"schema": schema},
    ).one()
    if not may:
        raise Conflict(
            _(
                "PostgreSQL のロール {role} はスキーマ {schema} の所有者ではないか、データベース"
                " {database} にスキーマを作れないため、置き換えられません。何も変更していません。"
                "所有者のロールで実行するか、ALTER DATABASE {database} OWNER TO {role} と"
                " ALTER SCHEMA {schema} OWNER TO {role} を実行してからやり直してください。",
                role=role,
                schema=schema,
                database=database,
            )
        )


def _bring_key(site: Site, reader: Reader) -> bool:
    """Take the backup's secret key, or make one, when there is none; return whether there was."""
    if site.settings.key_file.exists():
        return False
    site.settings.make_secret_key(reader.key())
    return True
