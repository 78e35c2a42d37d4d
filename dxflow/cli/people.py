"""`dxflow user …`: accounts and posts, from the machine itself when nobody can log in any more."""

import argparse
from argparse import Namespace
from dataclasses import asdict
from datetime import date

from dxflow.calendars.given import OutOfRange, given_day
from dxflow.cli.output import Output
from dxflow.cli.passwords import asked_for
from dxflow.config import Settings
from dxflow.services.installation.bootstrap import operator
from dxflow.services.installation.opening import opened
from dxflow.services.people import appointments, second_factor
from dxflow.services.people import registry as people
from dxflow.services.people.person_rows import Account
from dxflow.texts import gettext as _


def day(text: str) -> date:
    """Return a day written as YYYY-MM-DD, for the argument parser."""
    try:
        return given_day(text)
    except OutOfRange as refused:
        raise argparse.ArgumentTypeError(str(refused)) from None
    except ValueError:
        raise argparse.ArgumentTypeError(_("日付は 2026-04-01 の形で書いてください")) from None


def listed(_arguments: Namespace, settings: Settings, output: Output) -> int:
    """List the accounts."""
    with opened(settings) as site:
        rows = people.listed(site)
    for row in rows:
        state = _("有効") if row.status == "active" else _("無効")
        factor = _("二段階認証") if row.second_factor else ""
        output.say("\t".join((row.username, row.name, state, " ".join(row.posts), factor)).rstrip())
    if not rows:
        output.say(_("利用者はまだいません。dxflow init --admin で管理者を作ってください。"))
    output.result([asdict(row) for row in rows])
    return 0


def add(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Make an account."""
    with opened(settings) as site:
        secret = asked_for(arguments)
        account = people.create(
            site, operator(site), arguments.username, arguments.name,
            password=secret, email=arguments.email,
        )  # fmt: skip
        if arguments.admin:
            appointments.appoint_administrator(site, operator(site), arguments.username)
    return _said(output, account, _("利用者 {name} を登録しました。", name=account.username))


def password(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Reset a password; one from standard input need not be changed at the next login."""
    with opened(settings) as site:
        account = people.set_password(
            site, operator(site), arguments.username,
            password=asked_for(arguments), must_change=not arguments.password_stdin,
        )  # fmt: skip
    return _said(output, account, _("{name} のパスワードを再設定しました。", name=account.username))


def reset_factor(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Take the second factor off somebody who has lost the phone."""
    with opened(settings) as site:
        account = second_factor.reset(site, operator(site), arguments.username, arguments.reason)
    return _said(output, account, _("{name} の二段階認証を解除しました。", name=account.username))


def disable(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Close an account."""
    with opened(settings) as site:
        account = people.disable(site, operator(site), arguments.username)
    return _said(output, account, _("{name} を無効にしました。", name=account.username))


def enable(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Open a closed account again."""
    with opened(settings) as site:
        account = people.enable(site, operator(site), arguments.username)
    return _said(output, account, _("{name} を有効にしました。", name=account.username))


def post_add(arguments: Namespace, settings: Settings, output: Output) -> int:
    """Give a person a post."""
    with opened(settings) as site:
        account = appointments.grant_post(
            site, operator(site), arguments.username, arguments.post,
            since=arguments.since, until=arguments.until, concurrent=arguments.concurrent,
        )  # fmt: skip
    return _said(output, account, _("職「{post}」に就けました。", post=arguments.post))


def post_end(arguments: Namespace, settings: Settings, output: Output) -> int:
    """End a person's holding of a post."""
    with opened(settings) as site:
        account = appointments.end_post(
            site, operator(site), arguments.username, arguments.post, day=arguments.since
        )
    return _said(output, account, _("職「{post}」を終えました。", post=arguments.post))


def _said(output: Output, account: Account, sentence: str) -> int:
    output.say(sentence)
    if account.password:
        output.say(_("パスワード（一度だけ表示します）: {password}", password=account.password))
    output.result(asdict(account))
    return 0
