"""A question, a step, a rule and a KPI field change without Python; running cases stay as they were.

The changes are made to the files of the standard pack as an author would make them, published as
its second version, and met by a case of each version.
"""

import json

import pytest
from sqlalchemy import select

from dxflow import forms
from dxflow.db.case import Measure
from dxflow.db.process import ProcessInstance, Submission
from dxflow.errors import Invalid
from dxflow.problems import Refused
from dxflow.services import plain
from dxflow.services.packs import store as packs
from tests.factories import ANALYSIS, ROOT, SHEET, City

OLD, NEW = "project_sheet", "initiative_sheet"
KPIS = [row | {"data_source": "予約システムの集計"} for row in SHEET["kpis"]]
NEW_SHEET = SHEET | {"kpis": KPIS}

FIELD = {
    "type": "textfield",
    "id": "field_kpis_data_source",
    "key": "data_source",
    "label": "データの出どころ",
    "validate": {"required": True, "maxLength": 100},
    "properties": {"width": "m"},
}
STEP_FORM = {
    "type": "default",
    "id": "precheck",
    "schemaVersion": 19,
    "properties": {"title": "事務局の下見"},
    "components": [
        {"type": "textarea", "id": "field_remark", "key": "remark", "label": "気づいたこと"},
        {
            "type": "button", "id": "button_seen", "label": "確かめた", "action": "submit",
            "properties": {"outcome": "seen", "tone": "primary"},
        },
    ],
}  # fmt: skip
STEP = """
    <bpmn:userTask id="precheck" name="事務局の下見">
      <bpmn:extensionElements>
        <zeebe:formDefinition formId="precheck" />
        <zeebe:assignmentDefinition candidateGroups="role:secretariat" />
      </bpmn:extensionElements>
    </bpmn:userTask>
    <bpmn:sequenceFlow id="to_precheck" sourceRef="bpr_analysis" targetRef="precheck" />
    <bpmn:sequenceFlow id="from_precheck" sourceRef="precheck" targetRef="sheet_approval" />
"""
FLOW = '    <bpmn:sequenceFlow id="flow_bpr_analysis_sheet_approval" sourceRef="bpr_analysis" targetRef="sheet_approval" />\n'


def _standard() -> dict[str, str]:
    return packs.read_folder(ROOT / "processes" / "standard")


def _replace(files: dict[str, str], name: str, old: str, new: str, times: int = 1) -> None:
    assert files[name].count(old) == times, (name, old)
    files[name] = files[name].replace(old, new)


def _rename_the_sheet(files: dict[str, str]) -> None:
    form = json.loads(files.pop(f"forms/{OLD}.form"))
    files[f"forms/{NEW}.form"] = json.dumps(form | {"id": NEW}, ensure_ascii=False)
    _replace(files, "sheet.bpmn", f'formId="{OLD}"', f'formId="{NEW}"', times=2)
    _replace(files, "pack.toml", f'form = "{OLD}"', f'form = "{NEW}"')
    _replace(files, "pack.toml", f'document = ["{OLD}"', f'document = ["{NEW}"')


def _change_questions(files: dict[str, str]) -> None:
    form = json.loads(files[f"forms/{NEW}.form"])
    groups = {one["id"]: one for one in form["components"]}
    groups["section_kpi"]["components"][0]["components"].append(FIELD)
    (problems,) = [
        one for one in groups["section_why"]["components"] if one.get("key") == "problems"
    ]
    problems["label"] = "困っていること"
    files[f"forms/{NEW}.form"] = json.dumps(form, ensure_ascii=False)


def _add_a_step(files: dict[str, str]) -> None:
    files["forms/precheck.form"] = json.dumps(STEP_FORM, ensure_ascii=False)
    _replace(files, "sheet.bpmn", FLOW, STEP)
    for way, flow in (("incoming", "from_precheck"), ("outgoing", "to_precheck")):
        old = f"<bpmn:{way}>flow_bpr_analysis_sheet_approval</bpmn:{way}>"
        _replace(files, "sheet.bpmn", old, f"<bpmn:{way}>{flow}</bpmn:{way}>")


def _change_a_rule(files: dict[str, str]) -> None:
    _replace(files, "route.dmn", "<text>&gt;= 1000000</text>", "<text>&gt;= 500000</text>")
    _replace(files, "route.dmn", "<text>&lt; 1000000</text>", "<text>&lt; 500000</text>")


@pytest.fixture
def second_version() -> dict[str, str]:
    files = _standard()
    for change in (_rename_the_sheet, _change_questions, _add_a_step, _change_a_rule):
        change(files)
    return files


def _to_sheet(city: City, cost: int = 3_000_000) -> str:
    case = city.start().id
    triage = {"lead": "counter", "cost": cost, "sections_touched": 1, "personal_data": False}
    _do(city, case, "head", "head_approval", "approve")
    _do(
        city,
        case,
        "secretariat",
        "triage",
        "proceed",
        **triage,
        citizen_effect="some",
        importance=[],
    )
    return case


def _open(city: City, case: str, who: str) -> list[str]:
    return [task.element for task in city.open_tasks(who) if task.case_id == case]


def _form(city: City, case: str, who: str):
    (task,) = [task for task in city.open_tasks(who) if task.case_id == case]
    return city.form(who, task.id)


def _do(city: City, case: str, who: str, element: str, outcome: str, **values):
    assert _open(city, case, who) == [element]
    return city.complete_form(who, _form(city, case, who), outcome, **values)


def _submitted(city: City, case: str, form: str) -> dict:
    with city.site.database.read() as tx:
        body = tx.execute(
            select(Submission.body).where(Submission.case_id == case, Submission.form_key == form)
        ).scalar_one()
    return plain.loads(body)


def _labels(form: forms.FormDefinition) -> dict[str, str]:
    return {fact.path: fact.label for fact in form.fields()}


def test_a_running_case_keeps_its_form_and_a_new_case_gets_the_changed_one(
    sqlite_city, second_version
):
    city = sqlite_city
    running = _to_sheet(city)
    published = packs.install(city.site, second_version, "system")
    fresh = _to_sheet(city)

    assert published.version == 2
    old, new = (_form(city, case, "applicant").definition for case in (running, fresh))
    assert (old.key, new.key) == (OLD, NEW)
    assert "kpis.data_source" not in _labels(old)
    assert _labels(new)["kpis.data_source"] == "データの出どころ"
    assert (_labels(old)["problems"], _labels(new)["problems"]) == ("課題", "困っていること")


def test_the_value_of_a_new_kpi_field_is_kept_and_the_measures_are_registered(
    sqlite_city, second_version
):
    city = sqlite_city
    packs.install(city.site, second_version, "system")
    case = _to_sheet(city)
    with pytest.raises(Invalid):
        _do(city, case, "applicant", "project_sheet", "submit", **SHEET)  # the new field is empty
    _do(city, case, "applicant", "project_sheet", "submit", **NEW_SHEET)

    kept = _submitted(city, case, NEW)["kpis"]
    assert [row["data_source"] for row in kept] == ["予約システムの集計"]
    with city.site.database.read() as tx:
        names = tx.execute(select(Measure.name).where(Measure.case_id == case)).scalars().all()
    assert names == ["予約の割合"]


def test_a_running_case_refuses_the_new_field_and_never_meets_the_new_step(
    sqlite_city, second_version
):
    city = sqlite_city
    case = _to_sheet(city)
    packs.install(city.site, second_version, "system")
    with pytest.raises(Invalid):
        _do(city, case, "applicant", "project_sheet", "submit", **NEW_SHEET)
    _do(city, case, "applicant", "project_sheet", "submit", **SHEET)
    _do(city, case, "applicant", "bpr_analysis", "submit", **ANALYSIS)

    assert _open(city, case, "head") == ["sheet_approval"]
    assert _submitted(city, case, OLD)["title"] == SHEET["title"]
    with city.site.database.read() as tx:
        digest = tx.execute(
            select(ProcessInstance.pack_digest).where(ProcessInstance.case_id == case)
        ).scalar_one()
    assert digest == packs.digest_of(_standard())


def test_a_step_drawn_into_the_process_waits_for_its_people(sqlite_city, second_version):
    city = sqlite_city
    packs.install(city.site, second_version, "system")
    case = _to_sheet(city)
    _do(city, case, "applicant", "project_sheet", "submit", **NEW_SHEET)
    _do(city, case, "applicant", "bpr_analysis", "submit", **ANALYSIS)

    assert _open(city, case, "head") == []
    _do(city, case, "secretariat", "precheck", "seen", remark="数字を確かめた")
    assert _open(city, case, "head") == ["sheet_approval"]


def test_a_changed_row_of_a_table_sends_new_cases_another_way(sqlite_city, second_version):
    city = sqlite_city
    before = _to_sheet(city, cost=600_000)
    packs.install(city.site, second_version, "system")
    after = _to_sheet(city, cost=600_000)

    assert _open(city, before, "applicant") == ["small_sheet"]
    assert _open(city, after, "applicant") == ["project_sheet"]


def test_a_form_renamed_in_one_place_only_is_not_published(sqlite_city):
    files = _standard()
    form = json.loads(files.pop(f"forms/{OLD}.form"))
    files[f"forms/{NEW}.form"] = json.dumps(form | {"id": NEW}, ensure_ascii=False)
    with pytest.raises(Refused) as refused:
        packs.install(sqlite_city.site, files, "system")

    places = {(one.file, one.element) for one in refused.value.problems if OLD in one.message}
    assert places == {
        ("sheet.bpmn", "project_sheet"),
        ("sheet.bpmn", "co_draft"),
        ("pack.toml", "summary"),
        ("pack.toml", "authority.document"),
    }
    with sqlite_city.site.database.read() as tx:
        assert [row.version for row in packs.versions(sqlite_city.site, tx)] == [1]
