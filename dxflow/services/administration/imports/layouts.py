"""What a file may hold and by which headings: people, units or posts.

Headings are understood in Japanese and by their keys, in any order; what stands beside them are
other words that are in use for the same column.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from dxflow.texts import mark


@dataclass(frozen=True)
class Layout:
    """The columns of one kind of file. `headings` are in the order of its template.

    Columns under a heading of `ignored` are passed over.
    """

    what: str
    headings: Mapping[str, str]
    required: tuple[str, ...]
    line: str
    aliases: Mapping[str, str] = field(default_factory=dict)
    ignored: frozenset[str] = frozenset()

    @cached_property
    def columns(self) -> dict[str, str]:
        """Return the column of every heading that is understood."""
        own = {title.casefold(): key for key, title in self.headings.items()}
        return {**self.aliases, **own, **{key: key for key in self.headings}}


PEOPLE = Layout(
    "people",
    {
        "username": "利用者名", "name": "氏名", "email": "メール", "post": "職", "unit": "所属",
        "from": "開始日", "to": "終了日", "concurrent": "兼務",
    },
    ("username", "name"),
    mark("見出しの下に一人一行で書く"),
)  # fmt: skip
UNITS = Layout(
    "units",
    {
        "unit": "組織コード", "name": "組織名", "kind": "種別", "parent": "上位の組織",
        "from": "開始日", "to": "終了日",
    },
    ("unit", "name"),
    mark("見出しの下に一組織一行で書く"),
    {"所属コード": "unit", "部署コード": "unit", "部署名": "name", "上位組織": "parent",
     "上位コード": "parent", "上位": "parent"},
)  # fmt: skip
POSTS = Layout(
    "posts",
    {
        "post": "職コード", "title": "職名", "unit": "所属", "kind": "種別", "roles": "役割",
        "from": "開始日", "to": "終了日",
    },
    ("post", "title"),
    mark("見出しの下に一つの職を一行で書く"),
    {"所属コード": "unit", "組織コード": "unit", "組織": "unit"},
)  # fmt: skip
IMPORTED = (PEOPLE, UNITS, POSTS)
LAYOUTS = {one.what: one for one in IMPORTED}


def recognised(texts: Sequence[str], among: Sequence[Layout]) -> Layout:
    """Return the layout whose headings a first line has: the one it fits best."""

    def fit(layout: Layout) -> tuple[bool, int]:
        columns = {layout.columns.get(text.casefold(), "") for text in texts} - {""}
        return columns >= set(layout.required), len(columns)

    return max(among, key=fit)
