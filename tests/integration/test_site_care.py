"""Status, signs of life and maintenance, on both databases."""

from datetime import timedelta
from pathlib import Path
from threading import Thread

import pytest
from sqlalchemy import text, update

from dxflow.db.engine import Database
from dxflow.db.identity import Person
from dxflow.errors import Invalid, NotAllowed, Unavailable
from dxflow.jobs import queue
from dxflow.jobs.heartbeat import Heart
from dxflow.services.administration import working
from dxflow.services.administration.transfers import scheduling
from dxflow.services.installation import schema, status
from dxflow.services.installation.bootstrap import operator
from dxflow.services.installation.status_lines import Line
from dxflow.services.people import facts, maintenance
from dxflow.services.reading import verification
from tests.factories import City, found_city
from tests.integration.test_crew import eventually
from tests.integration.transfers import ROUND, on_the_day, plan, upload
from tests.integration.transfers import status as status_of


def line(city: City, key: str) -> Line:
    found = status.read(city.site, operator(city.site))
    return next(one for one in found.lines if one.key == key)


def test_status_follows_workers_and_backups(city: City) -> None:
    assert line(city, "workers").state == "bad"
    assert line(city, "backup").state == "care"
    city.run_jobs()
    assert line(city, "workers").state == "good"
    with city.site.database.write() as tx:
        facts.write(
            tx, "backup.last", {"at": city.clock().isoformat(), "size": 3 << 20, "file": "x"}
        )
    assert line(city, "backup").state == "good"
    assert "3.0 MB" in line(city, "backup").value
    city.clock.advance(minutes=5)
    assert line(city, "workers").state == "care"
    city.clock.advance(days=4)
    assert line(city, "workers").state == "bad"
    assert line(city, "backup").state == "bad"


def test_a_worker_that_was_replaced_is_counted_no_more(city: City) -> None:
    """On both databases: the worker that has ended takes its sign of life along."""
    first = working.make_worker(city.site)
    other = Heart(city.site.database, "elsewhere")
    other(city.clock())
    thread = Thread(target=first.run_forever)
    thread.start()
    eventually(lambda: line(city, "workers").value.startswith("2 本"))
    first.stop()
    thread.join(20)
    assert not thread.is_alive()
    assert line(city, "workers").value.startswith("1 本")
    other.stop()
    assert (line(city, "workers").state, line(city, "workers").value) == ("bad", "動いていません")


def test_tables_of_a_newer_program_are_not_to_be_upgraded(city: City) -> None:
    with city.site.database.write() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert line(city, "schema").state == "bad"
    assert "新しい" in line(city, "schema").advice
    assert "dxflow upgrade" not in line(city, "schema").advice


def test_a_role_without_rights_is_not_told_that_the_city_is_empty(
    postgres_database: Database, tmp_path: Path
) -> None:
    city = found_city(postgres_database, tmp_path)
    with city.site.database.write() as tx:
        tx.execute(text("REVOKE ALL ON SCHEMA public FROM PUBLIC"))
        tx.execute(text("CREATE ROLE stranger LOGIN"))
    stranger = Database(
        postgres_database.engine.url.set(username="stranger").render_as_string(hide_password=False)
    )
    try:
        with stranger.read() as tx, pytest.raises(Unavailable, match="権限を与え直して"):
            schema.current(tx)
    finally:
        stranger.close()
        with city.site.database.write() as tx:
            tx.execute(text("DROP ROLE stranger"))


def test_a_clock_set_back_is_seen(city: City) -> None:
    city.start()
    assert line(city, "clock").state == "good"
    city.clock.advance(hours=-1)
    assert line(city, "clock").state == "bad"


def test_the_last_verification_is_kept(city: City) -> None:
    assert line(city, "verified").state == "care"
    verification.verify(city.site, operator(city.site))
    assert line(city, "verified").state == "good"
    city.clock.advance(days=40)
    assert line(city, "verified").state == "care"


def test_what_needs_care_comes_first_then_each_group(city: City) -> None:
    city.run_jobs()
    verification.verify(city.site, operator(city.site))
    found = status.read(city.site, operator(city.site))
    assert [one.key for one in found.troubled] == ["backup", "scanner", "checkpoint", "receivers"]
    assert found.lines[:4] == found.troubled
    assert {one.state for one in found.troubled} == {"care"}
    grouped = [one for _title, lines in found.groups for one in lines]
    assert found.lines[4:] == tuple(grouped)
    assert {one.state for one in grouped} == {"good"}
    assert [title for title, _lines in found.groups] == [
        "自動処理と通知", "データとバックアップ", "監査の記録", "保守と利用", "プログラムと手続き",
    ]  # fmt: skip
    city.clock.advance(hours=1)
    found = status.read(city.site, operator(city.site))
    assert (found.lines[0].key, found.lines[0].state) == ("workers", "bad")
    assert found.worst == "bad"


def test_only_administrators(city: City) -> None:
    with pytest.raises(NotAllowed):
        status.read(city.site, city.actor("applicant"))
    with pytest.raises(NotAllowed):
        maintenance.announce(city.site, city.actor("applicant"), "x", None, None)
    with pytest.raises(NotAllowed):
        maintenance.end(city.site, city.actor("applicant"))


def test_announced_then_closed_then_over(city: City) -> None:
    chief = operator(city.site)
    start = city.clock() + timedelta(hours=1)
    maintenance.announce(city.site, chief, "版を上げます。", start, start + timedelta(hours=1))
    maintenance.require_open(city.site)
    city.clock.advance(hours=1)
    with pytest.raises(maintenance.UnderMaintenance) as refused:
        maintenance.require_open(city.site)
    assert refused.value.retry_after == 3600
    assert "版を上げます。" in refused.value.message
    assert maintenance.end(city.site, chief)
    maintenance.require_open(city.site)
    assert not maintenance.end(city.site, chief)
    report = verification.verify(city.site, chief)
    assert report.ok


def test_workers_wait_during_a_maintenance(city: City) -> None:
    payload = {"groups": ["role:admin"], "message": "お知らせ"}
    with city.site.database.write() as tx:
        queue.defer(tx, city.clock(), kind="notice.deliver", key="one", payload=payload)
    chief = operator(city.site)
    maintenance.announce(city.site, chief, "点検", None, None)
    assert city.run_jobs() == 0
    assert line(city, "workers").state == "good"
    assert line(city, "maintenance").state == "care"
    maintenance.end(city.site, chief)
    assert city.run_jobs() == 1


def test_an_end_before_the_beginning_is_refused(city: City) -> None:
    start = city.clock()
    with pytest.raises(Invalid) as refused:
        maintenance.announce(city.site, operator(city.site), " ", start, start)
    assert set(refused.value.fields) == {"message", "until"}


def test_a_transfer_that_waits_for_its_hour_has_a_line(city: City) -> None:
    by = city.actor("admin")
    made = plan(city, upload(*ROUND))
    assert not [one for one in _keys(city) if one.startswith("transfer-")]
    scheduling.schedule(city.site, by, made)
    found = line(city, f"transfer-{made}")
    assert (found.state, found.advice) == ("good", "")
    assert "令和9年4月1日" in found.value
    assert "admin" in found.value
    with city.site.database.write() as tx:  # somebody of the file has left in the meantime
        tx.execute(update(Person).where(Person.username == "head").values(username="gone"))
    found = line(city, f"transfer-{made}")
    assert found.state == "care"
    assert "「head」はいません" in found.advice
    on_the_day(city)
    assert status_of(city, made) == "blocked"
    assert line(city, f"transfer-{made}").state == "bad"


def _keys(city: City) -> list[str]:
    return [one.key for one in status.read(city.site, operator(city.site)).lines]
