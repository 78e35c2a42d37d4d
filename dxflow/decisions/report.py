"""Reading a DMN file's elements, and collecting what is wrong with them."""

from collections.abc import Iterator

from lxml import etree

from dxflow.feel import Expression, FeelSyntaxError, UnaryTests, parse, parse_unary_tests
from dxflow.problems import Problem
from dxflow.texts import gettext as _

#: The model namespaces of DMN 1.1 to 1.5; what is read is the same in all of them.
NAMESPACES = frozenset({
    "http://www.omg.org/spec/DMN/20151101/dmn.xsd",
    "http://www.omg.org/spec/DMN/20180521/MODEL/",
    "https://www.omg.org/spec/DMN/20191111/MODEL/",
    "https://www.omg.org/spec/DMN/20211108/MODEL/",
    "https://www.omg.org/spec/DMN/20230324/MODEL/",
})  # fmt: skip


def tag(element: etree._Element) -> str:
    """Return the local name of a DMN element, empty for one of another namespace."""
    name = etree.QName(element)
    return name.localname if name.namespace in NAMESPACES else ""


def children(element: etree._Element, *names: str) -> Iterator[etree._Element]:
    """Yield the DMN elements of these names directly below."""
    return (child for child in element if tag(child) in names)


def child(element: etree._Element, *names: str) -> etree._Element | None:
    """Return the first DMN element of these names directly below."""
    return next(children(element, *names), None)


def text(element: etree._Element | None) -> str:
    """Return the expression text of an element that has a `text` child; empty if none."""
    inner = None if element is None else child(element, "text")
    return "" if inner is None else str(inner.text or "")


def attribute(element: etree._Element, name: str) -> str:
    """Return an attribute with spaces normalised, empty when it is absent."""
    return " ".join(str(element.get(name) or "").split())


class Report:
    """The problems of one file and the names of several words that its expressions may use."""

    def __init__(self, file: str, names: frozenset[str]) -> None:
        self.file = file
        self.names = names
        self.problems: list[Problem] = []

    def add(
        self, code: str, element: etree._Element, message: str, hint: str = "",
        *, below: int = 0, column: int = 0,
    ) -> None:  # fmt: skip
        """Note a problem `below` lines under an element, named by the nearest id above it."""
        named = element
        while not named.get("id") and (above := named.getparent()) is not None:
            named = above
        line = int(element.sourceline or 0) + below
        self.problems.append(
            Problem(code, message, self.file, line, column, str(named.get("id") or ""), hint)
        )

    def expression(self, element: etree._Element) -> Expression | None:
        """Read the expression of an element; None for an empty or a wrong one, which is noted."""
        written = text(element)
        if not written.strip() or not self._is_feel(element):
            return None
        try:
            return parse(written, self.names)
        except FeelSyntaxError as exc:
            self._unreadable(element, written, exc)
            return None

    def tests(self, element: etree._Element) -> UnaryTests:
        """Read the tests of an input cell; a wrong one is noted and passes anything."""
        written = text(element)
        try:
            if self._is_feel(element):
                return parse_unary_tests(written, self.names)
        except FeelSyntaxError as exc:
            self._unreadable(element, written, exc)
        return parse_unary_tests("-")

    def _unreadable(self, element: etree._Element, written: str, exc: FeelSyntaxError) -> None:
        message = _("式「{text}」を読めません: {why}", text=written.strip()[:80], why=exc.reason)
        inner = child(element, "text")
        place = element if inner is None else inner
        self.add("dmn-expression", place, message, exc.hint, below=exc.line - 1, column=exc.column)

    def _is_feel(self, element: etree._Element) -> bool:
        language = attribute(element, "expressionLanguage")
        if not language or "feel" in language.lower():
            return True
        message = _("式の言語「{language}」は使えません。", language=language)
        self.add("dmn-language", element, message, _("FEEL で書いてください。"))
        return False
