"""Take a file in: named, received, held against its kind, scanned; for a case or for a draft."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dxflow.attachments import kinds, limits, scans
from dxflow.attachments.limits import Limits
from dxflow.errors import DxflowError, Invalid, Unavailable
from dxflow.services.attachments import incoming, scanning
from dxflow.services.attachments.incoming import Incoming, Source
from dxflow.services.attachments.scanning import Scanned
from dxflow.services.site import Site
from dxflow.texts import gettext as _

#: Records that a file was refused after its scan: its name, the file, what the scanner said.
Recording = Callable[[str, Incoming, Scanned], None]


@dataclass(frozen=True)
class Taken:
    """A file that may come in, under its safe name, with what its scan came to."""

    name: str
    file: Incoming
    scan: str


@contextmanager
def taken(
    site: Site, name: str, source: Source, allowed: Limits, record: Recording
) -> Iterator[Taken]:
    """Yield a file that may come in. Raises Invalid, or Unavailable when it cannot be scanned."""
    called, kind = limits.named(name, allowed)
    with incoming.received(source, allowed.file) as file:
        limits.require_room(file.size, 0, 0, allowed)
        try:
            kinds.require_true(kind, file.file)
        except kinds.LyingType as lie:
            raise limits.refused(str(lie)) from None
        scanned = scanning.scan(site.settings, file.path)
        if error := _trouble(site, called, scanned):
            record(called, file, scanned)
            raise error
        yield Taken(called, file, scanned.result)


def _trouble(site: Site, name: str, scanned: Scanned) -> DxflowError | None:
    """Return what is said of a file that must not come in, None when it may."""
    if scanned.result == scans.INFECTED:
        return Invalid(
            _("ウイルス検査で問題が見つかったため、添付できません。"),
            {
                "file": [
                    _(
                        "「{name}」からウイルスが見つかりました（{said}）。添付していません。"
                        "このファイルを開かず、情報システムの担当に知らせてください。",
                        name=name,
                        said=scanned.said or _("検査プログラムの判定"),
                    )
                ]
            },
        )
    if scanned.result == scans.FAILED and site.settings.scan_required:
        return Unavailable(
            _(
                "ウイルス検査のプログラムが答えなかったため、添付していません。"
                "少し待ってもう一度お試しください。続くときは管理者に知らせてください。"
            )
        )
    return None
