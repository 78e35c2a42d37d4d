"""The command line during a maintenance: cases rest, whoever cares for the installation works."""

import json
from pathlib import Path

import pytest

from dxflow.cli import main
from dxflow.services.acts import incidents
from dxflow.services.packs import store as packs
from tests.factories import City
from tests.integration.test_incidents import dead_notice
from tests.integration.test_migrations import renamed
from tests.walks import to_triage

REASON = ("--reason", "点検のため")
SAID = "帳票サーバーの入替え"


@pytest.fixture
def command(sqlite_city, monkeypatch, capsys):
    """Return a function that runs a command on the city's database."""
    monkeypatch.setenv("DXFLOW_DATABASE", str(sqlite_city.site.database.engine.url))
    monkeypatch.setenv("DXFLOW_HOME", str(sqlite_city.site.settings.home))
    sqlite_city.site.settings.make_secret_key()

    def run(*words: str) -> tuple[int, str]:
        status = main(list(words))
        said = capsys.readouterr()
        assert "Traceback" not in said.out + said.err
        return status, said.out + said.err

    return run


@pytest.fixture
def closed(command, sqlite_city, tmp_path):
    """Return a case, an open task of it and a migration plan, all under maintenance."""
    case = to_triage(sqlite_city)
    (task,) = sqlite_city.open_tasks("secretariat")
    packs.install(sqlite_city.site, renamed(), "system")
    plan = tmp_path / "plan.toml"
    plan.write_text('to = 2\n[map]\n"idea/triage" = "idea/reception"\n')
    assert command("maintenance", "on", "--message", SAID)[0] == 0
    return case, task.id, str(plan)


def changes(case: str, task: str, plan: str) -> list[tuple[str, ...]]:
    """Return the commands that change a case, in an order in which each of them can be done."""
    return [
        ("case", "migrate", plan),
        ("case", "reassign", task, "--to", "user:civic_head", *REASON),
        ("case", "suspend", case, *REASON),
        ("case", "resume", case),
        ("case", "cancel", case, *REASON),
    ]


def test_what_changes_a_case_is_refused_and_says_how_to_go_on(command, closed):
    for words in changes(*closed):
        status, said = command(*words)
        assert status == 1, words
        for part in (SAID, "--during-maintenance", "dxflow maintenance off"):
            assert part in said, words
    status, said = command("case", "migrate", "--revert", "x", "--json")
    assert (status, SAID in json.loads(said.partition("\n}\n")[0] + "\n}")["error"]) == (1, True)
    assert "受付審査" in command("case", "show", closed[0])[1]


def test_it_is_done_as_part_of_the_maintenance_and_after_it(command, closed):
    for words in changes(*closed)[:-1]:
        assert command(*words, "--during-maintenance")[0] == 0, words
    assert command("maintenance", "off")[0] == 0
    assert command(*changes(*closed)[-1])[0] == 0


def test_an_announcement_alone_stops_nothing(command, sqlite_city: City):
    case = sqlite_city.start().id
    later = ("--from", "2199-01-01T00:00")
    assert command("maintenance", "on", "--message", SAID, *later)[0] == 0
    assert command("case", "suspend", case, *REASON)[0] == 0


def test_a_job_that_is_tried_again_waits_for_the_end(command, sqlite_city: City):
    number = dead_notice(sqlite_city)
    assert command("maintenance", "on", "--message", SAID)[0] == 0
    status, said = command("incident", "retry", number)
    assert (status, "保守が終わってから" in said) == (0, True)


def test_caring_for_the_installation_goes_on(command, closed, sqlite_city: City, tmp_path: Path):
    case, _task, plan = closed
    number = incidents.record(sqlite_city.site, case_id=case, element="x", cause="y")
    backup = str(tmp_path / "city.dxb")
    for words in (
        ("backup", backup), ("backup", "--verify", backup), ("upgrade",),
        ("user", "list"), ("user", "password", "applicant", "--generate"),
        ("user", "disable", "other"), ("user", "enable", "other"), ("audit", "verify"),
        ("pack", "list"), ("case", "show", case), ("case", "migrate", plan, "--dry-run"),
        ("incident", "list"), ("incident", "show", number),
        ("incident", "close", number, "--note", "直した"),
    ):  # fmt: skip
        status, said = command(*words)
        assert (status, SAID in said) == (0, False), (words, said)
    assert "保守作業中" in command("status")[1]
