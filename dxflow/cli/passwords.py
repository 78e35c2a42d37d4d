"""Where a new password comes from: asked for twice, the first line of standard input, or made."""

import getpass
import sys
from argparse import Namespace

from dxflow.errors import Invalid
from dxflow.texts import gettext as _


def asked_for(arguments: Namespace) -> str:
    """Return the new password, "" when one is to be generated. Raises Invalid."""
    if arguments.password_stdin:
        line = sys.stdin.readline().rstrip("\r\n")
        if not line:
            raise Invalid(_("標準入力にパスワードがありません。"))
        return line
    if arguments.generate or not sys.stdin.isatty():
        return ""
    first = getpass.getpass(_("新しいパスワード: "))
    if first != getpass.getpass(_("もう一度: ")):
        raise Invalid(_("二回の入力が違います。もう一度実行してください。"))
    return first
