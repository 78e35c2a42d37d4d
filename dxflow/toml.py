"""TOML text as people write it: what is wrong is said with its line, its column and how to mend it.

The standard library's parser speaks English and knows no hints; its sentences are known here.
"""

import re
import tomllib
from collections.abc import Callable
from typing import Any

from dxflow.problems import Problem, Refused
from dxflow.texts import gettext as _

LONGEST_LINE = 60

_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")

#: What is wrong and how to mend it, for the beginning of each of the parser's sentences.
_Words = Callable[[], tuple[str, str]]
_KNOWN: tuple[tuple[str, _Words], ...] = (
    (
        "Expected '=' after a key",
        lambda: (
            _("項目の名前のあとに「=」がありません。"),
            _("「名前 = 値」の形で書いてください。日本語の名前は引用符 \" で囲みます。"),
        ),
    ),
    (
        "Expected ']",
        lambda: (
            _("表の見出しの角括弧が閉じていません。"),
            _("「[名前]」か「[[名前]]」の形で、開いた括弧と同じ数だけ閉じてください。"),
        ),
    ),
    (
        "Expected newline",
        lambda: (
            _("値のあとに、余分な文字があります。"),
            _("一行に書けるのは一つの項目だけです。文字列は全体を引用符 \" で囲み、注釈は「#」で始めてください。"),
        ),
    ),
    (
        "Invalid initial character",
        lambda: (
            _("項目の名前が読めません。"),
            _("名前に使えるのは英数字と「_」「-」です。日本語や記号の入る名前は引用符 \" で囲んでください。"),
        ),
    ),
    (
        "Invalid statement",
        lambda: (
            _("この行は、項目でも表の見出しでもありません。"),
            _("「名前 = 値」か「[名前]」の形で書いてください。日本語の名前は引用符 \" で囲み、注釈は「#」で始めます。"),
        ),
    ),
    (
        "Invalid value",
        lambda: (
            _("値が読めません。"),
            _(
                "文字列は引用符 \" で囲んでください。そのほかは、数、true か false、"
                "2026-04-01 の形の日付、[ ] の並びです。全角の数字や引用符は使えません。"
            ),
        ),
    ),
    (
        "Invalid date",
        lambda: (
            _("日付がありません（暦にない日です）。"),
            _("2026-04-01 の形で、暦にある日を書いてください。"),
        ),
    ),
    (
        "Unterminated string",
        lambda: (
            _("文字列の引用符が、ファイルの終わりまで閉じていません。"),
            _("開いたものと同じ引用符（\"、'、\"\"\" のどれか）で閉じてください。"),
        ),
    ),
    (
        "Illegal character '\\n'",
        lambda: (
            _("文字列の引用符が、行の終わりまで閉じていません。"),
            _("行の終わりまでに、開いたものと同じ引用符で閉じてください。何行にもわたる文字列は \"\"\" で囲みます。"),
        ),
    ),
    (
        "Unclosed array",
        lambda: (
            _("並びの角括弧 [ が閉じていません。"),
            _("値を「,」で区切り、最後に「]」を書いてください。"),
        ),
    ),
    (
        "Unclosed inline table",
        lambda: (
            _("波括弧 { が閉じていません。"),
            _("{ } は一行のなかに書き、項目を「,」で区切ってください。"),
        ),
    ),
    (
        "Cannot overwrite|Duplicate inline",
        lambda: (
            _("同じ名前の項目が二つあります。"),
            _("どちらか一つを消すか、名前を変えてください。"),
        ),
    ),
    (
        "Cannot declare|Cannot mutate|Cannot redefine",
        lambda: (
            _("同じ名前の表が二つあります。"),
            _("一つにまとめてください。同じ形の表をくり返すときは、どれも [[名前]] と書きます。"),
        ),
    ),
    (
        "Unescaped|Escaped character|Invalid hex",
        lambda: (
            _("文字列の中の「\\」の使い方が正しくありません。"),
            _("「\\」そのものは「\\\\」と書くか、文字列を ' で囲んでください。"),
        ),
    ),
    (
        "Illegal character|Found invalid character",
        lambda: (
            _("使えない文字（制御文字）があります。"),
            _("その文字を消してください。見えない文字は、消して打ち直すと直ります。"),
        ),
    ),
)  # fmt: skip


def parse(text: str, file: str = "") -> dict[str, Any]:
    """Return the values of a TOML text.

    Raises Refused with one problem: what is wrong in which line and column, and how to mend it.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise Refused([_problem(text, str(wrong), file)]) from wrong


def _problem(text: str, said: str, file: str) -> Problem:
    what, hint = _words(said)
    found = _PLACE.search(said)
    lines = text.split("\n")
    if found and found[1]:
        line, column = int(found[1]), int(found[2])
        if said.startswith("Unescaped"):  # the parser has gone past both characters by then
            column -= 2
    else:
        line = len(text.rstrip().split("\n"))
        column = len(lines[line - 1].rstrip()) + 1
    source = lines[line - 1].strip()
    message = _(
        "TOML として読めません（{line}行目の{column}文字目）: {what}",
        line=line, column=column, what=what,
    )  # fmt: skip
    if source:
        shown = source if len(source) <= LONGEST_LINE else f"{source[:LONGEST_LINE]}…"
        hint = _("{hint} その行: {source}", hint=hint, source=shown)
    return Problem("toml-broken", message, file, line=line, column=column, hint=hint)


def _words(said: str) -> tuple[str, str]:
    for beginning, words in _KNOWN:
        if said.startswith(tuple(beginning.split("|"))):
            return words()
    return (
        _("TOML の書き方になっていません。"),
        _("引用符、括弧、「=」が対になっているか、その行と前の行を確かめてください。"),
    )
