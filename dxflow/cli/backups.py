"""`dxflow backup` and `dxflow restore`."""

from argparse import Namespace
from dataclasses import asdict
from pathlib import Path
from shlex import quote

from dxflow.calendars.wareki import wareki_datetime
from dxflow.cli.output import Output
from dxflow.config import Settings
from dxflow.errors import Invalid
from dxflow.services.installation import backups, restoring
from dxflow.services.installation.backup.checking import Checked, check
from dxflow.services.installation.bootstrap import operator
from dxflow.services.installation.opening import opened
from dxflow.texts import gettext as _


def backup(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Make a backup, or check one; 1 when the log in it contradicts itself."""
    place = Path(arguments.file)
    if arguments.keep is not None and not place.is_dir():
        raise Invalid(_("--keep は、フォルダーを指定したときに使えます。"))
    if str(arguments.file).endswith("/") and not place.is_dir():
        raise Invalid(_("フォルダー {place} がありません。先に作ってください。", place=place))
    if arguments.verify:
        checked = check(place)
        output.say(_("バックアップは使えます: {file}", file=checked.file))
    else:
        with opened(settings, any_version=True) as site:
            checked = backups.make(site, operator(site), place, with_key=arguments.with_key)
        output.say(_("バックアップを作り、確かめました: {file}", file=checked.file))
        if arguments.keep is not None:
            for old in backups.prune(place, arguments.keep):
                output.say(_("古いバックアップを消しました: {file}", file=old))
    _describe(checked, output)
    return 1 if checked.findings else 0


def restore(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Restore a backup; 1 when the log that was restored contradicts itself."""
    with opened(settings, any_version=True, may_be_new=True) as site:
        done = restoring.restore(
            site, operator(site), Path(arguments.file),
            replace_it=arguments.replace, other_city=arguments.other_city,
        )  # fmt: skip
    output.say(_("復元しました: {file}", file=done.backup.file))
    if done.kept:
        output.say(_("置き換えたデータベース: {place}", place=done.kept))
    if done.mail_stopped:
        output.say(
            _(
                "メールは止めました。送信の記録を確かめてから、"
                "「通知とメール」か dxflow mail settings --on で使い始めてください。"
            )
        )
    if done.key_made:
        output.say(_("秘密鍵を用意しました: {file}", file=settings.key_file))
    if done.checkpoints:
        _tell_of_checkpoints(done, output)
    for finding in done.findings:
        output.note(finding)
    output.result(asdict(done))
    return 1 if done.findings else 0


def _tell_of_checkpoints(done: restoring.Restored, output: Output) -> None:
    """Say by which command the restored log is compared with what was kept of it."""
    if done.newer:
        output.say(
            _(
                "このバックアップは、チェックポイント {n} より前のものです。そのあとの記録は、"
                "復元した監査ログにはありません。検証は、それを復元によるものとしてお知らせします。",
                n=done.newer,
            )
        )
    output.say(
        _(
            "復元した監査ログを、保管したチェックポイントと照らし合わせてください"
            "（監査の担当が別に保管したものがあれば、そのフォルダーとも）: {command}",
            command=f"dxflow audit verify --checkpoints {quote(done.checkpoints)}",
        )
    )


def _describe(checked: Checked, output: Output) -> None:
    output.say(
        _("作成: {at}", at=wareki_datetime(checked.created_at)),
        _(
            "dxflow {version}、表の版 {revision}、{rows} 行、記録 {events} 件、{size} バイト",
            version=checked.dxflow,
            revision=checked.revision,
            rows=checked.rows,
            events=checked.events,
            size=checked.size,
        ),
        f"SHA-256: {checked.sha256}",
    )
    if checked.findings:
        output.note(
            _(
                "監査ログに食い違いが {n} 件あります。dxflow audit verify で調べてください。",
                n=checked.findings,
            )
        )
    output.result(asdict(checked))
