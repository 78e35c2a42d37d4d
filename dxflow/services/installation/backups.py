"""Make a backup while the work of the day goes on, check one, and know when the last was made."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import orjson
from sqlalchemy import Connection, delete, insert, select

from dxflow import audit
from dxflow.clock import TOKYO
from dxflow.db.identity import Setting
from dxflow.errors import Conflict
from dxflow.services.installation import schema
from dxflow.services.installation.backup import archive, checking, dumping
from dxflow.services.installation.backup.archive import BackupRefused
from dxflow.services.installation.backup.checking import Checked
from dxflow.services.people import events, identity
from dxflow.services.people.actor import Actor
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import mark

LAST = "backup.last"
ENDING = ".dxbackup"


@dataclass(frozen=True)
class LastBackup:
    """When the last backup was made, how many bytes it has, and where it was put."""

    moment: datetime
    size: int
    file: str


def last_backup(site: Site) -> LastBackup | None:
    """Return the last backup that was made and checked, None when there never was one."""
    with site.database.read() as tx:
        found = tx.execute(select(Setting.value).where(Setting.key == LAST)).scalar_one_or_none()
    if found is None:
        return None
    value = orjson.loads(found)
    return LastBackup(datetime.fromisoformat(value["at"]), value["size"], value["file"])


def make(site: Site, actor: Actor, place: Path, *, with_key: bool = False) -> Checked:
    """Write a backup to a new file, or into a folder under a name of its own, and check it.

    Raises NotAllowed, Conflict when the file exists, BackupRefused when what was written does
    not pass the check (the file is removed then), Unavailable for a database without tables.
    """
    actor.require_role("admin")
    file = _file(site, place)
    _prepare(site)
    key = site.settings.secret_key() if with_key else b""
    with archive.written(file) as writer, site.database.read() as tx:
        manifest = dumping.dump(tx, writer, site.now())
        if key:
            writer.add(archive.KEY, [key.hex().encode()])
        writer.finish(manifest)
    try:
        checked = checking.check(file)
    except BackupRefused:
        file.unlink()
        raise
    with site.database.write() as tx:
        remember(tx, checked)
        _record(site, actor, tx, checked)
    return checked


def prune(place: Path, keep: int) -> list[Path]:
    """Remove all but the newest backups that dxflow itself has named in a folder."""
    named = sorted(place.glob(f"dxflow-*{ENDING}"), reverse=True)
    for file in named[max(1, keep) :]:
        file.unlink()
    return named[max(1, keep) :]


def remember(tx: Connection, checked: Checked) -> None:
    """Keep when the last backup was made."""
    value = {
        "at": checked.created_at.isoformat(), "size": checked.size,
        "file": str(checked.file.absolute()), "sha256": checked.sha256,
    }  # fmt: skip
    tx.execute(delete(Setting).where(Setting.key == LAST))
    tx.execute(insert(Setting).values(key=LAST, value=orjson.dumps(value).decode()))


def _file(site: Site, place: Path) -> Path:
    if place.is_dir():
        return place / f"dxflow-{site.now().astimezone(TOKYO):%Y%m%d-%H%M%S}{ENDING}"
    if place.exists():
        raise Conflict(
            _("{file} はすでにあります。別の名前かフォルダーを指定してください。", file=place)
        )
    return place


def _prepare(site: Site) -> None:
    """Require tables, and give the installation its id if it is older than ids are."""
    with site.database.read() as tx:
        revision = schema.current(tx)
        known = identity.read(tx) if revision else None
    schema.require_known(revision)
    if known is None:
        with site.database.write() as tx:
            identity.ensure(tx, site.now())


def _record(site: Site, actor: Actor, tx: Connection, checked: Checked) -> None:
    events.record_configuration(
        site, tx, actor, "backup.made", audit.Subject("system", "dxflow"),
        audit.Change("file", mark("ファイル"), None, checked.file.name),
        audit.Change("sha256", "SHA-256", None, checked.sha256),
        audit.Change("rows", mark("行数"), None, checked.rows),
    )  # fmt: skip
