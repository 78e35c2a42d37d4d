"""The form a process begins with asks for the title of the case, or nothing could be started."""

import json

from dxflow.services.commands import COMMANDS
from dxflow.services.packs import store
from dxflow.services.packs.check import check_files
from tests.factories import ROOT

STANDARD = store.read_folder(ROOT / "processes" / "standard")


def test_a_start_form_without_a_title_is_not_published():
    form = json.loads(STANDARD["forms/idea.form"])
    kept = [one for one in form["components"] if one.get("key") != "title"]
    assert len(kept) == len(form["components"]) - 1
    files = STANDARD | {"forms/idea.form": json.dumps(form | {"components": kept})}
    problems = check_files(files, COMMANDS).problems
    said = [one for one in problems if one.element == "start.form"]
    assert [one.message for one in said] == [
        "最初の様式「idea」に件名の項目（title）がありません。"
    ]
