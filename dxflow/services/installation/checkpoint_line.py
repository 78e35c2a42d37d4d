"""What is said of the checkpoints of the audit log: the last one, its age, where, what is wrong."""

import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from dxflow.calendars.wareki import wareki_datetime
from dxflow.config import Settings
from dxflow.services.installation.status_lines import BAD, CARE, GOOD, Line
from dxflow.services.people import facts
from dxflow.services.people.checkpoint_facts import LAST, MAILED, TROUBLE
from dxflow.texts import gettext as _


def checkpoint_line(tx: Connection, settings: Settings, now: datetime) -> Line:
    """Return how it is with the checkpoints."""
    found = facts.read(tx, LAST, TROUBLE, MAILED)
    last, folder = found.get(LAST, {}), settings.checkpoint_place
    at = _moment(last)
    value = (
        _(
            "{n} 番、{at}、{folder}",
            n=last.get("number"),
            at=wareki_datetime(at),
            folder=Path(str(last.get("file"))).parent,
        )
        if at
        else _("まだありません")
    )
    state, advice = _judged(settings, found, at, now, folder)
    return Line("checkpoint", _("監査のチェックポイント"), state, value, advice)


def _judged(
    settings: Settings, found: Mapping[str, Mapping[str, Any]], at: datetime | None,
    now: datetime, folder: Path,
) -> tuple[str, str]:  # fmt: skip
    """Return the state, and what is to be done about the first thing that is wrong."""
    trouble, torn = found.get(TROUBLE, {}), found.get(LAST, {}).get("torn")
    if torn:
        return BAD, _(
            "前のチェックポイントが見た記録のうち {n} 系列が、なくなったか変わっていました。"
            "dxflow audit verify で確かめ、監査の担当に知らせてください。",
            n=torn,
        )
    if trouble:
        return BAD, str(trouble.get("why"))
    if at is not None and now - at > timedelta(days=settings.checkpoint_days):
        return BAD, _(
            "{n} 日を過ぎました。自動処理が動いているか確かめ、"
            "dxflow audit checkpoint を実行してください。",
            n=settings.checkpoint_days,
        )
    if _unwritable(settings):
        return BAD, _("フォルダー {folder} に、この機械から書けません。", folder=folder)
    if at is None:
        return CARE, _("dxflow audit checkpoint を実行するか、自動処理を動かしてください。")
    if not settings.checkpoint_hours:
        return CARE, _("DXFLOW_CHECKPOINT_HOURS=0 なので、自動では作られません。")
    if settings.checkpoint_mail and (why := found.get(MAILED, {}).get("trouble")):
        return CARE, _("監査の担当へメールで送れていません: {why}", why=why)
    if settings.checkpoint_dir is None and not settings.checkpoint_mail:
        return CARE, _(
            "同じ機械の中にしかありません。DXFLOW_CHECKPOINT_DIR に別の機械のフォルダーを、"
            "DXFLOW_CHECKPOINT_MAIL に監査の担当のアドレスを指定してください。"
        )
    return GOOD, ""


def _unwritable(settings: Settings) -> bool:
    """Return whether the folder is not there or takes no files; one of our own is made when used."""
    folder = settings.checkpoint_place
    if settings.checkpoint_dir is None and not folder.exists():
        return False
    return not (folder.is_dir() and os.access(folder, os.W_OK | os.X_OK))


def _moment(last: Mapping[str, Any]) -> datetime | None:
    try:
        found = datetime.fromisoformat(str(last.get("at", "")))
    except ValueError:
        return None
    return found if found.tzinfo else None
