"""What the files of a transfer may hold, and which of their headings mean which column.

Headings that are not known are asked for once; the answer is kept for the next file.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from dxflow.errors import DxflowError
from dxflow.services.administration.imports import reading
from dxflow.services.administration.imports.layouts import POSTS, UNITS, Layout, recognised
from dxflow.services.administration.imports.reading import Sheet
from dxflow.services.people import facts
from dxflow.texts import gettext as _
from dxflow.texts import mark

_SETTING = "transfers.columns"
_SUCCESSORS = {
    "引き継ぐ組織": "successor", "引継先組織": "successor", "引継組織": "successor",
    "統合先": "successor", "引き継ぐ職": "successor",
}  # fmt: skip
_ORIGINS = {
    "分離元": "origin",
    "移管元": "origin",
    "引継元組織": "origin",
    "仕事を渡す課": "origin",
}
TRANSFERS = Layout(
    "transfers",
    {
        "username": "利用者名", "name": "氏名", "kind": "区分", "post": "新しい職",
        "unit": "新しい所属", "now": "今の職", "day": "発令日", "account": "利用者の扱い",
    },
    ("username", "post"),
    mark("見出しの下に一人一行で書く"),
    {"職員番号": "username", "ログイン名": "username", "職員氏名": "name",
     "異動区分": "kind", "発令区分": "kind", "異動種別": "kind",
     "新職": "post", "新職名": "post", "異動後の職": "post", "職": "post", "職名": "post",
     "新所属": "unit", "異動後の所属": "unit", "所属": "unit", "異動先": "unit",
     "旧職": "now", "旧職名": "now", "現職": "now", "異動前の職": "now",
     "発令年月日": "day", "異動日": "day",
     "アカウント": "account", "アカウントの扱い": "account"},
    frozenset({"旧所属", "現所属", "異動前の所属", "備考", "no", "no.", "番号", "連番"}),
)  # fmt: skip
LAYOUTS = {
    one.what: one
    for one in (
        TRANSFERS,
        replace(
            UNITS, headings={**UNITS.headings, "successor": "引継先", "origin": "引継元"},
            aliases={**UNITS.aliases, **_SUCCESSORS, **_ORIGINS},
        ),
        replace(
            POSTS, headings={**POSTS.headings, "successor": "引継先"},
            aliases={**POSTS.aliases, **_SUCCESSORS},
        ),
    )
}  # fmt: skip
#: What a heading is mapped to that is not to be read.
NOT_READ = "-"


def names() -> Mapping[str, str]:
    """Return the words for the kinds of file a transfer may have."""
    return {"transfers": _("異動"), "units": _("組織の改編"), "posts": _("職の改編")}


@dataclass(frozen=True)
class Question:
    """A heading of a file and the column it is taken for, "" when nobody knows."""

    heading: str
    chosen: str


class Unmapped(DxflowError):
    """Some headings of a file mean nothing yet: they have to be mapped by hand."""

    kind = "invalid"

    def __init__(self, layout: Layout, questions: list[Question], missing: list[str]) -> None:
        self.layout, self.questions, self.missing = layout, questions, missing
        words = _("、").join(one.heading for one in questions if not one.chosen)
        lacking = _("、").join(layout.headings[key] for key in missing)
        super().__init__(
            _("知らない見出しがあります: {words}。", words=words) if words
            else _("見出し「{words}」がありません。", words=lacking)
        )  # fmt: skip


def remembered(tx: Connection) -> dict[str, dict[str, str]]:
    """Return the columns that headings were mapped to before, by the kind of file."""
    found = facts.read(tx, _SETTING).get(_SETTING, {})
    return {
        what: {str(key): str(value) for key, value in of.items()}
        for what, of in found.items()
        if isinstance(of, dict)
    }


def remember(tx: Connection, what: str, mapped: Mapping[str, str]) -> None:
    """Keep what headings mean for the next file of the kind."""
    if mapped:
        known = remembered(tx)
        facts.write(tx, _SETTING, known | {what: known.get(what, {}) | dict(mapped)})


def layout_of(what: str, mapped: Mapping[str, str]) -> Layout:
    """Return the layout of a kind of file with headings mapped beside those it knows."""
    layout = LAYOUTS[what]
    return replace(
        layout,
        aliases={**layout.aliases, **{key: one for key, one in mapped.items() if one != NOT_READ}},
        ignored=layout.ignored | {key for key, one in mapped.items() if one == NOT_READ},
    )


def read(
    content: bytes, name: str, known: Mapping[str, Mapping[str, str]],
    what: str = "", mapped: Mapping[str, str] | None = None,
) -> tuple[Sheet, dict[str, str]]:  # fmt: skip
    """Return the rows of a file and the mapping that served; `what` "" leaves the kind to headings.

    `known` is what was remembered, `mapped` what somebody has just said. Raises Refused for a file
    that is no table, and Unmapped when headings mean nothing or a needed one is missing.
    """
    texts = reading.headings(content, name)
    if not what:
        among = [layout_of(one, known.get(one, {})) for one in LAYOUTS]
        what = recognised(texts, among).what
    wanted = {text.casefold() for text in texts}
    both = {**known.get(what, {}), **{key.casefold(): one for key, one in (mapped or {}).items()}}
    served = {key: one for key, one in both.items() if key in wanted and one}
    layout = layout_of(what, served)
    chosen = {text: _chosen(layout, served, text) for text in texts if text}
    missing = [key for key in layout.required if key not in chosen.values()]
    if missing or not all(chosen.values()):
        questions = [Question(text, column) for text, column in chosen.items()]
        raise Unmapped(layout, questions, missing)
    return reading.read(content, name, [layout]), served


def _chosen(layout: Layout, served: Mapping[str, str], text: str) -> str:
    key = text.casefold()
    if key in layout.ignored:
        return NOT_READ
    return served.get(key) or layout.columns.get(key, "")
