"""An upgrade: alone, with a backup first, and in one transaction or not at all."""

import random
import shutil
from pathlib import Path

import pytest
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import DBAPIError

from dxflow import config
from dxflow.db import presence
from dxflow.db.audit import AuditEvent
from dxflow.errors import Conflict, Unavailable
from dxflow.services.installation import bootstrap, restoring, schema, upgrading
from tests.integration.histories import History, broken

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "9001"
down_revision = "{before}"


def upgrade():
    op.create_table("of_tomorrow", sa.Column("id", sa.Integer(), primary_key=True))
    with op.batch_alter_table("person") as batch:
        batch.add_column(sa.Column("nickname", sa.Text(), server_default="x", nullable=False))
    {more}
"""


@pytest.fixture
def tomorrow(tmp_path, monkeypatch):
    """Return a function that makes the program a newer one, with one more migration."""

    def grow(more: str = "pass") -> None:
        root = tmp_path / "program"
        shutil.copytree(config.root() / "migrations", root / "migrations", dirs_exist_ok=True)
        newest = schema.newest()
        (root / "migrations" / "versions" / "9001_next.py").write_text(
            NEXT.format(before=newest, more=more), encoding="utf-8"
        )
        monkeypatch.setattr(config, "root", lambda: root)

    return grow


def upgrade(city, **how):
    return upgrading.upgrade(city.site, bootstrap.operator(city.site), **how)


def columns(city, table):
    with city.site.database.read() as tx:
        return {column["name"] for column in inspect(tx).get_columns(table)}


def test_a_city_with_running_cases_is_upgraded_and_goes_on(city, tomorrow):
    History(city, random.Random(2)).live(20)
    tomorrow()
    done = upgrade(city)
    assert done.changed
    assert "nickname" in columns(city, "person")
    assert broken(city) == []
    History(city, random.Random(3)).live(10)
    assert broken(city) == []
    assert upgrade(city).changed is False
    with city.site.database.read() as tx:
        types = tx.execute(
            select(AuditEvent.type)
            .where(AuditEvent.stream == "sys:config")
            .order_by(AuditEvent.seq)
        )
        assert list(types.scalars())[-2:] == ["backup.made", "system.upgraded"]


def test_a_migration_that_fails_leaves_everything_as_it_was(city, tomorrow):
    History(city, random.Random(4)).live(10)
    before = schema.newest()
    tomorrow('op.execute("INSERT INTO no_such_table VALUES (1)")')
    with pytest.raises((DBAPIError, Unavailable)):
        upgrade(city)
    with city.site.database.read() as tx:
        assert schema.current(tx) == before
        assert "of_tomorrow" not in inspect(tx).get_table_names()
    assert "nickname" not in columns(city, "person")
    History(city, random.Random(5)).live(5)
    assert broken(city) == []


def test_the_older_program_goes_back_by_the_backup(city, tomorrow, monkeypatch):
    older = config.root()
    city.start()
    tomorrow()
    saved = upgrade(city).backup
    monkeypatch.setattr(config, "root", lambda: older)
    with pytest.raises(Unavailable, match="より新しい"):
        schema.require_newest(city.site.database)
    with pytest.raises(Unavailable, match="より新しい"):
        upgrade(city)
    restoring.restore(city.site, bootstrap.operator(city.site), Path(saved), replace_it=True)
    assert "nickname" not in columns(city, "person")
    city.start()
    assert broken(city) == []


def test_a_backup_of_an_older_revision_is_restored_and_then_upgraded(city, tomorrow):
    city.start()
    tomorrow()
    saved = upgrade(city).backup
    restoring.restore(city.site, bootstrap.operator(city.site), Path(saved), replace_it=True)
    with city.site.database.read() as tx:
        assert schema.current(tx) == "9001"
        assert set(tx.execute(text("SELECT nickname FROM person")).scalars()) == {"x"}
    city.start()
    assert broken(city) == []


def test_an_upgrade_is_refused_while_somebody_runs(city, tomorrow):
    tomorrow()
    with presence.present(city.site.database), pytest.raises(Conflict, match="止めて"):
        upgrade(city)
    with pytest.raises(Unavailable, match="dxflow upgrade"):
        bootstrap.init(city.site)
    assert upgrade(city, with_backup=False).backup == ""
