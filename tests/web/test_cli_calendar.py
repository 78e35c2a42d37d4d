"""`dxflow calendar`: days entered, listed, taken back and imported at the command line."""

from pathlib import Path

from tests.web.test_cli import ready, run  # noqa: F401 - fixtures


def test_days_are_entered_listed_and_taken_back(ready):  # noqa: F811
    done = ready(
        "calendar", "add", "2030-10-01", "--until", "R12.10.2", "--name", "開港記念日", "--json"
    )
    assert done.status == 0
    assert [one["day"] for one in done.document["days"]] == ["2030-10-01", "2030-10-02"]
    ready("calendar", "add", "2030-10-05", "--open", "--name", "休日窓口")
    found = ready("calendar", "list", "--year", "令和12年度", "--json").document
    assert [(one["day"], one["kind"]) for one in found["days"]] == [
        ("2030-10-01", "closed"), ("2030-10-02", "closed"), ("2030-10-05", "open"),
    ]  # fmt: skip
    assert "開港記念日" in ready("calendar", "list", "--year", "R12").out
    assert ready("calendar", "remove", "2030-10-01", "--until", "2030-10-05").status == 0
    assert ready("calendar", "list", "--year", "R12", "--json").document["days"] == []
    assert ready("calendar", "remove", "2030-10-01").status == 1


def test_wrong_usage_and_refusals_have_their_status(ready):  # noqa: F811
    assert ready("calendar", "add", "10月1日", "--name", "x").status == 2
    assert ready("calendar", "list", "--year", "昔").status == 2
    past = ready("calendar", "add", "2026-04-01", "--name", "台風", "--json")
    assert past.status == 1
    assert "reason" in past.document["errors"]
    assert ready("calendar", "import", "nothing.csv").status == 1


def test_a_file_is_checked_then_written(ready, tmp_path: Path):  # noqa: F811
    file = tmp_path / "days.csv"
    file.write_bytes("日付,区分,名称\n2030-10-01,閉庁,開港記念日\n".encode("cp932"))
    dry = ready("calendar", "import", str(file), "--dry-run", "--json").document
    assert (dry["changes"], dry["dry_run"]) == (1, True)
    assert ready("calendar", "list", "--year", "R12", "--json").document["days"] == []
    assert ready("calendar", "import", str(file), "--json").document["changes"] == 1
    assert ready("calendar", "import", str(file), "--json").document["unchanged"] == 1
    file.write_bytes(b"%PDF-1.7")
    refused = ready("calendar", "import", str(file), "--json")
    assert refused.status == 1
    assert "PDF" in refused.document["problems"][0]["message"]
