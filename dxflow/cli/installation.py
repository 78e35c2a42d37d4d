"""`dxflow init` and `dxflow upgrade`."""

from argparse import Namespace

from dxflow.cli.auditing import tell_key
from dxflow.cli.output import Output
from dxflow.cli.packs import folder_of
from dxflow.cli.passwords import asked_for
from dxflow.config import Settings
from dxflow.services.installation import bootstrap, upgrading
from dxflow.services.installation.opening import opened
from dxflow.services.packs import store as packs
from dxflow.texts import gettext as _


def init(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Make secret key and tables, perhaps a first pack and an administrator."""
    files = packs.read_folder(folder_of(arguments.pack)) if arguments.pack else None
    password = asked_for(arguments) if arguments.admin else ""
    with opened(settings, any_version=True, may_be_new=True) as site:
        done = bootstrap.init(
            site, pack=files, administrator=arguments.admin, name=arguments.name, password=password
        )
    output.say(
        _("フォルダー: {home}", home=settings.home),
        _("データベースを用意しました（表の版 {revision}）。", revision=done.revision)
        if done.upgraded
        else _("データベースは最新です（表の版 {revision}）。", revision=done.revision),
    )
    if done.public_key is not None:
        tell_key(done.public_key, output)
    if done.pack is not None:
        output.say(
            _("パック {key} の第 {version} 版です。", key=done.pack.key, version=done.pack.version)
        )
    account = done.administrator
    if account is not None:
        output.say(_("管理者: {username}", username=account.username))
        if account.password:
            output.say(_("パスワード（一度だけ表示します）: {password}", password=account.password))
    output.result(
        {
            "home": str(settings.home),
            "revision": done.revision,
            "upgraded": done.upgraded,
            "key_made": done.key_made,
            "public_key": done.public_key,
            "pack": done.pack,
            "administrator": account,
        }
    )
    return 0


def upgrade(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Bring the tables to this version, after a backup."""
    with opened(settings, any_version=True) as site:
        done = upgrading.upgrade(
            site, bootstrap.operator(site), with_backup=not arguments.no_backup
        )
    if done.backup:
        output.say(_("更新前のバックアップ: {file}", file=done.backup))
    output.say(_("データベースを更新しました。") if done.changed else _("データベースは最新です。"))
    output.result(
        {
            "upgraded": done.changed,
            "revision": bootstrap.revision(),
            "backup": done.backup or None,
        }
    )
    return 0
