"""Regular expressions that take time in proportion to the text, whatever the pattern.

The `re` module backtracks: a pattern of ten characters can occupy it for years. Here a pattern
becomes a small program whose alternatives advance together, character by character (K. Thompson,
"Regular expression search algorithm", 1968; groups as in R. Pike's sam). The syntax is that of
XPath (W3C XPath Functions 3.1 §5.6.1) without back-references and class subtraction.
"""

import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from dxflow.feel.errors import FeelError
from dxflow.feel.library.registry import Spend, free
from dxflow.texts import gettext as _

MAX_PROGRAM: Final = 2_000
MOVES_PER_STEP: Final = 200

Accepts = Callable[[str], bool]
Step = tuple[str, Any, Any]
Program = list[Step]
Groups = tuple[int, ...]

_CLASSES: Final[dict[str, Accepts]] = {
    "d": str.isdecimal,
    "s": lambda c: c in " \t\n\r",
    "w": lambda c: unicodedata.category(c)[0] not in "PZC",
}
_PLAIN: Final = {"n": "\n", "r": "\r", "t": "\t"}
_QUANTIFIERS: Final[dict[str, tuple[int, int | None]]] = {
    "*": (0, None), "+": (1, None), "?": (0, 1),
}  # fmt: skip


class _Reader:
    """Reads a pattern into a program; jumps are relative, so parts can be put together freely."""

    def __init__(self, pattern: str, flags: str) -> None:
        self.pattern = pattern
        self.flags = flags
        self.place = 0
        self.groups = 0

    def read(self) -> Program:
        """Return the program; ValueError when the pattern is none."""
        program = self._alternatives()
        if self.place < len(self.pattern):
            raise ValueError(self.pattern)
        return [("save", 0, None), *program, ("save", 1, None), ("match", None, None)]

    def _peek(self) -> str:
        return self.pattern[self.place : self.place + 1]

    def _next(self) -> str:
        if self.place >= len(self.pattern):
            raise ValueError(self.pattern)
        self.place += 1
        return self.pattern[self.place - 1]

    def _skip(self, text: str) -> bool:
        found = self.pattern.startswith(text, self.place)
        self.place += len(text) if found else 0
        return found

    def _alternatives(self) -> Program:
        one = self._sequence()
        if not self._skip("|"):
            return one
        other = self._alternatives()
        return [("split", 1, len(one) + 2), *one, ("jump", len(other) + 1, None), *other]

    def _sequence(self) -> Program:
        program: Program = []
        while self._peek() not in ("", "|", ")"):
            if "x" in self.flags and self._peek().isspace():
                self.place += 1
                continue
            program += self._repeated(self._atom())
            if len(program) > MAX_PROGRAM:
                raise FeelError(_("正規表現が大きすぎます。"))
        return program

    def _repeated(self, atom: Program) -> Program:
        if self._peek() not in ("*", "+", "?", "{"):
            return atom
        mark = self._next()
        low, high = self._counts() if mark == "{" else _QUANTIFIERS[mark]
        lazy = self._skip("?")
        most = low + 1 if high is None else high
        if len(atom) * most > MAX_PROGRAM:
            raise FeelError(_("正規表現が大きすぎます。"))
        program = atom * low
        if high is None:
            return [*program, *_loop(atom, lazy=lazy)]
        for _n in range(high - low):
            program = [*program, _choice(1, (len(atom) + 1), lazy=lazy), *atom]
        return program

    def _counts(self) -> tuple[int, int | None]:
        written, closed, _rest = self.pattern[self.place :].partition("}")
        low, comma, high = written.partition(",")
        self.place += len(written) + 1
        if not closed or not low.isdecimal() or len(written) > 8:
            raise ValueError(self.pattern)
        if not comma:
            return int(low), int(low)
        if high and int(high) < int(low):
            raise ValueError(self.pattern)
        return int(low), int(high) if high else None

    def _atom(self) -> Program:
        mark = self._next()
        if mark == "(":
            return self._group()
        if mark in "^$":
            return [(mark, None, None)]
        if mark in "*+?{})]":
            raise ValueError(self.pattern)
        return [("accept", self._folded(self._accepting(mark)), None)]

    def _group(self) -> Program:
        if self._skip("?:"):
            inner = self._alternatives()
        else:
            self.groups += 1
            number = self.groups
            inner = self._alternatives()
            inner = [("save", 2 * number, None), *inner, ("save", 2 * number + 1, None)]
        if not self._skip(")"):
            raise ValueError(self.pattern)
        return inner

    def _accepting(self, mark: str) -> Accepts:
        if mark == ".":
            return (lambda c: True) if "s" in self.flags else (lambda c: c not in "\n\r")
        if mark == "[":
            return self._bracket()
        return self._escape() if mark == "\\" else mark.__eq__

    def _escape(self) -> Accepts:
        letter = self._next()
        if letter.lower() in _CLASSES:
            accepts = _CLASSES[letter.lower()]
            return accepts if letter.islower() else (lambda c: not accepts(c))
        if letter in "pP":
            category, closed, _rest = self.pattern[self.place + 1 :].partition("}")
            if not self._skip("{") or not closed:
                raise ValueError(self.pattern)
            self.place += len(category) + 1
            return lambda c: unicodedata.category(c).startswith(category) == (letter == "p")
        if letter.isalnum() and letter not in _PLAIN:
            raise FeelError(_("正規表現の「\\{letter}」は使えません。", letter=letter))
        return _PLAIN.get(letter, letter).__eq__

    def _bracket(self) -> Accepts:
        negated = self._skip("^")
        parts: list[Accepts] = []
        while not self._skip("]"):
            if parts and self._skip("-["):
                raise FeelError(_("正規表現の文字クラスの引き算は使えません。"))
            parts.append(self._bracket_part())
        if not parts:
            raise ValueError(self.pattern)
        return lambda c: any(part(c) for part in parts) != negated

    def _bracket_part(self) -> Accepts:
        first = self._next()
        if first == "[":
            raise ValueError(self.pattern)
        if first == "\\":
            return self._escape()
        if self._peek() != "-" or self.pattern[self.place + 1 : self.place + 2] in ("]", "["):
            return first.__eq__
        self.place += 1
        last = self._next()
        last = self._next() if last == "\\" else last
        if last < first:
            raise ValueError(self.pattern)
        return lambda c: first <= c <= last

    def _folded(self, accepts: Accepts) -> Accepts:
        if "i" not in self.flags:
            return accepts
        return lambda c: accepts(c) or accepts(c.lower()) or accepts(c.upper())


def _choice(first: int, second: int, *, lazy: bool) -> Step:
    return ("split", second, first) if lazy else ("split", first, second)


def _loop(atom: Program, *, lazy: bool) -> Program:
    return [
        _choice(1, len(atom) + 2, lazy=lazy), *atom, ("jump", -len(atom) - 1, None),
    ]  # fmt: skip


class Pattern:
    """A pattern ready to be searched for; `groups` counts its capturing groups."""

    def __init__(self, pattern: str, flags: str) -> None:
        reader = _Reader(pattern, flags)
        self.program = reader.read()
        self.groups = reader.groups
        self.multiline = "m" in flags

    def search(self, text: str, start: int = 0, spend: Spend = free) -> Groups | None:
        """Return where the first match and its groups begin and end (-1: took no part)."""
        moves = 0
        nothing = (-1,) * (2 * self.groups + 2)
        found: Groups | None = None
        threads: list[tuple[int, Groups]] = []
        for at in range(start, len(text) + 1):
            seen: set[int] = set()
            ready: list[tuple[int, Groups]] = []
            for step, groups in threads:
                self._follow(step, groups, text, at, seen, ready)
            if found is None:
                self._follow(0, nothing, text, at, seen, ready)
            threads = []
            moves += len(seen)
            if moves >= MOVES_PER_STEP:
                spend(moves // MOVES_PER_STEP)
                moves %= MOVES_PER_STEP
            for step, groups in ready:
                name, accepts, _other = self.program[step]
                if name == "match":
                    found = groups  # what stands behind it has less right to match
                    break
                if at < len(text) and accepts(text[at]):
                    threads.append((step + 1, groups))
            if found is not None and not threads:
                break
        return found

    def _follow(
        self, step: int, groups: Groups, text: str, at: int, seen: set[int],
        ready: list[tuple[int, Groups]],
    ) -> None:  # fmt: skip
        """Go on from a step to those that read a character, in the order of preference."""
        waiting = [(step, groups)]
        while waiting:
            step, groups = waiting.pop()
            if step in seen:
                continue
            seen.add(step)
            name, first, second = self.program[step]
            if name == "jump":
                waiting.append((step + first, groups))
            elif name == "split":
                waiting += [(step + second, groups), (step + first, groups)]
            elif name == "save":
                waiting.append((step + 1, (*groups[:first], at, *groups[first + 1 :])))
            elif name in ("^", "$"):
                if self._at_edge(name, text, at):
                    waiting.append((step + 1, groups))
            else:
                ready.append((step, groups))

    def _at_edge(self, name: str, text: str, at: int) -> bool:
        if name == "^":
            return at == 0 or (self.multiline and text[at - 1] == "\n")
        return at == len(text) or (self.multiline and text[at] == "\n")


@lru_cache(maxsize=256)
def compiled(pattern: str, flags: str) -> Pattern:
    """Return a pattern; ValueError for a wrong pattern or flag, FeelError for what is too much."""
    if not set(flags) <= set("smix") or len(pattern) > 1000:
        raise ValueError(flags)
    return Pattern(pattern, flags)
