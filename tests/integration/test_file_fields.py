"""A form that asks for files: the step goes on only with one attached; what was picked stays."""

import io
import json

import pytest

from dxflow import forms
from dxflow.services.acts import task_forms
from dxflow.services.attachments import attaching
from dxflow.services.operations import publishing
from dxflow.services.packs import archives, store
from dxflow.services.reading import case_pages
from tests.factories import ROOT, City
from tests.files import PDF
from tests.walks import TRIAGE, do, task_of, to_triage


def pack(form: str, **component: object) -> bytes:
    """Return the standard pack with a field for files in one of its forms."""
    files = store.read_folder(ROOT / "processes" / "standard")
    definition = json.loads(files[f"forms/{form}.form"])
    definition["components"].append(
        {"type": "filepicker", "id": "field_papers", "key": "papers", "label": "見積書"} | component
    )
    for one in definition["components"]:
        kept = one.get("properties", {})
        if kept.get("outcome") == "proceed":
            kept["only"] += ",papers"
    files[f"forms/{form}.form"] = json.dumps(definition, ensure_ascii=False)
    return archives.write(files, "standard")


def publish(city: City, content: bytes) -> None:
    admin = city.actor("admin")
    publishing.publish(city.site, admin, publishing.upload(city.site, admin, content).digest)


def problems(city: City, content: bytes) -> list[str]:
    found = publishing.upload(city.site, city.actor("admin"), content)
    return [one.message for one in found.problems]


def test_a_step_that_asks_for_a_file_goes_on_only_with_one(city):
    publish(city, pack("triage", validate={"required": True}, multiple=True))
    case = to_triage(city)
    task = task_of(city, "secretariat", case, "triage")
    form = task_forms.task_form(city.site, city.actor("secretariat"), task.id)
    assert "先に「添付ファイル」の欄から" in form.definition.components[-1].help
    with pytest.raises(forms.FormInvalid) as refused:
        do(city, case, "secretariat", "triage", "proceed", **TRIAGE)
    assert "papers" in refused.value.fields
    attaching.attach(city.site, city.actor("secretariat"), case, "見積書.pdf", io.BytesIO(PDF))
    form = task_forms.task_form(city.site, city.actor("secretariat"), task.id)
    (offered,) = form.context.options["attachments"]
    assert offered.label.startswith("見積書.pdf (v1, ")
    with pytest.raises(forms.FormInvalid):
        do(city, case, "secretariat", "triage", "proceed", **TRIAGE, papers=["別の.pdf (v1, 0)"])
    do(city, case, "secretariat", "triage", "proceed", **TRIAGE, papers=[offered.value])
    papers = case_pages.papers(city.site, city.actor("applicant"), case, 1, 20).page.entries
    texts = [one.text for paper in papers for one in (paper.view.fields if paper.view else ())]
    assert any(offered.value in text for text in texts)


def test_a_field_for_files_is_checked_where_it_is_written(sqlite_city):
    assert problems(sqlite_city, pack("triage")) == []
    assert any("accept" in one for one in problems(sqlite_city, pack("triage", accept=".pdf")))
    assert problems(sqlite_city, pack("idea")) == []  # the files of the draft
