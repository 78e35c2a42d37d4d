"""The house keeps its own rules: sizes, words, texts, events, lock files, nothing from outside."""

import ast
import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib import metadata
from pathlib import Path
from string import Formatter

import pytest
from packaging.specifiers import SpecifierSet

from dxflow.audit.event_types import EVENT_TYPES
from dxflow.models.requirements import STATUSES
from dxflow.problems import Problem
from dxflow.services.commands import COMMANDS
from dxflow.services.packs import store as packs
from dxflow.services.packs.check import check_files

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "dxflow").rglob("*.py"))
PACKS = sorted(path.parent for path in (ROOT / "processes").glob("*/pack.toml"))
VAGUE = {"util", "utils", "helper", "helpers", "manager", "managers", "common", "misc"}


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _too_long(paths: list[Path], most: int) -> dict[str, int]:
    return {str(path.relative_to(ROOT)): n for path in paths if (n := _lines(path)) > most}


@cache
def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _calls(path: Path) -> Iterator[ast.Call]:
    return (node for node in ast.walk(_tree(path)) if isinstance(node, ast.Call))


def _name(call: ast.Call) -> str:
    function = call.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _tracked() -> list[Path]:
    """Return the files of the repository as git knows them."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    return [path for name in listed.split("\0") if name and (path := ROOT / name).is_file()]


def test_no_module_is_longer_than_four_hundred_lines():
    assert _too_long(MODULES, 400) == {}


def test_no_template_is_longer_than_a_hundred_and_fifty_lines():
    assert _too_long(sorted((ROOT / "dxflow").rglob("*.html")), 150) == {}


def test_no_test_file_is_longer_than_five_hundred_lines():
    assert _too_long(sorted((ROOT / "tests").rglob("*.py")), 500) == {}


def test_no_module_has_a_name_that_says_nothing():
    names = [part for path in MODULES for part in path.relative_to(ROOT).with_suffix("").parts]
    assert [name for name in names if VAGUE & set(name.split("_"))] == []


def test_importing_the_package_loads_nothing():
    assert (ROOT / "dxflow" / "__init__.py").read_text() == ""


def test_every_folder_of_tests_is_a_package():
    folders = {path.parent for path in (ROOT / "tests").rglob("test_*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_every_event_that_is_recorded_has_a_label():
    recorded = {
        (call.args[0].value, str(path.relative_to(ROOT)))
        for path in MODULES
        for call in _calls(path)
        if _name(call) in ("record", "system_event") and call.args
        and isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    }  # fmt: skip
    assert len(recorded) > 30
    assert {found for found in recorded if found[0] not in EVENT_TYPES} == set()


def test_every_way_a_case_may_end_is_an_event():
    assert set(packs.END_STATUSES) >= STATUSES
    assert {f"case.{status}" for status in packs.END_STATUSES} <= set(EVENT_TYPES)


def test_texts_are_written_whole_and_filled_in_by_gettext():
    wrong = []
    for path in MODULES:
        for call in _calls(path):
            if _name(call) not in ("_", "gettext") or not call.args:
                continue
            text = call.args[0]
            if isinstance(text, ast.JoinedStr | ast.BinOp):
                wrong.append((str(path.relative_to(ROOT)), call.lineno, "put together"))
            elif isinstance(text, ast.Constant) and isinstance(text.value, str):
                given = {keyword.arg for keyword in call.keywords}
                if None not in given and not _filled_in(text.value, given):
                    wrong.append((str(path.relative_to(ROOT)), call.lineno, text.value))
    assert wrong == []


def _filled_in(text: str, given: set[str | None]) -> bool:
    """Return whether a text shows no brace of its places, and names what it is given."""
    if not given:
        return not re.search(r"\{\{|\}\}|\{[a-z_]+\}", text)
    places = {name.split(".")[0].split("[")[0] for _, name, _, _ in Formatter().parse(text) if name}
    return places == given


@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_every_shipped_pack_may_be_published_without_a_warning(folder: Path):
    assert _problems(folder) == []


def _problems(folder: Path) -> list[Problem]:
    return check_files(packs.read_folder(folder), COMMANDS).problems


@pytest.mark.parametrize("folder", PACKS, ids=lambda folder: folder.name)
def test_every_form_of_a_pack_is_asked_somewhere(folder: Path):
    checked = check_files(packs.read_folder(folder), COMMANDS)
    asked = {one.form for one in checked.settings.offered}
    waiting = list(checked.processes.values())
    while waiting:
        level = waiting.pop()
        for element in level.elements.values():
            asked.add(element.form_key)
            waiting += [element.body] if element.body is not None else []
    assert set(checked.forms) == asked - {""}


#: Written in parts, so that this file does not name them either.
ELSEWHERE = re.compile(
    "|".join(("pypi" + r"\.org", "python" + "hosted", "npm" + r"js\.", r"\.\./" + "shared",
              r"(?<![\w.*-])/" + r"work/(?!\*)"))
)  # fmt: skip


def test_no_file_names_a_package_host_or_a_place_outside_the_repository():
    found = []
    for path in _tracked():
        text = path.read_bytes().decode("utf-8", "replace")
        found += [(str(path.relative_to(ROOT)), hit.group()) for hit in ELSEWHERE.finditer(text)]
    assert found == []


@cache
def _locked(file: str) -> dict[str, tuple[str, int]]:
    """Return each requirement of a lock file with its version and how many hashes it has."""
    found: dict[str, tuple[str, int]] = {}
    text = (ROOT / file).read_text().replace("\\\n", " ")
    for line in text.splitlines():
        requirement = line.partition("#")[0].strip()
        if requirement and not requirement.startswith("-"):
            name, _equals, rest = requirement.partition("==")
            version = rest.partition(";")[0].split()[0] if rest else ""
            found[_plain(name)] = (version, requirement.count("--hash=sha256:"))
    return found


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name.partition("[")[0].strip()).lower()


@pytest.mark.parametrize("file", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_requirement_has_one_version_and_hashes(file: str):
    locked = _locked(file)
    assert len(locked) > 20
    assert {
        name for name, (version, hashes) in locked.items() if not version or not hashes
    } == set()


def test_every_dependency_is_locked_and_tests_run_on_the_versions_of_the_runtime():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    runtime, development = _locked("requirements.lock"), _locked("requirements-dev.lock")
    names = [re.split(r"[<>=!~;\[ ]", one)[0] for one in project["dependencies"]]
    assert {_plain(name) for name in names} <= runtime.keys()
    tools = [re.split(r"[<>=!~;\[ ]", one)[0] for one in project["optional-dependencies"]["dev"]]
    assert {_plain(name) for name in tools} <= development.keys()
    both = runtime.keys() & development.keys()
    assert {name for name in both if runtime[name][0] != development[name][0]} == set()


def test_every_locked_version_runs_on_the_oldest_python_that_is_promised():
    locked = _locked("requirements.lock").keys() | _locked("requirements-dev.lock").keys()
    wants = {
        one.name: SpecifierSet(one.metadata["Requires-Python"] or "")
        for one in metadata.distributions()
        if _plain(one.name) in locked
    }
    assert len(wants) > 80
    assert {name for name, wanted in wants.items() if "3.11.0" not in wanted} == set()
