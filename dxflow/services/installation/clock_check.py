"""Whether the machine's clock stands behind what the log has already seen."""

import logging
from datetime import datetime, timedelta

from sqlalchemy import func, select

from dxflow.clock import TOKYO
from dxflow.db.audit import AuditEvent
from dxflow.services.site import Site
from dxflow.texts import gettext as _

log = logging.getLogger("dxflow.clock")
#: A correction by a time server is no trouble.
TOLERATED = timedelta(seconds=5)


def behind(site: Site) -> timedelta | None:
    """Return by how much the clock stands behind the newest event, None when it does not."""
    with site.database.read() as tx:
        newest = tx.execute(select(func.max(AuditEvent.at))).scalar_one()
    if not newest:
        return None
    late = datetime.fromisoformat(newest) - site.now()
    return late if late > TOLERATED else None


def warning(site: Site) -> str:
    """Return a sentence for operators, empty when the clock is in order."""
    late = behind(site)
    if late is None:
        return ""
    return _(
        "時計が、最後の記録（{at}）より {n} 分遅れています。記録の日時は、時計が追いつくまで"
        "最後の記録の日時にそろえ、期限と自動処理も、そのときまで待ちます。"
        "サーバーの時計（NTP）を直してください。",
        at=f"{(site.now() + late).astimezone(TOKYO):%Y-%m-%d %H:%M:%S}",
        n=max(1, round(late.total_seconds() / 60)),
    )


def warn(site: Site) -> None:
    """Say at a start that the clock stands behind."""
    sentence = warning(site)
    if sentence:
        log.warning("%s", sentence)
