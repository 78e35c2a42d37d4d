"""Moving running cases to another version: by command and on the administrators' pages."""

import json

from dxflow.cli import main
from dxflow.services.packs import store as packs
from tests.integration.test_migrations import renamed
from tests.walks import to_triage


def test_cases_move_and_come_back_by_command(sqlite_city, monkeypatch, capsys, tmp_path):
    def run(*words: str) -> tuple[int, dict]:
        status = main(["case", "migrate", *words, "--json"])
        said = capsys.readouterr()
        return status, json.loads(said.out or said.err)

    city = sqlite_city
    first, second = to_triage(city), city.start()
    monkeypatch.setenv("DXFLOW_HOME", str(city.site.settings.home))
    monkeypatch.setenv("DXFLOW_DATABASE", str(city.site.database.engine.url))
    city.site.settings.make_secret_key()
    packs.install(city.site, renamed(), "system")
    plan = tmp_path / "plan.toml"
    plan.write_text("to = 2\n")

    status, shown = run(str(plan), "--dry-run")
    assert status == 1
    assert [bool(one["blockers"]) for one in shown["cases"]] == [True, False]
    status, came = run(str(plan))
    assert status == 1
    assert [row["outcome"] for row in came["results"]] == ["blocked", "migrated"]
    status, back = run("--revert", came["id"])
    assert (status, [row["outcome"] for row in back["results"]]) == (0, ["blocked", "reverted"])

    plan.write_text('to = 2\n[map]\n"idea/triage" = "idea/reception"\n')
    status, came = run(str(plan), "--case", second.number)
    assert (status, [row["number"] for row in came["results"]]) == (0, [second.number])
    assert main(["case", "migrate", str(plan)]) == 0
    assert "移した" in capsys.readouterr().out
    assert {t.element for t in city.open_tasks("secretariat") if t.case_id == first} == {
        "reception"
    }
    assert main(["case", "migrate", str(plan), "--dry-run"]) == 0
    for words in (
        (),
        (str(plan), "--revert", "x"),
        ("--revert", "x", "--dry-run"),
        ("no.toml",),
        ("--revert", "x"),
    ):
        assert main(["case", "migrate", *words]) in (1, 2)
        assert "Traceback" not in capsys.readouterr().err
