"""`dxflow pack install|list|diff`."""

from argparse import Namespace
from pathlib import Path

from dxflow import config
from dxflow.cli.output import Output
from dxflow.config import Settings
from dxflow.services.installation.opening import opened
from dxflow.services.packs import store as packs
from dxflow.services.packs.comparison import against_current
from dxflow.services.packs.listing import installed
from dxflow.texts import gettext as _


def folder_of(name: str) -> Path:
    """Return a pack's folder: as given, or the pack of that name that comes with dxflow."""
    given = Path(name)
    bundled = config.root() / "processes" / name
    if not given.is_dir() and given.name == name and bundled.is_dir():
        return bundled.resolve()
    return given.resolve()


def install(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Publish a folder as a new version; the same files again change nothing."""
    files = packs.read_folder(folder_of(arguments.folder))
    with opened(settings) as site:
        standing = {one.digest: one.status for one in installed(site)}
        row = packs.install(site, files, "system")
    before = standing.get(row.digest)
    if before == "current":
        output.say(
            _(
                "公開中の第 {n} 版と、どのファイルも同じです。公開するものはありません。",
                n=row.version,
            )
        )
    elif before is not None:
        output.say(
            _("第 {n} 版と、どのファイルも同じです。第 {n} 版を公開中に戻しました。", n=row.version)
        )
    else:
        output.say(
            _(
                "パック {key}（{title}）の第 {version} 版を公開しました。",
                key=row.key,
                title=row.title,
                version=row.version,
            )
        )
    output.result(row)
    return 0


def listed(_arguments: Namespace, settings: Settings, output: Output) -> int:
    """List every installed version, newest first within a pack."""
    with opened(settings) as site:
        rows = installed(site)
    for row in rows:
        mark = _("公開中") if row.status == "current" else _("以前の版")
        output.say(f"{row.key}\t{row.version}\t{mark}\t{row.digest[:12]}\t{row.title}")
    if not rows:
        output.say(_("パックはまだありません。dxflow pack install で入れてください。"))
    output.result(rows)
    return 0


def compared(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Tell what publishing a folder would change, in words; nothing is published."""
    with opened(settings) as site:
        found = against_current(site, packs.read_folder(folder_of(arguments.folder)))
    for one in found.differences:
        output.say(f"{one.place}\t{one.element}\t{one.sentence}")
    if not found.differences:
        output.say(_("公開中の第 {version} 版と同じです。", version=found.version))
    output.result(found)
    return 0
