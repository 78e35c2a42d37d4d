"""Settings and arguments that make no sense: refused in one sentence before anything is done."""

from pathlib import Path

import pytest

from tests.web.test_cli import ready, run  # noqa: F401 - fixtures

NUMBERS = (
    "PORT", "THREADS", "PROCESSES", "PROXIES", "SESSION_IDLE_MINUTES", "SESSION_MINUTES",
    "TOKEN_MINUTES", "ATTACHMENT_MB", "ATTACHMENT_CASE_MB", "SCAN_SECONDS", "CHECKPOINT_HOURS",
    "CHECKPOINT_DAYS", "LOGIN_FAILURES",
)  # fmt: skip


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("value", ["99999999999", "9" * 5000, "-1", "1.5", "八"])
def test_a_number_beyond_all_sense_is_refused_by_its_name(run, monkeypatch, name, value):  # noqa: F811
    monkeypatch.setenv(f"DXFLOW_{name}", value)
    refused = run("user", "list")
    assert refused.status == 1
    assert refused.err.startswith(f"DXFLOW_{name} は ")
    assert refused.err.rstrip().endswith("までの整数にしてください。")


@pytest.mark.parametrize("name", ["THREADS", "SESSION_MINUTES", "TOKEN_MINUTES", "CHECKPOINT_DAYS"])
def test_nothing_runs_with_none_of_what_it_needs(run, monkeypatch, name):  # noqa: F811
    monkeypatch.setenv(f"DXFLOW_{name}", "0")
    assert run("user", "list").err.startswith(f"DXFLOW_{name} は ")


def test_a_language_that_is_not_there_is_refused(ready, monkeypatch):  # noqa: F811
    monkeypatch.setenv("DXFLOW_LANG", "fr")
    refused = ready("user", "list")
    assert (refused.status, refused.err) == (1, "DXFLOW_LANG は ja か en にしてください。\n")
    monkeypatch.setenv("DXFLOW_LANG", "en")
    assert ready("user", "list").status == 0


@pytest.mark.parametrize(
    "words",
    [
        ("serve",), ("worker",), ("upgrade",), ("status",), ("user", "list"), ("audit", "verify"),
        ("backup", "copy.dxf"), ("maintenance", "off"),
    ],
)  # fmt: skip
def test_a_path_with_a_slip_in_it_makes_no_database(run, tmp_path, monkeypatch, words):  # noqa: F811
    place = tmp_path / "slip" / "dxflow.db"
    monkeypatch.setenv("DXFLOW_DATABASE", f"sqlite:///{place}")
    refused = run(*words)
    assert refused.status == 1
    assert str(place) in refused.err
    assert "dxflow init" in refused.err
    assert not place.parent.exists()
    assert not Path("copy.dxf").exists()


def test_the_first_init_makes_the_database(run, tmp_path, monkeypatch):  # noqa: F811
    place = tmp_path / "new" / "dxflow.db"
    monkeypatch.setenv("DXFLOW_DATABASE", f"sqlite:///{place}")
    assert run("init").status == 0
    assert place.is_file()


@pytest.mark.parametrize("keep", ["0", "-1", "1.5", "x"])
def test_keeping_no_backup_is_wrong_usage_and_deletes_none(ready, tmp_path, keep):  # noqa: F811
    place = tmp_path / "copies"
    place.mkdir()
    assert ready("backup", str(place)).status == 0
    kept = set(place.iterdir())
    refused = ready("backup", str(place), "--keep", keep)
    assert refused.status == 2
    assert "残す数は 1 からの数です" in refused.err
    assert set(place.iterdir()) == kept
