"""How the installation is: one line a matter, with its state and what to do.

Nothing here grows with the number of events: heads, counters, and single rows by index.
"""

import shutil
import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from sqlalchemy import Connection, func, select, text

from dxflow.calendars.wareki import wareki_datetime
from dxflow.clock import at_local
from dxflow.db.audit import AuditEvent
from dxflow.db.identity import Person, WebSession
from dxflow.db.job import Job
from dxflow.db.transfer import TransferPlan
from dxflow.db.upkeep import WorkerHeartbeat
from dxflow.errors import DxflowError, Unavailable
from dxflow.services.administration import groups, outgoing
from dxflow.services.administration.transfers import applying, plans
from dxflow.services.administration.transfers.rehearsing import rehearsed
from dxflow.services.installation import backups, schema, vital_signs
from dxflow.services.installation.checkpoint_line import checkpoint_line
from dxflow.services.installation.status_lines import BAD, CARE, GOOD, Line, Status, in_order
from dxflow.services.packs import store as packs
from dxflow.services.people import facts, maintenance
from dxflow.services.people.actor import Actor
from dxflow.services.reading import upcoming_starts
from dxflow.services.reading.verification import VERIFIED_KEY
from dxflow.services.site import Site
from dxflow.texts import gettext as _
from dxflow.texts import translated

#: When numbers become a matter of care, and when they are wrong.
LAG = (timedelta(minutes=2), timedelta(minutes=15))
SILENT = (timedelta(minutes=2), timedelta(minutes=10))
BACKUP = (timedelta(hours=26), timedelta(days=3))
VERIFIED = timedelta(days=31)
FREE_BYTES = (2 << 30, 500 << 20)
JOB_WAIT = (timedelta(minutes=5), timedelta(hours=1))
MAIL_WAIT = (timedelta(minutes=30), timedelta(hours=6))
CLOCK_SLACK = timedelta(seconds=5)
_BEGAN = time.monotonic()


def read(site: Site, actor: Actor) -> Status:
    """Return how the installation is. Raises NotAllowed, Unavailable."""
    actor.require_role("admin")
    now = site.now()
    with site.database.read() as tx:
        found = schema.current(tx)
    if found is None:
        raise Unavailable(_("データベースが空です。先に dxflow init を実行してください。"))
    holes = groups.overview(site, actor).holes if found == schema.newest() else []
    signs = vital_signs.read(site)
    with site.database.read() as tx:
        lines = [
            *_program(site, tx),
            _receivers(holes),
            _database(site, tx),
            _disk(site),
            _backup(tx, now),
            _workers(tx, now),
            _timers(signs.timer_lag),
            _jobs(tx, now, signs.jobs_waiting, signs.jobs_dead),
            _mail(tx, now),
            _incidents(signs.incidents_open),
            _scanner(site),
            *_audit(tx, now),
            checkpoint_line(tx, site.settings, now),
            _sessions(tx, now),
            _maintenance(tx, now),
            *_transfers(site, tx),
            *_starts(site, tx),
        ]
    return Status(now, in_order(lines))


def _graded(amount: timedelta, limits: tuple[timedelta, timedelta]) -> str:
    return GOOD if amount < limits[0] else CARE if amount < limits[1] else BAD


def _program(site: Site, tx: Connection) -> Iterator[Line]:
    yield Line("program", _("プログラム"), GOOD, f"dxflow {version('dxflow')}")
    found, wanted = schema.current(tx), schema.newest()
    fits = found == wanted
    advice = _("dxflow upgrade を実行してください。")
    if found not in schema.known():
        advice = _(
            "データベースのほうが新しいので、その版以降の dxflow を入れるか、"
            "この版で作ったバックアップを復元してください。"
        )
    yield Line("schema", _("表の版"), GOOD if fits else BAD, found or "―", "" if fits else advice)
    current = [row for row in packs.versions(site, tx) if row.status == "current"]
    yield Line(
        "pack", _("手続き"), GOOD if current else BAD,
        _("、").join(_("{title} 第{version}版", title=translated(r.title), version=r.version) for r in current)
        or _("なし"),
        "" if current else _("dxflow pack install で手続きを入れてください。"),
    )  # fmt: skip
    yield Line(
        "uptime", _("起動してから"), GOOD, span(timedelta(seconds=time.monotonic() - _BEGAN))
    )


def _receivers(holes: Sequence[str]) -> Line:
    """Return whether everybody whom processes hand work to is there; a case stops at a hole."""
    return Line(
        "receivers", _("作業を受ける人"), CARE if holes else GOOD,
        _("だれもいません: {names}", names=_("、").join(holes)) if holes else _("そろっています"),
        _("「グループと閲覧」で確かめ、職に人を就けるか、「組織と職」で役割を付けてください。") if holes else "",
    )  # fmt: skip


def _database(site: Site, tx: Connection) -> Line:
    if site.database.is_sqlite:
        release = tx.execute(text("SELECT sqlite_version()")).scalar_one()
        size = tx.execute(
            text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        ).scalar_one()
        kind = "SQLite"
    else:
        release = tx.execute(text("SHOW server_version")).scalar_one()
        size = tx.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
        kind = "PostgreSQL"
    return Line(
        "database", _("データベース"), GOOD, _("、").join((f"{kind} {release}", size_text(size)))
    )


def _disk(site: Site) -> Line:
    place = Path(site.settings.home)
    if site.database.is_sqlite and site.database.url.database:
        place = Path(site.database.url.database).parent
    free = shutil.disk_usage(place if place.exists() else "/").free
    state = GOOD if free >= FREE_BYTES[0] else CARE if free >= FREE_BYTES[1] else BAD
    advice = (
        ""
        if state == GOOD
        else _("古いバックアップや記録を別の場所へ移し、空きを増やしてください。")
    )
    return Line("disk", _("ディスクの空き"), state, size_text(free), advice)


def _backup(tx: Connection, now: datetime) -> Line:
    last = facts.read(tx, backups.LAST).get(backups.LAST)
    at = moment_of(last)
    label = _("バックアップ")
    if last is None or at is None:
        return Line(
            "backup",
            label,
            CARE,
            _("まだありません"),
            _("dxflow backup を実行し、毎日動くようにしてください。"),
        )
    state = _graded(now - at, BACKUP)
    size = last.get("size")
    value = _("、").join(
        part
        for part in (wareki_datetime(at), size_text(size) if isinstance(size, int) else "")
        if part
    )
    advice = (
        "" if state == GOOD else _("バックアップが古くなっています。定期の実行を確かめてください。")
    )
    return Line("backup", label, state, value, advice)


def _workers(tx: Connection, now: datetime) -> Line:
    rows = tx.execute(
        select(WorkerHeartbeat.worker, WorkerHeartbeat.seen_at)
        .order_by(WorkerHeartbeat.seen_at.desc())
        .limit(20)
    ).all()
    label = _("自動処理")
    advice = _("dxflow serve か dxflow worker が動いているか確かめてください。")
    if not rows:
        return Line("workers", label, BAD, _("動いていません"), advice)
    state = _graded(now - rows[0].seen_at, SILENT)
    alive = sum(now - row.seen_at < SILENT[0] for row in rows)
    value = _("{n} 本が動作中、最後の合図 {at}", n=alive, at=wareki_datetime(rows[0].seen_at))
    return Line("workers", label, state, value, "" if state == GOOD else advice)


def _timers(lag: float) -> Line:
    state = _graded(timedelta(seconds=lag), LAG)
    value = _("遅れ {span}", span=span(timedelta(seconds=lag))) if lag else _("遅れなし")
    advice = "" if state == GOOD else _("自動処理が動いているか、障害がないか確かめてください。")
    return Line("timers", _("期限の処理"), state, value, advice)


def _jobs(tx: Connection, now: datetime, waiting: int, dead: int) -> Line:
    oldest = tx.execute(
        select(func.min(Job.run_at)).where(Job.status == "waiting", Job.run_at <= now)
    ).scalar_one_or_none()
    state = _graded(now - oldest, JOB_WAIT) if oldest else GOOD
    if dead:
        state = BAD
    value = _("待ち {waiting} 件、断念 {dead} 件", waiting=waiting, dead=dead)
    if oldest:
        value += _("、最も古い待ち {span}", span=span(now - oldest))
    advice = _("断念した処理の原因を障害の一覧で確かめてください。") if dead else ""
    if state != GOOD and not dead:
        advice = _("処理がたまっています。自動処理を増やすか、動いているか確かめてください。")
    return Line("jobs", _("処理の列"), state, value, advice)


def _mail(tx: Connection, now: datetime) -> Line:
    label, found = _("メール"), outgoing.standing(tx)
    waiting = found.counts.get("waiting", 0)
    if not found.on:
        kept = _("使っていません（送信待ち {n} 件）", n=waiting) if waiting else _("使っていません")
        return Line("mail", label, GOOD, kept)
    value = _("送信待ち {n} 件", n=waiting)
    state = GOOD
    if found.oldest is not None:
        state = _graded(now - found.oldest, MAIL_WAIT)
        value += _("、最も古い待ち {span}", span=span(now - found.oldest))
    advice = (
        "" if state == GOOD else _("送れていません。サーバーの答え: {answer}", answer=found.answer)
    )
    if found.troubled:
        state = BAD if state == BAD else CARE
        value += _("、送れなかったか結果不明 {n} 件", n=found.troubled)
        advice = advice or _("「通知とメール」の送信の記録で確かめてください。")
    return Line("mail", label, state, value, advice)


def _incidents(count: int) -> Line:
    advice = _("原因を調べて解消してください。") if count else ""
    value = _("{n} 件", n=count)
    return Line("incidents", _("未解決の障害"), BAD if count else GOOD, value, advice)


def _scanner(site: Site) -> Line:
    """Whether attached files are scanned; a scanner that is set up but not there is wrong."""
    label, command = _("添付のウイルス検査"), site.settings.scan_command
    if not command:
        advice = _("DXFLOW_SCAN_COMMAND に検査プログラムを指定できます。")
        return Line("scanner", label, CARE, _("検査プログラムなし"), advice)
    if shutil.which(command[0]) is None:
        advice = _("{name} が見つかりません。添付できないか、検査なしになります。", name=command[0])
        return Line("scanner", label, BAD, command[0], advice)
    if not site.settings.scan_required:
        advice = _("検査できなかったファイルも受け付ける設定です（DXFLOW_SCAN_REQUIRED=0）。")
        return Line("scanner", label, CARE, command[0], advice)
    return Line("scanner", label, GOOD, command[0])


def _audit(tx: Connection, now: datetime) -> Iterator[Line]:
    newest = tx.execute(
        select(AuditEvent.id, AuditEvent.at).order_by(AuditEvent.id.desc()).limit(1)
    ).first()
    at = datetime.fromisoformat(newest.at) if newest else None
    value = (
        _("通し番号 {n}、最後の記録 {at}", n=newest.id, at=wareki_datetime(at))
        if newest and at
        else _("なし")
    )
    yield Line("audit", _("監査の記録"), GOOD, value)
    ahead = at is not None and at > now + CLOCK_SLACK
    yield Line(
        "clock", _("時計"), BAD if ahead else GOOD, wareki_datetime(now),
        _(
            "最後の記録が未来です。時計が戻されました。時刻合わせを確かめてください。"
            "時計がずれていると、二段階認証の確認コードも合いません。"
        )
        if ahead else "",
    )  # fmt: skip
    yield _verified(facts.read(tx, VERIFIED_KEY).get(VERIFIED_KEY), now)


def _verified(last: dict[str, object] | None, now: datetime) -> Line:
    label, at = _("監査の検証"), moment_of(last)
    if last is None or at is None:
        advice = _(
            "CIO か監査担当が監査ログの画面で検証するか、dxflow audit verify を実行してください。"
        )
        return Line("verified", label, CARE, _("まだありません"), advice)
    findings = last.get("findings")
    if findings:
        advice = _("バックアップを保全し、監査の担当に知らせてください。")
        value = _("{at}、食い違い {n} 件", at=wareki_datetime(at), n=findings)
        return Line("verified", label, BAD, value, advice)
    old = now - at > VERIFIED
    advice = _(
        "検証から一か月が過ぎました。"
        "CIO か監査担当が監査ログの画面で検証するか、dxflow audit verify を実行してください。"
    )
    value = _("{at}、食い違いなし", at=wareki_datetime(at))
    return Line("verified", label, CARE if old else GOOD, value, advice if old else "")


def _sessions(tx: Connection, now: datetime) -> Line:
    count = tx.execute(
        select(func.count()).select_from(WebSession).where(WebSession.expires_at > now)
    ).scalar_one()
    return Line("sessions", _("ログイン中"), GOOD, _("{n} 件", n=count))


def _maintenance(tx: Connection, now: datetime) -> Line:
    planned = maintenance.read(tx)
    label = _("保守")
    if planned is None:
        return Line("maintenance", label, GOOD, _("予定なし"))
    if not planned.active(now):
        return Line("maintenance", label, GOOD, _("{at} から", at=wareki_datetime(planned.start)))
    overdue = planned.until is not None and now > planned.until
    advice = _("作業が済んだら終了してください。閲覧だけができる状態です。")
    value = _("終わりの予定を過ぎています") if overdue else _("保守作業中")
    return Line("maintenance", label, BAD if overdue else CARE, value, advice)


def _transfers(site: Site, tx: Connection) -> Iterator[Line]:
    """Yield the transfers that wait for their hour: when, by whom, and the holes as of now."""
    planned = tx.execute(
        select(TransferPlan.__table__, Person.name.label("by"))
        .outerjoin(Person, Person.id == TransferPlan.scheduled_by)
        .where(TransferPlan.status.in_(("scheduled", "blocked")))
        .order_by(TransferPlan.effective, TransferPlan.id)
    )
    for row in planned.all():
        key, label = f"transfer-{row.id}", _("人事異動「{name}」", name=row.name)
        at, advice = wareki_datetime(at_local(row.effective)), ""
        if row.status == "blocked":
            text = _("{at} に適用されませんでした: {why}", at=at, why=row.held_up)
            yield Line(key, label, BAD, text, _("計画を直し、「いま適用する」で適用してください。"))
            continue
        try:
            found = rehearsed(
                site, tx, plans.sheets_of(tx, row.id), plans.fills_of(tx, row.id), row.effective
            )
            applying.require_sound(found)
            left = sum(one.state == "left" for one in found.holes)
        except DxflowError as refused:
            left, advice = 0, applying.why_not(refused)
        value = _("{at} に適用（予約: {name}）", at=at, name=row.by or _("システム"))
        value += _("、残した穴 {n} 件", n=left) if left else ""
        yield Line(key, label, CARE if advice else GOOD, value, advice)


def _starts(site: Site, tx: Connection) -> Iterator[Line]:
    """Yield the cases that begin by themselves: when the next one does, and what is in the way."""
    for one in upcoming_starts.listed(site, tx):
        label = _("決まった時期の開始「{name}」", name=one.process_name)
        value = wareki_datetime(one.due_at) if one.due_at else _("もうありません")
        state = CARE if one.trouble else GOOD
        yield Line(f"start-{one.id}", label, state, value, one.trouble)


def moment_of(fact: dict[str, object] | None) -> datetime | None:
    """Return the aware moment under `at`, None when there is none that can be read."""
    try:
        found = datetime.fromisoformat(str((fact or {}).get("at", "")))
    except ValueError:
        return None
    return found if found.tzinfo else None


def span(length: timedelta) -> str:
    """Return a span of time in its two largest sensible units."""
    minutes = max(0, int(length.total_seconds()) // 60)
    days, minutes = divmod(minutes, 1440)
    hours, minutes = divmod(minutes, 60)
    if days:
        return _("{days} 日 {hours} 時間", days=days, hours=hours)
    if hours:
        return _("{hours} 時間 {minutes} 分", hours=hours, minutes=minutes)
    return _("{minutes} 分", minutes=minutes)


def size_text(size: int) -> str:
    """Return a number of bytes for people."""
    return f"{size / (1 << 30):.1f} GB" if size >= 1 << 30 else f"{size / (1 << 20):.1f} MB"
