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
from dxflow.services.people import checkpoint_facts, facts
from dxflow.services.people.checkpoint_facts import KEY, LAST, MAILED, TROUBLE, WORKER, Torn
from dxflow.texts import gettext as _


def checkpoint_line(tx: Connection, settings: Settings, now: datetime) -> Line:
    """Return how it is with the checkpoints."""
    found = facts.read(tx, KEY, LAST, TROUBLE, MAILED)
    last = found.get(LAST, {})
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
    torn = checkpoint_facts.torn(tx)
    state, advice = (BAD, _alarm(torn)) if torn else _judged(settings, found, at, now)
    return Line("checkpoint", _("監査のチェックポイント"), state, value, advice)


def _judged(
    settings: Settings, found: Mapping[str, Mapping[str, Any]], at: datetime | None, now: datetime
) -> tuple[str, str]:  # fmt: skip
    """Return the state, and what is to be done about the first thing that is wrong."""
    folder = settings.checkpoint_place
    if trouble := _trouble(found.get(TROUBLE, {})):
        return BAD, trouble
    if at is not None and now - at > timedelta(days=settings.checkpoint_days):
        return BAD, _(
            "{n} 日を過ぎました。自動処理が動いているか確かめ、"
            "dxflow audit checkpoint を実行してください。",
            n=settings.checkpoint_days,
        )
    if _unwritable(settings):
        return BAD, _("フォルダー {folder} に、この機械から書けません。", folder=folder)
    if at is not None and (lost := _misplaced(found.get(LAST, {}), folder)):
        return lost
    if KEY in found and not os.path.exists(settings.checkpoint_key_place):
        return CARE, _(
            "署名する鍵 {file} がありません。元の鍵の写しを、持ち主を dxflow にして戻すか、"
            "dxflow audit key --new で新しい鍵にし、監査の担当に知らせてください。",
            file=settings.checkpoint_key_place,
        )
    if at is None:
        return CARE, _("dxflow audit checkpoint を実行するか、自動処理を動かしてください。")
    if not settings.checkpoint_hours:
        return CARE, _("DXFLOW_CHECKPOINT_HOURS=0 なので、自動では作られません。")
    if settings.checkpoint_mail and (why := found.get(MAILED, {}).get("trouble")):
        return CARE, _("監査の担当へメールで送れていません: {why}", why=why)
    here = settings.checkpoint_dir is None or same_disk(folder, settings.home)
    if here and not settings.checkpoint_mail:
        return CARE, _(
            "同じ機械の中にしかありません。DXFLOW_CHECKPOINT_DIR に別の機械のフォルダーを、"
            "DXFLOW_CHECKPOINT_MAIL に監査の担当のアドレスを指定してください。"
        )
    return GOOD, ""


def _alarm(torn: Torn) -> str:
    return _(
        "{at}のチェックポイント {number} が、前のもの（{before}）の見た記録のうち {n} 系列が"
        "なくなったか変わったことを見つけました。dxflow audit verify で確かめ、監査の担当に知らせて"
        "ください。検証で食い違いがなくなるか、監査の担当か CIO が「チェックポイント」の画面で"
        "確認済みにするまで、消えません。",
        at=wareki_datetime(torn.at),
        number=torn.number,
        before=torn.before,
        n=torn.streams,
    )


def _trouble(found: Mapping[str, Any]) -> str:
    """Return what went wrong: what the worker has met before what somebody has by hand."""
    if isinstance(worker := found.get(WORKER), dict):
        return _(
            "自動処理が作れませんでした（{at}）。{why}"
            "自動処理が次に作れたときに、この表示は消えます（手で作っても消えません）。",
            at=wareki_datetime(at) if (at := _moment(worker)) else "―",
            why=worker.get("why"),
        )
    return next((str(one.get("why")) for one in found.values() if isinstance(one, dict)), "")


def _misplaced(last: Mapping[str, Any], folder: Path) -> tuple[str, str] | None:
    """Say that the last one is not where it belongs: in a folder used before, or nowhere."""
    file = Path(str(last.get("file")))  # what may not be looked at is not there
    if os.path.exists(folder / file.name):
        return None
    if os.path.exists(file):
        return CARE, _(
            "最後のチェックポイントは、前のフォルダー {old} にあります。"
            "そこにあるファイルを、すべて {folder} へ写してください。",
            old=file.parent,
            folder=folder,
        )
    return BAD, _(
        "最後のチェックポイントのファイル {name} が、フォルダー {folder} にありません。"
        "別の場所にあるなら写し、なければ監査の担当に知らせてください。",
        name=file.name,
        folder=folder,
    )


def same_disk(folder: Path, home: Path) -> bool:
    """Return whether a folder lies where the installation lies: whoever has one has the other."""
    try:
        return folder.stat().st_dev == home.stat().st_dev
    except OSError:
        return False


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
