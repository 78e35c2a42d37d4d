"""The arguments of `dxflow org transfer …`."""

from argparse import ArgumentParser
from collections.abc import Callable
from typing import Any

from dxflow.cli.later import Later
from dxflow.texts import gettext as _

people = Later("dxflow.cli.people")
transferring = Later("dxflow.cli.transferring")

#: Makes a command of a group: (group, name, what runs it, its words).
Command = Callable[[Any, str, Callable[..., int], str], ArgumentParser]


def offer(
    transfers: Any, command: Command, during_maintenance: Callable[[ArgumentParser], None]
) -> None:
    """Give the group of transfers its commands."""
    made = command(
        transfers, "plan", transferring.plan, _("異動・組織・職のファイルから計画を作って確かめる")
    )
    made.add_argument("file", metavar="FILE", nargs="+")
    made.add_argument(
        "--effective", type=people.day, required=True, metavar="DATE", help=_("異動の日")
    )
    made.add_argument("--name", default="", metavar="TEXT", help=_("計画の名前"))
    made.add_argument(
        "--column", action="append", default=[], metavar="HEADING=COLUMN",
        help=_("知らない見出しの列（読まないなら -）。覚えておき、次のファイルにも使う"),
    )  # fmt: skip
    command(transfers, "list", transferring.listed, _("計画の一覧"))
    for name, run, text in (
        ("show", transferring.show, _("変わるものと穴を見る")),
        ("schedule", transferring.schedule, _("その日の0時に適用するよう予約する")),
        ("unschedule", transferring.unschedule, _("予約を取り消す")),
        ("apply", transferring.apply, _("いま適用する（その日か、そのあと）")),
        ("undo", transferring.undo, _("適用した異動を取り消す")),
        ("discard", transferring.discard, _("計画を破棄する")),
    ):
        one = command(transfers, name, run, text)
        one.add_argument("plan", metavar="PLAN", help=_("計画の ID"))
        if name in ("apply", "undo"):
            during_maintenance(one)
    given = command(
        transfers, "give", transferring.give, _("分割・分離する課の案件の引継先を決める")
    )
    given.add_argument("plan", metavar="PLAN", help=_("計画の ID"))
    given.add_argument(
        "unit", metavar="TO", help=_("引継先の組織コード。applicant は提案した人の移る課（--all だけ）")
    )  # fmt: skip
    given.add_argument("case", metavar="CASE", nargs="*", help=_("案件の番号"))
    given.add_argument("--all", metavar="UNIT", default="", help=_("その課の案件すべて"))
    for name, run, text, place in (
        ("sheet", transferring.sheet, _("分割・分離する課の案件の表を書き出す"),
         _("新しいファイル（.csv か .xlsx）")),
        ("divide", transferring.divide, _("引き継ぐ課を書いた表のとおりに引継先を決める"),
         _("引き継ぐ課を書いた表（.csv か .xlsx）")),
    ):  # fmt: skip
        one = command(transfers, name, run, text)
        one.add_argument("plan", metavar="PLAN", help=_("計画の ID"))
        one.add_argument("file", metavar="FILE", help=place)
    filled = command(transfers, "fill", transferring.fill, _("穴を埋める"))
    filled.add_argument("plan", metavar="PLAN", help=_("計画の ID"))
    filled.add_argument("hole", nargs="?", default="", metavar="HOLE", help=_("穴の ID"))
    filled.add_argument(
        "target", nargs="?", default="", metavar="TARGET",
        help=_("利用者名、post:職、head:課、unit:組織、または leave（残す）"),
    )  # fmt: skip
    filled.add_argument("--reason", default="", metavar="TEXT", help=_("残す理由"))
    filled.add_argument("--all", action="store_true", help=_("残りはすべて最初の提案にする"))
