"""`dxflow pack install|list`."""

from argparse import Namespace
from pathlib import Path

from dxflow import config
from dxflow.cli.output import Output
from dxflow.config import Settings
from dxflow.services.installation.opening import opened
from dxflow.services.packs import store as packs
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
    with opened(settings) as site:
        row = packs.install(site, packs.read_folder(folder_of(arguments.folder)), "system")
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
