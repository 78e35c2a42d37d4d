"""A model by itself is held to the functions there are; an export keeps to its format."""

import pytest

from tests.factories import ROOT
from tests.web.test_cli import STANDARD, ready, run  # noqa: F401 - fixtures


@pytest.mark.parametrize("expression", ["=all_units()", "=today2()"])
def test_a_model_by_itself_that_calls_no_function_there_is_may_not_be_published(
    run, tmp_path, expression  # noqa: F811
):  # fmt: skip
    text = (STANDARD / "proposal.bpmn").read_text()
    begin = text.index("<bpmn:conditionExpression")
    begin = text.index(">", begin) + 1
    end = text.index("</bpmn:conditionExpression>", begin)
    file = tmp_path / "one.bpmn"
    file.write_text(text[:begin] + expression + text[end:])
    done = run("check", str(file), "--json")
    (report,) = done.document
    assert (done.status, report["accepted"], report["executable"]) == (1, True, False)
    (problem,) = (one for one in report["problems"] if one["severity"] == "error")
    assert problem["code"] == "feel-unknown-function"
    assert expression.strip("=()") in problem["message"]


@pytest.mark.parametrize(
    ("name", "offered"),
    [("committee.bpmn", "committee.convene"), ("kpi.bpmn", "command:kpi.record")],
)
def test_a_model_by_itself_that_asks_for_no_command_there_is_may_not_be_published(
    run, tmp_path, name, offered  # noqa: F811
):  # fmt: skip
    text = (STANDARD / name).read_text()
    assert text.count(f'"{offered}"') == 1
    file = tmp_path / name
    file.write_text(text.replace(f'"{offered}"', f'"{offered}ed"'))
    done = run("check", str(file), "--json")
    (report,) = done.document
    assert (done.status, report["accepted"], report["executable"]) == (1, True, False)
    (problem,) = (one for one in report["problems"] if one["severity"] == "error")
    assert problem["code"] == "bpmn-unknown-reference"
    assert f"「{offered.removeprefix('command:')}ed」" in problem["message"]


def test_a_form_by_itself_that_calls_no_function_there_is_may_not_be_published(
    run, tmp_path  # noqa: F811
):  # fmt: skip
    text = (ROOT / "forms" / "standard" / "kpi_closing.form").read_text()
    assert "string(total)" in text
    file = tmp_path / "one.form"
    file.write_text(text.replace("string(total)", "strong(total)"))
    done = run("check", str(file), "--json")
    (report,) = done.document
    assert (done.status, report["accepted"], report["executable"]) == (1, True, False)
    (problem,) = report["problems"]
    assert "「strong」はありません" in problem["message"]
    assert problem["hint"]


def test_the_forms_of_the_pack_may_be_published_by_themselves(run):  # noqa: F811
    """What only the pack knows, such as its lists of choices, is not asked for."""
    done = run("check", *map(str, sorted((ROOT / "forms" / "standard").glob("*.form"))))
    assert (done.status, done.err) == (0, "")


def test_an_export_is_not_passed_off_as_one_document(ready):  # noqa: F811
    for kind in ("jsonl", "csv"):
        refused = ready("audit", "export", "--format", kind, "--json")
        assert refused.status == 1
        assert "--json と一緒に使えません" in refused.document["error"]
