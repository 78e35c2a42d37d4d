"""One line of a file as a unit or a post; what a line leaves out stays as it is known."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from dxflow.authority.decision import post_kind_label
from dxflow.authority.organisation import Post, Unit, unit_kind_label
from dxflow.authority.structure import Structure
from dxflow.authority.timelines import Days
from dxflow.errors import DxflowError
from dxflow.services.administration.imports.reading import Row
from dxflow.services.administration.units import rules
from dxflow.texts import gettext as _


class Refusal(DxflowError):
    """What is wrong with one column of a line, and how to mend it."""

    def __init__(self, column: str, message: str, hint: str = "") -> None:
        self.column, self.hint = column, hint
        super().__init__(message)


@dataclass(frozen=True)
class Known:
    """What a line may name: keys of units, units by name, kinds, and the words of roles by key."""

    units: Collection[str]
    named: Mapping[str, Collection[str]]
    kinds: Collection[str]
    roles: Mapping[str, str]


def known_units(
    structure: Structure, coming: Collection[tuple[str, str]], roles: Mapping[str, str]
) -> Known:
    """Return what lines of units may name; `coming` are (key, name) of the file."""
    named = _names(structure)
    for key, name in coming:
        named[name].add(key)
    kinds = _kinds(rules.UNIT_KINDS, structure.units.values())
    return Known({*structure.units, *(key for key, _name in coming)}, named, kinds, roles)


def known_for_posts(structure: Structure, roles: Mapping[str, str]) -> Known:
    """Return what lines of posts may name."""
    kinds = _kinds(rules.POST_KINDS, structure.posts.values())
    return Known(structure.units.keys(), _names(structure), kinds, roles)


def unit_of(row: Row, old: Unit | None, known: Known, days: Days) -> Unit:
    """Return the unit a line says; `old` is what stands in force. Raises Refusal, Invalid."""
    return Unit(
        key=rules.require_key(row.text("unit")),
        name=rules.require_name(row.text("name")),
        kind=_kind(row, old.kind if old else "", known.kinds, unit_kind_label),
        parent=_unit(row, "parent", known, old.parent if old else None),
        valid_from=days[0],
        valid_to=days[1],
    )


def post_of(row: Row, old: Post | None, known: Known, days: Days) -> Post:
    """Return the post a line says; `old` is what stands in force. Raises Refusal, Invalid."""
    return Post(
        key=rules.require_key(row.text("post")),
        title=rules.require_name(row.text("title"), "title"),
        unit=_unit(row, "unit", known, old.unit if old else None),
        kind=_kind(row, old.kind if old else "", known.kinds, post_kind_label),
        roles=_roles(row, known.roles, old.roles if old else frozenset()),
        valid_from=days[0],
        valid_to=days[1],
    )


def _names(structure: Structure) -> dict[str, set[str]]:
    """Return the keys of units by every name they have or had."""
    found: dict[str, set[str]] = defaultdict(set)
    for key, rows in structure.units.items():
        for row in rows:
            found[row.name].add(key)
    return found


def _kinds(
    fixed: Iterable[str], used: Iterable[tuple[Unit, ...]] | Iterable[tuple[Post, ...]]
) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*fixed, *sorted({row.kind for rows in used for row in rows}))))


def _kind(row: Row, old: str, kinds: Collection[str], label: Callable[[str], str]) -> str:
    """Return the kind a line names by its key or its word."""
    text = row.text("kind")
    if not text and old:
        return old
    if text in kinds or (text and text == old):
        return text
    for kind in kinds:
        if text == label(kind):
            return kind
    hint = _("使えるもの: {known}", known="、".join(f"{label(one)}({one})" for one in kinds))
    if not text:
        raise Refusal("kind", _("種別が空です。"), hint)
    raise Refusal("kind", _("種別「{v}」はありません。", v=text), hint)


def _unit(row: Row, column: str, known: Known, old: str | None) -> str | None:
    """Return the key of the unit a line names by its key or its name; None for none.

    An empty cell means none; a file without the column leaves it as it is.
    """
    if column not in row.values:
        return old
    text = row.text(column)
    if not text or text in known.units:
        return text or None
    keys = sorted(known.named.get(text, ()))
    if len(keys) == 1:
        return keys[0]
    if keys:
        raise Refusal(
            column,
            _("「{v}」という組織が二つ以上あります（{codes}）。", v=text, codes="、".join(keys)),
            _("組織コードで書く"),
        )
    raise Refusal(
        column,
        _("組織「{v}」はありません。", v=text),
        _(
            "コードか名前を確かめる。まだないものは、組織、職、人の順にファイルを取り込むか、"
            "「組織と職」の画面で先に作る"
        ),
    )


def _roles(row: Row, known: Mapping[str, str], old: frozenset[str]) -> frozenset[str]:
    """Return the roles a line names by key or word, between blanks or commas."""
    if "roles" not in row.values:
        return old
    by_word = {word: key for key, word in known.items()}
    found = set()
    for text in row.text("roles").replace("、", " ").replace(",", " ").split():
        if text not in known and text not in by_word:
            hint = "、".join(f"{word}({key})" for key, word in known.items())
            raise Refusal(
                "roles",
                _("役割「{v}」はありません。", v=text),
                _("使えるもの: {known}", known=hint),
            )
        found.add(text if text in known else by_word[text])
    return frozenset(found)
