"""A pack's folder: its own files, and those it shares with the pack in a folder beside it.

What is published holds them all. A file of its own goes before a shared one of the same name.
"""

from collections.abc import Iterator
from pathlib import Path

from dxflow import toml
from dxflow.problems import Problem, Refused
from dxflow.services.packs.settings import FILE, sharing
from dxflow.texts import gettext as _

ENDINGS = (".bpmn", ".dmn", ".toml")
FORMS = "forms/"


def read_folder(folder: Path) -> dict[str, str]:
    """Return the files of a pack: `processes/<pack>/*`, `forms/<pack>/*`, and those it shares.

    Raises Refused when there is no pack.toml, a file is no UTF-8 text, or one that is to be
    shared is not there.
    """
    if not (folder / FILE).is_file():
        raise _refused(
            "pack-missing",
            _("pack.toml がありません。"),
            folder,
            _("processes/<名前>/ のフォルダーを指定してください。"),
        )
    files = {name: _text(place) for name, place in _places(folder)}
    shared = _shared(folder, files[FILE])
    if shared.pack:
        files |= _taken(folder, shared, files)
    return files


def place_of(folder: Path, name: str) -> Path:
    """Return where a file of a pack lies; forms lie in a folder of their own."""
    place = _place(folder, name)
    if place.exists() or not (folder / FILE).is_file():
        return place
    shared = _shared(folder, _text(folder / FILE))
    theirs = dict(zip(shared.names, shared.files, strict=True)).get(name)
    return place if theirs is None else _place(folder.resolve().parent / shared.pack, theirs)


def _taken(folder: Path, shared: sharing.Shared, own: dict[str, str]) -> dict[str, str]:
    other = folder.parent / shared.pack
    taken: dict[str, str] = {}
    for name, named in zip(shared.names, shared.files, strict=True):
        if name in own:
            continue
        place = _place(other, named)
        if not place.is_file():
            raise _refused(
                "shared-missing",
                _("共有するファイル {place} がありません。", place=place),
                folder / FILE,
                _("[shared] の pack と files を確かめてください。"),
            )
        taken[name] = _text(place)
    return taken


def _shared(folder: Path, settings: str) -> sharing.Shared:
    """Return what pack.toml shares; what is wrong with it is for the check to tell."""
    try:
        raw = toml.parse(settings, FILE)
    except Refused:
        return sharing.Shared()
    return sharing.read(raw.get(sharing.KEY, {}), lambda *_problem: None)


def _places(folder: Path) -> Iterator[tuple[str, Path]]:
    for place in sorted(folder.iterdir()):
        if place.suffix in ENDINGS:
            yield place.name, place
    for place in sorted((folder.parent.parent / "forms" / folder.name).glob("*.form")):
        yield FORMS + place.name, place


def _place(folder: Path, name: str) -> Path:
    inner = name.removeprefix(FORMS)
    if inner == name:
        return folder / name
    return folder.parent.parent / "forms" / folder.resolve().name / inner


def _text(place: Path) -> str:
    try:
        return place.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise _refused("not-utf8", _("UTF-8 の文字として読めません。"), place) from None


def _refused(code: str, message: str, place: Path, hint: str = "") -> Refused:
    return Refused([Problem(code, message, file=str(place), hint=hint)])
