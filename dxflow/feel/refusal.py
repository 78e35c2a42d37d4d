"""Saying why a text is no expression, where, and what to write instead."""

from typing import Final

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput

from dxflow.feel.errors import FeelSyntaxError
from dxflow.texts import gettext as _

# What people bring along from other languages, and from a Japanese keyboard.
_FOREIGN: Final = {"=": "=", "&": "and", "|": "or", "!": "not(…)", "%": "modulo(a, b)"}
_WIDE: Final = dict(
    zip("（）［］｛｝＜＞＝＋－×÷／＊，．：“”", '()[]{}<>=+-*//*,.:""', strict=True)
)


def unreadable(text: str, found: UnexpectedInput) -> FeelSyntaxError:
    """Return the refusal for a character that begins no word, or for a text that ends early."""
    if isinstance(found, UnexpectedCharacters):
        return _strange_character(found)
    line = text.count("\n") + 1
    column = len(text) - (text.rfind("\n") + 1) + 1
    return FeelSyntaxError(_("式が途中で終わっています。"), line, column)


def _strange_character(found: UnexpectedCharacters) -> FeelSyntaxError:
    character = found.char
    if character == '"':
        return FeelSyntaxError(_("文字列が閉じていません。"), found.line, found.column)
    hint = ""
    plain = _WIDE.get(character) or _half_width(character)
    if plain:
        hint = _("半角の「{plain}」を使ってください。", plain=plain)
    elif character in _FOREIGN:
        hint = _("「{plain}」を使ってください。", plain=_FOREIGN[character])
    elif character == "'":
        hint = _('文字列は " で囲んでください。')
    message = _("「{character}」は式で使えない文字です。", character=character)
    return FeelSyntaxError(message, found.line, found.column, hint)


def _half_width(character: str) -> str:
    """Return the ASCII digit for a full-width one."""
    return str(int(character)) if character.isdecimal() and not character.isascii() else ""


def misplaced(token: Token, before: Token | None) -> FeelSyntaxError:
    """Return the refusal for a word that cannot follow the one before it."""
    hint = ""
    if before is not None and token.type == before.type == "NAME":
        hint = _("空白を含む名前は使えません。「_」でつないでください。")
    elif before is not None and str(token) == str(before) == "=":
        hint = _("等しいかどうかは「=」一つで比べます。")
    message = _("「{token}」はここには書けません。", token=token)
    return FeelSyntaxError(message, token.line or 1, token.column or 1, hint)
