"""What the program knows of its tables' versions, read without Alembic: the same as Alembic says."""

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

from dxflow import config
from dxflow.services.installation import schema


def test_the_newest_and_all_revisions_are_those_of_alembic():
    settings = Config()
    settings.set_main_option("script_location", str(config.root() / "migrations"))
    script = ScriptDirectory.from_config(settings)
    assert schema.newest() == script.get_current_head()
    assert schema.known() == {one.revision for one in script.walk_revisions()}


def test_two_last_migrations_are_refused(tmp_path, monkeypatch):
    versions = tmp_path / "migrations" / "versions"
    versions.mkdir(parents=True)
    for name, before in (("0001", "None"), ("0002", "'0001'"), ("0003", "'0001'")):
        (versions / f"{name}.py").write_text(f"revision = '{name}'\ndown_revision = {before}\n")
    monkeypatch.setattr(config, "root", lambda: tmp_path)
    with pytest.raises(RuntimeError, match="0002, 0003"):
        schema.newest()
