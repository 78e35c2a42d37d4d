"""The arguments of `dxflow run`, `feel` and `decide`."""

from typing import Any

from dxflow.cli.later import Later
from dxflow.cli.transfer_arguments import Command
from dxflow.texts import gettext as _

trying = Later("dxflow.cli.trying")


def offer(commands: Any, command: Command) -> None:
    """Give the command line what process authors try their work with."""
    run = command(commands, "run", trying.run, _("プロセスを記録せずに動かしてみる"))
    run.add_argument("file", metavar="FILE", help=_("BPMN のファイルか、パックのフォルダー"))
    _variables(run)
    run.add_argument("--process", metavar="ID", default="", help=_("始めるプロセス"))
    run.add_argument(
        "--start", metavar="ID", default="",
        help=_("始める開始イベント（ふつうは、人が始めるもの）"),
    )  # fmt: skip
    run.add_argument(
        "--sections", metavar="KEYS", type=trying.sections, default=["section-1", "section-2"],
        help=_("all_sections() が返す課のキー（コンマで区切る）"),
    )  # fmt: skip
    run.add_argument(
        "--answers", metavar="JSON", type=trying.answers, default={},
        help=_("作業で出すもの（要素の ID ごとに。くり返すなら並べる）"),
    )  # fmt: skip
    run.add_argument(
        "--results", metavar="JSON", type=trying.results, default={},
        help=_("処理の答え（要素の ID ごとに）"),
    )  # fmt: skip
    run.add_argument(
        "--max-steps", metavar="N", type=trying.steps, default=500,
        help=_("ひとりでに動ける要素の数（ふつうは 500）"),
    )  # fmt: skip
    one = command(commands, "feel", trying.evaluate, _("FEEL の式を計算する"))
    one.add_argument("expression", metavar="EXPR")
    _variables(one)
    decide = command(commands, "decide", trying.decide, _("DMN の判定をしてみる"))
    decide.add_argument("file", metavar="FILE")
    decide.add_argument("decision", metavar="DECISION", help=_("判定の ID か名前"))
    _variables(decide)


def _variables(parser: Any) -> None:
    parser.add_argument(
        "--vars", metavar="JSON", type=trying.variables, default={},
        help=_('変数（JSON のオブジェクト。例: {"amount": 500000}）'),
    )  # fmt: skip
