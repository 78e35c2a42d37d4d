"""What changes between two versions of a pack, in words."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy import select

from dxflow import decisions, forms
from dxflow.db.process import PackVersion
from dxflow.errors import NotFound
from dxflow.models.diff import diff
from dxflow.models.model import Process
from dxflow.problems import Refused, errors_in
from dxflow.services.packs import translations
from dxflow.services.packs.check import check_files
from dxflow.services.packs.decision_changes import decision_changes
from dxflow.services.packs.form_changes import form_changes
from dxflow.services.packs.settings import FILE, read_settings
from dxflow.services.packs.settings.changes import setting_changes
from dxflow.services.packs.store import load
from dxflow.services.packs.translation_changes import translation_changes
from dxflow.services.packs.wording import Told
from dxflow.services.site import Site
from dxflow.texts import gettext as _


@dataclass(frozen=True)
class Difference:
    """One thing that differs; `place` is a process id or a file name.

    `written`: only how it is written differs, nothing behaves otherwise.
    """

    place: str
    element: str
    sentence: str
    written: bool = False


@dataclass(frozen=True)
class Comparison:
    """A folder against the current version of its pack."""

    key: str
    version: int
    differences: list[Difference]


def against_current(site: Site, files: Mapping[str, str]) -> Comparison:
    """Compare files with the current version of their pack; nothing is written.

    Raises Refused when the files may not be published, NotFound when the pack has no version yet.
    """
    checked = check_files(files, site.commands)
    if errors_in(checked.problems):
        raise Refused(checked.problems)
    key = checked.settings.key
    with site.database.read() as tx:
        digest = tx.execute(
            select(PackVersion.digest).where(
                PackVersion.key == key, PackVersion.status == "current"
            )
        ).scalar_one_or_none()
        if digest is None:
            raise NotFound(
                _(
                    "パック {key} はまだありません。dxflow pack install で入れてください。",
                    key=key,
                )
            )
        pack = load(site, tx, digest)
    differences = between(pack.processes, pack.files, checked.processes, files)
    return Comparison(key, pack.version, differences)


def between(
    old_processes: Mapping[str, Process],
    old_files: Mapping[str, str],
    new_processes: Mapping[str, Process],
    new_files: Mapping[str, str],
) -> list[Difference]:
    """Return what differs from one version to another, process by process, then file by file.

    Where no process and no file behaves otherwise, drawings that were only arranged are told too.
    """
    found = [*_processes(old_processes, new_processes), *_files(old_files, new_files)]
    if all(one.written for one in found):
        found += [
            _rewritten(name)
            for name in sorted({*old_files, *new_files})
            if name.endswith(".bpmn") and old_files.get(name) != new_files.get(name)
        ]
    return found


def _rewritten(name: str) -> Difference:
    sentence = _("書き方だけを変えました。動きは変わりません。")
    return Difference(name, "", sentence, written=True)


def _processes(before: Mapping[str, Process], after: Mapping[str, Process]) -> Iterator[Difference]:
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if old is None:
            yield Difference(key, "", _("プロセスを追加しました。"))
        elif new is None:
            yield Difference(key, "", _("プロセスを削除しました。"))
        else:
            for change in diff(old, new):
                yield Difference(key, change.element, change.sentence)


def _files(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    """Tell how tables, forms and settings differ; diagrams are told as processes."""
    for name in sorted({*before, *after}):
        if name.endswith(".bpmn") or before.get(name) == after.get(name):
            continue
        if name not in before:
            yield Difference(name, "", _("ファイルを追加しました。"))
        elif name not in after:
            yield Difference(name, "", _("ファイルを削除しました。"))
        else:
            told = list(_contents(name, before[name], after[name]))
            for element, sentence in told:
                yield Difference(name, element, sentence)
            if not told:
                yield _rewritten(name)


def _contents(name: str, before: str, after: str) -> Iterator[Told]:
    """Tell what changed inside a file, and never nothing where its meaning changed.

    Where no reader can say more, or one overlooked something, the file itself is told.
    """
    try:
        told, same = _meaning(name, before, after)
    except Refused:  # published by a program that accepted what this one does not
        told, same = [], False
    yield from told
    if not told and not same:
        yield "", _("ファイルの内容を変えました。")


def _meaning(name: str, before: str, after: str) -> tuple[list[Told], bool]:
    """Return what changed and whether both texts mean the same."""
    if name.endswith(".form"):
        old, new = forms.read(before, name), forms.read(after, name)
        return list(form_changes(old, new)), old.digest == new.digest
    if name.endswith(".dmn"):
        was, now = (decisions.read(text.encode(), name) for text in (before, after))
        return list(decision_changes(was, now)), was.digest == now.digest
    if name == FILE:
        left, right = read_settings(before)[0], read_settings(after)[0]
        return list(setting_changes(left, right)), left == right
    if translations.language_of(name):
        here, there = (translations.read(text, name)[0] for text in (before, after))
        return list(translation_changes(here, there)), here == there
    return [], False
