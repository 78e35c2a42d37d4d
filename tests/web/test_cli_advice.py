"""What the command line and the installer say to somebody who has only the guide."""

import errno
import os
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest

from dxflow.cli.file_trouble import trouble
from tests.factories import ROOT
from tests.web.test_cli import ready, run

__all__ = ["ready", "run"]


def test_status_of_an_empty_machine_says_to_make_the_city(run):
    done = run("status")
    assert done.status == 1
    assert "dxflow init" in done.err


def test_a_folder_that_is_missing_does_not_become_a_file(ready, tmp_path):
    done = ready("backup", f"{tmp_path}/missing/")
    assert (done.status, "先に作ってください" in done.err) == (1, True)
    assert not (tmp_path / "missing").exists()


def test_a_backup_tells_its_time_as_everything_else_does(ready, tmp_path):
    done = ready("backup", str(tmp_path / "a.dxbackup"))
    assert "作成: 令和" in done.out
    assert "+00:00" not in done.out


def test_a_restored_city_is_told_that_its_mail_waits(ready, tmp_path):
    file = str(tmp_path / "a.dxbackup")
    ready("backup", file)
    assert "メールは止めました" not in ready("restore", "--replace", file).out
    on = (
        "mail", "settings", "--on", "--host", "127.0.0.1",
        "--sender", "a@example.jp", "--base-url", "https://dxflow.example.jp",
    )  # fmt: skip
    assert ready(*on).status == 0
    mailing = str(tmp_path / "b.dxbackup")
    ready("backup", mailing)
    assert "mail settings --on" in ready("restore", "--replace", mailing).out


def test_after_a_restore_the_log_is_to_be_compared_with_the_checkpoints(
    ready, tmp_path, monkeypatch
):
    early = str(tmp_path / "a.dxbackup")
    ready("backup", early)
    assert "audit verify" not in ready("restore", "--replace", early).out
    office = tmp_path / "audit office"
    office.mkdir()
    monkeypatch.setenv("DXFLOW_CHECKPOINT_DIR", str(office))
    ready("audit", "checkpoint")
    late = str(tmp_path / "b.dxbackup")
    ready("backup", late)
    command = f"dxflow audit verify --checkpoints '{office}'"
    done = ready("restore", "--replace", late)
    assert command in done.out
    assert "より前のものです" not in done.out
    done = ready("restore", "--replace", early)
    assert "このバックアップは、チェックポイント 1 より前のものです" in done.out
    assert command in done.out
    done = ready("audit", "verify", "--checkpoints", str(office))
    assert done.status == 0
    assert "チェックポイント 1 は、このバックアップよりあとに作られたので" in done.out


def test_mail_settings_say_which_of_them_are_wrong(ready):
    done = ready("mail", "settings", "--on")
    assert done.status == 1
    assert any(line.startswith("host: ") for line in done.err.splitlines())


@pytest.mark.parametrize("words", [("org", "import"), ("case", "migrate")])
def test_a_file_that_is_not_there_is_named_with_what_to_do(ready, tmp_path, words):
    done = ready(*words, str(tmp_path / "none.toml"))
    assert done.status == 1
    assert "none.toml" in done.err
    assert "名前を確かめてください" in done.err
    assert "Errno" not in done.err


def test_a_file_of_another_user_is_told_in_words():
    refused = PermissionError(errno.EACCES, "Permission denied", "/root/people.csv")
    assert "/root/people.csv" in trouble(refused)
    assert "権限がありません" in trouble(refused)
    assert "Permission denied" not in trouble(refused)


def test_a_new_city_is_told_whom_it_lacks(ready):
    found = {line["key"]: line for line in ready("status", "--json").document["lines"]}
    assert found["receivers"]["state"] == "care"
    assert "DX推進事務局" in found["receivers"]["value"]


def test_a_full_disk_is_named(run, tmp_path, monkeypatch):
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "dxflow.db").touch()
    monkeypatch.setattr("shutil.disk_usage", lambda _place: SimpleNamespace(free=4096))
    assert "ディスクに空きがありません" in run("user", "list").err
    monkeypatch.setattr("shutil.disk_usage", lambda _place: SimpleNamespace(free=1 << 40))
    assert "ディスクに空きがありません" not in run("user", "list").err


def test_a_long_password_is_not_called_short(ready):
    done = ready("user", "add", "long", "--name", "長", "--password-stdin", stdin="ab12" * 90)
    assert (done.status, "256 文字まで" in done.err) == (1, True)


@pytest.fixture
def delivery(tmp_path):
    """Return a folder as it is delivered, with one wheel, for a Python that says 3.11 linux."""
    folder = tmp_path / "dxflow-wheelhouse"
    (folder / "wheels").mkdir(parents=True)
    (folder / "wheels" / "dxflow-0.1.0-py3-none-any.whl").touch()
    (folder / "PYTHON").write_text("3.11 linux\n")
    (folder / "SHA256SUMS").write_text(
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        "  wheels/dxflow-0.1.0-py3-none-any.whl\n"
    )
    (folder / "install.sh").write_text((ROOT / "deploy" / "install.sh").read_text("utf-8"), "utf-8")
    return folder


def _install(folder: Path, says: str, *, venv: bool = False) -> subprocess.CompletedProcess[str]:
    python = folder.parent / "python"
    python.write_text(
        f"#!/bin/sh\ncase $2 in *ensurepip*) exit {0 if venv else 1} ;; esac\necho '{says}'\n"
    )
    python.chmod(0o755)
    return subprocess.run(
        ["sh", "install.sh", str(folder.parent / "opt")], cwd=folder, text=True, check=False,
        capture_output=True, env=os.environ | {"PYTHON": str(python)},
    )  # fmt: skip


def test_the_installer_asks_for_venv_and_leaves_nothing_half_made(delivery):
    done = _install(delivery, "3.11 linux")
    assert (done.returncode, "debs" in done.stderr) == (1, True)
    assert not (delivery.parent / "opt" / ".venv").exists()


def test_the_installer_names_the_python_it_was_made_for(delivery):
    done = _install(delivery, "3.13 linux")
    assert done.returncode == 1
    assert "Python 3.11 linux のため" in done.stderr
    assert "3.13 linux" in done.stderr


def test_the_installer_refuses_two_versions_in_one_folder(delivery):
    (delivery / "wheels" / "dxflow-0.0.9-py3-none-any.whl").touch()
    done = _install(delivery, "3.11 linux")
    assert (done.returncode, "二つの版" in done.stderr) == (1, True)
