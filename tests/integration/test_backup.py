"""Backup and restore: whole or refused, on and between both databases, and the city goes on."""

import random
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import func, insert, inspect, select, text, update

from dxflow.audit import verify_database
from dxflow.db import presence
from dxflow.db.audit import AuditEvent
from dxflow.db.base import Base
from dxflow.db.engine import Database
from dxflow.db.identity import HalfLogin, Setting, WebSession
from dxflow.db.job import Job
from dxflow.db.process import Timer
from dxflow.errors import Conflict, NotAllowed
from dxflow.jobs import queue
from dxflow.services.installation import backups, bootstrap, restoring
from dxflow.services.installation.backup import archive, checking
from dxflow.services.installation.backup.archive import BackupRefused
from dxflow.services.site import Site
from tests import postgres
from tests.factories import City, found_city
from tests.integration.histories import History, broken
from tests.walks import to_committee, to_kpi


def make(city: City, file: Path, **how: Any) -> checking.Checked:
    return backups.make(city.site, bootstrap.operator(city.site), file, **how)


def restore(site: Site, file: Path, **how: Any) -> restoring.Restored:
    return restoring.restore(site, bootstrap.operator(site), file, **how)


def rows(database: Database) -> dict[str, list[Any]]:
    """Return every row of every table, but what a backup itself changes."""
    changed = {"setting", "web_session", "api_token", "login_throttle", "audit_stream"}
    with database.read() as tx:
        found = {
            table.name: [
                tuple(row) for row in tx.execute(select(table).order_by(*table.primary_key))
            ]
            for table in Base.metadata.sorted_tables
            if table.name not in changed
        }
    found["audit_event"] = [row[1:] for row in found["audit_event"] if row[6][:6] != "backup"]
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def elsewhere(request, tmp_path, city):
    """An empty database of each kind, as an installation of its own."""
    home = tmp_path / "elsewhere"
    home.mkdir()
    if request.param == "sqlite":
        address = f"sqlite:///{home}/dxflow.db"
    else:
        server = request.getfixturevalue("postgres_server")
        address = postgres.create_database(server, "elsewhere")
    database = Database(address)
    yield replace(
        city.site, database=database, settings=replace(city.site.settings, home=home, database=address),
        packs={}, directories={},
    )  # fmt: skip
    database.close()
    if request.param != "sqlite":
        postgres.drop_database(server, "elsewhere")


def living(city: City, site: Site) -> City:
    return replace(city, site=site)


def test_a_city_goes_on_from_a_backup_on_either_database(city, elsewhere, tmp_path):
    history = History(city, random.Random(5))
    history.live(40)
    case = to_committee(city)
    before = rows(city.site.database)
    with city.site.database.read() as tx:
        events = tx.execute(select(func.count()).select_from(AuditEvent)).scalar_one()
    checked = make(city, tmp_path / "a.dxbackup")
    assert (checked.findings, checked.events) == (0, events)
    done = restore(elsewhere, tmp_path / "a.dxbackup")
    assert (done.findings, done.kept, done.key_made) == ((), "", True)
    assert rows(elsewhere.database) == before
    other = living(city, elsewhere)
    assert other.sees("cio", case)
    assert broken(other) == []
    with elsewhere.database.read() as tx:
        due = tx.execute(select(Timer.due_at).where(Timer.case_id == case)).scalars().all()
    city.clock.moment = max(due) + timedelta(minutes=1)
    other.run_jobs()
    History(other, random.Random(6)).live(15)
    assert broken(other) == []
    with elsewhere.database.read() as tx:
        fired = (
            tx.execute(
                select(AuditEvent.body).where(
                    AuditEvent.type == "timer.fired", AuditEvent.case_id == case
                )
            )
            .scalars()
            .all()
        )
        types = tx.execute(select(AuditEvent.type).where(AuditEvent.type.like("backup%"))).scalars()
        assert list(types) == ["backup.restored"]
    names = [c["after"] for body in fired for c in orjson.loads(body)["changes"]]
    assert names
    assert len(names) == len(set(names))


def test_a_backup_is_one_moment_while_people_work(city, tmp_path):
    stop, wrong = threading.Event(), []

    def work() -> None:
        history = History(city, random.Random(9), together=True)
        while not stop.is_set():
            try:
                history.live(1)
            except Exception as exc:
                wrong.append(exc)
                return

    worker = threading.Thread(target=work)
    worker.start()
    try:
        for number in range(4):
            assert make(city, tmp_path / f"{number}.dxbackup").findings == 0
    finally:
        stop.set()
        worker.join()
    assert wrong == []
    assert broken(city) == []


def test_a_backup_is_remembered_recorded_and_for_its_owner_only(city, tmp_path):
    assert backups.last_backup(city.site) is None
    checked = make(city, tmp_path)
    assert checked.file.name == "dxflow-20260511-100000.dxbackup"
    assert checked.file.stat().st_mode & 0o077 == 0
    assert [p.name for p in tmp_path.glob("*.partial")] == []
    last = backups.last_backup(city.site)
    assert (last.moment, last.size, last.file) == (city.clock(), checked.size, str(checked.file))
    with pytest.raises(Conflict, match="すでに"):
        make(city, checked.file)
    with pytest.raises(NotAllowed):
        backups.make(city.site, city.actor("cio"), tmp_path / "b")
    with city.site.database.read() as tx:
        body = tx.execute(
            select(AuditEvent.body).where(AuditEvent.type == "backup.made")
        ).scalar_one()
        assert checked.sha256 in body
        assert verify_database(tx).findings == ()


def test_old_backups_of_a_folder_go(city, tmp_path):
    files = []
    for _day in range(4):
        city.clock.advance(days=1)
        files.append(make(city, tmp_path).file)
    (tmp_path / "mine.dxbackup").write_text("stays")
    assert sorted(backups.prune(tmp_path, 2)) == files[:2]
    assert [file.exists() for file in files] == [False, False, True, True]
    assert (tmp_path / "mine.dxbackup").exists()


def test_the_key_is_in_it_only_when_asked_for(city, elsewhere, tmp_path):
    city.site.settings.make_secret_key()
    assert not make(city, tmp_path / "without").with_key
    assert make(city, tmp_path / "with", with_key=True).with_key
    restore(elsewhere, tmp_path / "with")
    assert elsewhere.settings.secret_key() == city.site.settings.secret_key()


def test_sessions_end_and_leases_are_free(city, elsewhere, tmp_path):
    now = city.clock()
    with city.site.database.write() as tx:
        tx.execute(
            insert(WebSession).values(
                reference_hash="a" * 64, person_id="p", epoch=1, created_at=now,
                last_seen_at=now, expires_at=now + timedelta(hours=1),
            )
        )  # fmt: skip
        half = {"reference_hash": "b" * 64, "person_id": "p", "epoch": 1, "expires_at": now}
        tx.execute(insert(HalfLogin).values(half))
        queue.defer(
            tx,
            now,
            kind="notice.deliver",
            key="k",
            payload={"groups": ["role:cio"], "message": "知らせ"},
        )
    assert queue.lease(city.site.database, now) is not None
    make(city, tmp_path / "a")
    restore(elsewhere, tmp_path / "a")
    with elsewhere.database.read() as tx:
        for kept in (WebSession, HalfLogin):
            assert tx.execute(select(func.count()).select_from(kept)).scalar_one() == 0
    assert living(city, elsewhere).run_jobs() == 1
    with elsewhere.database.read() as tx:
        assert tx.execute(select(Job.status)).scalar_one() == "done"


def test_a_database_that_is_not_empty_is_kept_beside(city, tmp_path):
    case = to_kpi(city)
    make(city, tmp_path / "a")
    before = rows(city.site.database)
    city.start()
    with pytest.raises(Conflict, match="--replace"):
        restore(city.site, tmp_path / "a")
    done = restore(city.site, tmp_path / "a", replace_it=True)
    assert rows(city.site.database) == before
    assert done.findings == ()
    assert broken(city) == []
    assert city.sees("applicant", case)
    if city.site.database.is_sqlite:
        kept = Database(f"sqlite:///{done.kept}")
        assert len(rows(kept)["process_instance"]) == 2
        kept.close()
    else:
        with city.site.database.read() as tx:
            count = tx.execute(
                text(f"SELECT count(*) FROM {done.kept}.process_instance")
            ).scalar_one()
        assert count == 2


def test_a_role_that_does_not_own_the_schema_is_told_before_anything_changes(
    postgres_database, tmp_path
):
    city = found_city(postgres_database, tmp_path)
    city.start()
    make(city, tmp_path / "a")
    before = rows(city.site.database)
    with city.site.database.write() as tx:
        tx.execute(text("CREATE ROLE guest LOGIN"))
        tx.execute(text("GRANT USAGE ON SCHEMA public TO guest"))
        tx.execute(text("GRANT ALL ON ALL TABLES IN SCHEMA public TO guest"))
    guest = Database(
        postgres_database.engine.url.set(username="guest").render_as_string(hide_password=False)
    )
    try:
        with pytest.raises(Conflict, match="guest はスキーマ public の所有者ではない"):
            restore(replace(city.site, database=guest), tmp_path / "a", replace_it=True)
        assert rows(city.site.database) == before
    finally:
        guest.close()
        with city.site.database.write() as tx:
            tx.execute(text("DROP OWNED BY guest"))
            tx.execute(text("DROP ROLE guest"))


def test_nothing_is_restored_or_replaced_while_somebody_runs(city, tmp_path):
    make(city, tmp_path / "a")
    database = city.site.database
    with (
        presence.present(database),
        presence.present(database),
        pytest.raises(Conflict, match="止めて"),
    ):
        restore(city.site, tmp_path / "a", replace_it=True)
    with (
        presence.alone(database),
        pytest.raises(Conflict, match="更新中か復元中"),
        presence.present(database),
    ):
        pass
    restore(city.site, tmp_path / "a", replace_it=True)


def test_another_city_is_refused_unless_meant(city, tmp_path):
    make(city, tmp_path / "a")
    with city.site.database.write() as tx:
        tx.execute(update(Setting).where(Setting.key == "installation.id").values(value="other"))
    with pytest.raises(BackupRefused, match="--other-city"):
        restore(city.site, tmp_path / "a", replace_it=True)
    assert restore(city.site, tmp_path / "a", replace_it=True, other_city=True).findings == ()


def test_every_cut_and_every_changed_byte_is_noticed(sqlite_city, tmp_path):
    whole = make(sqlite_city, tmp_path / "a").file.read_bytes()
    rng, bad = random.Random(3), tmp_path / "bad"
    places = [0, 45, len(whole) - 1, len(whole) - 70, *rng.sample(range(len(whole)), 60)]
    for place in places:
        bad.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
        with pytest.raises(BackupRefused):
            checking.check(bad)
        bad.write_bytes(whole[:place])
        with pytest.raises(BackupRefused):
            checking.check(bad)
    bad.write_bytes(whole + b"x")
    with pytest.raises(BackupRefused):
        checking.check(bad)
    for text_ in (b"", b"hello", whole[: len(whole) // 2]):
        bad.write_bytes(text_)
        with pytest.raises(BackupRefused, match=r"ではありません|切れて"):
            checking.check(bad)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": 99}, "新しい dxflow"),
        ({"revision": "9999"}, "新しい dxflow"),
        ({"tables": {"strange": {"columns": ["a"], "rows": 0}}}, "strange"),
    ],
)
def test_what_this_program_does_not_know_is_refused_and_nothing_is_left(
    city, elsewhere, tmp_path, change, sentence
):
    make(city, tmp_path / "a")
    rewrite(tmp_path / "a", tmp_path / "b", change)
    with pytest.raises(BackupRefused, match=sentence):
        restore(elsewhere, tmp_path / "b")
    with elsewhere.database.read() as tx:
        assert inspect(tx).get_table_names() == []
    assert not list(elsewhere.settings.home.glob("*restoring*"))


def rewrite(source: Path, target: Path, change: dict[str, Any]) -> None:
    """Write a backup with another manifest, whole by its digests."""
    with archive.read(source) as reader, archive.written(target) as writer:
        names = {**reader.manifest["members"]}
        for table in change.get("tables", {}):
            names[f"tables/{table}.jsonl"] = None
        for name, kept in names.items():
            writer.add(name, reader.lines(name) if kept else [])
        tables = reader.manifest["tables"] | change.get("tables", {})
        writer.finish(reader.manifest | change | {"tables": tables})


def test_a_restore_that_fails_half_way_changes_nothing(city, tmp_path, monkeypatch):
    make(city, tmp_path / "a")
    before = rows(city.site.database)

    def fail(*_given: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr(restoring.backups, "remember", fail)
    with pytest.raises(RuntimeError):
        restore(city.site, tmp_path / "a", replace_it=True)
    assert rows(city.site.database) == before
    city.start()
    assert broken(city) == []


def test_a_log_that_was_touched_is_told_of_but_can_be_restored(sqlite_city, tmp_path):
    sqlite_city.start()
    unguarded = Database(sqlite_city.site.database.url, guarded=False)
    with unguarded.write() as tx:
        body = tx.exec_driver_sql(
            "SELECT sql FROM sqlite_schema WHERE name='audit_event_no_update'"
        ).scalar_one()
        tx.exec_driver_sql("DROP TRIGGER audit_event_no_update")
        tx.exec_driver_sql(
            "UPDATE audit_event SET body = replace(body, 'case', 'cose') WHERE stream LIKE 'case:%'"
        )
        tx.exec_driver_sql(body)
    unguarded.close()
    assert make(sqlite_city, tmp_path / "a").findings > 0
    assert restore(sqlite_city.site, tmp_path / "a", replace_it=True).findings != ()
