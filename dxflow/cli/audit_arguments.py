"""The arguments of `dxflow audit …`."""

from typing import Any

from dxflow.cli.later import Later
from dxflow.cli.transfer_arguments import Command
from dxflow.texts import gettext as _

auditing = Later("dxflow.cli.auditing")


def offer(group: Any, command: Command) -> None:
    """Give the group of the log its commands."""
    verify = command(group, "verify", auditing.verify, _("改変の跡がないか検証する"))
    verify.add_argument(
        "--checkpoints", "--checkpoint", metavar="DIR", default="",
        help=_("このフォルダーのチェックポイントと照らし合わせる（省けば設定のフォルダー）"),
    )  # fmt: skip
    verify.add_argument(
        "--public-key", metavar="FILE", action="append", default=[],
        help=_("監査の担当が保管している公開鍵（何度でも）"),
    )  # fmt: skip
    command(group, "checkpoint", auditing.checkpoint, _("いまの監査ログのチェックポイントを作る"))
    key = command(group, "key", auditing.key, _("チェックポイントの公開鍵と指紋を見る"))
    key.add_argument("--new", action="store_true", help=_("新しい鍵に替える"))
    export = command(group, "export", auditing.export, _("書き出す（標準出力へ）"))
    export.add_argument("--format", choices=("jsonl", "csv", "xes", "ocel2"), required=True)
    proof = command(group, "proof", auditing.proof, _("一つの記録を、原本とハッシュ値とともに見る"))
    proof.add_argument("seq", metavar="SEQ", type=int, help=_("通し番号"))
