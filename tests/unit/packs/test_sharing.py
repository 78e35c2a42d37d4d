"""`[shared]`: a pack uses files of the pack in the folder beside it."""

import json
import shutil
from pathlib import Path

import pytest

from dxflow.problems import Refused, errors_in
from dxflow.services.commands import COMMANDS
from dxflow.services.packs import archives, store
from dxflow.services.packs.check import check_files
from dxflow.services.packs.file_check import check_path
from tests.factories import ROOT

STANDARD = store.read_folder(ROOT / "processes" / "standard")
SETTINGS = STANDARD["pack.toml"].replace('name = "standard"', 'name = "ours"')
SHARED = [name for name in STANDARD if name not in ("pack.toml", "idea.bpmn")]


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """Return the folder of a pack that has but one diagram of its own."""
    for kind in ("processes", "forms"):
        shutil.copytree(ROOT / kind / "standard", tmp_path / kind / "standard")
    folder = tmp_path / "processes" / "ours"
    folder.mkdir()
    shutil.copy(ROOT / "processes" / "standard" / "idea.bpmn", folder)
    settle(folder, SHARED)
    return folder


def settle(folder: Path, files: list[str], pack: str = "standard") -> None:
    shared = f'[shared]\npack = "{pack}"\nfiles = {json.dumps(files)}\n\n[start]'
    (folder / "pack.toml").write_text(SETTINGS.replace("[start]", shared, 1))


def faults(files: dict[str, str]) -> list[str]:
    return [one.code for one in errors_in(check_files(files, COMMANDS).problems)]


def test_what_is_shared_is_published_like_the_packs_own(ours: Path):
    files = store.read_folder(ours)
    assert files["committee.bpmn"] == STANDARD["committee.bpmn"]
    assert files["forms/verdict.form"] == STANDARD["forms/verdict.form"]
    assert not faults(files)


def test_a_file_of_its_own_goes_before_a_shared_one(ours: Path):
    (ours / "committee.bpmn").write_text("our own")
    assert store.read_folder(ours)["committee.bpmn"] == "our own"


def test_the_packs_own_translations_go_before_those_that_come_along(ours: Path):
    own = '"委員の判断" = "Our members\' word"\n'
    (ours / "texts.en.toml").write_text(own)
    files = store.read_folder(ours)
    assert files["texts.en.toml"] == own
    assert files["texts.standard.en.toml"] == STANDARD["texts.en.toml"]
    words = check_files(files, COMMANDS).texts["en"]
    assert words["委員の判断"] == "Our members' word"
    assert words["所属長の確認"] == check_files(STANDARD, COMMANDS).texts["en"]["所属長の確認"]


def test_a_saved_version_needs_no_pack_beside_it(ours: Path, tmp_path: Path):
    files = store.read_folder(ours)
    assert archives.read(archives.write(files, "ours")) == files
    (ours.parent / "standard").rename(tmp_path / "gone")
    for name, text in files.items():
        place = tmp_path / "forms" / "ours" if name.startswith("forms/") else ours
        place.mkdir(exist_ok=True, parents=True)
        (place / Path(name).name).write_text(text)
    assert store.read_folder(ours) == files


def test_a_fault_in_a_shared_file_is_told_where_the_file_lies(ours: Path):
    beside = ours.parent / "standard" / "committee.bpmn"
    beside.write_text(beside.read_text().replace('formId="verdict"', 'formId="nothing"'))
    (report,) = [one for one in check_path(ours, COMMANDS) if not one.executable and one.problems]
    assert report.file == str(beside)


@pytest.mark.parametrize(
    ("files", "pack", "place"),
    [(["gone.bpmn"], "standard", "standard/gone.bpmn"), (["idea.dmn"], "other", "other/idea.dmn")],
)
def test_what_is_not_there_is_named_with_its_place(
    ours: Path, files: list[str], pack: str, place: str
):
    settle(ours, files, pack)
    with pytest.raises(Refused) as refused:
        store.read_folder(ours)
    (problem,) = refused.value.problems
    assert problem.code == "shared-missing"
    assert place in problem.message


@pytest.mark.parametrize(
    ("shared", "words"),
    [
        (
            'files = ["../../secret.toml"]\npack = "standard"',
            "共有できるファイルの名前ではありません",
        ),
        ('files = ["pack.toml"]\npack = "standard"', "共有できるファイルの名前ではありません"),
        ('files = ["a.bpmn"]\npack = "../.."', "隣のフォルダーの名前"),
        ('files = ["a.bpmn"]', "隣のフォルダーの名前"),
        ('files = "a.bpmn"\npack = "standard"', "ファイル名の並び"),
        ('files = []\npack = "standard"\nall = true', "all という項目はありません"),
    ],
)
def test_what_cannot_be_shared_is_refused_and_nothing_is_read_for_it(
    ours: Path, shared: str, words: str
):
    text = SETTINGS.replace("[start]", f"[shared]\n{shared}\n\n[start]", 1)
    (ours / "pack.toml").write_text(text)
    files = store.read_folder(ours)
    assert set(files) == {"pack.toml", "idea.bpmn"}
    assert any(words in one.message for one in check_files(files, COMMANDS).problems)


def test_a_folder_packed_without_what_it_shares_is_refused_in_a_sentence(ours: Path):
    files = {name: text for name, text in store.read_folder(ours).items() if name == "pack.toml"}
    problems = check_files(files, COMMANDS).problems
    missing = [one for one in problems if one.code == "shared-missing"]
    assert len(missing) == len(SHARED)
    assert "standard から写すか" in missing[0].hint
