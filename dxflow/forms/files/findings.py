"""The problems found while a form file is read, and the checked reading of its properties."""

from typing import Any

from dxflow.feel import FeelSyntaxError
from dxflow.forms.files.source import Located
from dxflow.forms.formula import Formula, formula
from dxflow.problems import Problem
from dxflow.texts import gettext as _


class Findings:
    """Collects every problem of one file, so that an author sees all of them at once."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []

    def add(self, code: str, node: Located, message: str, hint: str = "", column: int = 0) -> None:
        """Note a problem at a component (or a part of one)."""
        self.problems.append(
            Problem(f"form.{code}", message, self.file, node.line, column, element_of(node), hint)
        )

    def formula(self, node: Located, name: str, text: str) -> Formula | None:
        """Read a FEEL expression, or note where it breaks and return None."""
        try:
            return formula(text)
        except FeelSyntaxError as error:
            self.add(
                "feel",
                node,
                _("{name}のFEEL式が誤っています: {reason}", name=name, reason=error),
                _("式「{text}」を直してください。", text=text),
                error.column,
            )
            return None

    def text(self, node: Located, name: str) -> str:
        """Return a text property, "" when it is absent; anything else is a problem."""
        value = node.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self.add("text", node, _("{name}は文字列で書いてください。", name=name))
            return ""
        return value

    def plain_text(self, node: Located, name: str) -> str:
        """Return a text property that may not be an expression or a template."""
        value = self.text(node, name)
        if value.startswith("=") or "{{" in value:
            self.add(
                "template",
                node,
                _("{name}に式やテンプレートは使えません。", name=name),
                _("決まった文にしてください。変わる文はtextコンポーネントに「=式」で書けます。"),
            )
        return value

    def flag(self, node: Located, name: str) -> bool:
        """Return a boolean property; "true" and "false" count, absence is false."""
        value = node.get(name)
        if value in (None, False, "false", ""):
            return False
        if value is True or value == "true":
            return True
        self.add("flag", node, _("{name}はtrueかfalseで書いてください。", name=name))
        return False

    def flag_or_formula(self, node: Located, name: str) -> bool | Formula:
        """Return a property that is true, false or a FEEL expression."""
        value = node.get(name)
        if isinstance(value, str) and value.startswith("="):
            return self.formula(node, name, value) or False
        return self.flag(node, name)

    def count(self, node: Located, name: str, most: int) -> int | None:
        """Return a whole number from 0 to `most` (digits in a text count), None when absent."""
        value = node.get(name)
        if value in (None, ""):
            return None
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= most:
            self.add(
                "count",
                node,
                _("{name}は0から{most}までの整数で書いてください。", name=name, most=most),
            )
            return None
        return value

    def part(self, node: Located, name: str) -> Located:
        """Return an object property, empty when absent, so that it can be read without checks."""
        value = node.get(name)
        if value is not None and not isinstance(value, Located):
            self.add("object", node, _("{name}はオブジェクトで書いてください。", name=name))
            value = None
        if value is None:
            value = Located(node.line)
        value.owner = element_of(node)
        return value

    def parts(self, node: Located, name: str) -> list[Located]:
        """Return a list of objects; anything else in it is a problem."""
        value = node.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(part, Located) for part in value):
            self.add("list", node, _("{name}はオブジェクトの配列で書いてください。", name=name))
            return []
        for part in value:
            part.owner = part.owner or element_of(node)
        return value

    def only_known(self, node: Located, known: frozenset[str], what: str) -> None:
        """Note every property that dxflow would not obey, so that a typing slip is not silent."""
        for name in node:
            if name not in known and not name.startswith("label."):
                self.add(
                    "property",
                    node,
                    _("{what}に知らない設定「{name}」があります。", what=what, name=name),
                    _("使えるもの: {known}", known=", ".join(sorted(known))),
                )


def element_of(node: Located) -> str:
    """Return the name by which an author finds a component: key, path or id."""
    for name in ("key", "path", "id"):
        value: Any = node.get(name)
        if isinstance(value, str) and value:
            return value
    return node.owner
