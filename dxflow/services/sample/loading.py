"""Make the sample city: an empty database, the city, its cases played up to now.

On SQLite it grows beside its place and is moved there when it is whole; elsewhere only an empty
database is taken, and a mark at the end tells a whole sample from one that was broken off.
"""

import os
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import event, func, insert, inspect, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError

from dxflow.clock import Clock, local_date
from dxflow.clock import now as system_now
from dxflow.config import Settings
from dxflow.db.engine import Database
from dxflow.db.identity import Setting
from dxflow.db.job import Job
from dxflow.db.process import Incident
from dxflow.db.sqlite import WriterQueue
from dxflow.errors import Conflict, DxflowError
from dxflow.services.commands import COMMANDS
from dxflow.services.installation import bootstrap
from dxflow.services.installation.backup.archive import secure
from dxflow.services.installation.opening import open_site
from dxflow.services.packs import settings as pack_settings
from dxflow.services.packs import store as packs
from dxflow.services.sample import city, script
from dxflow.services.sample.beginning import first_moment
from dxflow.services.sample.player import Player, Timeline
from dxflow.services.sample.script import SampleBroken, Script
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import language

MARK = "sample"
PARTIAL = ".partial"
#: SQLite's own files beside a database, and dxflow's queue of writers.
_BESIDE = ("", "-wal", "-shm", "-journal", ".lock", ".turn", ".running")

Say = Callable[[str], None]


@dataclass(frozen=True)
class Account:
    """An account to try the demonstration with."""

    username: str
    password: str
    name: str
    role: str


def accounts(pack: str) -> list[Account]:
    """Return the accounts of a pack's sample. Raises SampleBroken."""
    return _accounts(script.read(pack))


def present(settings: Settings) -> str | None:
    """Return the pack whose whole sample is in the database, None when there is nothing.

    Raises Conflict for a database that holds something else: it is not the sample's to touch.
    """
    file = _file(settings)
    if file is not None and not file.exists():
        return None
    site = open_site(settings)
    try:
        with site.database.read() as tx:
            tables = set(inspect(tx).get_table_names())
            mark = (
                tx.execute(select(Setting.value).where(Setting.key == MARK)).scalar_one_or_none()
                if Setting.__tablename__ in tables
                else None
            )
    except DatabaseError as exc:
        raise Conflict(_("データベース {place} が読めません。", place=_place(settings))) from exc
    finally:
        site.database.close()
    if mark is None and tables:
        raise Conflict(
            _(
                "データベース {place} には、見本ではないものか、途中までの見本が入っています。"
                "DXFLOW_HOME で別のフォルダーを指定してください。",
                place=_place(settings),
            )
        )
    return mark


def remove(settings: Settings) -> None:
    """Throw a sample away. Raises Conflict when the database is something else or on a server."""
    if present(settings) is None:
        return
    file = _file(settings)
    if file is None:
        raise Conflict(
            _("サーバー上の見本は消しません。空のデータベースを用意して指定してください。")
        )
    _unlink(file)


def load(
    settings: Settings, pack: str = "standard", clock: Clock = system_now, say: Say | None = None
) -> list[Account]:
    """Make a pack's sample with its cases up to the clock's moment; return who may log in.

    `say` is told now and then how far it is. Raises Conflict when the database is not empty,
    Unavailable when somebody else is making it, SampleBroken when the sample does not play.
    """
    plot = script.read(pack)
    files = packs.read_folder(script.folder_of(pack))
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    turn = WriterQueue(settings.home / MARK)
    turn.enter()
    try:
        if present(settings) is not None:
            raise Conflict(_("見本はすでにあります。"))
        settings.make_secret_key()
        file = _file(settings)
        if file is None:
            _make(settings, plot, files, pack, clock(), say or _silence)
        else:
            _make_beside(settings, file, plot, files, pack, clock(), say or _silence)
    finally:
        turn.leave()
        turn.close()
    return _accounts(plot)


def _make_beside(
    settings: Settings,
    file: Path,
    plot: Script,
    files: dict[str, str],
    pack: str,
    end: datetime,
    say: Say,
) -> None:
    """Make the sample in a file of its own; it takes its place only when it is whole."""
    partial = file.with_name(file.name + PARTIAL)
    _unlink(partial)
    try:
        growing = replace(settings, database=_address(settings, partial))
        _make(growing, plot, files, pack, end, say)
        if partial.with_name(partial.name + "-wal").exists():
            raise SampleBroken(_("見本のデータベースを閉じられませんでした。"))
        _unlink(file)  # at most a database without tables
        secure(partial)
        os.replace(partial, file)
        secure(file.parent)
    finally:
        _unlink(partial)


def _make(
    settings: Settings,
    plot: Script,
    files: dict[str, str],
    pack: str,
    end: datetime,
    say: Say,
) -> None:
    timeline = Timeline(end)
    site = Site(settings, Database(settings.database), timeline, COMMANDS)
    if site.database.is_sqlite:
        event.listen(site.database.engine, "connect", _hasten)
    try:
        calendar = pack_settings.read_settings(files[pack_settings.FILE])[0].calendar
        begins = min(first_moment(plan, end, calendar) for plan in plot.plans)
        timeline.moment = begins - timedelta(days=7)
        bootstrap.upgrade(site)
        people = city.found(site, plot, files)
        Player(site, timeline, people, plot, end, _progress(say, len(plot.plans))).play()
        _require_sound(site)
        with site.database.write() as tx:
            tx.execute(insert(Setting).values(key=MARK, value=pack))
    except DxflowError as exc:
        if isinstance(exc, SampleBroken):
            raise
        raise SampleBroken(
            _(
                "見本は {day} のところで進められませんでした: {why}",
                day=local_date(timeline()),
                why=exc.message,
            )
        ) from exc
    finally:
        site.database.close()


def _hasten(connection: Any, _record: object) -> None:
    """Do not wait for the disk at each commit: a file that a power cut breaks is not taken."""
    connection.execute("PRAGMA synchronous=OFF")


def _require_sound(site: Site) -> None:
    """Raise SampleBroken when a job failed on the way."""
    with site.database.read() as tx:
        failed = tx.execute(
            select(func.count()).select_from(Job).where(Job.status.in_(("dead", "waiting")))
        ).scalar_one()
        incident = tx.execute(select(Incident.cause).limit(1)).scalar_one_or_none()
    if failed or incident:
        raise SampleBroken(_("見本の自動処理が失敗しました: {why}", why=incident or str(failed)))


def _silence(_line: str) -> None:
    """Say nothing."""


def _progress(say: Say, whole: int) -> Callable[[datetime, int], None]:
    """Return what tells how far it is, a line for each half year."""
    told: set[tuple[int, int]] = set()

    def tell(moment: datetime, begun: int) -> None:
        day = local_date(moment)
        half = (day.year, (day.month - 1) // 6)
        if half not in told:
            told.add(half)
            say(
                _(
                    "見本の市を作っています… {year}年{month}月（案件 {n} / {whole}）",
                    year=day.year, month=day.month, n=min(begun, whole), whole=whole,
                )
            )  # fmt: skip

    return tell


def _accounts(plot: Script) -> list[Account]:
    names = {one["id"]: one["name"] for one in plot.people}
    return [
        Account(
            login.username,
            city.PASSWORD,
            names[login.person],
            login.role.get(language.get(), login.role["ja"]),
        )
        for login in plot.logins
    ]


def _file(settings: Settings) -> Path | None:
    """Return the database's file, None when it is on a server."""
    url = make_url(settings.database)
    return Path(url.database) if url.get_backend_name() == "sqlite" and url.database else None


def _address(settings: Settings, file: Path) -> str:
    url = make_url(settings.database).set(database=str(file))
    return url.render_as_string(hide_password=False)


def _place(settings: Settings) -> str:
    return make_url(settings.database).render_as_string(hide_password=True)


def _unlink(file: Path) -> None:
    for ending in _BESIDE:
        with suppress(FileNotFoundError):
            file.with_name(file.name + ending).unlink()
