"""The command line, run in this process: exit status, JSON, Japanese, never a traceback."""

import io
import json
import re
import shutil
from pathlib import Path

import pytest

from dxflow.cli import main
from tests.factories import ROOT

STANDARD = ROOT / "processes" / "standard"
#: Commands that only read.
READING = {
    ("status",), ("audit", "verify"), ("audit", "export"), ("user", "list"), ("pack", "list"),
    ("pack", "diff"), ("incident", "list"), ("incident", "groups"), ("calendar", "list"),
    ("check",),
}  # fmt: skip


class Ran:
    """What a command did."""

    def __init__(self, status: int, out: str, err: str) -> None:
        self.status, self.out, self.err = status, out, err

    @property
    def document(self):
        return json.loads(self.out)


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    """Return a function that runs a command in a folder of its own."""
    for name in ("DXFLOW_DATABASE", "DXFLOW_LANG", "DXFLOW_DEMO", "DXFLOW_PORT"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("DXFLOW_HOME", str(tmp_path / "var"))
    monkeypatch.setattr("sys.stdin", io.StringIO())

    def command(*words: str, stdin: str | None = None) -> Ran:
        if stdin is not None:
            monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        status = main(list(words))
        captured = capsys.readouterr()
        assert "Traceback" not in captured.out + captured.err
        if words[:2] in READING or words[:1] in READING:
            # an English reader is told the same
            assert main(["--lang", "en", *words]) == status
            capsys.readouterr()
        return Ran(status, captured.out, captured.err)

    return command


@pytest.fixture
def ready(run):
    """Return the same function with an installation that is ready."""
    assert run("init", "--admin", "root").status == 0
    return run


def test_init_makes_key_tables_pack_and_administrator(run, tmp_path):
    done = run("init", "--admin", "root", "--name", "管理 太郎", "--pack", "standard", "--json")
    assert done.status == 0
    document = done.document
    assert (document["key_made"], document["upgraded"]) == (True, True)
    assert (document["pack"]["key"], document["pack"]["version"]) == ("standard", 1)
    assert len(document["administrator"]["password"]) >= 16
    key = tmp_path / "var" / "secret_key"
    assert key.stat().st_mode & 0o077 == 0
    (account,) = run("user", "list", "--json").document
    assert (account["name"], account["posts"]) == ("管理 太郎", ["system-admin"])
    assert account["must_change_password"] is True


def test_init_again_changes_nothing(ready):
    again = ready("init", "--json").document
    assert (again["key_made"], again["upgraded"], again["administrator"]) == (False, False, None)


def test_init_again_leaves_the_citys_own_process_alone(ready, tmp_path):
    assert ready("init", "--pack", "standard").status == 0
    shutil.copytree(STANDARD, tmp_path / "processes" / "standard")
    shutil.copytree(ROOT / "forms" / "standard", tmp_path / "forms" / "standard")
    settings = tmp_path / "processes" / "standard" / "pack.toml"
    settings.write_text(settings.read_text("utf-8") + "\n# of our own\n", "utf-8")
    assert ready("pack", "install", str(settings.parent), "--json").document["version"] == 2
    again = ready("init", "--pack", "standard", "--json").document
    assert again["pack"]["version"] == 2


def test_the_folder_of_an_installation_is_its_owners_alone(ready, tmp_path):
    assert (tmp_path / "var").stat().st_mode & 0o077 == 0


def test_upgrade_says_whether_there_was_anything_to_do(ready):
    assert ready("upgrade", "--json").document["upgraded"] is False


def test_a_lost_administrator_comes_back(ready):
    ready("user", "add", "other", "--name", "別人")
    rescued = ready("init", "--admin", "other", "--json").document
    assert rescued["administrator"]["password"]
    assert ready("user", "disable", "root").status == 0
    assert ready("init", "--admin", "root", "--json").status == 0
    accounts = {one["username"]: one for one in ready("user", "list", "--json").document}
    assert accounts["root"]["status"] == "active"
    assert accounts["other"]["posts"] == accounts["root"]["posts"] == ["system-admin"]


def test_the_last_administrator_stays(ready):
    refused = ready("user", "disable", "root")
    assert refused.status == 1
    assert "最後の管理者" in refused.err
    assert ready("user", "post", "end", "root", "system-admin").status == 1


def test_users_are_added_with_a_password_of_their_own_or_a_generated_one(ready):
    made = ready("user", "add", "a.b-c@d", "--name", "山田 花子", "--json").document
    assert made["password"]
    given = ready("user", "add", "second", "--name", "二郎", "--password-stdin", "--json",
                  stdin="a-long-password\n")  # fmt: skip
    assert given.document["password"] == ""
    weak = ready("user", "add", "third", "--name", "三郎", "--password-stdin", stdin="short\n")
    assert (weak.status, "10 文字以上" in weak.err) == (1, True)


@pytest.mark.parametrize("name", ["", "a b", "山田", "x" * 65, "root", "ROOT"])
def test_a_bad_or_taken_user_name_is_refused(ready, name):
    refused = ready("user", "add", name, "--name", "誰か", "--json")
    assert refused.status == 1
    assert "利用者名" in refused.document["error"]


def test_a_password_is_reset_and_the_account_closed_and_opened(ready):
    ready("user", "add", "hanako", "--name", "花子")
    assert ready("user", "password", "hanako", "--generate", "--json").document["password"]
    for command, status in (("disable", "disabled"), ("enable", "active")):
        assert ready("user", command, "hanako").status == 0
        accounts = {one["username"]: one for one in ready("user", "list", "--json").document}
        assert accounts["hanako"]["status"] == status
    assert ready("user", "password", "nobody", "--generate").status == 1


def test_posts_are_given_and_taken_from_a_day_on(ready):
    ready("user", "add", "hanako", "--name", "花子")
    given = ready("user", "post", "add", "hanako", "system-admin", "--from", "2026-11-21",
                  "--until", "2026-11-20")  # fmt: skip
    assert given.status == 1
    unknown = ready("user", "post", "add", "hanako", "nothing")
    assert (unknown.status, "nothing" in unknown.err) == (1, True)
    assert ready("user", "post", "add", "hanako", "system-admin", "--concurrent").status == 0
    assert ready("user", "post", "add", "hanako", "system-admin").status == 1
    assert ready("user", "post", "end", "hanako", "system-admin").status == 0
    assert ready("user", "post", "end", "hanako", "system-admin").status == 1


def test_a_new_city_is_made_of_three_files(ready, tmp_path):
    files = {
        "units": "組織コード,組織名,種別,上位の組織\ndx,DX推進部,部,\nplan,企画課,課,DX推進部\n",
        "posts": "職コード,職名,所属,種別,役割\nplan-head,企画課長,企画課,課長,CIO\n",
        "people": "利用者名,氏名,職\nyamada,山田 花子,企画課長\n",
    }
    for what, text in files.items():
        file = tmp_path / f"{what}.csv"
        file.write_text(text, encoding="cp932")
        tried = ready("org", "import", str(file), "--dry-run", "--json")
        assert (tried.status, tried.document["dry_run"]) == (0, True)
        done = ready("org", "import", str(file), "--what", what, "--json")
        assert done.document["new"] == len(text.splitlines()) - 1
    assert ready("org", "import", str(tmp_path / "units.csv"), "--json").document["same"] == 2
    listed = ready("user", "list", "--json").document
    assert "plan-head" in str(listed)
    told = ready("org", "import", str(tmp_path / "posts.csv"), "--effective", "2020-04-01")
    assert told.status == 1
    (tmp_path / "old.csv").write_text("unit,name,kind,from\nold,旧課,課,2020-04-01\n")
    assert ready("org", "import", str(tmp_path / "old.csv")).status == 1
    done = ready("org", "import", str(tmp_path / "old.csv"), "--reason", "初期の登録")
    assert (done.status, "旧課" in done.out) == (0, True)
    assert ready("audit", "verify").status == 0


def test_every_change_of_accounts_stands_in_the_log(ready):
    ready("user", "add", "hanako", "--name", "花子", "--admin")
    ready("user", "password", "hanako", "--generate")
    ready("user", "disable", "hanako")
    lines = ready("audit", "export", "--format", "jsonl").out.splitlines()
    types = [json.loads(line)["type"] for line in lines]
    assert types[:5] == [
        "system.initialised", "audit.key_changed", "person.created", "post.created",
        "membership.granted",
    ]  # fmt: skip
    assert types[5:] == [
        "person.created", "membership.granted", "password.reset", "person.deactivated",
        "audit.exported",
    ]  # fmt: skip
    assert "花子" not in "".join(lines)


def test_the_log_is_verified_and_damage_is_found(ready, tmp_path):
    assert ready("audit", "verify", "--json").document["ok"] is True
    _damage(tmp_path / "var" / "dxflow.db")
    found = ready("audit", "verify", "--json")
    assert (found.status, found.document["ok"]) == (1, False)
    assert found.document["findings"]


def test_checkpoints_are_made_shown_and_compared(ready, run, tmp_path, monkeypatch):
    office = tmp_path / "office"
    office.mkdir()
    monkeypatch.setenv("DXFLOW_CHECKPOINT_DIR", str(office))
    key = ready("audit", "key", "--json").document
    again = run("init")
    assert re.sub(" ", "", again.out).find(key["fingerprint"]) > 0
    made = ready("audit", "checkpoint", "--json").document
    assert (made["number"], made["fingerprint"], made["torn"]) == (1, key["fingerprint"], 0)
    assert made["open"] is None
    assert [file.name for file in office.iterdir()] == [Path(made["file"]).name]
    paper = tmp_path / "key.pem"
    paper.write_text(ready("audit", "key").out)  # as `dxflow audit key > key.pem` keeps it
    assert paper.read_text().startswith("公開鍵の指紋")
    kept = tmp_path / "kept"
    shutil.copytree(office, kept)
    words = ("audit", "verify", "--checkpoints", str(kept), "--public-key", str(paper))
    found = ready(*words, "--json")
    assert (found.status, found.document["checkpoints"]) == (0, 1)
    (one,) = kept.iterdir()
    alone = ready("audit", "verify", "--checkpoint", str(one), "--json")
    assert (alone.status, alone.document["checkpoints"]) == (0, 1)
    said = ready(*words)
    assert "チェックポイント 1 件と照らし合わせました" in said.out
    changed = ready("audit", "key", "--new", "--json").document
    assert (changed["fingerprint"] != key["fingerprint"], changed["vouched"]) == (True, True)
    assert ready(*words).status == 0
    assert "監査のチェックポイント: 3 番" in ready("status").out
    for file in office.iterdir():
        file.rename(tmp_path / file.name)
    (found,) = ready("audit", "verify", "--json").document["findings"]
    assert "チェックポイントがありません" in found["text"]
    office.rmdir()
    hidden = ready("audit", "verify")
    assert (hidden.status, "照らし合わせられませんでした" in hidden.out) == (1, True)
    assert "見つかりませんでした" not in hidden.out
    paper.write_text("no key")
    refused = ready(*words)
    assert (refused.status, "公開鍵（Ed25519 の PEM）ではありません" in refused.err) == (1, True)


def test_a_torn_log_is_said_by_every_checkpoint_until_it_is_settled(ready, tmp_path):
    ready("audit", "checkpoint")
    _cut_the_streams(tmp_path / "var" / "dxflow.db")
    first = ready("audit", "checkpoint")
    assert (first.status, "なくなったか変わっています" in first.err) == (1, True)
    second = ready("audit", "checkpoint")
    assert (second.status, "のチェックポイント 2 が見つけた異常" in second.err) == (1, True)
    assert ready("audit", "verify").status == 1
    assert "が、前のもの（1）の見た記録のうち" in ready("status").out


def _cut_the_streams(database: Path) -> None:
    """Let a stream of the system know another head than the checkpoint saw."""
    _change(database, "UPDATE audit_stream SET head = zeroblob(32) WHERE stream = 'sys:config'")


def _damage(database: Path) -> None:
    _change(database, "UPDATE audit_event SET body = replace(body, 'cli', 'api') WHERE id = 1")


def _change(database: Path, statement: str) -> None:
    import pysqlite3

    connection = pysqlite3.connect(str(database))
    connection.execute("DROP TRIGGER IF EXISTS audit_event_no_update")
    for (name,) in connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit_%'"
    ).fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    connection.execute(statement)
    connection.commit()
    connection.close()


def test_the_log_is_exported_for_a_spreadsheet(ready):
    text = ready("audit", "export", "--format", "csv").out
    assert text.startswith("\ufeff日時,種類,人,")
    assert "システムを初期化" in text


def test_packs_are_installed_once_and_listed(ready):
    assert ready("pack", "list", "--json").document == []
    for _again in range(2):
        installed = ready("pack", "install", str(STANDARD), "--json")
        assert (installed.status, installed.document["version"]) == (0, 1)
    (listed,) = ready("pack", "list", "--json").document
    assert (listed["key"], listed["status"]) == ("standard", "current")


def test_a_pack_that_may_not_be_published_is_refused_with_its_problems(ready, tmp_path):
    folder = copy_of_standard(tmp_path)
    (folder / "idea.bpmn").write_text("<definitions")
    refused = ready("pack", "install", str(folder), "--json")
    assert refused.status == 1
    assert {problem["code"] for problem in refused.document["problems"]} >= {"xml-broken"}
    missing = ready("pack", "install", str(tmp_path / "nothing"))
    assert (missing.status, "pack.toml" in missing.err) == (1, True)


def test_what_a_folder_would_change_is_told_in_words(ready, tmp_path):
    folder = copy_of_standard(tmp_path)
    assert ready("pack", "diff", str(folder)).status == 1
    ready("pack", "install", str(STANDARD))
    assert ready("pack", "diff", str(folder), "--json").document["differences"] == []
    route, idea = folder / "route.dmn", folder / "idea.bpmn"
    route.write_text(route.read_text() + "\n")
    text, count = re.subn(
        r'(<(?:bpmn:)?userTask [^>]*?name=")', r"\1改・", idea.read_text(), count=1
    )
    assert count == 1
    idea.write_text(text)
    told = ready("pack", "diff", str(folder), "--json").document
    assert (told["key"], told["version"]) == ("standard", 1)
    assert any("改・" in one["sentence"] for one in told["differences"])
    assert "route.dmn" in {one["place"] for one in told["differences"]}
    assert ready("pack", "list", "--json").document[0]["version"] == 1


def copy_of_standard(tmp_path: Path) -> Path:
    shutil.copytree(STANDARD, tmp_path / "city" / "processes" / "standard")
    shutil.copytree(ROOT / "forms" / "standard", tmp_path / "city" / "forms" / "standard")
    return tmp_path / "city" / "processes" / "standard"


def test_check_reads_each_kind_of_file(run):
    done = run(
        "check", str(STANDARD / "proposal.bpmn"), str(STANDARD / "route.dmn"),
        str(ROOT / "forms" / "standard" / "idea.form"), "--json",
    )  # fmt: skip
    assert done.status == 0
    bpmn, dmn, form = done.document
    assert [one["kind"] for one in (bpmn, dmn, form)] == ["bpmn", "dmn", "form"]
    assert all(one["accepted"] and one["executable"] for one in done.document)
    assert all(len(one["digest"]) == 64 for one in done.document)
    assert {"pools", "lanes", "activities", "gateways", "events", "flows", "message_flows"} == set(
        bpmn["facts"]
    )
    assert bpmn["facts"]["activities"] > 5
    assert dmn["facts"]["decisions"] >= 1
    assert form["facts"]["outcomes"] >= 1


def test_check_reads_a_pack_as_a_whole(run, tmp_path):
    folder = copy_of_standard(tmp_path)
    good = run("check", str(folder), "--json")
    assert good.status == 0
    assert {one["kind"] for one in good.document} == {"pack", "bpmn", "dmn", "form"}
    assert good.document[0]["facts"]["processes"] >= 7
    idea = folder.parents[1] / "forms" / "standard" / "idea.form"
    idea.unlink()
    bad = run("check", str(folder), "--json")
    assert bad.status == 1
    problems = [(Path(one["file"]).name, problem["code"])
                for one in bad.document for problem in one["problems"]]  # fmt: skip
    assert ("pack.toml", "pack-setting") in problems


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("broken.bpmn", b"<definitions", "xml-broken"),
        ("bomb.bpmn", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "xml-doctype"),
        ("none.bpmn", b"<html/>", None),
        ("broken.dmn", b"{}", "xml-broken"),
        ("broken.form", b"<x/>", "form.json"),
        ("photo.png", b"\x89PNG", "file-kind"),
        ("empty.bpmn", b"", "xml-broken"),
        ("huge.bpmn", b" " * (5 << 20), "file-too-large"),
    ],
)
def test_check_says_what_is_wrong_with_a_file_and_where(run, tmp_path, name, content, code):
    (tmp_path / name).write_bytes(content)
    done = run("check", str(tmp_path / name), "--json")
    assert done.status == 1
    (report,) = done.document
    assert (report["accepted"], report["executable"], report["digest"]) == (False, False, None)
    assert report["problems"]
    assert code is None or report["problems"][0]["code"] == code
    assert report["problems"][0].keys() == {
        "severity", "code", "line", "column", "element", "message", "hint",
    }  # fmt: skip


def test_check_of_a_file_that_is_not_there_is_a_problem(run, tmp_path):
    done = run("check", str(tmp_path / "nothing.bpmn"), "--json")
    (problem,) = done.document[0]["problems"]
    assert (done.status, problem["code"]) == (1, "file-unreadable")
    assert problem["message"] == "ファイルを開けません: 見つかりません"


def test_a_readable_model_that_may_not_be_published_is_said_to_be_both(run, tmp_path):
    text = (STANDARD / "proposal.bpmn").read_text().replace('isExecutable="true"', "")
    (tmp_path / "drawn.bpmn").write_text(text)
    done = run("check", str(tmp_path / "drawn.bpmn"), "--json")
    (report,) = done.document
    assert (done.status, report["accepted"], report["executable"]) == (1, True, False)


@pytest.mark.parametrize(
    "words",
    [
        [], ["nothing"], ["check"], ["user"], ["user", "add", "x"], ["serve", "--port", "x"],
        ["audit", "export"], ["audit", "export", "--format", "xml"], ["--lang", "xx", "upgrade"],
        ["user", "post", "add", "a", "b", "--from", "gestern"], ["init", "--unknown"],
        ["user", "password", "x", "--generate", "--password-stdin"],
    ],
)  # fmt: skip
def test_wrong_usage_is_2_and_says_so(run, words):
    done = run(*words)
    assert done.status == 2
    assert done.err.startswith("引数に誤りがあります")


def test_help_is_0(run):
    done = run("--help")
    assert (done.status, "check" in done.out) == (0, True)


def test_commands_before_init_say_what_to_do(run):
    done = run("user", "list")
    assert (done.status, "dxflow init" in done.err) == (1, True)
    assert run("serve").status == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DXFLOW_DATABASE", "nonsense"), ("DXFLOW_DATABASE", "mysql://x/y"),
        ("DXFLOW_DATABASE", "sqlite://"), ("DXFLOW_PORT", "x"), ("DXFLOW_DEMO", "perhaps"),
    ],
)  # fmt: skip
def test_bad_settings_are_one_sentence(run, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    done = run("user", "list", "--json")
    assert done.status == 1
    assert done.document["error"]


def test_a_file_that_is_no_database_is_one_sentence(run, monkeypatch, tmp_path):
    (tmp_path / "x.db").write_bytes(b"this is a text and no database" * 100)
    monkeypatch.setenv("DXFLOW_DATABASE", f"sqlite:///{tmp_path}/x.db")
    done = run("user", "list")
    assert (done.status, len(done.err.strip().splitlines())) == (1, 1)


def test_serve_refuses_demonstration_accounts_and_unsafe_secrets(ready, tmp_path):
    import pysqlite3

    connection = pysqlite3.connect(str(tmp_path / "var" / "dxflow.db"))
    connection.execute("UPDATE person SET demo = 1")
    connection.commit()
    connection.close()
    refused = ready("serve")
    assert (refused.status, "デモ用" in refused.err) == (1, True)
    key = tmp_path / "var" / "secret_key"
    key.chmod(0o644)
    refused = ready("serve")
    assert (refused.status, "chmod 600" in refused.err) == (1, True)
    key.chmod(0o600)
    key.write_bytes(b"change-me-change-me")
    assert ready("serve").status == 1
    key.unlink()
    assert (ready("serve").status, ready("worker").status) == (1, 1)


def test_the_bundled_program_is_the_same(monkeypatch, tmp_path):
    import subprocess
    import sys

    monkeypatch.setenv("DXFLOW_HOME", str(tmp_path))
    dxflow = Path(sys.executable).with_name("dxflow")
    done = subprocess.run([dxflow, "check", STANDARD / "route.dmn"], capture_output=True, text=True)
    assert (done.returncode, "公開できます" in done.stdout) == (0, True)
