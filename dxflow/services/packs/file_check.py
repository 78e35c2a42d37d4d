"""Check files as `dxflow check` shows them: what each is, whether it may be published, and why not.

A file by itself is checked without knowing the rest of its pack, so that references to other files
are not looked up; a pack's folder is checked as what would be published.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from dxflow import decisions, forms
from dxflow.models.check import check_executable
from dxflow.models.context import Context
from dxflow.models.reader import read as read_bpmn
from dxflow.problems import Problem, Refused, errors_in
from dxflow.refused import why
from dxflow.services.packs import store as packs
from dxflow.services.packs.check import IN_PROCESSES, OFFERED, check_files
from dxflow.services.packs.folders import place_of
from dxflow.services.packs.settings import FILE
from dxflow.texts import gettext as _

MOST_BYTES = 4 << 20
#: What is known of every pack, and so of a file by itself.
KNOWN = Context(functions=IN_PROCESSES)
KINDS = {".bpmn": "bpmn", ".dmn": "dmn", ".form": "form", ".toml": "pack"}


@dataclass(frozen=True)
class FileReport:
    """What was found about one file.

    `accepted`: readable as a model; `executable`: may be published; `digest`: of the meaning, the
    same for the same model from different tools, "" when it cannot be read.
    """

    file: str
    kind: str
    accepted: bool
    executable: bool
    digest: str = ""
    facts: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def check_path(path: Path, commands: Collection[str]) -> list[FileReport]:
    """Return the reports of a file, or of a pack's folder and everything in it."""
    if path.is_dir():
        return _check_pack(path, commands)
    data, problem = _read(path)
    if problem is not None:
        return [FileReport(str(path), _kind(path.name, b""), False, False, problems=(problem,))]
    return [check_data(data, str(path), commands)]


def check_data(data: bytes, file: str, commands: Collection[str]) -> FileReport:
    """Return the report of a file's bytes; its kind follows from its name, else its content."""
    kind = _kind(file, data)
    if kind == "bpmn":
        return _check_bpmn(data, file, replace(KNOWN, commands=frozenset(commands)))
    if kind in ("dmn", "form"):
        return _check_dmn(data, file) if kind == "dmn" else _check_form(data, file)
    return FileReport(file, kind, False, False, problems=(_unknown(file),))


def _check_bpmn(data: bytes, file: str, known: Context) -> FileReport:
    reading = read_bpmn(data, file)
    if reading.model is None:
        return FileReport(file, "bpmn", False, False, problems=tuple(reading.problems))
    found = (*reading.problems, *check_executable(reading.model, known))
    return FileReport(
        file, "bpmn", True, not errors_in(list(found)), reading.model.digest,
        reading.model.facts, found,
    )  # fmt: skip


def _check_dmn(data: bytes, file: str) -> FileReport:
    try:
        model = decisions.read(data, file)
    except Refused as refused:
        return FileReport(file, "dmn", False, False, problems=refused.problems)
    facts = {"decisions": len(model.decisions), "knowledge": len(model.knowledge)}
    return FileReport(file, "dmn", True, True, model.digest, facts)


def _check_form(data: bytes, file: str) -> FileReport:
    try:
        form = forms.read(data, file)
    except Refused as refused:
        return FileReport(file, "form", False, False, problems=refused.problems)
    facts = {"fields": len(form.fields()), "outcomes": len(form.outcomes)}
    found = tuple(forms.unknown_references(form, functions=OFFERED))
    return FileReport(file, "form", True, not found, form.digest, facts, found)


def _check_pack(folder: Path, commands: Collection[str]) -> list[FileReport]:
    try:
        files = packs.read_folder(folder.resolve())
    except Refused as refused:
        return [FileReport(str(folder), "pack", False, False, problems=refused.problems)]
    checked = check_files(files, commands)
    own: dict[str, list[Problem]] = {name: [] for name in files}
    for problem in checked.problems:
        own.setdefault(problem.file if problem.file in files else FILE, []).append(problem)
    readable = all(problem.code != "toml-broken" for problem in checked.problems)
    facts = {
        "processes": len(checked.processes),
        "decisions": len(checked.decisions),
        "forms": len(checked.forms),
    }
    reports = [
        FileReport(
            str(folder / FILE), "pack", readable, not errors_in(checked.problems),
            packs.digest_of(files), facts, tuple(own.pop(FILE)),
        )
    ]  # fmt: skip
    for name, problems in own.items():
        alone = check_data(files[name].encode(), name, commands)
        reports.append(
            FileReport(
                str(place_of(folder, name)), alone.kind, alone.accepted,
                not errors_in(problems), alone.digest, alone.facts, tuple(problems),
            )
        )  # fmt: skip
    return reports


def read_bytes(path: Path) -> bytes:
    """Return what a file holds. Raises OSError, and Refused for one that is too large."""
    with path.open("rb") as stream:
        data = stream.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        message = _("ファイルが大きすぎます（上限 {n} MiB）。", n=MOST_BYTES >> 20)
        raise Refused([Problem("file-too-large", message, str(path))])
    return data


def _read(path: Path) -> tuple[bytes, Problem | None]:
    try:
        return read_bytes(path), None
    except OSError as exc:
        message = _("ファイルを開けません: {why}", why=why(exc))
        return b"", Problem("file-unreadable", message, str(path))
    except Refused as exc:
        return b"", exc.problems[0]


def _kind(file: str, data: bytes) -> str:
    known = KINDS.get(Path(file).suffix.lower())
    if known is not None:
        return known
    for mark, kind in ((b"/BPMN/", "bpmn"), (b"/DMN/", "dmn"), (b'"components"', "form")):
        if mark in data[:20_000]:
            return kind
    return "unknown"


def _unknown(file: str) -> Problem:
    return Problem(
        "file-kind",
        _("BPMN、DMN、form のどれでもないファイルです。"),
        file,
        hint=_("パックはフォルダーを指定してください（processes/<名前>/）。"),
    )
