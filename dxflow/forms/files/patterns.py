"""Which regular expressions a form may use.

A pattern runs on text from outside, and Python's matcher backtracks: `(a+)+$` takes exponential
time. So a form may use only patterns whose cost stays small: nothing that varies in length inside
a repeated group, few open repetitions, no back references or look-around. ECMAScript and Python
read this subset alike (with `re.ASCII`).
"""

import re
import warnings

from dxflow.texts import gettext as _

LONGEST_INPUT = 200
"""Fields with a pattern take no longer text than this."""

_MOST_OPEN = 3
_MOST_OPTIONAL = 8
_ESCAPES = "dDwWsSbBnrtfv"


def why_refused(pattern: str) -> str:
    """Return why a pattern may not be used, or "" when it may."""
    if len(pattern) > 300:
        return _("パターンが長すぎます（300文字まで）。")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", FutureWarning)  # "[[": read differently some day
            re.compile(pattern, re.ASCII)
    except (re.error, OverflowError, RecursionError, FutureWarning) as error:
        return _("パターンを読めません（{reason}）。", reason=error)
    return _Scan(pattern).reason()


class _Scan:
    """One pass over a pattern that compiles: brackets and quantifiers, nothing else."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.open_repeats = 0
        self.optional = 0
        self.varies = [False]  # per open bracket: holds something of varying length or a choice

    def reason(self) -> str:
        while self.at < len(self.pattern):
            if refused := self.step():
                return refused
        if self.open_repeats > _MOST_OPEN or self.optional > _MOST_OPTIONAL:
            return _("繰り返しが多すぎます（*や+は{limit}個まで）。", limit=_MOST_OPEN)
        return ""

    def step(self) -> str:
        sign = self.pattern[self.at]
        self.at += 1
        if sign == "(":
            return self.bracket()
        if sign == "|":
            self.varies[-1] = True
            return ""
        inner = False
        if sign == "\\":
            escaped = self.pattern[self.at]
            if escaped.isalnum() and escaped not in _ESCAPES:
                return _("「\\{escaped}」は使えません。", escaped=escaped)
            self.at += 1
        elif sign == "[":
            if self.pattern[self.at : self.at + 2].removeprefix("^").startswith("]"):
                return _("文字の集まりの最初に「]」は置けません。")
            self.char_class()
        elif sign == ")":
            inner = self.varies.pop()
            self.varies[-1] |= inner
        return self.quantifier(varies_inside=inner)

    def bracket(self) -> str:
        if self.pattern.startswith("?:", self.at):
            self.at += 2
        elif self.pattern.startswith("?", self.at):
            return _("先読み・後読みや名前付きの括弧は使えません。")
        self.varies.append(False)
        return ""

    def char_class(self) -> None:
        while self.pattern[self.at] != "]":
            self.at += 2 if self.pattern[self.at] == "\\" else 1
        self.at += 1

    def quantifier(self, *, varies_inside: bool) -> str:
        found = self.pattern[self.at : self.at + 1]
        if found == "{":
            end = self.pattern.find("}", self.at)
            least, comma, most = self.pattern[self.at + 1 : end].partition(",")
            if end < 0 or not (least or most).isdigit():
                return ""  # a brace that stands for itself
            self.at = end + 1
            self.count(open_end=bool(comma) and not most, varies=bool(comma) and least != most)
        elif found and found in "*+?":
            self.at += 1
            self.count(open_end=found != "?", varies=True)
        else:
            return ""
        if self.pattern[self.at : self.at + 1] in ("?", "+"):
            self.at += 1
        if varies_inside and found != "?":
            return _("長さの変わる括弧を繰り返すことはできません。")
        return ""

    def count(self, *, open_end: bool, varies: bool) -> None:
        self.open_repeats += open_end
        self.optional += varies and not open_end
        self.varies[-1] |= varies
