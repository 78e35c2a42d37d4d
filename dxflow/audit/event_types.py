"""Every type of event the log knows, with the words the log page shows for it.

A type is `<object>.<what happened to it>`, in the past tense. An event of a type that is not
listed here is refused, so that nobody invents a second word for the same thing.
"""

from types import MappingProxyType

from dxflow.texts import gettext as _

_LABELS = {
    # 案件
    "case.started": "提案を提出",
    "case.recalled": "提案を引戻し",
    "case.resubmitted": "提案を再提出",
    "case.renamed": "件名を変更",
    "case.units_changed": "担当・関係課を変更",
    "case.amount_changed": "金額を変更",
    "case.stage_changed": "段階が進む",
    "case.viewed": "案件を閲覧",
    "case.printed": "案件を印刷",
    "case.extended": "横展開の提案を作成",
    "case.withdrawn": "取下げ",
    "case.rejected": "却下で終了",
    "case.stopped": "中止で終了",
    "case.completed": "完了",
    "case.cancelled": "管理者が取消し",
    "case.suspended": "管理者が一時停止",
    "case.resumed": "管理者が再開",
    "draft.saved": "下書きを保存",
    "draft.deleted": "下書きを削除",
    # 作業
    "task.offered": "作業を割当て",
    "task.claimed": "作業を引受け",
    "task.released": "引受けを解除",
    "task.delegated": "作業を委任",
    "task.reassigned": "担当を変更",
    "task.completed": "作業を完了",
    "task.returned": "差戻し",
    "task.recalled": "引戻し",
    "task.cancelled": "作業を取消し",
    "timer.fired": "期限が到来",
    "message.received": "通知を受信",
    "job.failed": "処理が失敗",
    "job.discarded": "処理を断念",
    "incident.raised": "障害を記録",
    "incident.retried": "障害の処理を再び試行",
    "incident.resolved": "障害を解消",
    "instance.migrated": "新しい版へ移行",
    "instance.reverted": "移行前の版へ復帰",
    "migration.started": "版の移行を開始",
    "migration.stopped": "版の移行を中止",
    "migration.reverted": "版の移行の取消しを開始",
    "notice.sent": "お知らせを送付",
    # 審議と決裁
    "decision_table.evaluated": "判定表を適用",
    "opinion.recorded": "意見を記録",
    "committee.convened": "委員会を招集",
    "committee.voted": "委員が表決",
    "committee.resolved": "委員会が議決",
    "authority.resolved": "決裁者を決定",
    "decision.recorded": "決裁",
    "later_reading.done": "後閲",
    "duty.imposed": "条件を付与",
    "duty.met": "条件を充足",
    "duty.waived": "条件を免除",
    # 成果
    "bpr.registered": "業務分析を登録",
    "kpi.registered": "指標を登録",
    "kpi.recorded": "実績値を記録",
    "kpi.revised": "目標値を変更",
    "kpi.assessed": "達成状況を評価",
    "milestone.planned": "工程を登録",
    "milestone.reported": "進捗を報告",
    # 人と権限
    "person.created": "職員を登録",
    "person.changed": "職員の情報を変更",
    "person.deactivated": "職員を無効化",
    "person.reactivated": "職員を有効化",
    "password.changed": "パスワードを変更",
    "password.reset": "パスワードを再設定",
    "unit.created": "組織を登録",
    "unit.changed": "組織を変更",
    "unit.ended": "組織の廃止を登録",
    "post.created": "職を登録",
    "post.changed": "職を変更",
    "post.ended": "職の廃止を登録",
    "membership.granted": "職に任命",
    "membership.ended": "職の任期を終了",
    "absence.entered": "不在を登録",
    "absence.ended": "不在を取消し・短縮",
    "substitutes.changed": "代決順位を変更",
    "delegation.granted": "代理を設定",
    "delegation.ended": "代理を解除",
    "role.granted": "役割を付与",
    "role.ended": "役割を解除",
    "token.created": "APIトークンを発行",
    "token.revoked": "APIトークンを失効",
    # 利用
    "session.started": "ログイン",
    "session.refused": "ログインに失敗",
    "session.ended": "ログアウト",
    "session.revoked": "セッションを失効",
    "access.denied": "許可されない操作",
    "file.viewed": "添付を閲覧",
    "file.added": "添付を追加",
    # 設定
    "pack.published": "手続きを公開",
    "pack.retired": "手続きを廃止",
    "setting.changed": "設定を変更",
    "calendar.changed": "閉庁日カレンダーを変更",
    "calendar.imported": "閉庁日をファイルから取込み",
    "mail.chosen": "メールの受け取り方を変更",
    "mail.tested": "試しのメールを送信",
    "mail.resent": "メールをもう一度送信",
    "mail.closed": "メールの結果を確認済みに",
    "maintenance.announced": "保守を予告・開始",
    "maintenance.ended": "保守を終了",
    "system.initialised": "システムを初期化",
    "system.upgraded": "システムを更新",
    "system.started": "システムを起動",
    "backup.made": "バックアップを作成",
    "backup.restored": "バックアップから復元",
    # 監査
    "audit.viewed": "監査ログを閲覧",
    "audit.exported": "監査ログを書出し",
    "audit.verified": "監査ログを検証",
    "private.erased": "個人情報を消去",
}

EVENT_TYPES: MappingProxyType[str, str] = MappingProxyType(_LABELS)


def label(event_type: str) -> str:
    """Return the words for a type in the current language; the type itself when unknown."""
    words = EVENT_TYPES.get(event_type)
    return event_type if words is None else _(words)
