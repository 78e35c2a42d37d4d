"""`dxflow mail …`: how mail goes out, and a mail to try it."""

import sys
from argparse import Namespace
from dataclasses import asdict, fields

from dxflow.cli.output import Output
from dxflow.config import Settings
from dxflow.errors import Invalid
from dxflow.services.administration import mail_trial
from dxflow.services.installation.bootstrap import operator
from dxflow.services.installation.opening import opened
from dxflow.services.people import mail_settings
from dxflow.services.people.mail_settings import MailSettings
from dxflow.texts import gettext as _


def settings(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Change what is given, then say how mail goes out."""
    given = {
        one.name: value
        for one in fields(MailSettings)
        if (value := getattr(arguments, one.name)) is not None
    }
    if arguments.password_stdin:
        settings.write_mail_password(_password())
    with opened(settings) as site:
        found = mail_settings.stored(site)
        if given:
            wanted = mail_settings.typed(found, given)
            mail_settings.change(site, operator(site), wanted)
            found = mail_settings.stored(site)
        here = bool(site.settings.mail_password())
    for name, label in mail_settings.labels():
        output.say(f"{label}: {mail_settings.shown(getattr(found, name))}")
    place = settings.mail_password_place
    output.say(
        _("パスワード: {file} にあります", file=place)
        if here
        else _("パスワード: ありません（{file} に置きます）", file=place)
    )
    output.result(asdict(found) | {"password": here, "password_file": str(place)})
    return 0


def test(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Send a mail to try the settings; 1 when the server did not take it."""
    with opened(settings) as site:
        tried = mail_trial.send(site, operator(site), arguments.address)
    output.say(tried.sentence)
    output.result(asdict(tried))
    return 0 if tried.taken else 1


def _password() -> str:
    line = sys.stdin.readline().rstrip("\r\n")
    if not line:
        raise Invalid(_("標準入力にパスワードがありません。"))
    return line
