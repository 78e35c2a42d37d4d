"""The commands and their arguments."""

import argparse
import sys
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NoReturn

from dxflow.cli import audit_arguments, transfer_arguments, trying_arguments
from dxflow.cli.later import Later
from dxflow.config import MOST_PROCESSES
from dxflow.texts import gettext as _

backups = Later("dxflow.cli.backups")
calendaring = Later("dxflow.cli.calendaring")
care = Later("dxflow.cli.care")
checking = Later("dxflow.cli.checking")
demo = Later("dxflow.cli.demo")
installation = Later("dxflow.cli.installation")
mailing = Later("dxflow.cli.mailing")
migrating = Later("dxflow.cli.migrating")
keeping = Later("dxflow.cli.keeping")
operating = Later("dxflow.cli.operating")
organising = Later("dxflow.cli.organising")
packs = Later("dxflow.cli.packs")
people = Later("dxflow.cli.people")
serving = Later("dxflow.cli.serving")

LANGUAGES = ("ja", "en")
#: What the settings of mail take, as the service has it.
MAIL_SECURITY = ("none", "starttls", "tls")
MAIL_CHOICES = ("at_once", "daily", "none")
Run = Callable[..., int]


class Parser(argparse.ArgumentParser):
    """An argument parser that says in the chosen language what is wrong; exit status 2."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments."""
        sys.stderr.write(_("引数に誤りがあります: {message}", message=_translated(message)) + "\n")
        self.print_usage(sys.stderr)
        raise SystemExit(2)


def language_of(given: Sequence[str], environ: dict[str, str]) -> str:
    """Return the language asked for, before anything else is read."""
    chosen = environ.get("DXFLOW_LANG", "ja")
    for word, after in pairwise([*given, ""]):
        if word == "--lang":
            chosen = after
        elif word.startswith("--lang="):
            chosen = word.removeprefix("--lang=")
    return chosen if chosen in LANGUAGES else "ja"


def parse(given: Sequence[str]) -> argparse.Namespace:
    """Return the arguments; `run` is the command. Raises SystemExit with 2 for wrong usage."""
    top = Parser(prog="dxflow", description=_("提案から効果の測定まで"), parents=[_common()])
    top.set_defaults(json=False, lang=None)
    commands = top.add_subparsers(required=True, metavar=_("コマンド"), parser_class=Parser)
    _installation(commands)
    _backups(commands)
    _care(commands)
    _checks(commands)
    trying_arguments.offer(commands, _command)
    _packs(commands)
    _people(commands)
    _organisation(commands)
    _calendar(commands)
    _cases(commands)
    _incidents(commands)
    _mail(commands)
    audit_arguments.offer(_group(commands, "audit", _("監査ログ")), _command)
    return top.parse_args(given)


def _common() -> Parser:
    common = Parser(add_help=False)
    common.add_argument(
        "--json", action="store_true", default=argparse.SUPPRESS,
        help=_("結果を JSON で一つ出力する"),
    )  # fmt: skip
    common.add_argument(
        "--lang", choices=LANGUAGES, default=argparse.SUPPRESS, help=_("メッセージの言語")
    )
    return common


def _command(
    commands: "argparse._SubParsersAction[Parser]", name: str, run: Run, text: str
) -> Parser:
    parser = commands.add_parser(name, help=text, description=text, parents=[_common()])
    parser.set_defaults(run=run)
    return parser


def _group(
    commands: "argparse._SubParsersAction[Parser]", name: str, text: str
) -> "argparse._SubParsersAction[Parser]":
    parser = commands.add_parser(name, help=text, description=text, parents=[_common()])
    return parser.add_subparsers(required=True, metavar=_("操作"), parser_class=Parser)


def _installation(commands: "argparse._SubParsersAction[Parser]") -> None:
    init = _command(
        commands, "init", installation.init, _("秘密鍵とデータベースを用意する（何度でもよい）")
    )
    init.add_argument("--admin", metavar="NAME", default="", help=_("管理者を作る・復旧する"))
    init.add_argument("--name", default="", help=_("管理者の氏名"))
    init.add_argument("--pack", metavar="DIR", default="", help=_("最初のパックを入れる"))
    _password(init)
    upgrade = _command(
        commands, "upgrade", installation.upgrade, _("データベースをこの版にそろえる")
    )
    upgrade.add_argument("--no-backup", action="store_true", help=_("先にバックアップを作らない"))
    serve = _command(commands, "serve", serving.serve, _("画面と API を提供する"))
    serve.add_argument("--host", default=None, help=_("待ち受けるアドレス"))
    serve.add_argument("--port", type=_port, default=None, help=_("待ち受けるポート"))
    serve.add_argument(
        "--processes", type=_processes, default=None, metavar="N", help=_("応答するプロセスの数")
    )
    serve.add_argument("--no-worker", action="store_true", help=_("自動処理を別に動かす"))
    sample = _command(commands, "demo", demo.demo, _("見本の市を作り、画面と API を提供する"))
    sample.add_argument("--port", type=_port, default=None, help=_("待ち受けるポート"))
    sample.add_argument("--pack", metavar="NAME", default="standard", help=_("見本のパック"))
    sample.add_argument("--reset", action="store_true", help=_("見本を捨てて作り直す"))
    _command(commands, "worker", serving.worker, _("期限とお知らせの自動処理を動かす"))


def _backups(commands: "argparse._SubParsersAction[Parser]") -> None:
    backup = _command(
        commands, "backup", backups.backup, _("動いたままバックアップを作る・確かめる")
    )
    backup.add_argument("file", metavar="FILE", help=_("新しいファイルか、フォルダー"))
    backup.add_argument("--verify", action="store_true", help=_("作らずに、あるものを確かめる"))
    backup.add_argument("--with-key", action="store_true", help=_("秘密鍵も入れる"))
    backup.add_argument(
        "--keep", type=_kept, default=None, metavar="N", help=_("フォルダーに残す新しい方からの数")
    )
    restore = _command(commands, "restore", backups.restore, _("バックアップから復元する"))
    restore.add_argument("file", metavar="FILE")
    restore.add_argument(
        "--replace", action="store_true", help=_("あるデータベースを脇に残して置き換える")
    )
    restore.add_argument("--other-city", action="store_true", help=_("別の市のものでも復元する"))


def _checks(commands: "argparse._SubParsersAction[Parser]") -> None:
    check = _command(
        commands, "check", checking.check, _("BPMN・DMN・様式・パックのフォルダーを調べる")
    )
    check.add_argument("files", metavar="FILE", nargs="+")


def _care(commands: "argparse._SubParsersAction[Parser]") -> None:
    _command(commands, "status", care.status, _("稼働状況を調べる（異常があれば 1）"))
    group = _group(commands, "maintenance", _("保守（閲覧だけにする）"))
    begin = _command(group, "on", care.maintenance_on, _("予告する・始める"))
    begin.add_argument("--message", required=True, help=_("お知らせの文"))
    begin.add_argument("--from", dest="start", type=care.moment, default=None, metavar="TIME")
    begin.add_argument("--until", type=care.moment, default=None, metavar="TIME")
    _command(group, "off", care.maintenance_off, _("終える"))


def _packs(commands: "argparse._SubParsersAction[Parser]") -> None:
    group = _group(commands, "pack", _("パック（手続きのひとそろい）"))
    install = _command(group, "install", packs.install, _("新しい版として公開する"))
    install.add_argument("folder", metavar="DIR")
    _command(group, "list", packs.listed, _("入っている版の一覧"))
    compare = _command(group, "diff", packs.compared, _("公開中の版から何が変わるか"))
    compare.add_argument("folder", metavar="DIR")


def _people(commands: "argparse._SubParsersAction[Parser]") -> None:
    group = _group(commands, "user", _("利用者と職"))
    _command(group, "list", people.listed, _("利用者の一覧"))
    add = _command(group, "add", people.add, _("利用者を登録する"))
    add.add_argument("username")
    add.add_argument("--name", required=True, help=_("氏名"))
    add.add_argument("--email", default="")
    add.add_argument("--admin", action="store_true", help=_("管理者にする"))
    _password(add)
    password = _command(
        group, "password", people.password, _("パスワードを再設定する（ログインは切れる）")
    )
    password.add_argument("username")
    _password(password)
    factor = _command(
        group, "reset-factor", people.reset_factor, _("二段階認証を解除する（ログインは切れる）")
    )
    factor.add_argument("username")
    factor.add_argument("--reason", required=True, help=_("解除する理由"))
    for name, run, text in (
        ("disable", people.disable, _("利用者を無効にする（ログインは切れる）")),
        ("enable", people.enable, _("利用者を有効に戻す")),
    ):
        _command(group, name, run, text).add_argument("username")
    post = _group(group, "post", _("職に就ける・職を終える"))
    begin = _command(post, "add", people.post_add, _("職に就ける"))
    begin.add_argument("--from", dest="since", type=people.day, default=None, metavar="DATE")
    begin.add_argument("--until", type=people.day, default=None, metavar="DATE")
    begin.add_argument("--concurrent", action="store_true", help=_("兼務"))
    end = _command(post, "end", people.post_end, _("職を終える"))
    end.add_argument(
        "--from", dest="since", type=people.day, default=None, metavar="DATE",
        help=_("就いていない最初の日（省けば今日）"),
    )  # fmt: skip
    for parser in (begin, end):
        parser.add_argument("username")
        parser.add_argument("post")


def _organisation(commands: "argparse._SubParsersAction[Parser]") -> None:
    group = _group(commands, "org", _("組織"))
    taken = _command(
        group, "import", organising.import_file, _("人・組織・職を CSV か Excel から取り込む")
    )
    taken.add_argument("file", metavar="FILE")
    taken.add_argument(
        "--effective", type=people.day, default=None, metavar="DATE",
        help=_("開始日が空の行の開始日（省けば今日）"),
    )  # fmt: skip
    taken.add_argument("--dry-run", action="store_true", help=_("確かめるだけで書かない"))
    taken.add_argument(
        "--what", choices=("people", "units", "posts"), default="",
        help=_("人、組織、職のどれか（省けば見出しで見分ける）"),
    )  # fmt: skip
    taken.add_argument(
        "--reason", default="", metavar="TEXT", help=_("組織か職を過去の日から変える理由")
    )
    transfers = _group(group, "transfer", _("人事異動の計画: 確かめる、予約、適用、取消し"))
    transfer_arguments.offer(transfers, _command, _during_maintenance)


def _calendar(commands: "argparse._SubParsersAction[Parser]") -> None:
    group = _group(commands, "calendar", _("市の閉庁日・開庁日"))
    listed = _command(group, "list", calendaring.listed, _("入力した日の一覧"))
    listed.add_argument(
        "--year", type=calendaring.year, default=None, metavar="YEAR",
        help=_("年度（2026、R8、令和8年度。省けば今年度）"),
    )  # fmt: skip
    begin = _command(group, "add", calendaring.add, _("閉庁日（--open なら開庁日）を入力する"))
    begin.add_argument("--name", required=True, help=_("何の日か"))
    begin.add_argument("--open", action="store_true", help=_("開庁日にする"))
    end = _command(group, "remove", calendaring.remove, _("入力した日を取り消す"))
    for parser in (begin, end):
        parser.add_argument("day", type=calendaring.day, metavar="DATE")
        parser.add_argument(
            "--until", type=calendaring.day, default=None, metavar="DATE", help=_("続く日の終わり")
        )
    taken = _command(
        group, "import", calendaring.import_file,
        _("CSV か Excel から取り込む（内閣府の祝日の CSV も）"),
    )  # fmt: skip
    taken.add_argument("file", metavar="FILE")
    taken.add_argument("--dry-run", action="store_true", help=_("確かめるだけで書かない"))
    for parser in (begin, end, taken):
        parser.add_argument("--reason", default="", help=_("理由（過ぎた日を変えるときは必ず）"))


def _cases(commands: "argparse._SubParsersAction[Parser]") -> None:
    group = _group(commands, "case", _("進行中の案件の運用"))
    for name, run, text, asked in (
        ("show", operating.show, _("どこまで進み、何が開いているかを見る"), None),
        ("suspend", operating.suspend, _("一時停止する"), True),
        ("resume", operating.resume, _("再開する"), False),
        ("cancel", operating.cancel, _("取り消す（元には戻せない）"), True),
    ):
        one = _command(group, name, run, text)
        one.add_argument("case", metavar="NUMBER", help=_("案件の番号か ID"))
        if asked is not None:
            one.add_argument("--reason", required=asked, default="", help=_("理由"))
            _during_maintenance(one)
    reassign = _command(group, "reassign", operating.reassign, _("作業の担当を変える"))
    reassign.add_argument("task", metavar="TASK", help=_("作業の ID（case show で分かる）"))
    reassign.add_argument("--to", required=True, help="user:NAME, post:KEY, section:KEY …")
    reassign.add_argument("--reason", required=True, help=_("理由"))
    _during_maintenance(reassign)
    kept = _command(group, "retention", keeping.listed, _("保存期間の終わる案件、承認待ち、廃棄簿"))
    kept.add_argument("what", choices=("list", "proposed", "register"), help=_("どの一覧か"))
    kept.add_argument("--page", type=_page, default=1)
    migrate = _command(group, "migrate", migrating.migrate, _("同じパックの別の版へ移す・戻す"))
    migrate.add_argument("plan", metavar="PLAN.toml", nargs="?", default="", help=_("移行の計画"))
    migrate.add_argument(
        "--case", action="append", default=[], metavar="NUMBER", help=_("この案件だけ（何度でも）")
    )
    migrate.add_argument("--dry-run", action="store_true", help=_("何が変わるかを見るだけ"))
    migrate.add_argument("--revert", metavar="BATCH", default="", help=_("この移行を元に戻す"))
    _during_maintenance(migrate)


def _incidents(commands: "argparse._SubParsersAction[Parser]") -> None:
    group = _group(commands, "incident", _("止まった処理（障害）"))
    listed = _command(group, "list", operating.incidents, _("障害の一覧"))
    listed.add_argument("--all", action="store_true", help=_("解消済みも含める"))
    listed.add_argument("--page", type=_page, default=1)
    grouped = _command(group, "groups", operating.incident_groups, _("原因と場所ごとの一覧"))
    grouped.add_argument("--all", action="store_true", help=_("解消済みも含める"))
    grouped.add_argument("--page", type=_page, default=1)
    for name, run, text in (
        ("show", operating.incident, _("障害の内容を見る")),
        ("retry", operating.retry, _("もう一度試す（二度行われることはない）")),
        ("close", operating.close, _("解消済みにする")),
    ):
        one = _command(group, name, run, text)
        one.add_argument("incident", metavar="ID", help=_("障害番号"))
        if name != "show":
            one.add_argument("--group", action="store_true", help=_("同じ原因と場所の障害すべて"))
        if name == "close":
            one.add_argument("--note", required=True, help=_("何をして解消したか"))


def _mail(commands: "argparse._SubParsersAction[Parser]") -> None:
    group = _group(commands, "mail", _("メール"))
    settings = _command(group, "settings", mailing.settings, _("設定を見る・変える"))
    on = settings.add_mutually_exclusive_group()
    on.add_argument("--on", dest="on", action="store_const", const="yes", help=_("メールを送る"))
    on.add_argument("--off", dest="on", action="store_const", const="no", help=_("送らない"))
    for name, text in (
        ("host", _("メールサーバー")), ("port", _("ポート")),
        ("user", _("メールサーバーの利用者名")), ("sender", _("差出人のアドレス")),
        ("sender-name", _("差出人の名前")), ("base-url", _("画面のアドレス")),
        ("hour", _("朝のまとめの時刻")), ("keep-days", _("送信の記録を残す日数")),
    ):  # fmt: skip
        settings.add_argument(f"--{name}", default=None, help=text)
    settings.add_argument("--security", choices=MAIL_SECURITY, default=None, help=_("暗号化"))
    settings.add_argument(
        "--default", dest="default_choice", choices=MAIL_CHOICES, default=None,
        help=_("選んでいない人の受け取り方"),
    )  # fmt: skip
    settings.add_argument(
        "--tasks", choices=("yes", "no"), default=None, help=_("作業が届いたことも送る")
    )
    settings.add_argument(
        "--password-stdin", action="store_true",
        help=_("標準入力の一行目を、メールサーバーのパスワードとしてファイルに置く"),
    )  # fmt: skip
    test = _command(group, "test", mailing.test, _("試しのメールを送る"))
    test.add_argument("address", metavar="ADDRESS")


def _during_maintenance(parser: argparse.ArgumentParser) -> None:
    """Give a command that changes cases the option that lets it through, see `changing`."""
    parser.add_argument(
        "--during-maintenance", action="store_true", help=_("保守の作業として、保守中でも行う")
    )


def _password(parser: argparse.ArgumentParser) -> None:
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--password-stdin", action="store_true", help=_("標準入力の一行目をパスワードにする")
    )
    how.add_argument(
        "--generate", action="store_true", help=_("パスワードを作り、一度だけ表示する")
    )


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError(_("ポートは 0 から 65535 の数です"))
    return int(text)


def _processes(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= MOST_PROCESSES:
        raise argparse.ArgumentTypeError(
            _("プロセスの数は 1 から {most} の数です", most=MOST_PROCESSES)
        )
    return int(text)


def _kept(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < len(text) < 7 or int(text) == 0:
        raise argparse.ArgumentTypeError(_("残す数は 1 からの数です"))
    return int(text)


def _page(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 0 < len(text) < 7:
        raise argparse.ArgumentTypeError(_("ページは 1 からの数です"))
    return int(text)


def _translated(message: str) -> str:
    """Return one of argparse's sentences with its fixed words in the chosen language."""
    for words, ours in (
        ("the following arguments are required:", _("足りない引数:")),
        ("unrecognized arguments:", _("知らない引数:")),
        ("invalid choice:", _("選べない値:")),
        ("choose from", _("選べるもの:")),
        ("expected one argument", _("値が一つ必要です")),
        ("expected at least one argument", _("値が必要です")),
        ("not allowed with argument", _("いっしょに使えない引数:")),
        ("argument", _("引数")),
    ):
        message = message.replace(words, ours)
    return message
